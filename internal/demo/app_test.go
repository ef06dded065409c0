package demo

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenAppSaysWhatToRun(t *testing.T) {
	dir := t.TempDir()
	f := func(want string) {
		t.Helper()
		if _, err := OpenApp(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("OpenApp = %v, want %q", err, want)
		}
	}
	f("does not hold the demo")
	for _, file := range []string{"package.json", "services/gateway.js", "functions/view-post/app.py"} {
		touch(t, filepath.Join(dir, file))
	}
	f("scripts/install-demo")
	touch(t, filepath.Join(dir, "node_modules/@opentelemetry/api/package.json"))
	f(".venv/bin/python is missing: run `make demo`")
}

func TestFindAppLooksUpwards(t *testing.T) {
	dir, err := FindApp()
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join("..", "..", "demo"); !sameFile(t, dir, want) {
		t.Errorf("FindApp = %s, want %s", dir, want)
	}
}

func TestRunRefusesBadOptions(t *testing.T) {
	f := func(o Options, want string) {
		t.Helper()
		if err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Run(%+v) = %v, want %q", o, err, want)
		}
	}
	f(Options{Faults: "flood"}, "no fault is called")
	f(Options{Rate: -1}, "rate")
	f(Options{Rate: 1e6}, "rate")
	f(Options{AppDir: t.TempDir()}, "does not hold the demo")
}

func TestAwaitServer(t *testing.T) {
	refusals := 2
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/traces" || r.Header.Get("Authorization") != "Bearer t" {
			t.Errorf("asked %s with %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		if refusals--; refusals >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer srv.Close()
	if err := awaitServer(t.Context(), srv.URL+"/", "t"); err != nil {
		t.Errorf("awaitServer = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := awaitServer(ctx, srv.URL, "t"); err != context.Canceled {
		t.Errorf("awaitServer = %v, want %v", err, context.Canceled)
	}
	if err := awaitServer(t.Context(), "127.0.0.1:4318", ""); err == nil {
		t.Error("an endpoint without a scheme was accepted")
	}
}

func touch(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(x, y)
}
