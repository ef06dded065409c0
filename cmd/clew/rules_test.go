package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/alert"
	"clew/internal/api"
	"clew/internal/demo"
	"clew/internal/meta"
	"clew/internal/store/mem"
	"clew/internal/watch"
)

// TestRules takes a file to a server and back, tries it, and takes it away again.
func TestRules(t *testing.T) {
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), metaFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	st := mem.New()
	w, err := watch.New(t.Context(), watch.Options{Store: st, Issues: db, DB: db, Kinds: destinations, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	api.New(api.Options{Store: st, Alerts: w}).Register(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, demo.Rules, 0o600); err != nil {
		t.Fatal(err)
	}
	all := &cli{Rules: rulesCmd{URL: server.URL + "/"}}
	for _, run := range []interface {
		Run(context.Context, *cli) error
	}{&rulesTestCmd{File: file, Offline: true}, &rulesTestCmd{File: file, From: "now-1h", To: "now"}, &rulesApplyCmd{File: file}, &rulesListCmd{}, &rulesDeleteCmd{Name: "Redis p95"}, &rulesExportCmd{}} {
		if err := run.Run(t.Context(), all); err != nil {
			t.Fatalf("%T: %v", run, err)
		}
	}
	rules, err := w.Rules(t.Context(), "default")
	if err != nil || len(rules) != 2 {
		t.Fatalf("%d rules, %v", len(rules), err)
	}
	if err := os.WriteFile(file, []byte("rules:\n- {name: errors, when: error, condition: '>= 1'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&rulesApplyCmd{File: file, Prune: true}).Run(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if rules, err = w.Rules(t.Context(), "default"); err != nil || len(rules) != 1 || rules[0].Rule.Written.Condition != ">= 1" {
		t.Errorf("%+v, %v", rules, err)
	}
	if err := (&rulesDeleteCmd{Name: "nothing"}).Run(t.Context(), all); err == nil || !strings.Contains(err.Error(), "there is no nothing") {
		t.Error(err)
	}
	if err := os.WriteFile(file, []byte("rules:\n- name: a\n  condition: often\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&rulesApplyCmd{File: file}).Run(t.Context(), all); err == nil || !strings.HasPrefix(err.Error(), file+":3:14: condition:") {
		t.Error(err)
	}
}

func TestWriteTrial(t *testing.T) {
	r, err := alert.Compile(alert.Spec{Name: "errors", When: "error", Condition: ">= 10"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = writeTrial(&out, r, &api.AlertTrials{Notices: 1, FiringNS: int64(10 * time.Minute), Series: []api.AlertTrial{{Group: []string{"auth"}, Changes: []api.AlertChange{
		{At: "2026-11-21T10:25:00Z", From: "ok", To: "firing", Notice: "firing", Why: "count 15 >= 10 in a window of 5m"}, {From: "no data", To: "ok"}}}}})
	const want = "errors: 1 notifications, 10m0s firing\n  2026-11-21T10:25:00Z  firing    auth  count 15 >= 10 in a window of 5m\n"
	if err != nil || out.String() != want {
		t.Errorf("%v, %q, want %q", err, out.String(), want)
	}
}
