//go:build clients

package clienttest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/jaeger"
	"clew/internal/pipeline"
	"clew/internal/signal"
)

var record = flag.String("record", "", "folder to write what clients send to")

// ids are those of a span: as a client says and as they arrived.
type ids struct{ Trace, ID, Parent string }

// ledger is what a client prints.
type ledger struct {
	Service string
	Spans   map[string]ids
	Headers map[string]string
	Errors  []string
}

// server is a door with its sockets.
type server struct {
	*ingesttest.Store
	door *ingest.Door
	main string
	at   map[string]string // of sockets by name
}

// open serves the protocol; a token is needed where the client can send one.
func open(t *testing.T, name string, free bool) server {
	rc := recording(t, name)
	if free {
		st := new(ingesttest.Store)
		door, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{rc}, Store: st, Stages: pipeline.Default(pipeline.Options{})})
		return server{st, door, addr, ingesttest.ServeSockets(t, door, rc)}
	}
	st, door, addr := ingesttest.Door(t, rc)
	return server{st, door, addr, ingesttest.ServeSockets(t, door, rc)}
}

// run runs a client and returns what it printed.
func run(t *testing.T, s server, p ingesttest.Program) (sent ledger) {
	t.Helper()
	if out := p.Run(t, s.door); json.Unmarshal(out, &sent) != nil {
		t.Fatalf("%s", out)
	}
	return sent
}

func TestRealClients(t *testing.T) {
	f := func(name string, want expected, client func(s server) ingesttest.Program) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, name, name == "otel_grpc")
			sent := run(t, s, client(s))
			if len(sent.Errors) > 0 {
				t.Errorf("the client says %q", sent.Errors)
			}
			compare(t, sent, want, s.Take())
			if h := sent.Headers["uber-trace-id"] + sent.Headers["Uber-Trace-Id"]; want.headers && unpadded(h) != sent.header() {
				t.Errorf("injected %q, want %q", h, sent.header())
			}
		})
	}
	f("node_udp", opentracing("nodejs", "3.19.0", sampled), func(s server) ingesttest.Program {
		return node("udp", s.at["jaeger-binary"])
	})
	f("node_http", opentracing("nodejs", "3.19.0", sampled), func(s server) ingesttest.Program {
		return node("http", url(s), ingesttest.Token)
	})
	f("python_udp", opentracing("python", "4.8.0", sampled), func(s server) ingesttest.Program {
		return ingesttest.Python("python", "send.py", s.at["jaeger-compact"])
	})
	f("go_udp", opentracing("go", "2.30.0", ""), func(s server) ingesttest.Program {
		return ingesttest.Go("go", "send", "udp", s.at["jaeger-compact"])
	})
	f("go_http", opentracing("go", "2.30.0", ""), func(s server) ingesttest.Program {
		return ingesttest.Go("go", "send", "http", url(s), ingesttest.Token)
	})
	f("java_udp", opentracing("java", "1.8.1", sampled), func(s server) ingesttest.Program {
		return ingesttest.Java(t, "java", "Send", "udp", s.at["jaeger-compact"])
	})
	f("java_http", opentracing("java", "1.8.1", sampled), func(s server) ingesttest.Program {
		return ingesttest.Java(t, "java", "Send", "http", url(s), ingesttest.Token)
	})
	f("otel_http", opentelemetry(), func(s server) ingesttest.Program {
		return ingesttest.Python("python", "otel.py", "http", url(s), ingesttest.Token)
	})
	f("otel_grpc", opentelemetry(), func(s server) ingesttest.Program {
		return ingesttest.Python("python", "otel.py", "grpc", s.at["jaeger-grpc"], "")
	})
	f("otel_udp", opentelemetry(), func(s server) ingesttest.Program {
		return ingesttest.Python("python", "otel.py", "udp", s.at["jaeger-compact"], "")
	})
	// A client that is set to the other protocol's port is understood all the same.
	f("node on the compact port", opentracing("nodejs", "3.19.0", sampled), func(s server) ingesttest.Program {
		return node("udp", s.at["jaeger-compact"])
	})
}

func url(s server) string { return "http://" + s.main + "/api/traces" }

// TestDefaultSampler runs clients that nobody told how much to sample. They begin
// with a thousandth and wait until the answer of the agent's port, which is the
// same on the main one, makes them sample.
func TestDefaultSampler(t *testing.T) {
	f := func(name string, client func(s server) ingesttest.Program) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, name, false)
			sent := run(t, s, client(s))
			spans := 0
			for _, raw := range s.Take() {
				for _, id := range sent.Spans {
					if id.Parent != "" && bytes.Contains(raw, []byte(pad(id.ID, 16))) {
						spans++
					}
				}
			}
			if spans != 3 {
				t.Errorf("%d child spans arrived, want 3 of %v", spans, sent.Spans)
			}
		})
	}
	f("node", func(s server) ingesttest.Program {
		return node("udp", s.at["jaeger-binary"], "", s.at["jaeger-sampling"])
	})
	f("python", func(s server) ingesttest.Program {
		return ingesttest.Python("python", "send.py", s.at["jaeger-compact"], s.at["jaeger-sampling"])
	})
	f("go", func(s server) ingesttest.Program {
		return ingesttest.Go("go", "send", "udp", s.at["jaeger-compact"], "", "http://"+s.at["jaeger-sampling"]+"/sampling")
	})
	f("go at the collector", func(s server) ingesttest.Program {
		return ingesttest.Go("go", "send", "http", url(s), ingesttest.Token, "http://"+s.main+"/api/sampling")
	})
	f("java", func(s server) ingesttest.Program {
		return ingesttest.Java(t, "java", "Send", "udp", s.at["jaeger-compact"], "", s.at["jaeger-sampling"])
	})
}

