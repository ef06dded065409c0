package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"clew/internal/signal"
	"clew/internal/store"
)

// sameCalls fails unless both stores count the same calls.
func (b *bench) sameCalls(t signal.Tenant, r signal.Range, why string) {
	b.Helper()
	want, err := b.oracle.Calls(b.Context(), t, r)
	if err != nil {
		b.Fatal(err)
	}
	got, err := b.store.Calls(b.Context(), t, r)
	if err != nil {
		b.Fatalf("%s: calls: %v", why, err)
	}
	show := func(cs []store.Call) (out []string) {
		for _, c := range cs {
			out = append(out, fmt.Sprintf("%+v", c))
		}
		return out
	}
	if g, w := show(got), show(want); !slices.Equal(g, w) {
		b.Fatalf("%s: calls in [%d,%d)\n got %q\nwant %q", why, r.From, r.To, g, w)
	}
}

// testCallers asks who the caller is, parent and child in one batch, and each in
// the one that comes first.
func testCallers(t *testing.T, open Open) {
	type sent struct {
		service    string
		id, parent int
		kind       signal.SpanKind
	}
	for _, c := range []struct {
		name  string
		spans []sent
		want  string
	}{
		{"a child", []sent{{"a", 1, 0, signal.Client}, {"b", 2, 1, signal.Server}}, "[a→b 1]"},
		{"within a service", []sent{{"a", 1, 0, signal.Client}, {"a", 2, 1, signal.Server}}, "[]"},
		{"no parent", []sent{{"a", 1, 0, signal.Client}, {"b", 2, 0, signal.Server}}, "[]"},
		{"a parent that never comes", []sent{{"a", 1, 0, signal.Client}, {"b", 2, 9, signal.Server}}, "[]"},
		{"its own parent", []sent{{"a", 1, 1, signal.Client}}, "[]"},
		{"each other's parent", []sent{{"a", 1, 2, signal.Client}, {"b", 2, 1, signal.Server}}, "[a→b 1 b→a 1]"},
		{"a shared id", []sent{{"a", 1, 0, signal.Server}, {"a", 2, 1, signal.Client}, {"b", 2, 1, signal.Server}, {"c", 3, 2, signal.Server}}, "[a→b 1 b→c 1]"},
		{"a shared id, own service", []sent{{"a", 2, 0, signal.Client}, {"b", 2, 0, signal.Server}, {"a", 3, 2, signal.Internal}}, "[]"},
		{"two at work", []sent{{"z", 2, 0, signal.Server}, {"b", 2, 0, signal.Consumer}, {"a", 2, 0, signal.Client}, {"c", 3, 2, signal.Internal}}, "[b→c 1]"},
		{"two kinds of one service", []sent{{"a", 1, 0, signal.Server}, {"b", 2, 1, signal.Client}, {"b", 2, 1, signal.Server}}, "[a→b 2]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for order := range 3 {
				b := newBench(t, open)
				spans := slices.Clone(c.spans)
				if order == 2 {
					slices.Reverse(spans)
				}
				for _, s := range spans {
					sp := span(1, s.id, noon)
					sp.Kind, sp.Parent = s.kind, signal.SpanID{}
					if s.parent > 0 {
						sp.Parent = spanIDOf(s.parent)
					}
					b.append(&signal.Batch{Tenant: tenant, Groups: []signal.Group{{Resource: service(s.service), Spans: []signal.Span{sp}}}})
					if order > 0 {
						b.sameCalls(tenant, signal.Range{}, "on the way")
						b.flush()
					}
				}
				b.everywhere(func(stage string) {
					b.sameCalls(tenant, signal.Range{}, stage)
					calls, _ := b.store.Calls(t.Context(), tenant, signal.Range{})
					var got []string
					for _, c := range calls {
						got = append(got, fmt.Sprintf("%s→%s %d", c.Caller, c.Callee, c.Count))
					}
					if fmt.Sprint(got) != c.want {
						t.Errorf("%s: %v, want %s", stage, got, c.want)
					}
				})
			}
		})
	}
}

// testCalls plays seeded histories of spans that come before and after their
// parents, again, changed and to be forgotten, and counts calls all the time, over
// ranges that begin and end anywhere.
func testCalls(t *testing.T, open Open) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			h := &callHistory{bench: newBench(t, open), rnd: rand.New(rand.NewPCG(seed, 17)), traces: 12 + 20*int(seed)}
			for step := range 150 {
				h.step(fmt.Sprintf("seed %d step %d", seed, step))
			}
			h.everywhere(func(stage string) { h.sameCalls(tenant, signal.Range{}, stage) })
		})
	}
}

type callHistory struct {
	*bench
	rnd    *rand.Rand
	traces int
	sent   []*signal.Batch
}

func (h *callHistory) step(name string) {
	h.Helper()
	switch n := h.rnd.IntN(100); {
	case n < 40:
		b := h.batch()
		h.sent = append(h.sent, b)
		h.append(b)
	case n < 45 && len(h.sent) > 0:
		h.append(h.sent[h.rnd.IntN(len(h.sent))])
	case n < 47:
		id := h.trace()
		h.forget(tenant, store.Rule{Trace: &id})
	case n < 48:
		h.forget(tenant, store.Rule{Before: noon + signal.Time(h.rnd.Int64N(int64(90*second)))})
	case n < 58:
		h.flush()
	case n < 62:
		h.merge()
	case n < 65:
		h.reopen()
	default:
		const minute = 60 * second
		from := noon + signal.Time(h.rnd.IntN(6))*minute
		for _, r := range []signal.Range{{}, {From: from, To: from + 2*minute}, {From: h.at(), To: h.at()}, {From: h.at()}, {To: h.at()}} {
			h.sameCalls(tenant, r, name)
		}
	}
}

func (h *callHistory) at() signal.Time { return noon + signal.Time(h.rnd.Int64N(int64(360*second))) }

func (h *callHistory) trace() signal.TraceID {
	n := h.rnd.IntN(h.traces)
	if n%8 == 7 {
		return cousin(n - 1)
	}
	return traceID(n)
}

// batch has spans of few traces, with few ids, so that many meet.
func (h *callHistory) batch() *signal.Batch {
	b := &signal.Batch{Tenant: tenant}
	for range 1 + h.rnd.IntN(4) {
		g := signal.Group{Resource: service(fmt.Sprint("s", h.rnd.IntN(4)))}
		for range h.rnd.IntN(12) {
			s := span(0, 1+h.rnd.IntN(15), h.at())
			s.Trace, s.Parent, s.Kind = h.trace(), spanIDOf(1+h.rnd.IntN(15)), signal.SpanKind(h.rnd.IntN(4))
			s.End, s.Status.Code = s.Start+signal.Time(h.rnd.IntN(9000)), signal.StatusCode(h.rnd.IntN(3))
			switch h.rnd.IntN(40) {
			case 0:
				s.Parent = signal.SpanID{}
			case 1:
				s.Trace = signal.TraceID{}
			case 2:
				s.Start = []signal.Time{0, -1, -90 * 60 * second, noon + 40*86400*second}[h.rnd.IntN(4)]
			}
			g.Spans = append(g.Spans, s)
		}
		b.Groups = append(b.Groups, g)
	}
	return b
}
