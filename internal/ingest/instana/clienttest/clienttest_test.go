//go:build clients

package clienttest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"clew/internal/ingest/ingesttest"
	"clew/internal/sandbox"
	"clew/internal/signal"
)

const fromQueue = `{"Records":[{"eventSource":"aws:sqs","messageId":"m-1","body":"x","attributes":{},"messageAttributes":{},"eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:jobs"}]}`

// TestFunctions: calls, failures, a time limit, a wrong token, and the parent that
// comes late.
func TestFunctions(t *testing.T) {
	s := newStage(t)
	var viewed, queued sandbox.Result
	var python [3]sandbox.Result
	runs := []func(){
		func() { viewed = s.invoke("node-view", ingesttest.GatewayEvent("GET", "/post", "1", "")) },
		func() { queued = s.invoke("node-view", fromQueue) },
		func() { s.invoke("node-broken", "{}") },
		func() { s.invoke("node-stuck", "{}") },
		func() { s.invoke("node-stranger", "{}") },
		func() { // one after the other in one environment
			for i := range python {
				python[i] = s.invoke("python-view", ingesttest.GatewayEvent("GET", "/post", "1", ""))
			}
		},
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, 3) // cold starts keep a core each busy
	for _, run := range runs {
		all.Add(1)
		go func() {
			defer all.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			run()
		}()
	}
	all.Wait()
	var dumps []json.RawMessage
	s.wait("the mark of the time limit", func() bool { // clients do not wait for the answer
		dumps = append(dumps, s.st.Take()...)
		return slices.ContainsFunc(dumps, func(d json.RawMessage) bool { return strings.Contains(string(d), "Possible Lambda timeout") })
	})
	spans, raw := ingesttest.Spans(t, dumps)
	s.compare(spans)
	if strings.Contains(raw, "author-token-0987654321") || strings.Contains(raw, `"right"`) {
		t.Error("a secret would reach the disk")
	}
	t.Run("node", func(t *testing.T) { checkNode(t, spans, viewed, queued) })
	t.Run("python", func(t *testing.T) { checkPython(t, spans, python[:]) })
	t.Run("failures", func(t *testing.T) { checkFailures(t, spans) })
	t.Run("token", func(t *testing.T) {
		refused := s.door.Refused()
		if len(refused) != 1 || refused[0].Status != http.StatusUnauthorized || refused[0].Protocol != "instana" {
			t.Errorf("refused: %+v", refused)
		}
	})
}

// seen returns the trace and span ids that a service was called with, which are
// those of the call.
func seen(t *testing.T, r sandbox.Result) (trace, id string) {
	t.Helper()
	var answer struct{ Body string }
	var body struct{ Headers http.Header }
	if err := json.Unmarshal(r.Payload, &answer); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(answer.Body), &body); err != nil {
		t.Fatal(err)
	}
	trace, id = body.Headers.Get("X-Instana-T"), body.Headers.Get("X-Instana-S")
	// After a queue Node's client goes on without W3C's header.
	if want := "00-" + strings.Repeat("0", 32-len(trace)) + trace + "-" + id + "-01"; body.Headers.Get("Traceparent") != "" && body.Headers.Get("Traceparent") != want {
		t.Errorf("traceparent %s, want %s", body.Headers.Get("Traceparent"), want)
	}
	return strings.Repeat("0", 32-len(trace)) + trace, id
}

// of returns the span with an id.
func of(t *testing.T, spans []*ingesttest.Arrived, trace, id string) *ingesttest.Arrived {
	t.Helper()
	for _, s := range spans {
		if s.Trace == trace && s.ID == id {
			return s
		}
	}
	t.Fatalf("no span %s of %s", id, trace)
	return nil
}

