package query

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"sort"
)

// Sketch counts durations by size, in classes of which the middle is less than
// 1.6 % from all in it. Sketches of parts add up to the sketch of the whole: the
// same durations give the same sketch in any order. The zero value counts none.
type Sketch struct {
	classes []class // by number; none counts 0
}

type class struct {
	number uint16
	count  uint64
}

// Durations up to 63 ns have a class each; from there every power of two has 32
// classes of the same width, so that the middle of one is at most 1/64 of its
// lower bound from either end.
const (
	classBits = 5
	exact     = 2 << classBits
)

func classOf(d int64) uint16 {
	if d < exact {
		return uint16(max(d, 0))
	}
	shift := bits.Len64(uint64(d)) - 1 - classBits
	return uint16(shift<<classBits + int(d>>shift))
}

// middle is what a class stands for.
func (c class) middle() int64 {
	n := int(c.number)
	if n < exact {
		return int64(n)
	}
	shift := n>>classBits - 1
	return int64(n-shift<<classBits)<<shift + 1<<shift/2
}

// Add counts d once; less than 0 is 0.
func (s *Sketch) Add(d int64) { s.add(classOf(d), 1) }

// AddN counts d so many times.
func (s *Sketch) AddN(d int64, times uint64) { s.add(classOf(d), times) }

// DurationClass is the class that a sketch counts d in.
func DurationClass(d int64) uint16 { return classOf(d) }

// SketchOf returns the sketch of durations of these classes, which it sorts.
func SketchOf(classes []uint16) (s Sketch) {
	slices.Sort(classes)
	for i := 0; i < len(classes); {
		j := i + 1
		for j < len(classes) && classes[j] == classes[i] {
			j++
		}
		s.classes = append(s.classes, class{classes[i], uint64(j - i)})
		i = j
	}
	return s
}

// Empty reports whether s counts none.
func (s *Sketch) Empty() bool { return len(s.classes) == 0 }

// Even reports whether all durations are of one class.
func (s *Sketch) Even() bool { return len(s.classes) < 2 }

func (s *Sketch) add(number uint16, n uint64) {
	i := len(s.classes)
	if i > 0 && s.classes[i-1].number >= number {
		i = sort.Search(i, func(i int) bool { return s.classes[i].number >= number })
	}
	if i < len(s.classes) && s.classes[i].number == number {
		if s.classes[i].count += n; s.classes[i].count == 0 {
			s.classes = slices.Delete(s.classes, i, i+1)
		}
		return
	}
	if n > 0 {
		s.classes = slices.Insert(s.classes, i, class{number, n})
	}
}

// Merge adds what o counts.
func (s *Sketch) Merge(o *Sketch) {
	for _, c := range o.classes {
		s.add(c.number, c.count)
	}
}

// Clone returns a copy that shares nothing with s.
func (s *Sketch) Clone() Sketch { return Sketch{slices.Clone(s.classes)} }

// Remove takes away what o counts. It may do so before that was added: counts
// are right again once both have happened.
func (s *Sketch) Remove(o *Sketch) {
	for _, c := range o.classes {
		s.add(c.number, -c.count)
	}
}

// SketchSum adds up many encoded sketches at less cost than MergeEncoded. The zero
// value is ready, and takes some 15 kB.
type SketchSum struct {
	counts [classOfMax + 1]uint64
	used   [classOfMax/64 + 1]uint64 // a bit a class
}

const classOfMax = (63-1-classBits)<<classBits + 2<<classBits - 1

// MergeEncoded adds what Sketch.Append wrote, which CutSketch has found whole.
func (s *SketchSum) MergeEncoded(b []byte) {
	n, w := binary.Uvarint(b)
	b = b[w:]
	number := 0
	for range n {
		gap, w := binary.Uvarint(b)
		count, v := binary.Uvarint(b[w:])
		b = b[w+v:]
		number += int(gap)
		s.add(number, count)
	}
}

// AddN counts d so many times.
func (s *SketchSum) AddN(d int64, times uint64) { s.add(int(classOf(d)), times) }

// Merge adds what o counts.
func (s *SketchSum) Merge(o *Sketch) {
	for _, c := range o.classes {
		s.add(int(c.number), c.count)
	}
}

func (s *SketchSum) add(number int, count uint64) {
	if number > classOfMax {
		return // of no duration: only damage says so
	}
	s.used[number/64] |= 1 << (number % 64)
	s.counts[number] += count
}

// Take returns the sum and begins anew.
func (s *SketchSum) Take() Sketch {
	n := 0
	for _, w := range s.used {
		n += bits.OnesCount64(w)
	}
	var out Sketch
	if n > 0 {
		out.classes = make([]class, 0, n)
	}
	for i, w := range s.used {
		for ; w != 0; w &= w - 1 {
			number := 64*i + bits.TrailingZeros64(w)
			if c := s.counts[number]; c > 0 {
				out.classes = append(out.classes, class{uint16(number), c})
			}
			s.counts[number] = 0
		}
		s.used[i] = 0
	}
	if len(out.classes) == 0 {
		return Sketch{}
	}
	return out
}

// Count returns how many durations s counts.
func (s *Sketch) Count() (n uint64) {
	for _, c := range s.classes {
		n += c.count
	}
	return n
}

// Quantile returns the duration in nanoseconds that a share q, from 0 to 1, of
// all do not exceed, within 1.6 %; 0 when s counts none.
func (s *Sketch) Quantile(q float64) int64 {
	rank := uint64(max(math.Ceil(q*float64(s.Count())), 1)) // of the smallest that is long enough
	for i, c := range s.classes {
		if c.count >= rank || i == len(s.classes)-1 {
			return c.middle()
		}
		rank -= c.count
	}
	return 0
}

// Append encodes s: uv classes, each: uv number − number of the one before | uv count.
func (s *Sketch) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s.classes)))
	last := uint16(0)
	for _, c := range s.classes {
		dst = binary.AppendUvarint(dst, uint64(c.number-last))
		dst = binary.AppendUvarint(dst, c.count)
		last = c.number
	}
	return dst
}

// MergeEncoded adds what Append wrote, which CutSketch has found whole.
func (s *Sketch) MergeEncoded(b []byte) {
	eachClass(b, func(c class) { s.add(c.number, c.count) })
}

// CutSketch returns what Append wrote at the beginning of b, how many durations
// that counts, and what follows; false: damaged.
func CutSketch(b []byte) (sketch, rest []byte, count uint64, ok bool) {
	rest, ok = eachClass(b, func(c class) { count += c.count })
	return b[:len(b)-len(rest)], rest, count, ok
}

func eachClass(b []byte, visit func(class)) (rest []byte, ok bool) {
	ok = true
	read := func() uint64 {
		v, n := binary.Uvarint(b)
		ok = ok && n > 0
		b = b[max(n, 0):]
		return v
	}
	n, number := read(), uint64(0)
	for i := uint64(0); i < n && ok; i++ {
		gap, count := read(), read()
		number += gap
		if ok = ok && gap < 1<<16 && number < 1<<16 && count > 0 && (gap > 0 || i == 0); ok {
			visit(class{uint16(number), count})
		}
	}
	return b, ok
}
