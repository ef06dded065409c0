package ingest

import (
	"net/http"
	"sync"
	"unsafe"

	"clew/internal/signal"
)

// Arena is the memory that the rows of one request are cut from, and the account
// of it: what a hostile body makes of itself is bounded before it is allocated.
//
// The door owns it. It hands one to Decode in Header.Arena and takes everything
// back once the reply is out: the batch, the body and the arena live and die
// together, and nobody keeps a list or a string of them. A decoder need not use
// it for rows; memory it takes elsewhere it charges.
type Arena struct {
	Groups Slab[signal.Group]
	Spans  Slab[signal.Span]
	Logs   Slab[signal.Log]
	Points Slab[signal.Point]
	Attrs  Slab[signal.Attr]
	Events Slab[signal.Event]
	Links  Slab[signal.Link]
	Keys   Slab[signal.JoinKey]
	Counts Slab[uint64] // of histograms
	Bounds Slab[float64]

	lease *lease // nil: no budget is shared with others
	max   int64  // bytes for all rows
	taken int64  // of max
	err   error  // the first refusal
}

// NewArena returns an arena of at most max bytes (0 is 128 MiB) on its own.
func NewArena(max int64) *Arena {
	if max <= 0 {
		max = 2 * defaultInflated
	}
	a := &Arena{max: max}
	a.Groups.of, a.Spans.of, a.Logs.of, a.Points.of = a, a, a, a
	a.Attrs.of, a.Events.of, a.Links.of, a.Keys.of, a.Counts.of, a.Bounds.of = a, a, a, a, a, a
	return a
}

// Charge accounts for n bytes that a decoder allocates by itself, before it
// does, and reports whether they are there.
func (a *Arena) Charge(n int) bool {
	if a.err != nil {
		return false
	}
	if int64(n) > a.max-a.taken {
		a.err = &Fault{Status: http.StatusRequestEntityTooLarge, Reason: "the rows of this body take more than " + bytesText(a.max) + " of memory: send smaller batches"}
		return false
	}
	if a.lease != nil && !a.lease.grow(int64(n)) {
		a.err = &Fault{Status: http.StatusTooManyRequests, Reason: "too many requests at once, try again shortly", RetryAfter: retryBusy}
		return false
	}
	a.taken += int64(n)
	return true
}

// Err returns why memory was refused: a *Fault that Decode passes on, or nil.
func (a *Arena) Err() error { return a.err }

// Reset takes all rows back and forgets what they pointed to.
func (a *Arena) Reset() {
	a.Groups.reset()
	a.Spans.reset()
	a.Logs.reset()
	a.Points.reset()
	a.Attrs.reset()
	a.Events.reset()
	a.Links.reset()
	a.Keys.reset()
	a.Counts.reset()
	a.Bounds.reset()
	a.lease, a.taken, a.err = nil, 0, nil
}

func (a *Arena) kept() int {
	return a.Groups.kept() + a.Spans.kept() + a.Logs.kept() + a.Points.kept() + a.Attrs.kept() +
		a.Events.kept() + a.Links.kept() + a.Keys.kept() + a.Counts.kept() + a.Bounds.kept()
}

// arenaKept is the largest arena that is used again; larger ones are left to the
// garbage collector, so that one large request does not pin its memory for good.
const arenaKept = 8 << 20

var arenas = sync.Pool{New: func() any { return NewArena(0) }}

func newArena(l *lease, max int64) *Arena {
	a := arenas.Get().(*Arena)
	a.lease, a.max = l, max
	return a
}

func (a *Arena) free() {
	if a.kept() <= arenaKept {
		a.Reset()
		arenas.Put(a)
	}
}

// Slab cuts many lists of T out of few pieces of memory. Lists grow one element
// at a time; the one begun last grows in place.
type Slab[T any] struct {
	of     *Arena
	chunks [][]T // kept for use again: chunks[:next] are in use
	next   int
	chunk  []T // chunks[next-1]; what lies behind tail is zero
	tail   int // chunk[:tail] is handed out
	open   int // where the list begun last starts in chunk
}

// Chunks begin small and double.
const (
	chunkFirst = 8 << 10
	chunkLast  = 512 << 10
)

// Next returns list with one zero element more, and that element. list is nil or
// what Next returned for it before. When memory is refused the element is nil,
// list stays as it was and Arena.Err says why.
func (s *Slab[T]) Next(list []T) ([]T, *T) {
	n := len(list)
	if n < cap(list) {
		list = list[:n+1]
		return list, &list[n]
	}
	if s.tail < len(s.chunk) {
		if n == 0 {
			s.open = s.tail
		} else if s.open+n != s.tail || &list[0] != &s.chunk[s.open] {
			return s.move(list)
		}
		s.tail++
		list = s.chunk[s.open:s.tail:s.tail]
		return list, &list[n]
	}
	return s.move(list)
}

// Add is Next that always returns an element. When memory is refused it is one
// that no list holds, so that a decoder may look at Arena.Err at its end.
func (s *Slab[T]) Add(list []T) ([]T, *T) {
	list, e := s.Next(list)
	if e == nil {
		e = new(T)
	}
	return list, e
}

// Push returns list with v at its end; see Add.
func (s *Slab[T]) Push(list []T, v T) []T {
	list, e := s.Add(list)
	*e = v
	return list
}

// Drop returns list without its last element, whose place is used again.
func (s *Slab[T]) Drop(list []T) []T {
	var zero T
	n := len(list)
	list[n-1] = zero
	if n < cap(list) || s.open+n != s.tail || &list[0] != &s.chunk[s.open] {
		return list[:n-1]
	}
	s.tail--
	return list[: n-1 : n-1]
}

// move makes room for a list that cannot grow where it is: twice its length, so
// that lists that take turns in growing stay cheap.
func (s *Slab[T]) move(list []T) ([]T, *T) {
	n := len(list)
	want := max(2*n, 1)
	if len(s.chunk)-s.tail < want && !s.more(want) {
		return list, nil
	}
	s.open = s.tail
	s.tail += want
	moved := s.chunk[s.open : s.open+n+1 : s.tail]
	copy(moved, list)
	return moved, &moved[n]
}

// more begins a chunk of at least want elements.
func (s *Slab[T]) more(want int) bool {
	var t T
	size := int(unsafe.Sizeof(t))
	if s.next < len(s.chunks) && len(s.chunks[s.next]) < want {
		s.chunks[s.next] = nil
	}
	if s.next == len(s.chunks) {
		s.chunks = append(s.chunks, nil)
	}
	n := len(s.chunks[s.next])
	if n == 0 {
		n = max(want, max(1, min(chunkFirst<<min(s.next, 10), chunkLast)/size))
	}
	if !s.of.Charge(n * size) {
		return false
	}
	if s.chunks[s.next] == nil {
		s.chunks[s.next] = make([]T, n)
	}
	s.chunk, s.tail, s.open = s.chunks[s.next], 0, 0
	s.next++
	return true
}

func (s *Slab[T]) reset() {
	for i := range s.next {
		used := s.chunks[i]
		if i == s.next-1 {
			used = used[:s.tail]
		}
		clear(used)
	}
	s.chunk, s.next, s.tail, s.open = nil, 0, 0, 0
}

func (s *Slab[T]) kept() int {
	var t T
	n := 0
	for _, c := range s.chunks {
		n += len(c)
	}
	return n * int(unsafe.Sizeof(t))
}
