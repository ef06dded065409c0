package columnar

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"clew/internal/signal"
	"clew/internal/store/columnar/page"
	"clew/internal/store/columnar/vfs"
	"clew/internal/store/columnar/wal"
)

// State is what Check says of a file.
type State string

// The states. Only Damaged and Missing mean that something was lost.
const (
	Whole   State = "ok"
	Damaged State = "damaged"
	Missing State = "missing" // the manifest or the order of the log names it
	Orphan  State = "orphan"  // nothing names it; the next Open removes it
	Torn    State = "torn"    // a log that ends in a write nobody was told had happened
)

// Finding is what Check found in one file; a damaged file may have several.
type Finding struct {
	File   string `json:"file"`
	State  State  `json:"state"`
	Offset int64  `json:"offset,omitempty"` // of the first bad byte, or of the page or frame that holds it
	Bytes  int64  `json:"bytes"`            // of the file
	Rows   int    `json:"rows,omitempty"`   // that could be read
	Detail string `json:"detail,omitempty"`
}

// Summary adds findings up. Rows counts what is in files, which is more than a
// store has: rows of the log that other rows replace, rows that are dead.
type Summary struct {
	Files   int   `json:"files"`
	Bytes   int64 `json:"bytes"`
	Rows    int   `json:"rows"`
	Dead    int   `json:"dead_rows"`
	Damaged int   `json:"damaged"`
	Missing int   `json:"missing"`
	Orphans int   `json:"orphans"`
	Torn    int   `json:"torn"`
}

// Clean reports whether nothing was lost.
func (s Summary) Clean() bool { return s.Damaged+s.Missing == 0 }

// checking is one Check at work.
type checking struct {
	fs     vfs.FS
	report func(Finding)
	sum    Summary
	next   uint64 // sequence number that the next batch of the log should have; 0: any
}

// Check reads every byte of a directory that nobody has open: it verifies every
// checksum, decodes every row, asks every filter for it and compares what it
// counts with what the manifest says. It changes nothing but the lock file.
func Check(fs vfs.FS, report func(Finding)) (Summary, error) {
	lock, err := fs.Lock()
	if errors.Is(err, vfs.ErrLocked) {
		return Summary{}, fmt.Errorf("columnar: check: a server has the directory open; stop it, or check a backup: %w", err)
	}
	if err != nil {
		return Summary{}, fmt.Errorf("columnar: check: %w", err)
	}
	defer lock.Close()
	names, err := fs.List()
	if err != nil {
		return Summary{}, fmt.Errorf("columnar: check: %w", err)
	}
	slices.Sort(names)
	c := &checking{fs: fs, report: report}
	c.all(names)
	return c.sum, nil
}

func (c *checking) all(names []string) {
	m, err := loadManifest(c.fs)
	known := map[string]bool{"LOCK": true, manifestName: true}
	switch {
	case err != nil:
		c.found(Finding{File: manifestName, State: Damaged, Bytes: c.size(manifestName), Detail: err.Error()})
		m = &manifest{Parts: partsByName(names)} // look at what there is all the same
	case slices.Contains(names, manifestName):
		c.found(Finding{File: manifestName, State: Whole, Bytes: c.size(manifestName)})
	case slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "part-") }):
		c.found(Finding{File: manifestName, State: Missing, Detail: "there are parts"})
		m.LogFrom, m.LogRow = 0, 0
		m.Parts = partsByName(names)
	}
	dead := map[uint64]deadRows{}
	for _, d := range m.Dead {
		dead[d.Part] = d
	}
	slices.SortFunc(m.Parts, func(a, b partMeta) int { return cmp.Compare(a.Name, b.Name) })
	for _, meta := range m.Parts {
		known[meta.Name] = true
		if !slices.Contains(names, meta.Name) {
			c.found(Finding{File: meta.Name, State: Missing, Detail: fmt.Sprintf("%d rows", meta.Rows)})
			continue
		}
		c.part(meta, dead[meta.ID], err == nil)
	}
	c.next = m.LogRow
	c.logs(names, m.LogFrom, known)
	for _, name := range names {
		if !known[name] {
			c.found(Finding{File: name, State: Orphan, Bytes: c.size(name), Detail: "nothing names it"})
		}
	}
}

