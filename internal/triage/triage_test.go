package triage

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"clew/internal/api"
)

var update = flag.Bool("update", false, "rewrite golden files")

// answers are those of the API's own golden tests.
const answers = "../api/testdata/"

var now = time.Date(2026, 11, 21, 9, 1, 0, 0, time.UTC)

func server(t *testing.T) *Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /base/api/issues", func(w http.ResponseWriter, r *http.Request) {
		name := "issues.golden.json"
		if r.URL.Query().Get("q") == "nothing" {
			name = "issues_empty.golden.json"
		}
		http.ServeFile(w, r, answers+name)
	})
	mux.HandleFunc("GET /base/api/issues/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") != "0100000000000000" {
			http.NotFound(w, r)
			return
		}
		http.ServeFile(w, r, answers+"issue.golden.json")
	})
	mux.HandleFunc("POST /base/api/issues/{id}/state", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var c api.IssueStateChange
		if json.Unmarshal(body, &c) != nil || c.State == "bad" {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"detail":"state is open, ignored or resolved"}`)
			return
		}
		json.NewEncoder(w).Encode(api.IssueRow{ID: r.PathValue("id"), State: c.State, Until: c.Until})
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer clew_1" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return &Server{URL: s.URL + "/base/", Token: "clew_1", Client: s.Client()}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("differs from %s (%v):\n%s", path, err, got)
	}
}

func TestPrints(t *testing.T) {
	s := server(t)
	list, _, err := s.List(t.Context(), Ask{Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteList(&b, list, now); err != nil {
		t.Fatal(err)
	}
	golden(t, "list.golden.txt", b.Bytes())
	one, raw, err := s.Get(t.Context(), "http://clew.example/issues/0100000000000000?from=now-1h")
	if err != nil || !json.Valid(raw) {
		t.Fatal(err)
	}
	b.Reset()
	if err := Write(&b, one, now); err != nil {
		t.Fatal(err)
	}
	golden(t, "issue.golden.txt", b.Bytes())
}

func TestEmptyListsSayWhy(t *testing.T) {
	f := func(e *api.Empty, want string) {
		t.Helper()
		var b strings.Builder
		if err := WriteList(&b, &api.IssueList{Empty: e}, now); err != nil || b.String() != want+"\n" {
			t.Errorf("%q, %v", b.String(), err)
		}
	}
	f(nil, "No issues.")
	f(&api.Empty{Reason: "no-data"}, "No issues have been seen yet.")
	f(&api.Empty{Reason: "no-data-in-range", Nearest: "2026-11-20T09:00:00Z"}, "No issues in this time; the nearest was seen 24 h ago.")
	f(&api.Empty{Reason: "no-match", Term: "type:oom"}, "No issues match; without type:oom there are some.")
	f(&api.Empty{Reason: "no-match"}, "No issues match.")
}

func TestStatesAndErrors(t *testing.T) {
	s := server(t)
	row, _, err := s.SetState(t.Context(), "0100000000000000", "ignored", "now+8h")
	if err != nil || row.State != "ignored" || row.Until != "now+8h" {
		t.Errorf("%+v, %v", row, err)
	}
	if _, _, err := s.SetState(t.Context(), "0100000000000000", "bad", ""); err == nil || !strings.Contains(err.Error(), "400: state is open, ignored or resolved") {
		t.Errorf("%v", err)
	}
	if _, _, err := s.Get(t.Context(), "0900000000000000"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
	s.Token = ""
	if _, _, err := s.List(t.Context(), Ask{}); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("%v", err)
	}
}
