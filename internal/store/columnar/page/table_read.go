package page

import (
	"slices"
	"sync"
	"sync/atomic"

	"clew/internal/signal"
)

// tableHead is the directory of a table: where its columns are.
type tableHead struct {
	n      int
	cols   []columnHead
	core   [slotAttr]int // column of each core slot, -1 when there is none
	shapes [][]uint32
}

type columnHead struct {
	id   columnID
	n    int // values
	off  int64
	size int
	sum  uint32
}

// decodeTable reads a directory; chunks start at off of the page.
func (d *decoder) table(off int64) (tableHead, int64) {
	t := tableHead{}
	n := d.uvarint()
	if n > 1<<24 {
		damaged("table of %d rows", n)
	}
	t.n = int(n)
	for i := range t.core {
		t.core[i] = -1
	}
	t.cols = make([]columnHead, d.count(9))
	for i := range t.cols {
		c := &t.cols[i]
		c.id = columnID{slot: slot(d.byte()), kind: signal.ValueKind(d.byte()), occur: uint32(d.uvarint()), key: d.str()}
		values, size := d.uvarint(), d.uvarint()
		if c.id.slot >= slots || c.id.kind > signal.KindJSON || values > n || size > maxChunk {
			damaged("column %d of kind %d with %d values in %d bytes", c.id.slot, c.id.kind, values, size)
		}
		c.n, c.size, c.off, c.sum = int(values), int(size), off, d.u32()
		off += int64(size)
		if c.id.slot < slotAttr {
			if c.n != t.n {
				damaged("core column %d has %d values of %d", c.id.slot, c.n, t.n)
			}
			t.core[c.id.slot] = i
		}
	}
	t.shapes = make([][]uint32, d.count(1))
	for i := range t.shapes {
		t.shapes[i] = make([]uint32, d.count(1))
		for j := range t.shapes[i] {
			c := d.uvarint()
			if c >= uint64(len(t.cols)) || t.cols[c].id.slot < slotAttr {
				damaged("shape of column %d", c)
			}
			t.shapes[i][j] = uint32(c)
		}
	}
	return t, off
}

// warmTable is what was read of a table so far; views of a page share it.
type warmTable struct {
	cols  []atomic.Pointer[values]
	shape atomic.Pointer[[]uint32]
}

func (h *tableHead) warm() warmTable {
	return warmTable{cols: make([]atomic.Pointer[values], len(h.cols))}
}

// table is a tableHead with the columns read so far.
type table struct {
	*tableHead
	src    Source
	page   *Warm
	warm   *warmTable // of page
	loaded []*values  // that warm does not keep
	shape  []uint32   // of each row
}

func (h *tableHead) open(src Source, page *Warm, warm *warmTable) table {
	return table{tableHead: h, src: src, page: page, warm: warm}
}

const mostWarm = 1 << 20 // bytes of a column worth keeping

func (t *table) column(i int) *values {
	if v := t.warm.cols[i].Load(); v != nil {
		return v
	}
	if t.loaded != nil && t.loaded[i] != nil {
		return t.loaded[i]
	}
	v := t.decode(i)
	if n := t.holds(v); n < mostWarm && keep(t.page, &t.warm.cols[i], v, n) {
		return v
	}
	if t.loaded == nil {
		t.loaded = make([]*values, len(t.cols))
	}
	t.loaded[i] = v
	return v
}

// holds is about the memory v takes; the bytes of a page in memory are not its own.
func (t *table) holds(v *values) int64 {
	if _, ok := t.src.(Memory); ok {
		return v.derived()
	}
	return v.bytes()
}

func (t *table) decode(i int) *values {
	c := &t.cols[i]
	raw := t.open(c)
	if c.id.slot == slotParent && len(raw) > 0 && raw[0] == encNear {
		return decodeNear(c.n, raw[1:], t.coreOf(slotSpan))
	}
	return decodeValues(c.id.class(), c.n, raw)
}

// Borrower is a Source that can read into memory of the caller, for bytes that
// are wanted only until they are inflated.
type Borrower interface {
	// Into is Bytes into dst, which has room for them.
	Into(dst []byte, off int64)
}

var borrowed = sync.Pool{New: func() any { return new([]byte) }}

func (t *table) open(c *columnHead) []byte {
	src, ok := t.src.(Borrower)
	if !ok || c.size < minZstd || c.size > mostWarm {
		return OpenChunk(t.src.Bytes(c.off, c.size), c.sum)
	}
	buf := borrowed.Get().(*[]byte)
	defer borrowed.Put(buf)
	*buf = slices.Grow((*buf)[:0], c.size)[:c.size]
	src.Into(*buf, c.off)
	raw := OpenChunk(*buf, c.sum)
	if (*buf)[0] == chunkRaw {
		raw = slices.Clone(raw)
	}
	return raw
}

// coreOf returns a core column that must be there.
func (t *table) coreOf(s slot) *values {
	if t.n == 0 {
		return &values{}
	}
	if t.core[s] < 0 {
		damaged("no core column %d", s)
	}
	return t.column(t.core[s])
}

// bounded reads a core column of numbers that are all in [0, limit).
func (t *table) bounded(s slot, limit int) []uint32 {
	v := t.coreOf(s)
	out := make([]uint32, t.n)
	for i := range out {
		x := v.int(i)
		if x < 0 || x >= int64(limit) {
			damaged("core column %d: %d, limit %d", s, x, limit)
		}
		out[i] = uint32(x)
	}
	return out
}

// shapeOf returns the shape of each row, and checks once that columns hold as
// many values as the shapes promise.
func (t *table) shapeOf() []uint32 {
	if t.shape != nil || t.n == 0 {
		return t.shape
	}
	if known := t.warm.shape.Load(); known != nil {
		t.shape = *known
		return t.shape
	}
	shape := t.bounded(slotShape, len(t.shapes))
	uses := make([]int, len(t.shapes))
	for _, s := range shape {
		uses[s]++
	}
	have := make([]int, len(t.cols))
	for s, n := range uses {
		for _, c := range t.shapes[s] {
			have[c] += n
		}
	}
	for i := range t.cols {
		if c := &t.cols[i]; c.id.slot >= slotAttr && c.n != have[i] {
			damaged("column %d has %d values, its shapes %d", i, c.n, have[i])
		}
	}
	t.shape = shape
	keep(t.page, &t.warm.shape, &shape, 4*int64(len(shape)))
	return shape
}

// walk calls visit for each of the wanted rows, which ascend, with the shape's
// columns and the position of the row's value in each column. Rows in between
// are counted by shape, and their columns moved on only when a row is wanted.
func (t *table) walk(want []int, visit func(row int, cols []uint32, at []int)) {
	shape := t.shapeOf()
	at := make([]int, len(t.cols))
	passed := make([]int, len(t.shapes))
	row := 0
	for _, next := range want {
		if next >= t.n {
			return
		}
		for ; row < next; row++ {
			passed[shape[row]]++
		}
		for s, n := range passed {
			if n > 0 {
				for _, c := range t.shapes[s] {
					at[c] += n
				}
				passed[s] = 0
			}
		}
		visit(row, t.shapes[shape[row]], at)
	}
}

// value returns value i of column c as an attribute value.
func (t *table) value(c uint32, i int) signal.Value {
	id := &t.cols[c].id
	switch id.class() {
	case classInts:
		return signal.FromBits(id.kind, uint64(t.column(int(c)).int(i)), "")
	case classStrings:
		return signal.FromBits(id.kind, 0, t.column(int(c)).str(i))
	}
	return signal.Value{}
}
