package connect

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestEveryWay prints everything for two servers: one that needs a token and has
// TLS, and one that has neither.
func TestEveryWay(t *testing.T) {
	f := func(golden, endpoint, token string) {
		t.Helper()
		s, err := NewServer(endpoint, token)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		b.WriteString(List())
		for _, c := range Clients() {
			for i := range c.Ways {
				b.WriteString("\n--- clew connect " + c.Name + " " + c.Ways[i].Language + "\n" + s.Text(&c, &c.Ways[i]))
			}
		}
		got, path := b.String(), "testdata/"+golden
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what is printed; run with -update and look at the difference", path)
		}
		if left := regexp.MustCompile(`\{(url|address|host|port|token)\}|(?m)^ *\?[a-z]+ `).FindString(got); left != "" {
			t.Errorf("%s: %q was not filled in", golden, left)
		}
	}
	f("plain.txt", "http://127.0.0.1:7171", "")
	f("tls_token.txt", "https://clew.example/", "clew_secret")
}

func TestTableIsWhole(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+$`)
	seen := map[string]bool{}
	for _, c := range Clients() {
		if !name.MatchString(c.Name) || c.Says == "" || !strings.HasPrefix(c.Doc, "send/") || len(c.Ways) == 0 {
			t.Errorf("client %q", c.Name)
		}
		for _, w := range c.Ways {
			key := c.Name + " " + w.Language
			if !name.MatchString(w.Language) || seen[key] || !strings.HasSuffix(w.Lead, ".") || strings.TrimSpace(w.Lines) == "" {
				t.Errorf("way %q", key)
			}
			seen[key] = true
			for _, trap := range w.Traps {
				if !strings.HasSuffix(trap, ".") {
					t.Errorf("way %q: trap %q", key, trap)
				}
			}
		}
	}
}

func TestFill(t *testing.T) {
	f := func(endpoint, token, text, want string) {
		t.Helper()
		s, err := NewServer(endpoint, token)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Fill(text); got != want {
			t.Errorf("%s %q: %q, want %q", endpoint, text, got, want)
		}
	}
	const all = "{url} {address} {host} {port} {token}"
	f("http://127.0.0.1:7171", "", all, "http://127.0.0.1:7171 127.0.0.1:7171 127.0.0.1 7171 any-text")
	f("https://clew.example/", "clew_1", all, "https://clew.example clew.example:443 clew.example 443 clew_1")
	f("http://[::1]:80/base", "t", all, "http://[::1]:80/base [::1]:80 [::1] 80 t")
	f("http://h", "", "\n?token a\n?open b\n?tls c\n?plain   d\n?what e\n", "b\n  d\n?what e")
	f("https://h", "{host}", "?token {token}\n?open b\n?tls c\n?plain d", "{host}\nc")
	for _, bad := range []string{"", "127.0.0.1:7171", "ftp://h", "http://", "http://:7171", "://"} {
		if _, err := NewServer(bad, ""); err == nil {
			t.Errorf("endpoint %q is accepted", bad)
		}
	}
}

func TestFind(t *testing.T) {
	f := func(client, language, want string) {
		t.Helper()
		got := ""
		if c, w, err := Find(client, language); err != nil {
			got = err.Error()
		} else {
			got = c.Name + " " + w.Language
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s %s: %q, want %q", client, language, got, want)
		}
	}
	f("Lightstep", "NODE", "lightstep node")
	f("xray", "", "xray any")
	f("jaeger", "cobol", `connect: no lines for jaeger in "cobol"; there are: node go java python`)
	f("newrelic", "", `connect: unknown client "newrelic"; there are: otlp lightstep jaeger`)
}

func TestEveryPageIsThere(t *testing.T) {
	for _, c := range Clients() {
		if _, err := os.Stat(filepath.Join("../../docs", c.Doc)); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}
