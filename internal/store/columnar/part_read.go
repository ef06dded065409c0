package columnar

import (
	"encoding/binary"
	"fmt"
	"sort"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"

	"clew/internal/signal"
	"clew/internal/store/columnar/page"
	"clew/internal/store/columnar/vfs"
)

// part is an immutable file of pages. Its footer stays in memory.
type part struct {
	partMeta
	version   byte
	f         vfs.File
	cache     *cache // its own until a store takes it in
	chunks    []*chunk
	look      atomic.Pointer[lookups] // nil while the store rests
	keys      keyBlocks
	sums      rollupAt
	rows      rowIndex
	calls     rollupAt
	joints    rowIndex
	scattered []uint64     // see linking
	reported  atomic.Bool  // that its filters or sums are damaged
	refs      atomic.Int64 // the store's and each reader's
	forgotten bool         // holds rows that must leave the disk; guarded by Store.mu
}

// openPart reads a part's footer.
func openPart(fs vfs.FS, meta partMeta) (*part, error) {
	f, err := fs.Open(meta.Name)
	if err != nil {
		return nil, fmt.Errorf("columnar: open part: %w", err)
	}
	p := &part{partMeta: meta, f: f, cache: newCache(1 << 20)}
	p.refs.Store(1)
	if err := page.Guard(p.readFooter); err != nil {
		f.Close()
		return nil, fmt.Errorf("columnar: open part %s: %w", meta.Name, err)
	}
	return p, nil
}

// openPart opens a part to be read through the store's cache.
func (s *Store) openPart(meta partMeta) (*part, error) {
	p, err := openPart(s.fs, meta)
	if err == nil {
		p.cache = s.cache
	}
	return p, err
}

func (p *part) readFooter() {
	bad := func(what string) { page.Fail(fmt.Errorf("%w: part %s", page.ErrDamaged, what)) }
	size, err := p.f.Size()
	if err != nil {
		page.Fail(err)
	}
	if size < int64(trailerLen+len(partMagic)) {
		bad("cut short")
	}
	tail := p.bytes(size-int64(trailerLen), trailerLen)
	off, n := binary.LittleEndian.Uint64(tail), binary.LittleEndian.Uint32(tail[8:])
	if string(tail[16:]) != partMagic || off > uint64(size) || off+uint64(n)+uint64(trailerLen) != uint64(size) {
		bad("trailer")
	}
	foot := p.bytes(int64(off), int(n))
	if page.Checksum(foot) != binary.LittleEndian.Uint32(tail[12:]) {
		bad("footer checksum")
	}
	if len(foot) < 2 || signal.Type(foot[1]) != p.Type {
		bad("signal")
	}
	if p.version = foot[0]; p.version < partVersionMin || p.version > partVersion {
		page.Fail(fmt.Errorf("written in format %d, this version reads %d to %d", p.version, partVersionMin, partVersion))
	}
	r := footReader{b: foot[2:]}
	pages := r.uvarint()
	for i := 0; uint64(i) < pages && !r.bad; i++ {
		m := pageMeta{off: int64(r.uvarint()), size: int64(r.uvarint()), rows: int(r.uvarint()), lo: signal.Time(r.varint()), hi: signal.Time(r.varint()), short: r.varint(), long: r.varint()}
		if m.off < 0 || m.size < 0 || m.off+m.size > int64(off) || m.rows <= 0 || m.rows > 1<<24 {
			bad("page directory")
		}
		p.chunks = append(p.chunks, &chunk{lo: m.lo, hi: m.hi, rows: m.rows, short: m.short, long: m.long, part: p, number: i, src: filePage{p, m.off, m.size}})
	}
	look := &lookups{index: r.words(), filter: r.words()}
	p.keys.off, p.keys.blocks = int64(r.uvarint()), int(r.uvarint())
	if p.keys.blocks < 1 || p.keys.blocks > len(r.b)/4 || p.keys.off < 0 || p.keys.off > int64(off) || int64(p.keys.blocks) > (int64(off)-p.keys.off)/int64(blockBytes*max(1, len(p.chunks))) {
		bad("filters")
	}
	for range p.keys.blocks {
		p.keys.sums = append(p.keys.sums, binary.LittleEndian.Uint32(r.b))
		r.b = r.b[4:]
	}
	p.sums = r.rollupAt(int64(off))
	if p.version >= versionGiants {
		p.rows = r.rowIndex(int64(off))
	}
	if p.version >= versionCalls {
		p.calls, p.scattered = r.rollupAt(int64(off)), r.words()
	}
	if p.version >= versionJoints {
		p.joints, look.joints = r.rowIndex(int64(off)), r.words()
	}
	if r.bad || len(r.b) != 0 || len(look.filter) == 0 || len(look.filter)%blockWords != 0 || (p.joints.rows == 0) != (len(look.joints) == 0) || len(look.joints)%blockWords != 0 {
		bad("footer")
	}
	p.look.Store(look)
}

