package columnar

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/s2"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// prepared is a batch as pages: what the log keeps and what the memtable takes.
type prepared struct {
	tenant signal.Tenant
	pages  []preparedPage
	rows   int
	frame  []byte             // payload of the log frame
	bytes  int64              // of memory
	seen   map[uint64]*repeat // while it is inserted
}

// preparedPage is a page with what inserting it needs to know of each row.
type preparedPage struct {
	*chunk
	typ  signal.Type
	view *page.View
	keys []uint64 // hash of each row's identity
}

var writers = sync.Pool{New: func() any { return new(page.Writer) }}

// prepare encodes b. Nothing of b is kept.
func prepare(b *signal.Batch) (*prepared, error) {
	var pages [][]byte
	w := writers.Get().(*page.Writer)
	defer writers.Put(w)
	cut := func(typ signal.Type, last bool) uint64 {
		if w.Rows() > 0 && (last || w.Full()) {
			pages = append(pages, w.Append(nil, false))
			w.Reset(typ)
		}
		return uint64(w.Rows())
	}
	total := uint64(0)
	for _, typ := range signal.Types {
		w.Reset(typ)
		for i := range b.Groups {
			g := &b.Groups[i]
			add := func(n int, row func(group int, seq uint64, i int)) {
				for i := range n {
					cut(typ, false)
					row(w.Group(g.Resource, &g.Scope), total, i)
					total++
				}
			}
			switch typ {
			case signal.Spans:
				add(len(g.Spans), func(n int, seq uint64, i int) { w.AddSpan(n, seq, &g.Spans[i]) })
			case signal.Logs:
				add(len(g.Logs), func(n int, seq uint64, i int) { w.AddLog(n, seq, &g.Logs[i]) })
			case signal.Points:
				add(len(g.Points), func(n int, seq uint64, i int) { w.AddPoint(n, seq, &g.Points[i]) })
			}
		}
		cut(typ, true)
	}
	raw := binary.AppendUvarint(nil, uint64(len(b.Tenant)))
	raw = append(raw, b.Tenant...)
	for _, p := range pages {
		raw = append(binary.AppendUvarint(raw, uint64(len(p))), p...)
	}
	p, err := open(raw)
	if err != nil {
		return nil, err
	}
	p.frame = s2.Encode(nil, raw)
	return p, nil
}

const maxBatch = 1 << 30 // bytes a frame may inflate to

// openFrame is the inverse of prepare.
func openFrame(frame []byte) (*prepared, error) {
	if n, err := s2.DecodedLen(frame); err != nil || n > maxBatch {
		return nil, fmt.Errorf("%w: frame of %d bytes: %v", page.ErrDamaged, n, err)
	}
	raw, err := s2.Decode(nil, frame)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", page.ErrDamaged, err)
	}
	return open(raw)
}

// open finds the pages in the content of a frame and describes their rows.
func open(raw []byte) (*prepared, error) {
	p := &prepared{}
	name, rest, ok := cutField(raw)
	if !ok {
		return nil, fmt.Errorf("%w: frame without tenant", page.ErrDamaged)
	}
	p.tenant = signal.Tenant(name)
	for len(rest) > 0 {
		var b []byte
		if b, rest, ok = cutField(rest); !ok {
			return nil, fmt.Errorf("%w: frame with half a page", page.ErrDamaged)
		}
		var pp preparedPage
		if err := page.Guard(func() { pp = describe(b) }); err != nil {
			return nil, err
		}
		p.pages = append(p.pages, pp)
		p.rows += pp.rows
		p.bytes += pp.memory()
	}
	return p, nil
}

// What a row and a page cost in memory beyond their bytes, roughly.
const (
	rowOverhead  = 48
	warmOverhead = 8 << 10 // what was read of it
	pageOverhead = 4<<10 + warmOverhead
)

func cutField(b []byte) (field, rest []byte, ok bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return nil, nil, false
	}
	return b[w : w+int(n) : w+int(n)], b[w+int(n):], true
}

func describe(b []byte) preparedPage {
	src := page.Memory(b)
	head := page.ReadHead(src)
	c := &chunk{rows: head.Rows(), src: src, warm: head.WarmUpTo(warmOverhead)}
	v := c.view()
	if c.rows == 0 {
		page.Fail(fmt.Errorf("%w: page without rows", page.ErrDamaged))
	}
	at := v.Times()
	c.lo, c.hi = slices.Min(at), slices.Max(at)
	if head.Type == signal.Spans {
		c.short, c.long = v.Durations()
	}
	if head.Type != signal.Points {
		var last signal.TraceID
		for i := range c.rows {
			if id := v.Trace(i); i == 0 || id != last {
				c.traces = append(c.traces, traceHash(id))
				last = id
			}
		}
		slices.Sort(c.traces)
		c.traces = slices.Clip(slices.Compact(c.traces))
	}
	if head.Type == signal.Spans {
		c.joints = jointsOf(v)
	}
	return preparedPage{chunk: c, typ: head.Type, view: v, keys: rowKeys(v)}
}

// rowKeys hashes the identity of each row of v.
func rowKeys(v *page.View) []uint64 {
	keys := make([]uint64, v.Rows())
	if v.Type == signal.Spans {
		names, groupOf := v.Services(), v.GroupOf()
		for i := range keys {
			keys[i] = identity{v.Trace(i), v.Span(i), v.Kind(i), names[groupOf[i]]}.hash()
		}
		return keys
	}
	var buf []byte
	for i, r := range v.Read(v.All(), false) {
		buf = page.Exact(buf[:0], &r)
		keys[i] = xxhash.Sum64(buf)
	}
	return keys
}

// identity is what makes two spans the same.
type identity struct {
	trace   signal.TraceID
	id      signal.SpanID
	kind    signal.SpanKind
	service string
}

func (k identity) hash() uint64 {
	var buf [128]byte
	b := append(buf[:0], k.trace[:]...)
	b = append(append(append(b, k.id[:]...), byte(k.kind)), k.service...)
	return xxhash.Sum64(b)
}

func identityOf(v *page.View, i int) identity {
	return identity{v.Trace(i), v.Span(i), v.Kind(i), v.Service(i)}
}

// keyOf is rowKeys for a row that was read.
func keyOf(r *query.Row) uint64 {
	if r.Span != nil {
		return identity{r.Span.Trace, r.Span.ID, r.Span.Kind, r.Resource.ServiceName()}.hash()
	}
	return xxhash.Sum64(page.Exact(nil, r))
}

// traceHash is what indexes know a trace by: its low half, so that half an id
// finds it, or the whole id where that half is zero.
func traceHash(id signal.TraceID) uint64 {
	if low := id.Low(); low != [8]byte{} {
		return xxhash.Sum64(low[:])
	}
	return xxhash.Sum64(id[:])
}
