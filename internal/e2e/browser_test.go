//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar"
	"clew/internal/store/mem"
)

// storyQuery finds the founding story: Post Analysis fails because Request
// Processor swallowed a 401 and published a message without a user.
const storyQuery = `service:post-analysis "KeyError: 'user'"`

// TestStoryInABrowser runs the real demo, waits for the story to happen, and has
// a real browser look at it in both themes.
func TestStoryInABrowser(t *testing.T) {
	data := t.TempDir()
	server, base := serve(t, data, "")
	app := start(t, binary, "demo", "--endpoint", base, "--rate", "3", "--seed", "3", "--faults", "auth401")
	var story string
	eventually(t, 2*time.Minute, "the story happens and its message is tried again", func() (err error) {
		select {
		case <-app.done:
			t.Fatalf("the demo ended early: %v", app.err)
		default:
		}
		story, err = retriedStory(base)
		return err
	})
	out, err := exec.Command("node", filepath.Join(root, "ui", "e2e", "story.mjs"), base, story).CombinedOutput()
	if err != nil {
		t.Errorf("the browser: %v\n%s", err, out)
	}
	t.Logf("%s", out)
	if err := server.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	noSecretOnDisk(t, data)
}

// retriedStory returns a transaction of POST /new_post that holds both functions,
// the auth service and a message that was tried again; a GET /post is there too.
func retriedStory(base string) (id string, err error) {
	type list struct {
		Transactions []struct {
			ID      string
			Entry   struct{ Operation string }
			Outcome string
			Hops    []struct{ Name string }
		}
	}
	var story, any list
	if err := getJSON(base+"/api/transactions?q="+url.QueryEscape(storyQuery), &story); err != nil {
		return "", err
	}
	if err := getJSON(base+"/api/transactions?q="+url.QueryEscape("service:view-post"), &any); err != nil {
		return "", err
	}
	if len(any.Transactions) == 0 {
		return "", errors.New("no GET /post yet")
	}
	for _, tx := range story.Transactions {
		names := map[string]bool{}
		for _, h := range tx.Hops {
			names[h.Name] = true
		}
		if tx.Entry.Operation != "POST /new_post" || tx.Outcome != "error" || !names["request-processor"] || !names["auth"] || !names["blog-new-posts"] || !names["post-analysis"] {
			continue
		}
		var whole struct{ Edges []struct{ Retries int } }
		if err := getJSON(base+"/api/transactions/"+tx.ID, &whole); err != nil {
			return "", err
		}
		for _, e := range whole.Edges {
			if e.Retries > 0 {
				return tx.ID, nil
			}
		}
	}
	return "", fmt.Errorf("no such transaction among %d", len(story.Transactions))
}

// demoSecret is what every POST of the demo carries in its password field.
const demoSecret = "correct-horse"

// noSecretOnDisk looks for the secret in every file of the data directory as it
// lies there, and in every row as the store reads it back: pages are compressed.
func noSecretOnDisk(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), demoSecret) {
			t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	st, err := columnar.Open(columnar.Options{Dir: filepath.Join(dir, "store")})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	rows, masked := 0, 0
	for _, typ := range signal.Types {
		for chunk, err := range st.Scan(t.Context(), &query.Query{Tenant: signal.DefaultTenant, Type: typ}) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range chunk.Rows {
				text := mem.Text(&chunk.Rows[i])
				rows++
				if strings.Contains(text, "***") {
					masked++
				}
				if strings.Contains(text, demoSecret) {
					t.Errorf("a row holds the secret: %s", text)
				}
			}
		}
	}
	if masked == 0 {
		t.Errorf("nothing was masked in %d rows: the search above proves nothing", rows)
	}
}
