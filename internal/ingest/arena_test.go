package ingest_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// TestSlab grows many lists by turns and compares them with what append makes,
// over and over in the same arena.
func TestSlab(t *testing.T) {
	a := ingest.NewArena(0)
	for seed := range uint64(50) {
		a.Reset()
		rng := rand.New(rand.NewPCG(seed, 1))
		var got, want [8][]signal.Link
		for step := range 4000 {
			i := rng.IntN(1 + rng.IntN(len(got))) // the first ones mostly
			if n := len(want[i]); n > 0 && rng.IntN(8) == 0 {
				got[i], want[i] = a.Links.Drop(got[i]), want[i][:n-1]
				continue
			}
			list, l := a.Links.Next(got[i])
			if l == nil || l.Flags != 0 || l.Attrs != nil {
				t.Fatalf("seed %d, step %d: not a zero element: %+v", seed, step, l)
			}
			l.Flags, l.Attrs = uint32(step)+1, signal.Attrs{{Key: "k"}}
			got[i], want[i] = list, append(want[i], *l)
		}
		for i := range got {
			if !slices.EqualFunc(got[i], want[i], func(x, y signal.Link) bool { return x.Flags == y.Flags }) {
				t.Fatalf("seed %d: list %d differs", seed, i)
			}
		}
	}
}

func TestArenaRefuses(t *testing.T) {
	a := ingest.NewArena(1 << 20)
	var list []signal.Attr
	for {
		more, e := a.Attrs.Next(list)
		if e == nil {
			break
		}
		list = more
	}
	if n := len(list) * 48; n < 1<<18 || n > 1<<20 {
		t.Errorf("%d bytes of attributes in an arena of 1 MiB", n)
	}
	var f *ingest.Fault
	if !errors.As(a.Err(), &f) || f.Status != 413 || a.Charge(1) {
		t.Errorf("refused with %v", a.Err())
	}
	a.Reset()
	if a.Err() != nil || !a.Charge(1<<20) || a.Charge(1) {
		t.Error("a reset arena is not like new")
	}
}
