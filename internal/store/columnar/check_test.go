package columnar

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/vfs"
	"clew/internal/store/columnar/wal"
	"clew/internal/store/storetest"
)

// checkable fills a directory with parts, dead rows and a log of two segments,
// and closes it.
func checkable(t *testing.T) *vfs.Memory {
	t.Helper()
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	corpus := storetest.NewCorpus(acme, 7, someDay)
	add := func(b *signal.Batch) {
		t.Helper()
		if err := s.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		add(corpus.Next(600))
	}
	add(linesOf(acme, 30))
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(numbered(1, 5))
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(numbered(1, 3)) // replaces rows of a part
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(numbered(2, 3))
	s.Close()
	s = mustOpen(t, Options{FS: fs}) // the log goes on in a second segment
	for n := range 5 {
		add(numbered(10+n, 4))
	}
	id := numbered(11, 1).Groups[0].Spans[0].Trace
	if err := s.Forget(t.Context(), "other", store.Rule{Trace: &id}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	return fs
}

// linesOf returns log lines, every other one of a trace.
func linesOf(tn signal.Tenant, n int) *signal.Batch {
	g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("shop")}}}
	for i := range n {
		l := signal.Log{At: someDay + signal.Time(i), Level: 9, Body: signal.Str("paid order " + strings.Repeat("x", i%7)), Attrs: signal.Attrs{{Key: "n", Value: signal.Int(int64(i))}, {Key: "none"}}}
		if i%2 == 0 {
			l.Trace[0] = byte(i + 1)
		}
		g.Logs = append(g.Logs, l)
		g.Points = append(g.Points, signal.Point{At: someDay + signal.Time(i), Metric: signal.Metric{Name: "paid", Unit: "1"}, Value: signal.Int(int64(i))})
	}
	return &signal.Batch{Tenant: tn, Groups: []signal.Group{g}}
}

func check(t *testing.T, fs vfs.FS) (Summary, []Finding) {
	t.Helper()
	var all []Finding
	sum, err := Check(fs, func(f Finding) { all = append(all, f) })
	if err != nil {
		t.Fatal(err)
	}
	return sum, all
}

func mustBeClean(t *testing.T, fs vfs.FS) Summary {
	t.Helper()
	sum, all := check(t, fs)
	for _, f := range all {
		if f.State == Damaged || f.State == Missing {
			t.Fatalf("%+v", f)
		}
	}
	return sum
}

func TestCheckOfAWholeDirectory(t *testing.T) {
	fs := checkable(t)
	sum, all := check(t, fs)
	for _, f := range all {
		if f.State != Whole {
			t.Errorf("%+v, want ok", f)
		}
	}
	names, _ := fs.List()
	want := 4*600 + 2*30 + 5 + 3 + 3 + 5*4
	if !sum.Clean() || sum.Files != len(names) || sum.Rows < want || sum.Dead != 3 {
		t.Errorf("%+v of %d files, want all ok, at least %d rows, 3 of them dead", sum, len(names), want)
	}
}

// TestCheckFindsEveryFlip flips bytes all over every file.
func TestCheckFindsEveryFlip(t *testing.T) {
	fs := checkable(t)
	whole, _ := check(t, fs)
	names, _ := fs.List()
	for _, name := range names {
		size := (&checking{fs: fs}).size(name)
		last := strings.HasPrefix(name, "log-") && name == lastLog(names)
		for at := int64(0); at < size; at += max(1, size/60) {
			bad := fs.Crash(0)
			bad.Edit(name, func(b []byte) []byte { b[at] ^= 0x04; return b })
			sum, all := check(t, bad)
			// The last bytes of the log cannot be told from an unfinished write, and
			// the mark of a closed segment holds no rows.
			if sum.Clean() && sum.Torn == 1 && (last || sum.Rows == whole.Rows) {
				continue
			}
			named := false
			for _, f := range all {
				named = named || f.File == name && f.State == Damaged && f.Offset <= at
			}
			if sum.Clean() || !named {
				t.Fatalf("%s: byte %d of %d flipped: %+v", name, at, size, all)
			}
		}
	}
}

func lastLog(names []string) (last string) {
	for _, n := range names {
		if strings.HasPrefix(n, "log-") {
			last = n
		}
	}
	return last
}

func TestCheckFindsWhatIsCutOrGone(t *testing.T) {
	whole := checkable(t)
	before, _ := check(t, whole)
	names, _ := whole.List()
	for _, name := range names {
		size := (&checking{fs: whole}).size(name)
		for _, keep := range []int64{0, 5, size / 3, size - 1} {
			bad := whole.Crash(0)
			bad.Edit(name, func(b []byte) []byte { return b[:keep] })
			sum, all := check(t, bad)
			if sum.Clean() && sum.Torn == 0 {
				t.Errorf("%s cut to %d of %d bytes is not found: %+v", name, keep, size, all)
			}
			if sum.Clean() && sum.Torn == 0 && sum.Rows < before.Rows {
				t.Errorf("%s cut to %d of %d bytes is no damage: %+v", name, keep, size, all)
			}
		}
		if name == lastLog(names) {
			continue // nothing says that there was more
		}
		bad := whole.Crash(0)
		if err := bad.Remove(name); err != nil {
			t.Fatal(err)
		}
		sum, all := check(t, bad)
		named := false
		for _, f := range all {
			named = named || f.File == name && f.State == Missing
		}
		if sum.Missing != 1 || !named {
			t.Errorf("%s removed: %+v", name, all)
		}
	}
}

