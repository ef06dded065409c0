package page

import "encoding/binary"

// A parent is mostly a row of the same page, close by: parts keep a trace
// together. encNear says where instead of repeating the id.

const (
	nearOther = 0   // the next of the ids that follow
	nearNone  = 128 // no parent: an id of zeros
	nearMost  = 127 // rows away
	idLen     = 8
)

// appendNear writes parents by the place of their row. Both are ids, one a row.
func appendNear(dst, spans, parents []byte) []byte {
	dst = append(dst, encNear)
	n := len(parents) / idLen
	id := func(ids []byte, i int) uint64 { return binary.LittleEndian.Uint64(ids[idLen*i:]) }
	var others []byte
	for i := range n {
		code, want := byte(nearOther), id(parents, i)
		if want == 0 {
			dst = append(dst, nearNone)
			continue
		}
		for far := 1; far <= nearMost && code == nearOther; far++ {
			switch {
			case i-far >= 0 && id(spans, i-far) == want:
				code = byte(nearNone - far)
			case i+far < n && id(spans, i+far) == want:
				code = byte(nearNone + far)
			}
		}
		if code == nearOther {
			others = append(others, parents[idLen*i:idLen*(i+1)]...)
		}
		dst = append(dst, code)
	}
	return append(dst, others...)
}

// decodeNear is the inverse of appendNear, without its first byte.
func decodeNear(n int, b []byte, spans *values) *values {
	d := decoder{b}
	codes := d.take(n)
	out := make([]byte, idLen*n)
	for i, code := range codes {
		to := out[idLen*i : idLen*(i+1)]
		switch code {
		case nearNone:
		case nearOther:
			copy(to, d.take(idLen))
		default:
			row := i + int(code) - nearNone
			if row < 0 || row >= n || row >= spans.n {
				damaged("parent in row %d of %d", row, n)
			}
			copyID(to, spans.str(row))
		}
	}
	if len(d.b) != 0 {
		damaged("%d bytes after a column", len(d.b))
	}
	return &values{n: n, count: n, fixed: idLen, data: out}
}
