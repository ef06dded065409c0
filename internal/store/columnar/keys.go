package columnar

import (
	"encoding/binary"
	"fmt"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// A part keeps a filter of the keys of each page (page.Writer.Keys), so that a
// search for a rare value opens only the pages that hold it. All filters of a
// part have as many blocks; first come the blocks number 0 of all pages, then
// the blocks number 1, and so on: a key is in the same block of every page, and
// asking all pages is one short read. None of it stays in memory for long.

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

// keyRow names the same block of all pages in the cache.
type keyRow struct {
	p   *part
	row int
}

// keyRow reads the same block of all pages. It panics as page.Guard expects.
func (p *part) keyRow(row int) filter {
	at := keyRow{p, row}
	if f, ok := p.cache.find(at).(filter); ok {
		return f
	}
	b := p.readKeyRow(row)
	f := make(filter, len(b)/8)
	for i := range f {
		f[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return p.cache.keep(at, f, int64(len(b))+100).(filter)
}

func (p *part) readKeyRow(row int) []byte {
	size := blockBytes * len(p.chunks)
	b := p.bytes(p.keys.off+int64(row)*int64(size), size)
	if page.Checksum(b) != p.keys.sums[row] {
		page.Fail(fmt.Errorf("%w: part %s: filter", page.ErrDamaged, p.Name))
	}
	return b
}

// verifyKeys reads all filters of p. It panics as page.Guard expects.
func (p *part) verifyKeys() {
	for row := range p.keys.blocks {
		p.readKeyRow(row)
	}
}

// size is the bytes that the filters of so many pages take.
func (k *keyBlocks) size(pages int) int64 { return int64(k.blocks) * int64(pages) * blockBytes }

// mayHold reports whether a page of a part may hold rows that fulfil where. A
// filter that cannot be read rules nothing out.
func (s *Store) mayHold(where *query.Expr, c *chunk) bool {
	p, may := c.part, true
	err := page.Guard(func() {
		keys := page.Keys{Words: p.version >= versionWords, Has: func(h uint64) bool {
			row := p.keyRow(blockOf(h, p.keys.blocks))
			return row[c.number*blockWords : (c.number+1)*blockWords].hasHere(h)
		}}
		may = keys.MayHold(p.Type, where)
	})
	if err != nil && !p.reported.Swap(true) {
		s.damage(p.Name, int64(blockBytes*len(p.chunks)), err)
	}
	return may || err != nil
}

// drop removes what the cache keeps of p.
func (p *part) drop() {
	for _, c := range p.chunks {
		p.cache.drop(c)
		p.cache.drop(oldJointsOf{c})
	}
	for row := range p.keys.blocks {
		p.cache.drop(keyRow{p, row})
	}
	for _, at := range []*rollupAt{&p.sums, &p.calls} {
		p.cache.drop(rollupKey{at, false})
		p.cache.drop(rollupKey{at, true})
	}
}

// lengthMayHold reports whether rows with durations from lo to hi may fulfil where.
func lengthMayHold(where *query.Expr, lo, hi int64) bool {
	if where == nil {
		return true
	}
	switch {
	case where.Op == query.And:
		for _, a := range where.Args {
			if !lengthMayHold(a, lo, hi) {
				return false
			}
		}
	case where.Op == query.Or:
		for _, a := range where.Args {
			if lengthMayHold(a, lo, hi) {
				return true
			}
		}
		return false
	case where.Field == query.FieldDuration && where.Value.Kind() == signal.KindInt:
		want := where.Value.Int()
		switch where.Op {
		case query.Lt:
			return lo < want
		case query.Le:
			return lo <= want
		case query.Gt:
			return hi > want
		case query.Ge:
			return hi >= want
		case query.Eq:
			return lo <= want && want <= hi
		}
	}
	return true
}
