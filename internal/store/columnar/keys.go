package columnar

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"clew/internal/query"
	"clew/internal/store/columnar/page"
)

// A part keeps a filter of the keys of each page (page.Writer.Keys), so that a
// search for a rare value opens only the pages that hold it. All filters of a
// part have as many blocks; first come the blocks number 0 of all pages, then
// the blocks number 1, and so on: a key is in the same block of every page, and
// asking all pages is one short read. None of it stays in memory.

const blockBytes = 8 * blockWords

// keyBlocks says where the filters of a part are.
type keyBlocks struct {
	off    int64
	blocks int
	sums   []uint32 // checksum of the same block of all pages
}

// appendKeyBlocks appends the filters of pages with these keys.
func appendKeyBlocks(dst []byte, pages [][]uint64) ([]byte, keyBlocks) {
	most := 0
	for _, keys := range pages {
		most = max(most, len(keys))
	}
	k := keyBlocks{blocks: filterBlocks(most)}
	all := make(filter, k.blocks*len(pages)*blockWords)
	for i, keys := range pages {
		for _, h := range keys {
			at := (blockOf(h, k.blocks)*len(pages) + i) * blockWords
			all[at : at+blockWords].add(h)
		}
	}
	for row := range k.blocks {
		from := len(dst)
		for _, w := range all[row*len(pages)*blockWords : (row+1)*len(pages)*blockWords] {
			dst = binary.LittleEndian.AppendUint64(dst, w)
		}
		k.sums = append(k.sums, page.Checksum(dst[from:]))
	}
	return dst, k
}

var keyRows = sync.Pool{New: func() any { return new([]byte) }}

// keyed returns those of some pages of p that may have a key: it reads the same block
// of all pages. It panics as page.Guard expects.
func (p *part) keyed(key uint64, of page.Set) page.Set {
	out := page.NewSet(len(p.chunks))
	if of.Empty() {
		return out
	}
	buf := keyRows.Get().(*[]byte)
	defer keyRows.Put(buf)
	row := p.readKeyRow(blockOf(key, p.keys.blocks), buf)
	probes := probesOf(key)
	for i, w := range of {
		for ; w != 0; w &= w - 1 {
			n := 64*i + bits.TrailingZeros64(w)
			if probes.hit(row[n*blockBytes : (n+1)*blockBytes]) {
				out.Add(n)
			}
		}
	}
	return out
}

// readKeyRow reads a block of all pages into buf.
func (p *part) readKeyRow(row int, buf *[]byte) []byte {
	size := blockBytes * len(p.chunks)
	*buf = slices.Grow((*buf)[:0], size)[:size]
	p.readAt(*buf, p.keys.off+int64(row)*int64(size))
	if page.Checksum(*buf) != p.keys.sums[row] {
		page.Fail(fmt.Errorf("%w: part %s: filter", page.ErrDamaged, p.Name))
	}
	return *buf
}

// verifyKeys reads all filters of p. It panics as page.Guard expects.
func (p *part) verifyKeys() {
	var buf []byte
	for row := range p.keys.blocks {
		p.readKeyRow(row, &buf)
	}
}

// size is the bytes that the filters of so many pages take.
func (k *keyBlocks) size(pages int) int64 { return int64(k.blocks) * int64(pages) * blockBytes }

// candidates returns those of some pages of p that may hold rows that fulfil where.
// A filter that cannot be read rules nothing out.
func (s *Store) candidates(p *part, of page.Set, where *query.Expr) (some page.Set) {
	keys := page.Keys{Words: p.version >= versionWords, Has: p.keyed}
	some = of
	err := page.Guard(func() { some = keys.Among(of, p.Type, where) })
	if err != nil && !p.reported.Swap(true) {
		s.damage(p.Name, int64(blockBytes*len(p.chunks)), err)
	}
	return some
}

// drop removes what the cache keeps of p.
func (p *part) drop() {
	for _, c := range p.chunks {
		p.cache.drop(c)
		p.cache.drop(oldJointsOf{c})
	}
	for _, at := range []*rollupAt{&p.sums, &p.calls} {
		p.cache.drop(rollupKey{at, false})
		p.cache.drop(rollupKey{at, true})
	}
}
