package ingest

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// budget bounds the body bytes that all requests together hold in memory.
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

// Buffers above keepBuffer are left to the garbage collector, so that one large
// request does not pin its memory for good.
const (
	firstBuffer = 64 << 10
	keepBuffer  = 4 << 20
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, firstBuffer); return &b }}

// buffer is pooled memory for one body, accounted for in a lease.
type buffer struct {
	*lease
	p *[]byte
}

func newBuffer(l *lease) (*buffer, error) {
	b := &buffer{lease: l, p: buffers.Get().(*[]byte)}
	if !l.grow(int64(cap(*b.p))) {
		b.free()
		return nil, errNoRoom
	}
	return b, nil
}

// free gives the memory back; nothing may point into it any more.
func (b *buffer) free() {
	if cap(*b.p) <= keepBuffer {
		*b.p = (*b.p)[:0]
		buffers.Put(b.p)
	}
	b.p = nil
}

// reserve makes room for n bytes in all.
func (b *buffer) reserve(n int64) error {
	old := *b.p
	if n <= int64(cap(old)) {
		return nil
	}
	if !b.grow(n - int64(cap(old))) {
		return errNoRoom
	}
	*b.p = append(make([]byte, 0, n), old...)
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

// bounded gives the sender of a body a time limit, so that a slow one cannot
// hold memory for ever. The limit is on the real clock, as all socket deadlines are.
func bounded(w http.ResponseWriter, limit time.Duration, read func() error) error {
	rc := http.NewResponseController(w)
	if rc.SetReadDeadline(time.Now().Add(limit)) == nil {
		// Left in place it would end the connection while the store is at work.
		defer rc.SetReadDeadline(time.Time{})
	}
	return read()
}
