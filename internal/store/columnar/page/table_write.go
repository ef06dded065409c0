package page

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"clew/internal/signal"
)

// tableWriter collects rows of a table: core columns with a value in every row,
// and columns that only some rows have. Which ones a row has, and in which order,
// is its shape; rows share few shapes, so presence costs next to nothing.
type tableWriter struct {
	n      int
	cols   []*column
	index  map[columnID]int
	core   [slotAttr]*column
	first  followers
	shapes map[string]int
	listed [][]uint32 // columns of each shape
	row    []uint32   // shape of the row being added
	key    []byte
	raw    []byte // of the column being encoded
}

// followers are the columns, numbered from 1, that came after a column in the
// rows before, newest first. A row's next column is nearly always one of them,
// whatever the rows between had: that spares looking its name up.
type followers [2]uint32

func (f *followers) note(column uint32) {
	if f[0] != column {
		f[0], f[1] = column, f[0]
	}
}

func (t *tableWriter) reset() {
	const most = 2000 // columns worth keeping warm
	if len(t.cols) > most || t.index == nil {
		*t = tableWriter{index: map[columnID]int{}, shapes: map[string]int{}}
	}
	for _, c := range t.cols {
		c.reset()
	}
	clear(t.shapes)
	t.n, t.listed, t.row = 0, t.listed[:0], t.row[:0]
}

func (t *tableWriter) coreColumn(s slot) *column {
	if t.core[s] == nil {
		t.core[s] = t.newColumn(columnID{slot: s})
	}
	return t.core[s]
}

func (t *tableWriter) newColumn(id columnID) *column {
	id.key = strings.Clone(id.key)
	c := &column{id: id, class: id.class()}
	c.reset()
	t.index[id] = len(t.cols)
	t.cols = append(t.cols, c)
	return c
}

// add returns the column of the next value of the row.
func (t *tableWriter) add(s slot, k signal.ValueKind, key string) *column {
	before := &t.first
	if n := len(t.row); n > 0 {
		before = &t.cols[t.row[n-1]].next
	}
	at := -1
	for _, n := range before {
		if n == 0 {
			break
		}
		if c := t.cols[n-1]; c.id.slot == s && c.id.kind == k && c.lastRow <= t.n && c.id.occur == 0 && c.id.key == key {
			at = int(n - 1)
			break
		}
	}
	if at < 0 {
		at = t.find(columnID{slot: s, kind: k, key: key})
	}
	before.note(uint32(at + 1))
	c := t.cols[at]
	c.lastRow = t.n + 1
	t.row = append(t.row, uint32(at))
	if c.class == classNone {
		c.n++
	}
	return c
}

// find returns the first column like id that the row has no value in yet.
func (t *tableWriter) find(id columnID) int {
	for ; ; id.occur++ {
		i, ok := t.index[id]
		if !ok {
			t.newColumn(id)
			return len(t.cols) - 1
		}
		if t.cols[i].lastRow <= t.n {
			return i
		}
	}
}

func (t *tableWriter) addValue(s slot, key string, v signal.Value) {
	c := t.add(s, v.Kind(), key)
	switch c.class {
	case classInts:
		c.addInt(int64(v.Bits()))
	case classStrings:
		c.addString(v.Text())
	}
}

func (t *tableWriter) addAttrs(s slot, as signal.Attrs) {
	for i := range as {
		t.addValue(s, as[i].Key, as[i].Value)
	}
}

func (t *tableWriter) addText(s slot, v string) {
	if v != "" {
		t.add(s, signal.KindString, "").addString(v)
	}
}

func (t *tableWriter) addNumber(s slot, v int64) {
	if v != 0 {
		t.add(s, signal.KindInt, "").addInt(v)
	}
}

// end finishes the row.
func (t *tableWriter) end() {
	t.coreColumn(slotShape).addInt(int64(t.shape(t.row)))
	t.n++
	t.row = t.row[:0]
}

