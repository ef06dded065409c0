package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/api"
	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
)

// stdout returns what f prints.
func stdout(t *testing.T, f func() error) (string, error) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	was := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = was }()
	ran := f()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text), ran
}

func TestExplain(t *testing.T) {
	st := mem.New()
	b := storytest.Blog()
	b.Tenant = signal.DefaultTenant
	if err := st.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	api.New(api.Options{Store: st}).Register(mux)
	h := httptest.NewServer(mux)
	defer h.Close()

	text, err := stdout(t, func() error {
		return (&explainCmd{Transaction: storytest.NewPost.String(), Server: h.URL}).Run(t.Context())
	})
	if err != nil || !strings.HasPrefix(text, "POST /new_post  blog-gateway") || strings.Contains(text, "\x1b") {
		t.Errorf("%v\n%s", err, text)
	}
	text, err = stdout(t, func() error {
		return (&explainCmd{Transaction: storytest.NewPost.String(), Server: h.URL, JSON: true}).Run(t.Context())
	})
	if err != nil || !strings.HasPrefix(text, "{\n  \"id\": \""+storytest.NewPost.String()) {
		t.Errorf("%v\n%s", err, text)
	}
	for id, code := range map[string]int{"abc": exitNotFound, "xyz": 1} {
		_, err := stdout(t, func() error { return (&explainCmd{Transaction: id, Server: h.URL}).Run(t.Context()) })
		if err == nil || exitCode(err) != code || exitCode(fmt.Errorf("wrapped: %w", err)) != code {
			t.Errorf("%s: %v", id, err)
		}
	}
}
