package columnar

import (
	"clew/internal/store/columnar/page"
)

// Senders of one row at a time would fill memory with pages of one row, which
// cost more than their rows do and make every scan slow. So tiny pages at the end
// of a table become one as soon as there are enough of them.
const (
	tinyRows  = 256 // a page with fewer rows,
	tinyBytes = 16 << 10
	tinyMost  = 16 // and so many of them in a row
)

func (c *chunk) tiny() bool {
	b, ok := c.src.(page.Memory)
	return ok && c.rows < tinyRows && len(b) < tinyBytes
}

// memory is what a page costs that is not in a part.
func (c *chunk) memory() int64 {
	b, _ := c.src.(page.Memory)
	return int64(len(b)) + int64(c.rows)*rowOverhead + 8*int64(len(c.joints)) + pageOverhead
}

// coalesce joins the tiny pages at the end of a table of the active memtable.
// Readers that have the old pages keep them. Store.applying is held.
func (s *Store) coalesce(k tableKey) error {
	s.mu.RLock()
	t := s.active.tables[k]
	s.mu.RUnlock()
	if t == nil {
		return nil
	}
	from := len(t.chunks)
	for from > 0 && t.chunks[from-1].tiny() {
		from--
	}
	if len(t.chunks)-from < tinyMost {
		return nil
	}
	old := t.chunks[from:]
	var joined *chunk
	var moved [][]uint32
	err := page.Guard(func() { joined, moved = s.join(k, old) })
	if err != nil {
		return err
	}
	t.move(from, moved)
	freed := int64(0)
	for _, c := range old {
		freed += c.memory()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.chunks = t.chunks[:from:from]
	if joined != nil {
		t.chunks = append(t.chunks, joined)
		freed -= joined.memory()
	}
	s.active.bytes -= freed
	s.unflushed -= freed
	s.changedLocked()
	return nil
}

// gone is where rows went that died before their page was joined.
const gone = ^uint32(0)

// join writes the living rows of chunks as one page, and says where each row of
// each chunk went. It panics as page.Guard expects.
func (s *Store) join(k tableKey, chunks []*chunk) (joined *chunk, moved [][]uint32) {
	w := writers.Get().(*page.Writer)
	defer writers.Put(w)
	w.Reset(k.typ)
	for _, c := range chunks {
		v, dead := c.view(), c.deadLocked(s.step) // deaths change only under applying
		to := make([]uint32, c.rows)
		var alive []int
		for i := range to {
			to[i] = gone
			if dead == nil || !dead.Has(i) {
				alive = append(alive, i)
			}
		}
		for i, r := range v.Read(alive, false) {
			to[alive[i]] = uint32(w.Rows())
			g, seq := w.Group(r.Resource, r.Scope), c.base+v.Seq(alive[i])
			switch {
			case r.Span != nil:
				w.AddSpan(g, seq, r.Span)
			case r.Log != nil:
				w.AddLog(g, seq, r.Log)
			default:
				w.AddPoint(g, seq, r.Point)
			}
		}
		moved = append(moved, to)
	}
	if w.Rows() > 0 {
		joined = describe(w.Append(nil, false)).chunk
	}
	return joined, moved
}

// move points the index to where rows of the chunks from number from on are now.
func (t *memTable) move(from int, moved [][]uint32) {
	for i := len(t.refs) - 1; i >= 0 && int(t.refs[i].chunk) >= from; i-- {
		r := &t.refs[i]
		if r.row != gone {
			r.row = moved[int(r.chunk)-from][r.row]
		}
		r.chunk = uint32(from)
	}
}