// shape returns the number of the shape with these columns.
func (t *tableWriter) shape(cols []uint32) int {
	t.key = t.key[:0]
	for _, c := range cols {
		t.key = binary.LittleEndian.AppendUint32(t.key, c)
	}
	shape, ok := t.shapes[string(t.key)]
	if !ok {
		shape = len(t.listed)
		t.shapes[string(t.key)] = shape
		t.listed = append(t.listed, slices.Clone(cols))
	}
	return shape
}

// encode appends the directory to head and the column chunks to body.
func (t *tableWriter) encode(head, body []byte, compress bool) ([]byte, []byte) {
	number := make([]uint32, len(t.cols))
	var used []*column
	for i, c := range t.cols {
		if c.n > 0 {
			number[i] = uint32(len(used))
			used = append(used, c)
		}
	}
	head = binary.AppendUvarint(head, uint64(t.n))
	head = binary.AppendUvarint(head, uint64(len(used)))
	for _, c := range used {
		raw := t.raw[:0]
		if compress && c.id.slot == slotParent && t.core[slotSpan] != nil {
			raw = appendNear(raw, t.core[slotSpan].dict.arena, c.dict.arena)
		} else {
			raw = c.encode(raw)
		}
		t.raw = raw
		from := len(body)
		body = AppendChunk(body, raw, compress)
		head = append(head, byte(c.id.slot), byte(c.id.kind))
		head = appendStr(binary.AppendUvarint(head, uint64(c.id.occur)), c.id.key)
		head = binary.AppendUvarint(head, uint64(c.n))
		head = binary.AppendUvarint(head, uint64(len(body)-from))
		head = binary.LittleEndian.AppendUint32(head, Checksum(body[from:]))
	}
	head = binary.AppendUvarint(head, uint64(len(t.listed)))
	for _, shape := range t.listed {
		head = binary.AppendUvarint(head, uint64(len(shape)))
		for _, c := range shape {
			head = binary.AppendUvarint(head, uint64(number[c]))
		}
	}
	return head, body
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum is the CRC-32C that guards every chunk.
func Checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<20), zstd.WithEncoderConcurrency(2))
		if err != nil {
			panic(err) // options are constant
		}
		return e
	})
	inflater = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxChunk))
		if err != nil {
			panic(err) // options are constant
		}
		return d
	})
)

const (
	chunkRaw  = 0
	chunkZstd = 1
	maxChunk  = 1 << 30 // bytes a chunk may inflate to
	minZstd   = 48      // bytes below which compressing is not tried
)

// AppendChunk appends raw as a chunk: a flag, and for compressed ones the length.
func AppendChunk(dst, raw []byte, compress bool) []byte {
	if !compress || len(raw) < minZstd {
		return append(append(dst, chunkRaw), raw...)
	}
	at := len(dst)
	dst = binary.AppendUvarint(append(dst, chunkZstd), uint64(len(raw)))
	dst = encoder().EncodeAll(raw, dst)
	if len(dst)-at >= len(raw)+1 {
		return append(append(dst[:at], chunkRaw), raw...)
	}
	return dst
}

// OpenChunk checks a chunk and returns its content. It panics as Guard expects.
func OpenChunk(b []byte, sum uint32) []byte {
	if Checksum(b) != sum {
		damaged("checksum of %d bytes", len(b))
	}
	d := decoder{b}
	switch flag := d.byte(); flag {
	case chunkRaw:
		return d.b
	case chunkZstd:
		n := d.uvarint()
		if n > maxChunk {
			damaged("chunk of %d bytes", n)
		}
		out, err := inflater().DecodeAll(d.b, make([]byte, 0, min(n, 64*uint64(len(d.b))+1024)))
		if err != nil || uint64(len(out)) != n {
			damaged("chunk does not inflate to %d bytes: %v", n, err)
		}
		return out
	default:
		damaged("chunk of kind %d", flag)
	}
	return nil
}
