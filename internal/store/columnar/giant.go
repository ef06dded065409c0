package columnar

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"

	"clew/internal/store/columnar/page"
)

// A trace in many pages of a part is a giant: looking through all of them for an
// older version of each new span would cost the square of its spans. So a part
// knows by identity in which page the spans of its giants are. The list is on disk,
// sorted, in short blocks; only where each block begins is kept in memory.

const (
	giantPages = 8   // a trace in more pages of a part is a giant
	rowsABlock = 512 // entries of 8 bytes
)

// rowIndex says where the list of a part is and where its blocks begin.
type rowIndex struct {
	off    int64
	rows   int // entries; 0: the part has no giant
	blocks []rowBlock
}

type rowBlock struct{ first, sum uint32 } // top half of the first entry, checksum

// rowPage packs the top 40 bits of a row's identity and the number of its page.
func rowPage(key uint64, page int) uint64 { return tracePage(key, page) }

// giantRows lists the rows of the pages that giants are in. index is the part's
// index of traces, sorted; ids are the identities of all rows.
func giantRows(index, ids []uint64, pages []pageMeta) (out []uint64) {
	giant := make([]bool, len(pages))
	for from := 0; from < len(index); {
		to := from + 1
		for to < len(index) && index[to]>>24 == index[from]>>24 {
			to++
		}
		if to-from > giantPages {
			for _, e := range index[from:to] {
				giant[e&(1<<24-1)] = true
			}
		}
		from = to
	}
	for n := range pages {
		some := ids[:pages[n].rows]
		ids = ids[pages[n].rows:]
		if giant[n] {
			for _, key := range some {
				out = append(out, rowPage(key, n))
			}
		}
	}
	slices.Sort(out)
	return out
}

// appendRowIndex appends the list of rows, which begins at off of the part.
func appendRowIndex(dst []byte, off int64, rows []uint64) ([]byte, rowIndex) {
	x := rowIndex{off: off, rows: len(rows)}
	for some := range slices.Chunk(rows, rowsABlock) {
		from := len(dst)
		for _, e := range some {
			dst = binary.LittleEndian.AppendUint64(dst, e)
		}
		x.blocks = append(x.blocks, rowBlock{uint32(some[0] >> 32), page.Checksum(dst[from:])})
	}
	return dst, x
}

func (x *rowIndex) size() int64 { return 8 * int64(x.rows) }

func (x *rowIndex) encode(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(x.rows))
	if x.rows == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(x.off))
	for _, b := range x.blocks {
		dst = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(dst, b.first), b.sum)
	}
	return dst
}

// rowIndex reads where a list is; it must end before limit.
func (r *footReader) rowIndex(limit int64) (x rowIndex) {
	n := r.uvarint()
	if n == 0 {
		return x
	}
	off := r.uvarint()
	blocks := (n + rowsABlock - 1) / rowsABlock
	if n > uint64(limit)/8 || off > uint64(limit) || 8*n > uint64(limit)-off || blocks > uint64(len(r.b))/8 {
		r.bad = true
		return x
	}
	x = rowIndex{off: int64(off), rows: int(n), blocks: make([]rowBlock, blocks)}
	for i := range x.blocks {
		x.blocks[i] = rowBlock{binary.LittleEndian.Uint32(r.b), binary.LittleEndian.Uint32(r.b[4:])}
		r.b = r.b[8:]
	}
	return x
}

// blockReader looks things up in a list of a part, and keeps the last block it read.
type blockReader struct {
	p    *part
	list *rowIndex
	what string // is in the list
	n    int    // one more than the number of the block in rows
	rows []uint64
}

// block reads a block of the list. It panics as page.Guard expects.
func (r *blockReader) block(n int) []uint64 {
	if r.n == n+1 {
		return r.rows
	}
	b := r.p.bytes(r.list.off+8*int64(n)*rowsABlock, 8*min(rowsABlock, r.list.rows-n*rowsABlock))
	if page.Checksum(b) != r.list.blocks[n].sum {
		page.Fail(fmt.Errorf("%w: part %s: %s", page.ErrDamaged, r.p.Name, r.what))
	}
	r.n, r.rows = n+1, r.rows[:0]
	for ; len(b) > 0; b = b[8:] {
		r.rows = append(r.rows, binary.LittleEndian.Uint64(b))
	}
	return r.rows
}

// pagesWith returns the pages that the list has for a hash. It panics as page.Guard
// expects.
func (r *blockReader) pagesWith(hash uint64) (pages []int) {
	want, top := hash>>24, uint32(hash>>32)
	blocks := r.list.blocks
	from := sort.Search(len(blocks), func(i int) bool { return blocks[i].first >= top })
	for n := max(0, from-1); n < len(blocks) && blocks[n].first <= top; n++ {
		rows := r.block(n)
		at := sort.Search(len(rows), func(i int) bool { return rows[i]>>24 >= want })
		for ; at < len(rows) && rows[at]>>24 == want; at++ {
			if n := int(rows[at] & (1<<24 - 1)); n < len(r.p.chunks) && !slices.Contains(pages, n) {
				pages = append(pages, n)
			}
		}
	}
	return pages
}

// verify reads the whole list. It panics as page.Guard expects.
func (r *blockReader) verify() {
	last := uint64(0)
	for n, b := range r.list.blocks {
		rows := r.block(n)
		if uint32(rows[0]>>32) != b.first || rows[0] < last || !slices.IsSorted(rows) {
			page.Fail(fmt.Errorf("%w: part %s: %s are not in order", page.ErrDamaged, r.p.Name, r.what))
		}
		last = rows[len(rows)-1]
	}
}

// pagesOfRow returns the pages of giants that may hold a row with that identity.
// It panics as page.Guard expects.
func (p *part) pagesOfRow(key uint64) (pages []int) {
	return p.giantList().pagesWith(key)
}

func (p *part) giantList() *blockReader {
	return &blockReader{p: p, list: &p.rows, what: "rows of giant traces"}
}

// verifyRows and verifyJoints read a whole list. They panic as page.Guard expects.
func (p *part) verifyRows() { p.giantList().verify() }

func (p *part) verifyJoints() { (&blockReader{p: p, list: &p.joints, what: "joints"}).verify() }
