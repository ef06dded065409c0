//go:build clients

package clienttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/htrace"
	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/otlp"
	"clew/internal/ingest/scribe"
)

type span struct {
	Trace, ID, Parent, Name, Kind, Service string
	Start, End                             int64
	Attrs                                  map[string]any
	Events                                 []struct{ Name string }
}

type ledger struct {
	Service  string
	From, To int64 // ms
	Spans    []span
}

// run runs HTrace, which prints what it sent.
func run(t *testing.T, door *ingest.Door, args ...string) (sent ledger) {
	t.Helper()
	out := ingesttest.Java(t, "java", "Send", args...).Run(t, door)
	if err := json.Unmarshal(out, &sent); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return sent
}

// arrived waits for n spans.
func arrived(t *testing.T, st *ingesttest.Store, n int) (got []span) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); len(got) < n; time.Sleep(10 * time.Millisecond) {
		for _, raw := range st.Take() {
			if bytes.Contains(raw, []byte("hunter2")) {
				t.Errorf("a secret is not masked: %s", raw)
			}
			var dump struct {
				Groups []struct {
					Resource map[string]any
					Spans    []span
				}
			}
			if err := json.Unmarshal(raw, &dump); err != nil {
				t.Fatal(err)
			}
			for _, g := range dump.Groups {
				for _, s := range g.Spans {
					s.Service, _ = g.Resource["service.name"].(string)
					got = append(got, s)
				}
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d spans came", len(got), n)
		}
	}
	return got
}

func compare(t *testing.T, sent ledger, service string, got []span) {
	t.Helper()
	if len(sent.Spans) != 2 || len(got) != 2 {
		t.Fatalf("sent %d spans, got %d", len(sent.Spans), len(got))
	}
	for _, want := range sent.Spans {
		i := slices.IndexFunc(got, func(s span) bool { return s.ID == want.ID })
		if i < 0 {
			t.Errorf("span %s did not arrive", want.Name)
			continue
		}
		s := got[i]
		if s.Trace != want.Trace || s.Parent != want.Parent || s.Name != want.Name || s.Kind != want.Kind || s.Service != service {
			t.Errorf("sent %+v\n got %+v", want, s)
		}
		if s.Start < sent.From*1e6 || s.End < s.Start || s.End > sent.To*1e6 {
			t.Errorf("span %s: from %d to %d", s.Name, s.Start, s.End)
		}
		for k, v := range want.Attrs {
			if s.Attrs[k] != v {
				t.Errorf("span %s: %s is %v, want %v", s.Name, k, s.Attrs[k], v)
			}
		}
		if fmt.Sprint(s.Events) != fmt.Sprint(want.Events) {
			t.Errorf("span %s: events %v, want %v", s.Name, s.Events, want.Events)
		}
	}
}

func TestHTraceOverScribe(t *testing.T) {
	st, door, _ := ingesttest.Door(t, scribe.Receiver)
	sent := run(t, door, "scribe", ingesttest.ServeSockets(t, door, scribe.Receiver)["scribe"])
	// Its converter writes names in lower case.
	compare(t, sent, strings.ToLower(sent.Service), arrived(t, st, 2))
	if r := door.Refused(); len(r) > 0 {
		t.Errorf("refused: %v", r)
	}
}

func TestImportOfHTraceFile(t *testing.T) {
	st, door, addr := ingesttest.Door(t, otlp.Receiver)
	path := filepath.Join(t.TempDir(), "spans.json")
	sent := run(t, door, "file", path)
	im := htrace.Importer{
		Endpoint: "http://" + addr, Token: ingesttest.Token, Client: http.DefaultClient,
		Complain: func(file string, line int, err error) { t.Errorf("%s:%d: %v", file, line, err) },
		Progress: func(htrace.Count) {},
	}
	if err := im.Files(t.Context(), []string{path}); err != nil || im.Count.Spans != 2 {
		t.Fatalf("%v, %+v", err, im.Count)
	}
	compare(t, sent, sent.Service, arrived(t, st, 2))
}
