//go:build clients

package clienttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/lightstep"
	"clew/internal/pipeline"
	"clew/internal/store"
)

// row is a span: in a ledger as it must arrive, in a dump as it did. See
// ingesttest.Dump.
type row map[string]any

// ledger is what a client prints. Errors are its failed reports.
type ledger struct {
	Service, Language string
	Errors            []string
	Kept              int // spans that it still wants to send; not told by all
	Headers           map[string]string
	Spans             []row
}

// client is one published tracer over one transport.
type client struct {
	name string
	make func(addr, token string) ingesttest.Program
}

func clients(t *testing.T) (all []client) {
	add := func(language, transport string, program func(args ...string) ingesttest.Program) {
		all = append(all, client{language + " " + transport, func(addr, token string) ingesttest.Program { return program(transport, addr, token) }})
	}
	add("node", "proto", func(args ...string) ingesttest.Program { return ingesttest.Node("node", "send.js", args...) })
	add("node", "thrift", func(args ...string) ingesttest.Program { return ingesttest.Node("node", "send.js", args...) })
	add("python", "proto", func(args ...string) ingesttest.Program { return ingesttest.Python("python", "send.py", args...) })
	add("python", "thrift", func(args ...string) ingesttest.Program { return ingesttest.Python("python", "send.py", args...) })
	add("go", "http", func(args ...string) ingesttest.Program { return ingesttest.Go("go", "send", args...) })
	add("go", "grpc", func(args ...string) ingesttest.Program { return ingesttest.Go("go", "send", args...) })
	add("java", "http", func(args ...string) ingesttest.Program { return ingesttest.Java(t, "java", "Send", args...) })
	add("java", "grpc", func(args ...string) ingesttest.Program { return ingesttest.Java(t, "java", "Send", args...) })
	return all
}

// TestRealClients reports with a store that is busy for a moment, which no client
// notices, and looks at what arrived, with the secrets masked.
func TestRealClients(t *testing.T) {
	for _, c := range clients(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st, door, addr := ingesttest.Door(t, lightstep.Receiver)
			st.FailOnce(store.ErrBusy)
			var sent ledger
			decode(t, c.make(addr, ingesttest.Token).Run(t, door), &sent)
			if len(sent.Errors) != 0 || sent.Kept != 0 {
				t.Errorf("errors %q, %d spans kept by the client", sent.Errors, sent.Kept)
			}
			dumps := st.Take()
			for _, d := range dumps {
				if bytes.Contains(d, []byte("hunter2")) {
					t.Errorf("a secret reached the store: %s", d)
				}
			}
			compare(t, sent, dumps)
			carriers(t, sent)
		})
	}
}

// TestSentAgain reports to a store that is busy until one report was refused.
func TestSentAgain(t *testing.T) {
	for _, c := range clients(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := new(ingesttest.Store)
			door, addr := ingesttest.Serve(t, ingest.Options{
				Receivers: []ingest.Receiver{lightstep.Receiver}, Store: st, Stages: pipeline.Default(pipeline.Options{}), Patience: time.Second,
			})
			st.Fail(store.ErrBusy)
			ended := make(chan struct{})
			defer func() { <-ended }()
			go func() {
				defer close(ended)
				for t.Context().Err() == nil && len(door.Refused()) == 0 {
					time.Sleep(10 * time.Millisecond)
				}
				st.Fail(nil)
			}()
			var sent ledger
			decode(t, c.make(addr, ingesttest.Token).Run(t, door), &sent)
			if len(sent.Errors) != 1 || sent.Kept != 0 {
				t.Errorf("errors %q, %d spans kept by the client", sent.Errors, sent.Kept)
			}
			compare(t, sent, st.Take())
		})
	}
}

func TestWrongToken(t *testing.T) {
	for _, c := range clients(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st, door, addr := ingesttest.Door(t, lightstep.Receiver)
			var sent ledger
			decode(t, c.make(addr, "wrong").Run(t, door), &sent)
			if len(sent.Errors) != 3 {
				t.Errorf("errors %q: the client should know of three refusals", sent.Errors)
			}
			if n := len(st.Take()); n != 0 {
				t.Errorf("%d batches kept", n)
			}
			refused := door.Refused()
			if len(refused) == 0 || slices.ContainsFunc(refused, func(r ingest.RefusedRequest) bool { return r.Status != 401 || r.Protocol != "lightstep" }) {
				t.Errorf("refused: %v", refused)
			}
		})
	}
}

// carriers looks at the headers that the tracers inject: 64 bits of the trace.
func carriers(t *testing.T, sent ledger) {
	t.Helper()
	trace, span := sent.Headers["ot-tracer-traceid"], sent.Headers["ot-tracer-spanid"]
	pad := func(s string, n int) string { return strings.Repeat("0", max(0, n-len(s))) + s } // Go writes no leading zeros
	call := sent.Spans[1]
	if pad(trace, 32) != call["trace"] || pad(span, 16) != call["id"] || len(trace) > 16 || sent.Headers["ot-tracer-sampled"] != "true" || sent.Headers["ot-baggage-customer"] != "c-17" {
		t.Errorf("headers %v of span %v in %v", sent.Headers, call["id"], call["trace"])
	}
}

func compare(t *testing.T, sent ledger, dumps []json.RawMessage) {
	t.Helper()
	got := map[string]row{}
	for _, raw := range dumps {
		var dump struct {
			Groups []struct {
				Resource row
				Spans    []row
			}
			Refused []any
		}
		decode(t, raw, &dump)
		if len(dump.Refused) > 0 {
			t.Errorf("refused: %v", dump.Refused)
		}
		for _, g := range dump.Groups {
			r := g.Resource
			if r["service.name"] != sent.Service || r["telemetry.sdk.name"] != "lightstep" || r["telemetry.sdk.language"] != sent.Language ||
				r["telemetry.sdk.version"] == nil || r["host.name"] == nil || r["service.instance.id"] == nil || r["clew.ingest.protocol"] != "lightstep" {
				t.Errorf("resource %v", r)
			}
			for _, sp := range g.Spans {
				id := fmt.Sprint(sp["id"])
				if got[id] != nil {
					t.Errorf("span %s is there twice in what was taken", id)
				}
				got[id] = sp
			}
		}
	}
	if len(sent.Spans) != 3 || len(got) != 3 {
		t.Fatalf("sent %d spans, got %d", len(sent.Spans), len(got))
	}
	for _, want := range sent.Spans {
		for field, v := range want {
			if a, b := canonical(v), canonical(got[fmt.Sprint(want["id"])][field]); a != b {
				t.Errorf("%v: %s\nsent %s\n got %s", want["name"], field, a, b)
			}
		}
	}
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
}

// canonical prints a JSON value so that what dumps leave out (empty values) and
// times written as strings compare equal.
func canonical(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		s := ""
		for _, e := range v {
			s += canonical(e) + ";"
		}
		return s
	case map[string]any:
		s := ""
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if c := canonical(v[k]); c != "" {
				s += k + "=" + c + ","
			}
		}
		return s
	}
	return fmt.Sprint(v)
}
