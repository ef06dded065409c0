package columnar

import (
	"encoding/binary"
	"fmt"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
	"clew/internal/store/columnar/vfs"
)

const (
	partMagic  = "CLEWPRT\x01"
	trailerLen = 8 + 4 + 4 + len(partMagic)

	partVersion    = 8
	partVersionMin = 3 // the oldest that can be read
	versionHalves  = 4 // from here on traces are indexed by traceHash
	versionGiants  = 5 // from here on there is a rowIndex
	versionWords   = 6 // from here on words of logs have keys
	versionCalls   = 7 // from here on sums have sketches, and there are calls
	versionJoints  = 8 // from here on there is a list of joints
)

// partMeta is what the manifest says of a part.
type partMeta struct {
	ID        uint64
	Name      string
	Tenant    []byte // not text: tenants may hold any byte
	Type      signal.Type
	Partition string // the day, see partitionOf
	Rows      int
	Lo, Hi    signal.Time
	Written   signal.Time
	Size      int64
	MaxSeq    uint64
}

// pageMeta is what a part's footer says of a page.
type pageMeta struct {
	off         int64
	size        int64
	rows        int
	lo, hi      signal.Time
	short, long int64 // durations, both inclusive
}

// partWriter streams rows, in the order they are to have, into a part file.
type partWriter struct {
	fs         vfs.FS
	f          vfs.File
	meta       partMeta
	rows       page.Writer
	pages      []pageMeta
	cur        pageMeta
	index      []uint64   // see tracePage
	ids        []uint64   // identities
	keys       [][]uint64 // of each page
	held       int        // keys of all pages
	buf        []byte
	traces     map[uint64]bool // hashes of the current page
	last       signal.TraceID  // of the current page
	joints     []uint64        // hashes of each page, and as tracePage packs them
	jointPages []uint64
	sums       *tallying // of spans
	calls      *linking  // of spans
}

// Words of a page that have keys, and keys of a part before words have none. More
// of them are mostly ids and numbers, for which a filter is as long as the text, and
// they are held in memory until the part is written.
const (
	pageWords = 16 << 10
	partWords = 3 << 20
)

const tmpName = "part.tmp"

func newPartWriter(fs vfs.FS, meta partMeta, tmp string) (*partWriter, error) {
	f, err := fs.Create(tmp)
	if err != nil {
		return nil, fmt.Errorf("columnar: create part: %w", err)
	}
	w := &partWriter{fs: fs, f: f, meta: meta, traces: map[uint64]bool{}, sums: newTallying(), calls: newLinking()}
	w.rows.Reset(meta.Type)
	if err := w.write([]byte(partMagic)); err != nil {
		f.Close()
		return nil, err
	}
	return w, nil
}

func (w *partWriter) write(b []byte) error {
	n, err := w.f.Write(b)
	w.meta.Size += int64(n)
	if err != nil {
		return fmt.Errorf("columnar: write part: %w", err)
	}
	return nil
}

// add appends a log or a point and says where it went.
func (w *partWriter) add(r *query.Row, seq uint64) (at location, err error) {
	if at, err = w.room(); err != nil {
		return at, err
	}
	p := r.Position()
	g := w.rows.Group(r.Resource, r.Scope)
	if r.Log != nil {
		w.rows.AddLog(g, seq, r.Log)
		w.note(p.Trace)
	} else {
		w.rows.AddPoint(g, seq, r.Point)
	}
	w.ids = append(w.ids, keyOf(r))
	w.count(seq, p.At, 0)
	return at, nil
}

// copy appends a span, one of those that c has placed, and says where it went.
func (w *partWriter) copy(c *page.Copier, i int, seq uint64) (at location, err error) {
	if at, err = w.room(); err != nil {
		return at, err
	}
	c.Add(i, seq)
	s := c.Facts(i)
	w.note(s.Trace)
	w.ids = append(w.ids, identity{s.Trace, s.ID, s.Kind, s.Service}.hash())
	w.sums.add(operation{s.Service, s.Name, s.Kind, s.Status}, s.Start, s.Duration)
	w.calls.add(&s)
	w.count(seq, s.Start, s.Duration)
	return at, nil
}

// room makes room for a row and says where that is.
func (w *partWriter) room() (location, error) {
	if w.rows.Full() {
		if err := w.cut(); err != nil {
			return location{}, err
		}
	}
	return location{uint32(len(w.pages)), uint32(w.rows.Rows())}, nil
}

// note adds a trace to those of the page.
func (w *partWriter) note(id signal.TraceID) {
	if id.IsZero() || id == w.last {
		return
	}
	w.last = id
	w.traces[traceHash(id)] = true
}

func (w *partWriter) count(seq uint64, at signal.Time, length int64) {
	if w.cur.rows == 0 {
		w.cur.lo, w.cur.hi, w.cur.short, w.cur.long = at, at, length, length
	}
	w.cur.short, w.cur.long = min(w.cur.short, length), max(w.cur.long, length)
	w.cur.lo, w.cur.hi = min(w.cur.lo, at), max(w.cur.hi, at)
	w.cur.rows++
	w.meta.MaxSeq = max(w.meta.MaxSeq, seq)
}

