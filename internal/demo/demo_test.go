//go:build demo

package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// TestStory runs the real application until the sink has seen every chapter, then
// ends it and compares the ledger with what arrived.
func TestStory(t *testing.T) {
	s := newSink(t)
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{Endpoint: s.URL, Token: sinkToken, Rate: 4, LedgerDir: dir, Out: t.Output()})
	}()

	chapters := map[string]func([]seen) error{
		"a post is read":                    readStory,
		"a post is written and analysed":    writeStory,
		"auth refuses, analysis breaks":     refusedStory,
		"the cache is slow":                 slowStory,
		"analysis fails and is tried again": retryStory,
		"a function runs into its timeout":  timeoutStory,
	}
	began := time.Now()
	chapters["everything starts cold again"] = func(spans []seen) error { return coldStory(spans, began) }
	for len(chapters) > 0 && time.Since(began) < 45*time.Second {
		for name, tell := range chapters {
			for _, trace := range s.traces() {
				if tell(trace) == nil {
					t.Logf("%5.1f s: %s", time.Since(began).Seconds(), name)
					delete(chapters, name)
					break
				}
			}
		}
		select {
		case err := <-done:
			t.Fatalf("the demo ended early: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
	for name, tell := range chapters {
		t.Errorf("never seen: %s (%v)", name, closest(s.traces(), tell))
	}

	cancel()
	stopping := time.Now()
	if err := <-done; err != nil {
		t.Errorf("Run = %v after its context ended, want nil", err)
	}
	if took := time.Since(stopping); took > 2*time.Second {
		t.Errorf("stopping took %v, want at most 2 s", took)
	}
	if left := children(t); left != "" {
		t.Errorf("processes left behind: %s", left)
	}
	s.check(dir)
}

// TestLedgerIsHonestWhileTheServerIsAway: what is acked has arrived, what was cut
// off is not acked, and the application goes on.
func TestLedgerIsHonestWhileTheServerIsAway(t *testing.T) {
	s := newSink(t)
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{Endpoint: s.URL, Token: sinkToken, Faults: "none", LedgerDir: dir, Out: t.Output()})
	}()
	ledger := func() (acked, lost int) {
		spans, err := ReadLedger(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range spans {
			if l.Acked {
				acked++
			} else {
				lost++
			}
		}
		return acked, lost
	}
	until := func(what string, cond func(acked, lost int) bool) {
		t.Helper()
		for !cond(ledger()) {
			select {
			case err := <-done:
				t.Fatalf("the demo ended while waiting for %s: %v", what, err)
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	away := func(is bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.away = is
	}
	until("the first spans", func(acked, _ int) bool { return acked > 30 })
	away(true)
	until("lost spans", func(_, lost int) bool { return lost > 5 })
	away(false)
	before, _ := ledger()
	until("new spans", func(acked, _ int) bool { return acked > before+60 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	spans, err := ReadLedger(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.checkAcked(spans)
}

// one finds the only span of a service whose name begins with name.
func one(spans []seen, service, name string) (found seen, err error) {
	n := 0
	for _, sp := range spans {
		if sp.service == service && strings.HasPrefix(sp.Name, name) {
			found = sp
			n++
		}
	}
	if n != 1 {
		return found, fmt.Errorf("%d spans %s of %s", n, name, service)
	}
	return found, nil
}

// link is one span of a path: whose, what, which kind.
type link struct {
	service, name string
	kind          tracepb.Span_SpanKind
}

// path checks that each link is the parent of the next one and returns the last.
func path(spans []seen, links ...link) (last seen, err error) {
	for i, l := range links {
		sp, err := one(spans, l.service, l.name)
		if err != nil {
			return last, err
		}
		if sp.Kind != l.kind {
			return last, fmt.Errorf("%s of %s is a %v", l.name, l.service, sp.Kind)
		}
		if i == 0 && len(sp.ParentSpanId) > 0 {
			return last, fmt.Errorf("%s of %s is no root", l.name, l.service)
		}
		if i > 0 && string(sp.ParentSpanId) != string(last.SpanId) {
			return last, fmt.Errorf("%s of %s is not a child of %s", l.name, l.service, last.Name)
		}
		last = sp
	}
	return last, nil
}

const (
	server   = tracepb.Span_SPAN_KIND_SERVER
	client   = tracepb.Span_SPAN_KIND_CLIENT
	producer = tracepb.Span_SPAN_KIND_PRODUCER
	consumer = tracepb.Span_SPAN_KIND_CONSUMER
)

func toFunction(route, fn string, more ...link) []link {
	return append([]link{
		{"blog-gateway", route, server},
		{"blog-gateway", "invoke " + fn, client},
		{fn, fn, server},
	}, more...)
}

func toAuth() []link {
	return toFunction("POST /new_post", requestProcessor, link{requestProcessor, "GET", client}, link{"auth", "GET /verify", server})
}

func toAnalysis(more ...link) []link {
	to := toFunction("POST /new_post", requestProcessor, link{requestProcessor, postsTopic + " send", producer},
		link{postAnalysis, "process " + postsTopic, consumer})
	return append(to, more...)
}

func readStory(spans []seen) error {
	get, err := path(spans, toFunction("GET /post", viewPost, link{viewPost, "GET", client})...)
	if err != nil {
		return err
	}
	return want(get.attrs, "peer.service", "blog-cache")
}

func writeStory(spans []seen) error {
	if _, err := path(spans, toAuth()...); err != nil {
		return err
	}
	if _, err := path(spans, toFunction("POST /new_post", requestProcessor, link{requestProcessor, "DynamoDB.PutItem", client})...); err != nil {
		return err
	}
	if _, err := path(spans, toAnalysis(link{postAnalysis, "GET", client})...); err != nil {
		return err
	}
	sent, _ := one(spans, requestProcessor, postsTopic+" send")
	got, _ := one(spans, postAnalysis, "process "+postsTopic)
	if id := sent.attrs["messaging.message.id"]; id == "" || id != got.attrs["messaging.message.id"] {
		return fmt.Errorf("message ids %q and %q", id, got.attrs["messaging.message.id"])
	}
	fn, _ := one(spans, requestProcessor, requestProcessor)
	if !strings.Contains(fn.attrs["clew.payload.event"], "correct-horse") {
		return fmt.Errorf("payload %q does not hold the form's password", fn.attrs["clew.payload.event"])
	}
	for _, sp := range []seen{sent, got} {
		if err := want(sp.attrs, "messaging.system", "aws_sns", "messaging.destination.name", postsTopic); err != nil {
			return err
		}
		if err := want(sp.resource, "cloud.provider", "aws", "cloud.platform", "aws_lambda", "cloud.region", region,
			"cloud.account.id", account, "faas.name", sp.service, "faas.version", "$LATEST"); err != nil {
			return err
		}
	}
	return nil
}

// refusedStory is the founding one: nothing failed where the fault was.
func refusedStory(spans []seen) error {
	verify, err := path(spans, toAuth()...)
	if err != nil {
		return err
	}
	if err := want(verify.attrs, "http.response.status_code", "int_value:401"); err != nil {
		return err
	}
	fn, _ := one(spans, requestProcessor, requestProcessor)
	if fn.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR {
		return fmt.Errorf("request-processor failed; it should swallow the 401")
	}
	return failed(spans, "KeyError")
}

func slowStory(spans []seen) error {
	get, err := path(spans, toAnalysis(link{postAnalysis, "GET", client})...)
	if err != nil {
		return err
	}
	if took := time.Duration(get.EndTimeUnixNano - get.StartTimeUnixNano); took < slowBy {
		return fmt.Errorf("the cache took %v", took)
	}
	return nil
}

func retryStory(spans []seen) error {
	if err := failed(spans, "ConnectionError"); err != nil {
		return err
	}
	for _, sp := range spans {
		if sp.Kind == consumer && sp.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR {
			return nil
		}
	}
	return fmt.Errorf("no second attempt succeeded")
}

// timeoutStory has no span of the function: it was killed before it could send.
func timeoutStory(spans []seen) error {
	call, err := path(spans, link{"blog-gateway", "GET /post", server}, link{"blog-gateway", "invoke " + viewPost, client})
	if err != nil {
		return err
	}
	root, _ := one(spans, "blog-gateway", "GET /post")
	if err := want(root.attrs, "http.response.status_code", "int_value:504"); err != nil {
		return err
	}
	return want(call.attrs, "error.type", "Sandbox.Timedout")
}

// coldStory looks for a cold start long after the first ones.
func coldStory(spans []seen, began time.Time) error {
	fn, err := path(spans, toFunction("POST /new_post", requestProcessor)...)
	if err != nil {
		return err
	}
	if since := time.Unix(0, int64(fn.StartTimeUnixNano)).Sub(began); since < 19*time.Second {
		return fmt.Errorf("started after %v", since)
	}
	return want(fn.attrs, "faas.coldstart", "bool_value:true")
}

// failed looks for an analysis that ended with the exception.
func failed(spans []seen, exception string) error {
	for _, sp := range spans {
		if sp.Kind != consumer || sp.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR {
			continue
		}
		for _, e := range sp.Events {
			if strings.HasSuffix(attributes(e.Attributes)["exception.type"], exception) {
				return nil
			}
		}
	}
	return fmt.Errorf("no analysis ended with %s", exception)
}

func want(got map[string]string, pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if got[pairs[i]] != pairs[i+1] {
			return fmt.Errorf("%s is %q, want %q", pairs[i], got[pairs[i]], pairs[i+1])
		}
	}
	return nil
}

// closest is the complaint about the trace with the most spans.
func closest(traces map[string][]seen, tell func([]seen) error) error {
	var best []seen
	for _, spans := range traces {
		if len(spans) > len(best) {
			best = spans
		}
	}
	return tell(best)
}

// check compares the ledger with what arrived, and looks at logs and metrics.
func (s *sink) check(dir string) {
	s.t.Helper()
	ledger, err := ReadLedger(dir)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(ledger) < 100 {
		s.t.Errorf("the ledger has %d spans only", len(ledger))
	}
	s.checkAcked(ledger)
	s.mu.Lock()
	defer s.mu.Unlock()
	traced, stacks := 0, 0
	for _, l := range s.logs {
		if len(l.TraceId) == 16 && len(l.SpanId) == 8 {
			traced++
		}
		if strings.Contains(attributes(l.Attributes)["exception.stacktrace"], "KeyError") {
			stacks++
		}
	}
	if traced < 50 || stacks == 0 {
		s.t.Errorf("%d logs carry their span, %d the stack of the KeyError", traced, stacks)
	}
	for _, m := range []string{"auth auth.verifications", "auth auth.verification.duration", "blog-gateway gateway.requests", "blog-gateway gateway.request.duration"} {
		if !s.metrics[m] {
			s.t.Errorf("no metric %s in %v", m, s.metrics)
		}
	}
}

// checkAcked compares every acknowledged span with what arrived.
func (s *sink) checkAcked(ledger []LedgerSpan) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	arrived := map[signal.SpanID]LedgerSpan{}
	for _, sp := range s.spans {
		arrived[signal.SpanID(sp.SpanId)] = sp.ledger()
	}
	for _, l := range ledger {
		if got := arrived[l.Span]; l.Acked && got != l {
			s.t.Errorf("ledger says %+v\nsink says   %+v", l, got)
		}
	}
}

// ledger is the line that the span should have; everything sent is acked.
func (sp seen) ledger() LedgerSpan {
	l := LedgerSpan{
		Trace: signal.TraceID(sp.TraceId), Span: signal.SpanID(sp.SpanId), Name: sp.Name, Service: sp.service,
		Kind: signal.SpanKind(sp.Kind), Status: signal.StatusCode(sp.Status.GetCode()),
		Start: signal.Time(sp.StartTimeUnixNano), End: signal.Time(sp.EndTimeUnixNano), Acked: true,
	}
	copy(l.Parent[:], sp.ParentSpanId)
	return l
}

// children lists the processes whose parent is this one.
func children(t *testing.T) string {
	files, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(files) == 0 {
		t.Fatalf("no children files: %v", err)
	}
	var all []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		all = append(all, strings.Fields(string(b))...)
	}
	return strings.Join(all, " ")
}