// TestCheckMissesTheFirstRows cuts whole frames out of the log at its beginning,
// which leaves nothing with a wrong checksum.
func TestCheckMissesTheFirstRows(t *testing.T) {
	f := func(why string, before, log, cut int) {
		t.Helper()
		fs := vfs.NewMemory()
		s := mustOpen(t, Options{FS: fs})
		for n := range before {
			mustAppend(t, s, numbered(n, 4))
			mustDo(t, func() error { return s.Flush(t.Context()) })
		}
		for n := range log {
			mustAppend(t, s, numbered(100+n, 4))
		}
		s.Close()
		mustBeClean(t, fs)
		names, _ := fs.List()
		fs.Edit(lastLog(names), func(b []byte) []byte {
			from, frames := 0, 0
			wal.Walk(b, func(off int64, _ wal.Kind, _ uint64, payload []byte) error {
				if frames++; frames == 1 {
					from = int(off)
				}
				if frames == cut {
					b = append(b[:from:from], b[int(off)+wal.HeaderLen+len(payload):]...)
				}
				return nil
			})
			return b
		})
		sum, all := check(t, fs)
		if sum.Damaged != 1 {
			t.Errorf("%s: %+v", why, all)
		}
		again := mustOpen(t, Options{FS: fs}) // what is left is readable, and numbers go on
		mustAppend(t, again, numbered(200, 4))
		if got := len(batches(t, again)); got != before+log-cut+1 {
			t.Errorf("%s: %d batches, want %d", why, got, before+log-cut+1)
		}
	}
	f("the first frame of a store that never flushed", 0, 5, 1)
	f("the first frame after a flush", 2, 5, 1)
	f("some frames", 1, 9, 4)
}

// coverageFS remembers which bytes of each file were read.
type coverageFS struct {
	vfs.FS
	read map[string][]bool
}

type coverageFile struct {
	vfs.File
	read []bool
}

// Open implements vfs.FS.
func (c *coverageFS) Open(name string) (vfs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if c.read[name] == nil {
		size, err := f.Size()
		if err != nil {
			return nil, err
		}
		c.read[name] = make([]bool, size)
	}
	return coverageFile{f, c.read[name]}, nil
}

// ReadAt implements io.ReaderAt.
func (f coverageFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	for i := range n {
		f.read[int(off)+i] = true
	}
	return n, err
}

// TestCheckReadsEveryByte wants check to have seen all of every file, those with
// lists of giant traces and words of logs too.
func TestCheckReadsEveryByte(t *testing.T) {
	whole := checkable(t)
	s := mustOpen(t, Options{FS: whole})
	for n := range 10 {
		mustAppend(t, s, spansOf(signal.TraceID{1}, n*2000, n*2000+2000))
	}
	mustAppend(t, s, wordLines(0, 3000, 1))
	mustDo(t, func() error { return s.Flush(t.Context()) })
	mustAppend(t, s, numbered(5, 5))
	s.Close()
	fs := &coverageFS{FS: whole, read: map[string][]bool{}}
	mustBeClean(t, fs)
	names, _ := whole.List()
	for _, name := range names {
		if at := slices.Index(fs.read[name], false); at >= 0 || fs.read[name] == nil {
			t.Errorf("%s: nobody read byte %d", name, at)
		}
	}
}

func TestCheckTellsOrphansFromDamage(t *testing.T) {
	fs := checkable(t)
	for _, name := range []string{"part.tmp", "part-2026-01-01-spans-00009999", "notes.txt"} {
		f, err := fs.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte("left over"))
	}
	sum, _ := check(t, fs)
	if !sum.Clean() || sum.Orphans != 3 {
		t.Errorf("%+v, want clean with 3 orphans", sum)
	}
}

func TestCheckOfAnOpenDirectory(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, Options{Dir: dir})
	disk, err := vfs.NewDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Check(disk, func(Finding) {})
	if !errors.Is(err, vfs.ErrLocked) || !strings.Contains(err.Error(), "server") {
		t.Errorf("check of an open directory: %v", err)
	}
}

func TestCheckOfAnEmptyDirectory(t *testing.T) {
	if sum, _ := check(t, vfs.NewMemory()); !sum.Clean() || sum.Files != 0 {
		t.Errorf("%+v", sum)
	}
}
