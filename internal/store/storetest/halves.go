package storetest

import (
	"slices"
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

// sameHalves compares the traces found by each low half.
func (b *bench) sameHalves(t signal.Tenant, why string, lows ...[8]byte) {
	b.Helper()
	for _, low := range lows {
		for _, near := range []signal.Range{{}, {From: noon - 2*second, To: noon + 4*second}, {From: noon + 5*second}, {From: 1, To: 2}} {
			want, err := b.oracle.Halves(b.Context(), t, low, near)
			if err != nil {
				b.Fatal(err)
			}
			got, err := b.store.Halves(b.Context(), t, low, near)
			if err != nil {
				b.Fatalf("%s: halves: %v", why, err)
			}
			if !slices.Equal(got, want) {
				b.Fatalf("%s: traces of %q that end in %x within %v:\n got %v\nwant %v", why, t, low, near, got, want)
			}
		}
	}
}

// testHalves finds traces by the low half of their ids: alone, with a cousin, as
// spans and as logs, replaced and forgotten.
func testHalves(t *testing.T, open Open) {
	b := newBench(t, open)
	check := func(why string) {
		b.Helper()
		for _, tn := range []signal.Tenant{tenant, other, "nobody"} {
			b.sameHalves(tn, why, traceID(0).Low(), traceID(1).Low(), traceID(2).Low(), traceID(3).Low(), traceID(9).Low(), [8]byte{}, [8]byte{7: 1})
		}
	}
	add := func(tn signal.Tenant, id signal.TraceID, n int, at signal.Time) {
		b.Helper()
		s := span(0, n, at)
		s.Trace = id
		b.append(spansOf(tn, service("shop"), s))
	}
	check("empty")
	high := signal.TraceID{0: 5} // a low half of zeros
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
