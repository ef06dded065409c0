package page

import (
	"encoding/binary"
	"encoding/hex"
)

// values is a column read back: either numbers, or strings as distinct values
// with an index for each row.
type values struct {
	n     int
	ints  []int64  // numbers; nil when all are first
	first int64    //
	codes []uint32 // strings: index of each value; nil: see same
	same  bool     // strings: without codes, all are value 0, not value i
	ends  []uint32
	data  []byte
}

func (v *values) int(i int) int64 {
	if v.ints == nil {
		return v.first
	}
	return v.ints[i]
}

func (v *values) code(i int) int {
	switch {
	case v.codes != nil:
		return int(v.codes[i])
	case v.same:
		return 0
	}
	return i
}

func (v *values) distinct() int { return len(v.ends) }

func (v *values) at(code int) string {
	from := uint32(0)
	if code > 0 {
		from = v.ends[code-1]
	}
	return text(v.data[from:v.ends[code]])
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
		base, w := d.varint(), int(d.byte())
		v.ints = d.frame(make([]int64, n), base, w)
	case encDelta:
		if n == 0 {
			damaged("empty column as differences")
		}
		at := d.varint()
		base, w := d.varint(), int(d.byte())
		v.ints = make([]int64, n)
		d.frame(v.ints[1:], base, w)
		v.ints[0] = at
		for i := 1; i < n; i++ {
			at += v.ints[i]
			v.ints[i] = at
		}
	default:
		damaged("numbers in encoding %d", enc)
	}
	return v
}

func (d *decoder) frame(out []int64, base int64, w int) []int64 {
	if w != 1 && w != 2 && w != 4 && w != 8 {
		damaged("numbers of %d bytes", w)
	}
	b := d.take(len(out) * w)
	for i := range out {
		switch w {
		case 1:
			out[i] = base + int64(b[i])
		case 2:
			out[i] = base + int64(binary.LittleEndian.Uint16(b[2*i:]))
		case 4:
			out[i] = base + int64(binary.LittleEndian.Uint32(b[4*i:]))
		default:
			out[i] = base + int64(binary.LittleEndian.Uint64(b[8*i:]))
		}
	}
	return out
}

func decodeStrings(n int, b []byte) *values {
	d := decoder{b}
	v := &values{n: n}
	switch enc := d.byte(); enc {
	case encConst:
		v.same = true
		v.data = rawBytes(d.str())
		v.ends = []uint32{uint32(len(v.data))}
	case encDict:
		v.ends = make([]uint32, d.count(1))
		total := uint64(0)
		for i := range v.ends {
			total += min(d.uvarint(), 1<<32)
			if total > uint64(len(b)) {
				damaged("dictionary longer than its column")
			}
			v.ends[i] = uint32(total)
		}
		v.data = d.take(int(total))
		v.codes = d.indexes(n, len(v.ends))
	case encPlain, encHex:
		v.ends = sumLengths(d.ints(n), len(b))
		total := 0
		if n > 0 {
			total = int(v.ends[n-1])
		}
		if enc == encPlain {
			v.data = d.take(total)
			break
		}
		v.data = hex.AppendEncode(make([]byte, 0, total), d.take(total/2))
	case encUUID:
		v.ends, v.data = make([]uint32, n), make([]byte, 0, n*uuidLen)
		for i := range n {
			v.data = appendUUID(v.data, d.take(16))
			v.ends[i] = uint32(len(v.data))
		}
	default:
		damaged("strings in encoding %d", enc)
	}
	if len(d.b) != 0 {
		damaged("%d bytes after a column", len(d.b))
	}
	return v
}

// sumLengths turns lengths into ends; hex doubles the room at most.
func sumLengths(lengths *values, room int) []uint32 {
	ends := make([]uint32, lengths.n)
	total := int64(0)
	for i := range ends {
		l := lengths.int(i)
		total += l
		if l < 0 || total > 2*int64(room) {
			damaged("strings longer than their column")
		}
		ends[i] = uint32(total)
	}
	return ends
}

func (d *decoder) indexes(n, distinct int) []uint32 {
	w := 4
	switch {
	case distinct <= 1<<8:
		w = 1
	case distinct <= 1<<16:
		w = 2
	}
	b := d.take(n * w)
	out := make([]uint32, n)
	for i := range out {
		switch w {
		case 1:
			out[i] = uint32(b[i])
		case 2:
			out[i] = uint32(binary.LittleEndian.Uint16(b[2*i:]))
		default:
			out[i] = binary.LittleEndian.Uint32(b[4*i:])
		}
		if int(out[i]) >= distinct {
			damaged("value %d of %d", out[i], distinct)
		}
	}
	return out
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
