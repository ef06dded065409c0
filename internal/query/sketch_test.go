package query

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func TestClassesAreNarrowAndInOrder(t *testing.T) {
	last := uint16(0)
	for _, d := range []int64{-5, 0, 1, 31, 32, 63, 64, 65, 66, 127, 128, 131, 132, 1000, 1e6, 1e9, 1<<40 - 1, 1 << 40, 3600e9, math.MaxInt64} {
		n := classOf(d)
		if n < last {
			t.Errorf("class of %d is %d, before %d", d, n, last)
		}
		last = n
		mid := class{number: n}.middle()
		if off := math.Abs(float64(mid) - float64(max(d, 0))); off > float64(d)/64 && d > 0 {
			t.Errorf("class of %d stands for %d", d, mid)
		}
		if classOf(mid) != n {
			t.Errorf("the middle of class %d, %d, is of class %d", n, mid, classOf(mid))
		}
	}
}

// TestQuantiles holds the answers of sketches against sorted durations.
func TestQuantiles(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		var all []int64
		var whole Sketch
		parts := make([]Sketch, 3)
		for range 1 + rnd.IntN(400) {
			d := int64(math.Exp(rnd.Float64() * 40))
			all = append(all, d)
			whole.Add(d)
			parts[rnd.IntN(3)].Add(d)
		}
		slices.Sort(all)
		var sum Sketch
		for i := range parts {
			sum.Merge(&parts[i])
		}
		if !reflect.DeepEqual(sum, whole) {
			t.Fatalf("seed %d: parts add up to %v, want %v", seed, sum, whole)
		}
		for _, q := range []float64{0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1} {
			want := all[max(int(math.Ceil(q*float64(len(all)))), 1)-1]
			if got := whole.Quantile(q); math.Abs(float64(got-want)) > float64(want)*0.016 {
				t.Errorf("seed %d: quantile %v of %d is %d, want %d", seed, q, len(all), got, want)
			}
		}
	}
}

func TestSketchesGoAndComeBack(t *testing.T) {
	var a, b, both Sketch
	for i := range int64(100) {
		a.Add(i * i * 1000)
		b.Add(i * 7777)
	}
	both.Merge(&a)
	both.Remove(&b)
	both.Merge(&b)
	if !reflect.DeepEqual(both, a) {
		t.Errorf("a − b + b = %v, want %v", both, a)
	}
	both.Remove(&a)
	if both.Count() != 0 || len(both.classes) != 0 || both.Quantile(0.5) != 0 {
		t.Errorf("a − a = %v", both)
	}
	var read Sketch
	enc, rest, n, ok := CutSketch(append(a.Append(nil), "rest"...))
	if !ok || string(rest) != "rest" || n != a.Count() {
		t.Errorf("cut to %q, %d, %t; want %d", rest, n, ok, a.Count())
	}
	if read.MergeEncoded(enc); !reflect.DeepEqual(read, a) {
		t.Errorf("read back %v, want %v", read, a)
	}
	var many SketchSum
	for _, d := range []int64{0, 1 << 40, math.MaxInt64} {
		many.MergeEncoded(enc)
		many.AddN(d, 3)
		many.Merge(&b)
		want := Sketch{classes: slices.Clone(a.classes)}
		want.Merge(&b)
		want.AddN(d, 3)
		if got := many.Take(); !reflect.DeepEqual(got, want) {
			t.Errorf("added up %v, want %v", got, want)
		}
	}
	if got := many.Take(); !got.Empty() {
		t.Errorf("nothing adds up to %v", got)
	}
}

func FuzzSketch(f *testing.F) {
	var s Sketch
	f.Add(s.Append(nil))
	s.Add(5)
	s.Add(1e9)
	f.Add(s.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		enc, rest, n, ok := CutSketch(b)
		if !ok {
			return
		}
		var s, again Sketch
		s.MergeEncoded(enc)
		again.MergeEncoded(s.Append(nil))
		if !reflect.DeepEqual(s, again) || s.Count() != n || len(enc)+len(rest) != len(b) {
			t.Errorf("%x: %v of %d read back as %v", b, s, n, again)
		}
	})
}

// A sketch of classes is the sketch of their durations, in whatever order.
func TestSketchOf(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 2))
	for n := range 200 {
		var classes []uint16
		var want Sketch
		for range n {
			d := rnd.Int64N(1 << rnd.IntN(62))
			classes = append(classes, DurationClass(d))
			want.Add(d)
		}
		if got := SketchOf(classes); !bytes.Equal(got.Append(nil), want.Append(nil)) {
			t.Fatalf("of %d durations: %v, want %v", n, got, want)
		}
	}
}
