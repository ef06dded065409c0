package page

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// values is a column read back. It keeps the encoded bytes and finds a value in
// them when asked, because most readers of a page want few of its rows. It never
// changes, so that views share it.
//
// Numbers are first plus an offset of width bytes in raw, or in sums. Strings
// are distinct values with an index of width bytes in raw for each row.
type values struct {
	n     int
	raw   []byte
	width int     // 0: numbers are all first; strings have no indexes, see same
	first int64   // numbers: the base
	sums  []int64 // numbers written as differences

	same  bool     // strings without indexes: all are value 0, not value i
	count int      // strings: distinct values
	fixed int      // strings: length of each when ends is nil
	ends  []uint32 // strings: where each value ends
	data  []byte
	pack  packing
}

// packing says how the bytes of a string are kept in data.
type packing uint8

const (
	packedNone packing = iota
	packedHex          // two digits a byte
	packedUUID         // 16 bytes each
)

// bytes is about the memory v holds.
func (v *values) bytes() int64 { return int64(len(v.raw)+len(v.data)) + v.derived() }

// derived is bytes without those of the encoded column.
func (v *values) derived() int64 { return int64(8*len(v.sums)+4*len(v.ends)) + 160 }

func (v *values) int(i int) int64 {
	if v.sums != nil {
		return v.sums[i]
	}
	return v.first + int64(v.offset(i))
}

func (v *values) offset(i int) uint64 {
	switch v.width {
	case 1:
		return uint64(v.raw[i])
	case 2:
		return uint64(binary.LittleEndian.Uint16(v.raw[2*i:]))
	case 4:
		return uint64(binary.LittleEndian.Uint32(v.raw[4*i:]))
	case 8:
		return binary.LittleEndian.Uint64(v.raw[8*i:])
	}
	return 0
}

// constant reports whether all numbers are first.
func (v *values) constant() bool { return v.width == 0 && v.sums == nil }

func (v *values) code(i int) int {
	switch {
	case v.width != 0:
		return int(v.offset(i))
	case v.same:
		return 0
	}
	return i
}

func (v *values) distinct() int { return v.count }

func (v *values) at(code int) string {
	if v.pack != packedNone {
		return text(v.unpack(nil, code))
	}
	from, to := v.bounds(code)
	return text(v.data[from:to])
}

func (v *values) bounds(code int) (from, to int) {
	if v.ends == nil {
		return code * v.fixed, (code + 1) * v.fixed
	}
	if code > 0 {
		from = int(v.ends[code-1])
	}
	return from, int(v.ends[code])
}

func (v *values) unpack(dst []byte, code int) []byte {
	if v.pack == packedUUID {
		return appendUUID(slices.Grow(dst, uuidLen), v.data[16*code:16*code+16])
	}
	from, to := v.bounds(code)
	return hex.AppendEncode(slices.Grow(dst, to-from), v.data[from/2:to/2])
}

// each calls visit with every distinct value, in order.
func (v *values) each(visit func(string)) {
	if v.pack == packedNone {
		for i := range v.count {
			visit(v.at(i))
		}
		return
	}
	all := make([]byte, 0, 2*len(v.data)+4*v.count)
	for i := range v.count {
		from := len(all)
		all = v.unpack(all, i)
		visit(text(all[from:len(all):len(all)]))
	}
}

func (v *values) str(i int) string { return v.at(v.code(i)) }

func decodeValues(c class, n int, b []byte) *values {
	switch c {
	case classInts:
		d := decoder{b}
		v := d.ints(n)
		if len(d.b) != 0 {
			damaged("%d bytes after a column", len(d.b))
		}
		return v
	case classStrings:
		return decodeStrings(n, b)
	}
	return &values{n: n}
}

func (d *decoder) ints(n int) *values {
	v := &values{n: n}
	switch enc := d.byte(); enc {
	case encConst:
		v.first = d.varint()
	case encFrame:
		v.first = d.varint()
		d.offsets(v, n)
	case encDelta:
		if n == 0 {
			damaged("empty column as differences")
		}
		at := d.varint()
		steps := &values{first: d.varint()}
		d.offsets(steps, n-1)
		v.sums = make([]int64, n)
		v.sums[0] = at
		for i := 1; i < n; i++ {
			at += steps.int(i - 1)
			v.sums[i] = at
		}
	default:
		damaged("numbers in encoding %d", enc)
	}
	return v
}

func (d *decoder) offsets(v *values, n int) {
	v.width = int(d.byte())
	if w := v.width; w != 1 && w != 2 && w != 4 && w != 8 {
		damaged("numbers of %d bytes", w)
	}
	v.raw = d.take(n * v.width)
}

func decodeStrings(n int, b []byte) *values {
	d := decoder{b}
	v := &values{n: n, count: n}
	switch enc := d.byte(); enc {
	case encConst:
		v.same, v.count = true, 1
		v.data = rawBytes(d.str())
		v.fixed = len(v.data)
	case encDict:
		v.ends = make([]uint32, d.count(1))
		v.count = len(v.ends)
		total := uint64(0)
		for i := range v.ends {
			total += min(d.uvarint(), 1<<32)
			if total > uint64(len(b)) {
				damaged("dictionary longer than its column")
			}
			v.ends[i] = uint32(total)
		}
		v.data = d.take(int(total))
		d.indexes(v)
	case encPlain:
		v.data = d.take(v.lengths(d.ints(n), len(d.b)))
	case encHex:
		v.pack = packedHex
		v.data = d.take(v.lengths(d.ints(n), 2*len(d.b)) / 2)
	case encUUID:
		v.pack = packedUUID
		v.data = d.take(16 * n)
	default:
		damaged("strings in encoding %d", enc)
	}
	if len(d.b) != 0 {
		damaged("%d bytes after a column", len(d.b))
	}
	return v
}

// lengths makes v's strings that long and returns the sum.
func (v *values) lengths(ls *values, room int) int {
	total := int64(0)
	add := func(l int64) {
		total += l
		if l < 0 || l > int64(room) || total > int64(room) || v.pack == packedHex && l%2 != 0 {
			damaged("strings longer than their column")
		}
	}
	if ls.constant() && ls.n > 0 {
		add(ls.first)
		total = 0
		if ls.first > 0 && int64(ls.n) > int64(room)/ls.first {
			damaged("strings longer than their column")
		}
		v.fixed = int(ls.first)
		return v.fixed * ls.n
	}
	v.ends = make([]uint32, ls.n)
	for i := range v.ends {
		add(ls.int(i))
		v.ends[i] = uint32(total)
	}
	return int(total)
}

func (d *decoder) indexes(v *values) {
	v.width = 4
	switch {
	case v.count <= 1<<8:
		v.width = 1
	case v.count <= 1<<16:
		v.width = 2
	}
	v.raw = d.take(v.n * v.width)
	if v.width == 1 && v.count == 1<<8 {
		return
	}
	for i := range v.n {
		if c := v.offset(i); c >= uint64(v.count) {
			damaged("value %d of %d", c, v.count)
		}
	}
}

func appendUUID(dst, v []byte) []byte {
	from := 0
	for i, to := range [...]int{4, 6, 8, 10, 16} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, v[from:to])
		from = to
	}
	return dst
}