func checkNode(t *testing.T, spans []*ingesttest.Arrived, viewed, queued sandbox.Result) {
	for _, f := range []struct {
		run           sandbox.Result
		kind, trigger string
	}{{viewed, "server", "http"}, {queued, "consumer", "pubsub"}} {
		call := of(t, spans, seenTrace(t, f.run), seenSpan(t, f.run))
		entry := of(t, spans, call.Trace, call.Parent)
		if call.Kind != "client" || call.Name != "GET" || !strings.HasSuffix(call.Text("url.full"), "/verify") || call.Text("http.response.status_code") != "200" || call.Text("url.query") != "token=***" {
			t.Errorf("call: %+v", call)
		}
		if entry.Kind != f.kind || entry.Name != "node-view" || entry.Parent != "" || entry.Text("faas.trigger") != f.trigger || entry.Text("faas.invocation_id") != f.run.RequestID ||
			entry.Key(signal.KeyRequest) != f.run.RequestID || entry.Status != "" {
			t.Errorf("entry: %+v", entry)
		}
		if r := entry.Resource; r["telemetry.sdk.language"] != "nodejs" || r["telemetry.sdk.version"] != "2.0.0" || r["cloud.account.id"] != "123456789012" || r["faas.version"] != "$LATEST" {
			t.Errorf("resource: %v", r)
		}
		got := false
		for _, s := range spans {
			got = got || s.Parent == entry.ID && s.Name == "get" && s.Text("db.system.name") == "redis" && s.Text("server.address") == "127.0.0.1" && s.Text("code.stacktrace") != ""
		}
		if !got {
			t.Error("no redis call below the entry")
		}
	}
	if e := of(t, spans, seenTrace(t, queued), of(t, spans, seenTrace(t, queued), seenSpan(t, queued)).Parent); e.Text("messaging.destination.name") != "jobs" || e.Text("messaging.system") != "aws_sqs" {
		t.Errorf("queue: %+v", e)
	}
}

func seenTrace(t *testing.T, r sandbox.Result) string { trace, _ := seen(t, r); return trace }
func seenSpan(t *testing.T, r sandbox.Result) string  { _, id := seen(t, r); return id }

// checkPython: the entry of a run comes with a request of a later one, and the
// client's own requests do not.
func checkPython(t *testing.T, spans []*ingesttest.Arrived, runs []sandbox.Result) {
	entries := 0
	for _, r := range runs {
		trace, id := seen(t, r)
		call := of(t, spans, trace, id)
		if call.Kind != "client" || call.Parent != trace[16:] { // an entry has the id of its trace
			t.Errorf("call: %+v", call)
		}
		for _, s := range spans {
			if s.Trace == trace && s.ID == trace[16:] {
				entries++
				if s.Name != "python-view" || s.Kind != "server" || s.Text("http.route") != "/post" || s.Text("faas.trigger") != "http" {
					t.Errorf("entry: %+v", s)
				}
			}
		}
	}
	if entries == 0 || entries == len(runs) {
		t.Errorf("%d entries of %d runs", entries, len(runs))
	}
	for _, s := range spans {
		if strings.HasSuffix(s.Text("url.full"), "/bundle") {
			t.Errorf("the client's own request is a span: %+v", s)
		}
	}
}

func checkFailures(t *testing.T, spans []*ingesttest.Arrived) {
	broken := ingesttest.One(t, spans, "node-broken", "node-broken")
	if broken.Status != "error" || broken.Message != "no such page" || broken.Events[0].Attrs["exception.message"] != "no such page" {
		t.Errorf("broken: %+v", broken)
	}
	stuck := ingesttest.One(t, spans, "node-stuck", "node-stuck")
	if stuck.Status != "error" || stuck.Text("clew.outcome") != "timeout" || !strings.Contains(stuck.Message, "Possible Lambda timeout") {
		t.Errorf("stuck: %+v", stuck)
	}
}

// compare checks that everything sent with a right token arrived as it was sent.
func (s *stage) compare(spans []*ingesttest.Arrived) {
	s.t.Helper()
	byID := map[string]*ingesttest.Arrived{}
	for _, sp := range spans {
		byID[sp.ID] = sp
	}
	n := 0
	for _, p := range s.sent.Posts() {
		var bundle struct {
			Spans []struct {
				T, S, P string
				TS, D   int64
				Data    struct{ HTTP struct{ URL string } }
			}
		}
		if err := json.Unmarshal(p.Body, &bundle); err != nil {
			s.t.Fatalf("%v\n%s", err, p.Body)
		}
		if p.Header.Get("X-Instana-Key") != ingesttest.Token {
			continue
		}
		for _, told := range bundle.Spans {
			if strings.HasSuffix(told.Data.HTTP.URL, "/bundle") {
				continue
			}
			n++
			got := byID[told.S]
			if got == nil || got.Trace != "0000000000000000"+told.T || got.Parent != told.P || got.Start != told.TS*1e6 || got.End != (told.TS+told.D)*1e6 {
				s.t.Errorf("sent %+v, got %+v", told, got)
			}
		}
	}
	if n != len(spans) {
		s.t.Errorf("%d spans sent, %d arrived", n, len(spans))
	}
}