// partsByName describes the parts of a directory whose manifest cannot be read.
func partsByName(names []string) (out []partMeta) {
	for _, name := range names {
		for _, typ := range signal.Types {
			if strings.HasPrefix(name, "part-") && strings.Contains(name, "-"+typ.String()+"-") {
				out = append(out, partMeta{Name: name, Type: typ})
			}
		}
	}
	return out
}

func (c *checking) found(f Finding) {
	c.sum.Files++
	c.sum.Bytes += f.Bytes
	c.sum.Rows += f.Rows
	switch f.State {
	case Damaged:
		c.sum.Damaged++
	case Missing:
		c.sum.Missing++
		c.sum.Files-- // it is not there
	case Orphan:
		c.sum.Orphans++
	case Torn:
		c.sum.Torn++
	}
	c.report(f)
}

func (c *checking) size(name string) int64 {
	f, err := c.fs.Open(name)
	if err != nil {
		return 0
	}
	defer f.Close()
	n, err := f.Size()
	if err != nil {
		return 0
	}
	return n
}

// part checks one part; against says that meta comes from a manifest.
func (c *checking) part(meta partMeta, dead deadRows, against bool) {
	f, err := c.fs.Open(meta.Name)
	if err != nil {
		c.found(Finding{File: meta.Name, State: Damaged, Detail: err.Error()})
		return
	}
	defer f.Close()
	p := &part{partMeta: meta, f: f}
	size, _ := f.Size()
	first := Finding{File: meta.Name, State: Whole, Bytes: size}
	if err := page.Guard(p.readFooter); err != nil {
		first.State, first.Detail = Damaged, err.Error()
		c.found(first)
		return
	}
	bad := func(_ *chunk, off int64, err error) {
		if first.State == Whole {
			first.State, first.Offset, first.Detail = Damaged, off, err.Error()
			return
		}
		c.report(Finding{File: meta.Name, State: Damaged, Offset: off, Bytes: size, Detail: err.Error()})
	}
	first.Rows = p.verify(bad)
	if against && first.State == Whole {
		if err := p.compare(first.Rows, size, dead); err != nil {
			bad(nil, 0, err)
		}
	}
	c.sum.Dead += p.deadLocked() // it is nobody else's
	c.found(first)
}

// compare holds what the manifest says of p against what is there.
func (p *part) compare(rows int, size int64, dead deadRows) error {
	if rows != p.Rows || size != p.Size {
		return fmt.Errorf("%d rows in %d bytes, the manifest says %d in %d", rows, size, p.Rows, p.Size)
	}
	for _, c := range p.chunks {
		if c.lo < p.Lo || c.hi > p.Hi {
			return fmt.Errorf("rows of times [%d, %d], the manifest says [%d, %d]", c.lo, c.hi, p.Lo, p.Hi)
		}
	}
	return p.bury(dead)
}

