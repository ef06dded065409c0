package ingest

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// budget bounds what the bodies and rows of all requests together hold in memory.
type budget struct {
	max  int64
	used atomic.Int64
}

// lease is what one request holds of the budget.
type lease struct {
	of *budget
	n  int64
}

// grow takes n more bytes, or none and returns false.
func (l *lease) grow(n int64) bool {
	if l.of.used.Add(n) > l.of.max {
		l.of.used.Add(-n)
		return false
	}
	l.n += n
	return true
}

func (l *lease) release() {
	l.of.used.Add(-l.n)
	l.n = 0
}

// Buffers come in two pooled sizes, so that what is accounted for is near what
// is used; larger ones are left to the garbage collector, so that one large
// request does not pin its memory for good.
const (
	smallBuffer = 64 << 10
	largeBuffer = 1 << 20
)

var (
	smalls = sync.Pool{New: func() any { b := make([]byte, 0, smallBuffer); return &b }}
	larges = sync.Pool{New: func() any { b := make([]byte, 0, largeBuffer); return &b }}
)

// buffer is memory for one body, accounted for in a lease.
type buffer struct {
	*lease
	p *[]byte
}

func newBuffer(l *lease) (*buffer, error) {
	if !l.grow(smallBuffer) {
		return nil, errNoRoom
	}
	return &buffer{lease: l, p: smalls.Get().(*[]byte)}, nil
}

// free gives the memory back; nothing may point into it any more.
func (b *buffer) free() {
	*b.p = (*b.p)[:0]
	switch cap(*b.p) {
	case smallBuffer:
		smalls.Put(b.p)
	case largeBuffer:
		larges.Put(b.p)
	}
	b.p = nil
}

// reserve makes room for n bytes in all.
func (b *buffer) reserve(n int64) error {
	if n <= int64(cap(*b.p)) {
		return nil
	}
	size := max(n, largeBuffer)
	if !b.grow(size - int64(cap(*b.p))) {
		return errNoRoom
	}
	next := new([]byte)
	if size == largeBuffer {
		next = larges.Get().(*[]byte)
	} else {
		*next = make([]byte, 0, size)
	}
	*next = append(*next, *b.p...)
	b.free()
	b.p = next
	return nil
}

var (
	errNoRoom   = errors.New("too many body bytes in flight")
	errTooLarge = errors.New("body over the limit")
	errBomb     = errors.New("body inflates too far")
)

// fill reads r to its end, at most max bytes.
func (b *buffer) fill(r io.Reader, max int64) error {
	for {
		p := *b.p
		if len(p) == cap(p) {
			if err := b.reserve(min(2*int64(cap(p)), max+1)); err != nil {
				return err
			}
			p = *b.p
		}
		n, err := r.Read(p[len(p):cap(p)])
		*b.p = p[:len(p)+n]
		switch {
		case int64(len(p)+n) > max:
			return errTooLarge
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// bound gives the sender of a body until limit from now, so that a slow one
// cannot hold memory for ever. The limit is on the real clock, as all socket
// deadlines are. It also bounds how long the server reads on after a refusal,
// so unbound is called only once the body has been read to its end: left in
// place it would end the connection while the store is at work.
func bound(w http.ResponseWriter, limit time.Duration) {
	// What cannot take a deadline (a test's recorder) is not on a socket.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(limit))
}

func unbound(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
}
