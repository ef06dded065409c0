package storetest

import (
	"fmt"
	"testing"

	"clew/internal/signal"
	"clew/internal/store"
)

// halfOf is traceID(n) as a sender reports it that knows only its low half.
func halfOf(n int) signal.TraceID {
	id := traceID(n)
	clear(id[:8])
	return id
}

// cousin is an id with the low half of traceID(n) and another high one.
func cousin(n int) signal.TraceID {
	id := traceID(n)
	id[0] = 0xc0
	return id
}

// sameRelatives compares the traces found by the ends of ids, one by one and together.
func (b *bench) sameRelatives(t signal.Tenant, why string, ids ...signal.TraceID) {
	b.Helper()
	ask := [][]signal.TraceID{ids}
	for _, id := range ids {
		ask = append(ask, []signal.TraceID{id})
	}
	for _, ids := range ask {
		for _, near := range []signal.Range{{}, {From: noon - 2*second, To: noon + 4*second}, {From: noon + 5*second}, {From: 1, To: 2}} {
			want, err := b.oracle.Relatives(b.Context(), t, ids, near)
			if err != nil {
				b.Fatal(err)
			}
			got, err := b.store.Relatives(b.Context(), t, ids, near)
			if err != nil {
				b.Fatalf("%s: relatives: %v", why, err)
			}
			if g, w := fmt.Sprintf("%v", got), fmt.Sprintf("%v", want); g != w {
				b.Fatalf("%s: relatives of %q of %v within %v:\n got %v\nwant %v", why, t, ids, near, g, w)
			}
		}
	}
}

// testRelatives finds traces by the low half of their ids: alone, with a cousin, as
// spans and as logs, replaced and forgotten.
func testRelatives(t *testing.T, open Open) {
	b := newBench(t, open)
	high := signal.TraceID{0: 5} // a low half of zeros
	check := func(why string) {
		b.Helper()
		for _, tn := range []signal.Tenant{tenant, other, "nobody"} {
			b.sameRelatives(tn, why, traceID(0), halfOf(1), cousin(2), traceID(3), traceID(9), signal.TraceID{}, signal.TraceID{15: 1}, high, signal.TraceID{0: 6})
		}
	}
	add := func(tn signal.Tenant, id signal.TraceID, n int, at signal.Time) {
		b.Helper()
		s := span(0, n, at)
		s.Trace = id
		if n%3 == 0 {
			s.Keys = []signal.JoinKey{joinKey(n), {}}
		}
		if n%4 == 0 {
			s.Links = []signal.Link{{Trace: traceID(n % 5), Span: spanIDOf(n), TraceState: "not read"}}
		}
		b.append(spansOf(tn, service("shop"), s))
	}
	check("empty")
	for i := range 12 {
		at := noon + signal.Time(i-3)*second
		add(tenant, traceID(i%3), i, at)
		add(tenant, halfOf(i%2), 100+i, at+1)
		add(other, cousin(1), 200+i, at)
		add(tenant, high, 300+i, at)
		b.append(logsOf(tenant, service("shop"), signal.Log{At: at - 7, Trace: cousin(i % 2), Body: signal.Int(int64(i))}, signal.Log{At: at, Trace: halfOf(3)}))
		switch i {
		case 4, 8:
			b.flush()
		case 6:
			check("in memory and in parts")
		}
	}
	add(tenant, traceID(2), 11, noon+90*second) // said again, at another time
	for _, id := range []signal.TraceID{{}, halfOf(0), cousin(1), halfOf(3)} {
		b.everywhere(func(stage string) { check(stage) })
		b.forget(tenant, store.Rule{Trace: &id})
		check("forgotten")
	}
	b.forget(tenant, store.Rule{Before: noon + 2*second})
	b.everywhere(func(stage string) { check("the early ones forgotten, " + stage) })
}