// verify reads every byte of p and calls bad for each page that is not what was
// written. It returns how many rows could be read.
func (p *part) verify(bad func(c *chunk, off int64, err error)) (rows int) {
	next := int64(len(partMagic))
	err := page.Guard(func() {
		if string(p.bytes(0, len(partMagic))) != partMagic {
			page.Fail(fmt.Errorf("%w: does not begin like a part", page.ErrDamaged))
		}
	})
	if err != nil {
		bad(nil, 0, err)
	}
	for _, c := range p.chunks {
		at, ok := c.src.(filePage)
		if !ok || at.off != next {
			bad(c, next, fmt.Errorf("%w: bytes that no page holds", page.ErrDamaged))
		}
		next = at.off + at.size
		if err := page.Guard(func() { p.verifyPage(c, at.size) }); err != nil {
			bad(c, at.off, fmt.Errorf("page %d: %w", c.number, err))
			continue
		}
		rows += c.rows
	}
	if err := page.Guard(p.verifyKeys); err != nil || p.keys.off != next {
		bad(nil, next, cmp.Or(err, fmt.Errorf("%w: bytes that no filter holds", page.ErrDamaged)))
	}
	next += p.keys.size(len(p.chunks))
	if err := page.Guard(func() { p.verifySums(&p.sums) }); err != nil || p.sums.size > 0 && p.sums.off != next {
		bad(nil, next, cmp.Or(err, fmt.Errorf("%w: bytes that no sums hold", page.ErrDamaged)))
	}
	next += p.sums.size
	if err := page.Guard(p.verifyRows); err != nil || p.rows.rows > 0 && p.rows.off != next {
		bad(nil, next, cmp.Or(err, fmt.Errorf("%w: bytes that no list of rows holds", page.ErrDamaged)))
	}
	next += p.rows.size()
	if err := page.Guard(func() { p.verifySums(&p.calls) }); err != nil || p.calls.size > 0 && p.calls.off != next {
		bad(nil, next, cmp.Or(err, fmt.Errorf("%w: bytes that no calls hold", page.ErrDamaged)))
	}
	next += p.calls.size
	if err := page.Guard(p.verifyJoints); err != nil || p.joints.rows > 0 && p.joints.off != next {
		bad(nil, next, cmp.Or(err, fmt.Errorf("%w: bytes that no list of joints holds", page.ErrDamaged)))
	}
	next += p.joints.size()
	err = page.Guard(func() {
		size, err := p.f.Size()
		if err != nil {
			page.Fail(err)
		}
		if foot := binary.LittleEndian.Uint64(p.bytes(size-int64(trailerLen), 8)); foot != uint64(next) {
			page.Fail(fmt.Errorf("%w: the footer begins at %d", page.ErrDamaged, foot))
		}
	})
	if err != nil {
		bad(nil, next, err)
	}
	return rows
}

// verifyPage decodes every row of c and looks for it in the indexes. It panics as
// page.Guard expects.
func (p *part) verifyPage(c *chunk, size int64) {
	fail := func(format string, args ...any) {
		page.Fail(fmt.Errorf("%w: %s", page.ErrDamaged, fmt.Sprintf(format, args...)))
	}
	seen := &coverage{src: c.src}
	head := page.ReadHead(seen)
	head.Verify(seen)
	v := head.Open(c.src)
	if v.Rows() != c.rows || v.Type != p.Type || v.Size != size {
		fail("%d rows of signal %d in %d bytes, the footer says %d of %d in %d", v.Rows(), v.Type, v.Size, c.rows, p.Type, size)
	}
	indexed := map[signal.TraceID]bool{} // and whether it is a giant
	for i, r := range v.Read(v.All(), false) {
		pos := r.Position()
		if pos.At < c.lo || pos.At > c.hi {
			fail("row %d at %d, the footer says [%d, %d]", i, pos.At, c.lo, c.hi)
		}
		if p.MaxSeq > 0 && v.Seq(i) > p.MaxSeq {
			fail("row %d has number %d, the manifest says at most %d", i, v.Seq(i), p.MaxSeq)
		}
		key := keyOf(&r)
		if !p.mayHave(key) {
			fail("the filter does not know row %d", i)
		}
		if r.Point != nil || pos.Trace.IsZero() {
			continue
		}
		giant, known := indexed[pos.Trace]
		if !known {
			pages := p.pagesOf(pos.Trace)
			if !slices.Contains(pages, c.number) {
				fail("the index does not know trace %s", pos.Trace)
			}
			giant = p.rows.rows > 0 && len(pages) > giantPages
			indexed[pos.Trace] = giant
		}
		if giant && !slices.Contains(p.pagesOfRow(key), c.number) {
			fail("the list of rows of giant traces does not know row %d", i)
		}
	}
	if p.version >= versionJoints {
		p.verifyJointsOf(c, v)
	}
	if off, n := seen.gap(size); n > 0 {
		fail("nothing reads %d bytes from %d", n, off)
	}
}

