//go:build clients

package clienttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/zipkin"
)

// row is a span: in a ledger by what was sent, in a dump by what arrived. See
// ingesttest.Dump.
type row map[string]any

type ledger struct {
	Service  string
	From, To int64 // between them, in milliseconds, everything happened
	Spans    []row
	Injected map[string]string // headers for the service that the client's span calls
}

// clients are the programs by language. Each takes a mode, the door's URL and a
// token.
var clients = map[string]func(testing.TB, ...string) ingesttest.Program{
	"node": func(_ testing.TB, args ...string) ingesttest.Program {
		return ingesttest.Node("node", "send.js", args...)
	},
	"python": func(_ testing.TB, args ...string) ingesttest.Program {
		return ingesttest.Python("python", "send.py", args...)
	},
	"go": func(_ testing.TB, args ...string) ingesttest.Program { return ingesttest.Go("go", "send", args...) },
	"java": func(t testing.TB, args ...string) ingesttest.Program {
		return ingesttest.Java(t, "java", "Send", args...)
	},
}

func TestRealClients(t *testing.T) {
	f := func(language, mode string) {
		t.Run(language+" "+mode, func(t *testing.T) {
			t.Parallel()
			st, door, addr := ingesttest.Door(t, zipkin.Receiver)
			var sent ledger
			decode(t, clients[language](t, mode, "http://"+addr, ingesttest.Token).Run(t, door), &sent)
			compare(t, sent, arrived(t, st))
			if sent.Injected != nil {
				checkInjected(t, sent)
			}
			if r := door.Refused(); len(r) > 0 {
				t.Errorf("refused: %v", r)
			}
		})
	}
	for _, mode := range []string{"v1", "v2", "opencensus"} {
		f("node", mode)
	}
	for _, mode := range []string{"v1", "v2", "proto"} {
		f("python", mode)
	}
	f("go", "json")
	f("go", "proto")
	for _, mode := range []string{"json", "proto", "v1", "thrift"} {
		f("java", mode)
	}
}

// TestWrongToken: no client fails its user's program, and the refusal is noted.
func TestWrongToken(t *testing.T) {
	f := func(language, mode string) {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			st, door, addr := ingesttest.Door(t, zipkin.Receiver)
			clients[language](t, mode, "http://"+addr, "wrong").Run(t, door)
			if n := len(st.Take()); n > 0 {
				t.Errorf("%d batches were taken", n)
			}
			refused := door.Refused()
			if len(refused) == 0 {
				t.Fatal("nothing was refused")
			}
			if r := refused[0]; r.Status != 401 || r.Protocol != "zipkin" || strings.Contains(r.Path, "wrong") {
				t.Errorf("refused: %+v", r)
			}
		})
	}
	f("node", "v2")
	f("python", "proto")
	f("go", "json")
	f("java", "json")
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
}

// arrived gathers the spans of all dumps, with the service that sent each.
func arrived(t *testing.T, st *ingesttest.Store) (got []row) {
	for _, raw := range st.Take() {
		var dump struct {
			Groups []struct {
				Resource row
				Spans    []row
			}
			Refused []any
		}
		decode(t, raw, &dump)
		if bytes.Contains(raw, []byte("hunter2")) {
			t.Errorf("a secret is not masked: %s", raw)
		}
		if len(dump.Refused) > 0 {
			t.Errorf("refused: %v", dump.Refused)
		}
		for _, g := range dump.Groups {
			for _, s := range g.Spans {
				s["service"] = g.Resource["service.name"]
				got = append(got, s)
			}
		}
	}
	return got
}

func compare(t *testing.T, sent ledger, got []row) {
	t.Helper()
	if len(sent.Spans) < 2 || len(got) != len(sent.Spans) {
		t.Fatalf("sent %d spans, got %d: %v", len(sent.Spans), len(got), got)
	}
	byID := map[any]row{}
	for _, s := range got {
		byID[s["id"]] = s
	}
	for _, s := range sent.Spans {
		r := byID[s["id"]]
		if r == nil {
			t.Errorf("span %v did not arrive", s)
			continue
		}
		if r["service"] != sent.Service {
			t.Errorf("span %v: service %v", s["name"], r["service"])
		}
		for field, want := range s {
			if problem := within(want, r[field]); problem != "" {
				t.Errorf("span %v: %s: %s", s["name"], field, problem)
			}
		}
		start, end := number(r["start"]), number(r["end"])
		if start < sent.From*1e6 || end <= start || end > sent.To*1e6+1e6 {
			t.Errorf("span %v: from %d to %d, not within %d and %d", s["name"], start, end, sent.From, sent.To)
		}
		if s["status"] == nil && r["status"] != nil {
			t.Errorf("span %v: status %v", s["name"], r["status"])
		}
	}
}

// within returns "" where got has all that want has.
func within(want, got any) string {
	switch want := want.(type) {
	case nil:
		return ""
	case map[string]any:
		in, _ := got.(map[string]any)
		for k, v := range want {
			if problem := within(v, in[k]); problem != "" {
				return k + ": " + problem
			}
		}
		return ""
	case []any:
		in, _ := got.([]any)
		if len(in) != len(want) {
			return fmt.Sprintf("sent %v, got %v", want, got)
		}
		for i := range want {
			if problem := within(want[i], in[i]); problem != "" {
				return problem
			}
		}
		return ""
	}
	if fmt.Sprint(want) != fmt.Sprint(got) && !(want == "" && got == nil) {
		return fmt.Sprintf("sent %v, got %v", want, got)
	}
	return ""
}

func number(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return i
}

// checkInjected: what the client tells the service that it calls is its span.
func checkInjected(t *testing.T, sent ledger) {
	t.Helper()
	headers := map[string]string{}
	for k, v := range sent.Injected {
		headers[strings.ToLower(k)] = v
	}
	for _, s := range sent.Spans {
		if s["kind"] == "client" && (headers["x-b3-traceid"] != s["trace"] || headers["x-b3-spanid"] != s["id"]) {
			t.Errorf("the client's span is %v of %v, the headers are %v", s["id"], s["trace"], sent.Injected)
		}
	}
}
