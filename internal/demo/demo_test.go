//go:build demo

package demo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
)

// TestStory runs the real application until the sink has seen every chapter, then
// ends it and compares the ledger with what arrived.
func TestStory(t *testing.T) {
	s := newSink(t)
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
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
	for len(chapters) > 0 && time.Since(began) < 3*time.Minute {
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
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
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
	for _, name := range functionNames {
		if !s.reports[name] {
			s.t.Errorf("no report of %s was delivered", name)
		}
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