// verifyJointsOf looks for the joints of a page in the list. It panics as page.Guard
// expects.
func (p *part) verifyJointsOf(c *chunk, v *page.View) {
	list := blockReader{p: p, list: &p.joints, what: "joints"}
	for _, h := range jointsOf(v) {
		if p.joints.rows == 0 || !p.mayJoin(h) || !slices.Contains(list.pagesWith(h), c.number) {
			page.Fail(fmt.Errorf("%w: the list does not know a joint", page.ErrDamaged))
		}
	}
}

// coverage remembers which bytes of a page were asked for, so that a check can
// say that it has seen them all.
type coverage struct {
	src  page.Source
	read [][2]int64
}

// Bytes implements page.Source.
func (c *coverage) Bytes(off int64, size int) []byte {
	c.read = append(c.read, [2]int64{off, off + int64(size)})
	return c.src.Bytes(off, size)
}

// gap returns the first bytes of [0, size) that nobody asked for.
func (c *coverage) gap(size int64) (off, n int64) {
	slices.SortFunc(c.read, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	for _, r := range c.read {
		if r[0] > off {
			return off, r[0] - off
		}
		off = max(off, r[1])
	}
	return off, size - off
}

// logs checks the segments from LogFrom on, which have no gaps in their numbers.
func (c *checking) logs(names []string, from uint64, known map[string]bool) {
	want := from
	for _, name := range names { // sorted, and the numbers have leading zeros
		var n uint64
		if _, err := fmt.Sscanf(name, "log-%d", &n); err != nil || logName(n) != name || n < from {
			continue
		}
		known[name] = true
		for ; want > 0 && want < n; want++ {
			c.found(Finding{File: logName(want), State: Missing, Detail: "later segments of the log are there"})
			c.next = 0
		}
		want = n + 1
		c.segment(name)
	}
}

func (c *checking) segment(name string) {
	b, err := fileBytes(c.fs, name)
	if err != nil {
		c.found(Finding{File: name, State: Damaged, Detail: err.Error()})
		return
	}
	f := Finding{File: name, State: Whole, Bytes: int64(len(b))}
	bad := func(off int64, detail string) {
		if f.State != Damaged {
			f.State, f.Offset, f.Detail = Damaged, off, detail
		}
	}
	r, _ := wal.Walk(b, func(off int64, k wal.Kind, number uint64, payload []byte) error {
		rows, err := c.frame(k, number, payload)
		f.Rows += rows
		if err != nil {
			bad(off, err.Error())
		}
		return nil
	})
	switch {
	case r.Damaged > 0:
		f.State, f.Offset, f.Detail = Damaged, r.At, fmt.Sprintf("%d bytes with a wrong checksum", r.Damaged)
	case len(b) == 0:
		f.State, f.Detail = Torn, "empty: a crash came before its first write"
	case r.Torn > 0 && f.State == Whole:
		f.State, f.Offset, f.Detail = Torn, r.At, fmt.Sprintf("%d bytes of an unfinished write", r.Torn)
	}
	c.found(f)
}

// frame decodes what a good frame carries. Numbers of rows go on without a gap
// from batch to batch, over segments and crashes: a gap is a batch that is gone.
func (c *checking) frame(k wal.Kind, number uint64, payload []byte) (rows int, err error) {
	switch k {
	case wal.Forget:
		_, err = decodeForgetting(payload)
		return 0, err
	case wal.Batch:
	default:
		return 0, fmt.Errorf("a frame of kind %d, written by a newer version", k)
	}
	p, err := openFrame(payload)
	if err != nil {
		return 0, err
	}
	for _, pp := range p.pages {
		if err := page.Guard(func() { rows += len(pp.view.Read(pp.view.All(), false)) }); err != nil {
			return rows, err
		}
	}
	if rows != p.rows {
		return rows, fmt.Errorf("%d rows of %d", rows, p.rows)
	}
	if c.next > 0 && number > c.next {
		err = fmt.Errorf("rows %d to %d are missing before this batch", c.next, number-1)
	}
	c.next = max(c.next, number+uint64(p.rows))
	return rows, err
}

func fileBytes(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, size)
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return nil, cmp.Or(err, os.ErrInvalid)
	}
	return b, nil
}
