package weave

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"clew/internal/issue"
	"clew/internal/signal"
	"clew/internal/store/mem"
)

// jobs are three requests, each its own trace, whose messages one batch takes: it
// fails, or the second of its messages does. The second request swallowed a refusal.
func jobs(whole bool) (all []*signal.Batch) {
	at := func(ms int) signal.Time { return signal.TimeOf(time.Date(2000, 1, 1, 0, 0, 0, ms*1e6, time.UTC)) }
	add := func(service string, trace int, id, parent byte, kind signal.SpanKind, name string, from, to int, change func(*signal.Span)) {
		s := signal.Span{Trace: traceID(trace), ID: signal.SpanID{0: byte(trace), 7: id}, Kind: kind, Name: name, Start: at(from), End: at(to)}
		if parent > 0 {
			s.Parent = signal.SpanID{0: byte(trace), 7: parent}
		}
		if change != nil {
			change(&s)
		}
		resource := signal.Attrs{{Key: "service.name", Value: signal.Str(service)}, {Key: "faas.name", Value: signal.Str(service)}, {Key: "cloud.platform", Value: signal.Str("aws_lambda")}}
		all = append(all, &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{{Resource: resource, Spans: []signal.Span{s}}}})
	}
	queue := func(s *signal.Span) {
		s.Attrs = signal.Attrs{{Key: "messaging.system", Value: signal.Str("aws_sqs")}, {Key: "messaging.destination.name", Value: signal.Str("jobs")}}
	}
	fail := func(s *signal.Span) { s.Status = signal.Status{Code: signal.StatusError, Message: "KeyError: 'user'"} }
	for n := range 3 {
		add("api", n+1, 1, 0, signal.Server, "POST", 10*n, 10*n+100, nil)
		if n == 1 {
			add("api", n+1, 3, 1, signal.Client, "GET", 10*n+1, 10*n+2, func(s *signal.Span) {
				s.Status = signal.Status{Code: signal.StatusError}
				s.Attrs = signal.Attrs{{Key: "http.response.status_code", Value: signal.Int(401)}, {Key: "server.address", Value: signal.Str("auth")}}
			})
		}
		add("api", n+1, 2, 1, signal.Producer, "send", 10*n+5, 10*n+10, queue)
	}
	add("worker", 9, 1, 0, signal.Consumer, "worker", 200, 300, func(s *signal.Span) {
		queue(s)
		for n := range 3 {
			s.Links = append(s.Links, signal.Link{Trace: traceID(n + 1), Span: signal.SpanID{0: byte(n + 1), 7: 2}})
		}
		if whole {
			fail(s)
		}
	})
	if !whole {
		add("worker", 9, 2, 1, signal.Consumer, "process", 210, 220, func(s *signal.Span) {
			queue(s)
			s.Links = []signal.Link{{Trace: traceID(2), Span: signal.SpanID{0: 2, 7: 2}}}
			fail(s)
		})
	}
	return all
}

// TestBatchesAreCountedOnce lets the spans of a batch and of its senders arrive in
// any order: what its messages share is one occurrence, whoever's story it is in.
func TestBatchesAreCountedOnce(t *testing.T) {
	for _, whole := range []bool{true, false} {
		all := jobs(whole)
		weave := func(seed uint64) (got []issue.Detail) {
			run(t, func(t *testing.T) {
				h := start(t, mem.New(), openMeta(t))
				defer h.db.Close()
				defer h.stop()
				r := rand.New(rand.NewPCG(seed, 2))
				todo := slices.Clone(all)
				if seed > 0 {
					r.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
				}
				for _, b := range todo {
					h.append(b)
					h.pass(time.Duration(r.IntN(2500)) * time.Millisecond)
				}
				h.pass(20 * time.Second)
				got = h.issues()
			})
			return got
		}
		want := weave(0)
		found := ""
		for _, i := range want {
			if i.Type == issue.Error {
				found += fmt.Sprintf("%s ×%d", i.Title, i.Total)
			}
		}
		if found != "KeyError: 'user' in worker ×1" {
			t.Errorf("whole %v: %s", whole, found)
		}
		for seed := uint64(1); seed <= 40; seed++ {
			if got := weave(seed); !reflect.DeepEqual(got, want) {
				t.Fatalf("whole %v, seed %d:\n%s\nwant\n%s", whole, seed, brief(got), brief(want))
			}
		}
	}
}

func brief(all []issue.Detail) (s string) {
	for _, i := range all {
		s += fmt.Sprintf("%s %s ×%d by %+v in %v\n", i.Type, i.Title, i.Total, i.Causes, i.Latest)
		for _, o := range i.Occurrences {
			s += fmt.Sprintf("  %+v cause %+v\n", o, o.Cause)
		}
	}
	return s
}
