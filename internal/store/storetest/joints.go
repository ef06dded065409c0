package storetest

import (
	"fmt"
	"testing"

	"clew/internal/signal"
	"clew/internal/store"
)

// joinKey is one of many keys of four kinds.
func joinKey(n int) signal.JoinKey {
	k := signal.JoinKey{Kind: [...]string{signal.KeySNSMessage, signal.KeySQSMessage, signal.KeyRequest, signal.KeyS3Object}[n%4], Value: fmt.Sprint("m-", n/4)}
	if n%2 == 1 {
		k.Account, k.Region = "1", "eu-west-1"
	}
	return k
}

// sameHeld compares who holds joints.
func (b *bench) sameHeld(t signal.Tenant, why string, joints []store.Joint, near signal.Range) {
	b.Helper()
	want, err := b.oracle.Held(b.Context(), t, joints, near)
	if err != nil {
		b.Fatal(err)
	}
	got, err := b.store.Held(b.Context(), t, joints, near)
	if err != nil {
		b.Fatalf("%s: held: %v", why, err)
	}
	if len(got) != len(want) {
		b.Fatalf("%s: %d answers to %d joints", why, len(got), len(joints))
	}
	for i := range want {
		if g, w := fmt.Sprintf("%v", got[i]), fmt.Sprintf("%v", want[i]); g != w {
			b.Fatalf("%s: %q: holders of %+v within %v:\n got %s\nwant %s", why, t, joints[i], near, g, w)
		}
	}
}

// testHeld finds spans by their keys and by what they link to: several of a span,
// said again with other ones, of two tenants, forgotten.
func testHeld(t *testing.T, open Open) {
	b := newBench(t, open)
	check := func(why string) {
		b.Helper()
		joints := []store.Joint{{}, {Key: signal.JoinKey{Value: "m-1"}}, {To: traceID(3)}, {To: halfOf(3)}, {To: signal.TraceID{15: 1}}, {Key: joinKey(4), To: traceID(1)}}
		for n := range 24 {
			joints = append(joints, store.Joint{Key: joinKey(n)}, store.Joint{Key: joinKey(n)})
		}
		for _, tn := range []signal.Tenant{tenant, other, "nobody"} {
			b.sameHeld(tn, why, nil, signal.Range{})
			for _, near := range []signal.Range{{}, {From: noon, To: noon + 4*second}, {From: noon + 5*second}, {From: 1, To: 2}} {
				b.sameHeld(tn, why, joints, near)
				b.sameHeld(tn, why, joints[:1], near)
			}
		}
	}
	check("empty")
	add := func(tn signal.Tenant, n int, at signal.Time, keys ...signal.JoinKey) {
		b.Helper()
		s := span(n%5, n, at)
		s.Kind, s.Keys = signal.SpanKind(n%6), keys
		for i := range n % 3 {
			s.Links = append(s.Links, signal.Link{Trace: traceID(n%4 + i), Span: spanIDOf(n), Flags: 1, TraceState: "x=y", Attrs: awkward()})
		}
		b.append(spansOf(tn, service(fmt.Sprint("shop", n%2)), s))
	}
	for i := range 40 {
		at := noon + signal.Time(i%9)*second
		add(tenant, i, at, joinKey(i%20), joinKey(i%7), joinKey(i%7))
		add(other, i, at, joinKey(3))
		switch i {
		case 11, 25:
			b.flush()
		case 30:
			check("in memory and in parts")
		}
	}
	add(tenant, 2, noon+2*second, joinKey(23), signal.JoinKey{}) // instead of what it said before
	add(tenant, 39, noon+2*second)
	id := traceID(4)
	for _, r := range []store.Rule{{}, {Trace: &id}, {Before: noon + 3*second}} {
		b.forget(tenant, r)
		b.everywhere(check)
	}
}

// testManyHolders cuts the list of a key that a sender uses for everything, at the
// same span wherever the rows are, and not that of its neighbours.
func testManyHolders(t *testing.T, open Open) {
	b := newBench(t, open)
	add := func(from, to int) {
		batch := &signal.Batch{Tenant: tenant, Groups: []signal.Group{{Resource: service("shop")}}}
		for n := from; n < to; n++ {
			s := span(n, n, noon+signal.Time(n*7919%1000)*second)
			s.Keys = []signal.JoinKey{joinKey(0), joinKey(1 + n%40)}
			s.Links = []signal.Link{{Trace: traceID(1 + n%2)}}
			batch.Groups[0].Spans = append(batch.Groups[0].Spans, s)
		}
		b.append(batch)
	}
	add(0, store.MaxHolders)
	ask := []store.Joint{{Key: joinKey(0)}, {Key: joinKey(5)}, {To: traceID(1)}, {To: traceID(2)}, {Key: joinKey(41)}}
	b.everywhere(func(stage string) { b.sameHeld(tenant, "as many as there may be, "+stage, ask, signal.Range{}) })
	add(store.MaxHolders, 3*store.MaxHolders)
	b.everywhere(func(stage string) { b.sameHeld(tenant, "too many, "+stage, ask, signal.Range{}) })
	if got, err := b.store.Held(t.Context(), tenant, ask, signal.Range{}); err != nil || !got[0].Cut || len(got[0].By) != store.MaxHolders || got[1].Cut || got[4].Cut {
		t.Errorf("cut %v %d, %v, %v: %v", got[0].Cut, len(got[0].By), got[1].Cut, got[4].Cut, err)
	}
}