// footReader reads the footer; bad is set once something does not fit.
type footReader struct {
	b   []byte
	bad bool
}

func (r *footReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	return v * r.advance(n)
}

func (r *footReader) varint() int64 {
	v, n := binary.Varint(r.b)
	return v * int64(r.advance(n))
}

func (r *footReader) advance(n int) uint64 {
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return 1
}

func (r *footReader) words() []uint64 {
	n := r.uvarint()
	if n > uint64(len(r.b))/8 {
		r.bad = true
		return nil
	}
	ws := make([]uint64, n)
	for i := range ws {
		ws[i] = binary.LittleEndian.Uint64(r.b[8*i:])
	}
	r.b = r.b[8*n:]
	return ws
}

func (p *part) bytes(off int64, size int) []byte {
	b := make([]byte, size)
	p.readAt(b, off)
	return b
}

func (p *part) readAt(b []byte, off int64) {
	if n, err := p.f.ReadAt(b, off); n < len(b) {
		page.Fail(fmt.Errorf("columnar: read part %s: %w", p.Name, err))
	}
}

// filePage is a page of a part.
type filePage struct {
	p         *part
	off, size int64
}

// Bytes implements page.Source.
func (f filePage) Bytes(off int64, size int) []byte {
	f.check(off, size)
	return f.p.bytes(f.off+off, size)
}

// Into implements page.Borrower.
func (f filePage) Into(dst []byte, off int64) {
	f.check(off, len(dst))
	f.p.readAt(dst, f.off+off)
}

func (f filePage) check(off int64, size int) {
	if off < 0 || size < 0 || off+int64(size) > f.size {
		page.Fail(fmt.Errorf("%w: part %s: bytes %d+%d of a page of %d", page.ErrDamaged, f.p.Name, off, size, f.size))
	}
}

func (p *part) is(t signal.Tenant, typ signal.Type) bool {
	return p.Type == typ && string(p.Tenant) == string(t)
}

// pagesOf returns the pages that may hold a trace.
func (p *part) pagesOf(id signal.TraceID) []int {
	if p.version < versionHalves {
		return p.pagesWith(xxhash.Sum64(id[:]))
	}
	return p.pagesWith(traceHash(id))
}

// pagesLike returns the pages that may hold traces with ids that end like id.
func (p *part) pagesLike(id signal.TraceID) []int {
	if p.version < versionHalves {
		all := make([]int, len(p.chunks))
		for i := range all {
			all[i] = i
		}
		return all
	}
	return p.pagesWith(traceHash(id))
}

// pagesWith returns the pages of a hash in the index. Hashes are spread evenly, so
// the place in the index can be guessed from the hash itself.
func (p *part) pagesWith(hash uint64) []int {
	look := p.lookups()
	if look.blind {
		return page.FullSet(len(p.chunks)).Rows()
	}
	return pagesIn(look.index, hash, len(p.chunks))
}

func pagesIn(index []uint64, hash uint64, chunks int) (pages []int) {
	want := hash >> 24
	hi, lo := len(index), 0
	guess := int(float64(hash) / (1 << 64) * float64(hi))
	for step := 16; ; step *= 4 { // widen around the guess until it is enclosed
		lo, hi = max(0, guess-step), min(len(index), guess+step)
		if (lo == 0 || index[lo]>>24 < want) && (hi == len(index) || index[hi]>>24 > want) {
			break
		}
	}
	at := lo + sort.Search(hi-lo, func(i int) bool { return index[lo+i]>>24 >= want })
	for ; at < len(index) && index[at]>>24 == want; at++ {
		if n := int(index[at] & (1<<24 - 1)); n < chunks {
			pages = append(pages, n)
		}
	}
	return pages
}

func (p *part) release() {
	if p.refs.Add(-1) == 0 {
		p.drop()
		p.f.Close()
	}
}

// deadLocked counts the rows of p that do not exist any more.
func (p *part) deadLocked() (n int) {
	for _, c := range p.chunks {
		n += c.dead
	}
	return n
}