func (w *partWriter) cut() error {
	if w.cur.rows == 0 {
		return nil
	}
	w.noteJoints()
	keys := slices.Clip(w.rows.Keys(nil, min(pageWords, partWords-w.held)))
	w.keys, w.held = append(w.keys, keys), w.held+len(keys)
	w.buf = w.rows.Append(w.buf[:0], true)
	w.cur.off, w.cur.size = w.meta.Size, int64(len(w.buf))
	if err := w.write(w.buf); err != nil {
		return err
	}
	for h := range w.traces {
		w.index = append(w.index, tracePage(h, len(w.pages)))
	}
	clear(w.traces)
	w.last = signal.TraceID{}
	if len(w.pages) == 0 {
		w.meta.Lo, w.meta.Hi = w.cur.lo, w.cur.hi
	}
	w.meta.Lo, w.meta.Hi = min(w.meta.Lo, w.cur.lo), max(w.meta.Hi, w.cur.hi)
	w.meta.Rows += w.cur.rows
	w.pages = append(w.pages, w.cur)
	w.cur = pageMeta{}
	w.rows.Reset(w.meta.Type)
	return nil
}

// tracePage packs the top 40 bits of a trace's hash and the number of a page
// that holds it, so that the index sorts by trace.
func tracePage(hash uint64, page int) uint64 { return hash>>24<<24 | uint64(page)&(1<<24-1) }

// finish writes the footer and syncs the file. The part is nobody's yet.
func (w *partWriter) finish() error {
	defer w.f.Close()
	if err := w.cut(); err != nil {
		return err
	}
	slices.Sort(w.index)
	filters, blocks := appendKeyBlocks(nil, w.keys)
	blocks.off = w.meta.Size
	if err := w.write(filters); err != nil {
		return err
	}
	sums, err := w.writeSums(w.sums.finish())
	if err != nil {
		return err
	}
	list, rows := appendRowIndex(nil, w.meta.Size, giantRows(w.index, w.ids, w.pages))
	if err := w.write(list); err != nil {
		return err
	}
	calls, err := w.writeSums(w.calls.finish())
	if err != nil {
		return err
	}
	joints, filter, err := w.writeJoints()
	if err != nil {
		return err
	}
	foot := []byte{partVersion, byte(w.meta.Type)}
	foot = binary.AppendUvarint(foot, uint64(len(w.pages)))
	for _, p := range w.pages {
		foot = binary.AppendUvarint(foot, uint64(p.off))
		foot = binary.AppendUvarint(foot, uint64(p.size))
		foot = binary.AppendUvarint(foot, uint64(p.rows))
		foot = binary.AppendVarint(foot, int64(p.lo))
		foot = binary.AppendVarint(foot, int64(p.hi))
		foot = binary.AppendVarint(foot, p.short)
		foot = binary.AppendVarint(foot, p.long)
	}
	foot = appendWords(foot, w.index)
	foot = appendWords(foot, newFilter(w.ids))
	foot = binary.AppendUvarint(foot, uint64(blocks.off))
	foot = binary.AppendUvarint(foot, uint64(blocks.blocks))
	for _, sum := range blocks.sums {
		foot = binary.LittleEndian.AppendUint32(foot, sum)
	}
	foot = calls.encode(rows.encode(sums.encode(foot)))
	foot = appendWords(foot, w.calls.scattered)
	foot = appendWords(joints.encode(foot), filter)
	tail := binary.LittleEndian.AppendUint64(nil, uint64(w.meta.Size))
	tail = binary.LittleEndian.AppendUint32(tail, uint32(len(foot)))
	tail = binary.LittleEndian.AppendUint32(tail, page.Checksum(foot))
	if err := w.write(append(append(foot, tail...), partMagic...)); err != nil {
		return err
	}
	if err := w.f.Sync(); err != nil {
		return fmt.Errorf("columnar: sync part: %w", err)
	}
	return nil
}

// noteJoints adds the joints of the current page.
func (w *partWriter) noteJoints() {
	if w.meta.Type != signal.Spans {
		return
	}
	hashes := w.rows.Joints(nil)
	slices.Sort(hashes)
	for _, h := range slices.Compact(hashes) {
		w.joints = append(w.joints, h)
		w.jointPages = append(w.jointPages, tracePage(h, len(w.pages)))
	}
}

// writeJoints writes the list of joints and makes the filter of their hashes.
func (w *partWriter) writeJoints() (x rowIndex, f filter, err error) {
	if len(w.joints) == 0 {
		return x, nil, nil
	}
	slices.Sort(w.jointPages)
	list, x := appendRowIndex(nil, w.meta.Size, w.jointPages)
	return x, newFilter(w.joints), w.write(list)
}

// writeSums writes a rollup, if there is one.
func (w *partWriter) writeSums(r *rollup) (at rollupAt, err error) {
	if w.meta.Type != signal.Spans || r == nil {
		return at, nil
	}
	b, totals := r.encode(nil)
	at = rollupAt{off: w.meta.Size, size: int64(len(b)), totals: int64(totals), sums: [2]uint32{page.Checksum(b[:totals]), page.Checksum(b[totals:])}}
	return at, w.write(b)
}

func appendWords(dst []byte, ws []uint64) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ws)))
	for _, w := range ws {
		dst = binary.LittleEndian.AppendUint64(dst, w)
	}
	return dst
}

// abandon removes an unfinished part.
func (w *partWriter) abandon(tmp string) {
	w.f.Close()
	w.fs.Remove(tmp) // the next Open removes what is left
}
