//go:build demo

package aws

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestRealSDKs lets boto3 and the AWS SDK for JavaScript, as the demo installs
// them, judge the answers. With -update what they send is recorded for TestReplay.
func TestRealSDKs(t *testing.T) {
	demo, err := filepath.Abs("../../../demo")
	if err != nil {
		t.Fatal(err)
	}
	h := newHarness(t)
	recorded := &recorder{next: h.cloud}
	srv := httptest.NewServer(recorded)
	defer srv.Close()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "AWS_ENDPOINT_URL=" + srv.URL, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
			"AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "NO_PROXY=*",
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(args[0]), err, out)
		}
	}
	recorded.prefix = "boto3"
	run(filepath.Join(demo, ".venv", "bin", "python"), "testdata/sdk.py")
	recorded.prefix = "js"
	run("node", "testdata/sdk.js", filepath.Join(demo, "package.json"))
	if *update && !t.Failed() {
		if err := os.WriteFile(recordings, recorded.out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// recorder writes down what passes: who sent it, what the fakes look at, the body.
type recorder struct {
	next   http.Handler
	prefix string
	out    bytes.Buffer
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	e, err := record(r.prefix, req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	r.out.Write(e)
	r.out.WriteByte('\n')
	r.next.ServeHTTP(w, req)
}