// TestWrongToken: nothing arrives, the refusal is noted, and the client's process
// goes on.
func TestWrongToken(t *testing.T) {
	f := func(name string, client func(s server) ingesttest.Program) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, name, false)
			run(t, s, client(s))
			if got := s.Take(); len(got) > 0 {
				t.Errorf("arrived: %s", got)
			}
			refused := s.door.Refused()
			if len(refused) == 0 || refused[0].Status != http.StatusUnauthorized || refused[0].Protocol != "jaeger" {
				t.Errorf("refused: %v", refused)
			}
		})
	}
	f("node", func(s server) ingesttest.Program { return node("http", url(s), "wrong") })
	f("go", func(s server) ingesttest.Program { return ingesttest.Go("go", "send", "http", url(s), "wrong") })
	f("java", func(s server) ingesttest.Program {
		return ingesttest.Java(t, "java", "Send", "http", url(s), "wrong")
	})
	f("otel http", func(s server) ingesttest.Program {
		return ingesttest.Python("python", "otel.py", "http", url(s), "wrong")
	})
	f("otel grpc, which can send none", func(s server) ingesttest.Program {
		return ingesttest.Python("python", "otel.py", "grpc", s.at["jaeger-grpc"], "")
	})
}

func node(args ...string) ingesttest.Program { return ingesttest.Node("node", "send.js", args...) }

// recording is the receiver; with -record it writes every body that it takes.
func recording(t *testing.T, name string) ingest.Receiver {
	rc := jaeger.Receiver
	if *record == "" {
		return rc
	}
	var mu sync.Mutex // guards n
	n := 0
	type decode = func(*signal.Batch, []byte, ingest.Header) error
	keep := func(next decode) decode {
		return func(b *signal.Batch, body []byte, h ingest.Header) error {
			mu.Lock()
			defer mu.Unlock()
			n++
			if err := os.WriteFile(filepath.Join(*record, fmt.Sprintf("%s_%d.bin", name, n)), body, 0o644); err != nil {
				t.Error(err)
			}
			return next(b, body, h)
		}
	}
	rc.Routes = append([]ingest.Route(nil), rc.Routes...)
	rc.Sockets = append([]ingest.Socket(nil), rc.Sockets...)
	for i := range rc.Routes[:2] {
		rc.Routes[i].Decode = keep(rc.Routes[i].Decode)
	}
	for i := range rc.Sockets {
		if s := &rc.Sockets[i]; s.Decode != nil {
			s.Decode = keep(s.Decode)
		}
	}
	return rc
}

// header is the uber-trace-id that the span charge is expected to inject, with
// ids that are not padded.
func (l ledger) header() string {
	c := l.Spans["charge"]
	return unpadded(c.Trace + ":" + c.ID + ":" + c.Parent + ":1")
}

// unpadded takes the zeros before ids away: some clients pad them.
func unpadded(header string) string {
	parts := strings.Split(header, ":")
	for i := range parts {
		parts[i] = strings.TrimLeft(parts[i], "0")
	}
	return strings.Join(parts, ":")
}

func compare(t *testing.T, sent ledger, want expected, dumps []json.RawMessage) {
	t.Helper()
	got := map[string]map[string]any{}
	for _, raw := range dumps {
		if bytes.Contains(raw, []byte("hush-hush")) {
			t.Errorf("a secret reached the store: %s", raw)
		}
		var dump struct {
			Groups []struct {
				Resource map[string]any
				Scope    any
				Spans    []map[string]any
			}
			Refused []any
		}
		if err := json.Unmarshal(raw, &dump); err != nil || len(dump.Refused) > 0 {
			t.Fatalf("%v\n%s", err, raw)
		}
		for _, g := range dump.Groups {
			want.compareResource(t, sent.Service, g.Resource)
			for _, sp := range g.Spans {
				if g.Scope != nil {
					sp["scope"] = g.Scope
				}
				got[sp["name"].(string)] = sp
			}
		}
	}
	delete(got, "probe")
	if len(got) != len(want.spans) || len(sent.Spans) != len(want.spans) {
		t.Fatalf("sent %d spans, got %d, want %d", len(sent.Spans), len(got), len(want.spans))
	}
	for name, text := range want.spans {
		id := sent.Spans[name]
		sp := got[name]
		parent, _ := sp["parent"].(string)
		if sp["trace"] != pad(id.Trace, 32) || sp["id"] != pad(id.ID, 16) || parent != pad(id.Parent, 16) {
			t.Errorf("%s: ids %v %v %v, sent %v", name, sp["trace"], sp["id"], parent, id)
		}
		for _, k := range []string{"trace", "id", "parent", "name"} {
			delete(sp, k)
		}
		if raw, err := json.Marshal(sp); err != nil || canonical(raw) != canonical([]byte(text)) {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, canonical(raw), canonical([]byte(text)))
		}
	}
}

func pad(id string, to int) string {
	if id == "" {
		return ""
	}
	return strings.Repeat("0", to-len(id)) + id
}
