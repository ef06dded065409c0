package page

import (
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

// table is a tableHead with the columns read so far.
type table struct {
	*tableHead
	src    Source
	loaded []*values
	shape  []uint32 // of each row
}

func (h *tableHead) open(src Source) table {
	return table{tableHead: h, src: src, loaded: make([]*values, len(h.cols))}
}

func (t *table) column(i int) *values {
	if t.loaded[i] == nil {
		c := &t.cols[i]
		raw := OpenChunk(t.src.Bytes(c.off, c.size), c.sum)
		t.loaded[i] = decodeValues(c.id.class(), c.n, raw)
	}
	return t.loaded[i]
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
	return shape
}

// walk calls visit for each of the wanted rows, which ascend, with the shape's
// columns and the position of the row's value in each column.
func (t *table) walk(want []int, visit func(row int, cols []uint32, at []int)) {
	shape := t.shapeOf()
	at := make([]int, len(t.cols))
	next := 0
	for row := 0; row < t.n && next < len(want); row++ {
		cols := t.shapes[shape[row]]
		if row == want[next] {
			visit(row, cols, at)
			next++
		}
		for _, c := range cols {
			at[c]++
		}
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
