package columnar

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/vfs"
)

// metered counts the bytes that are read of parts.
type metered struct {
	vfs.FS
	read atomic.Int64
}

type meteredFile struct {
	vfs.File
	fs *metered
}

// Open implements vfs.FS.
func (m *metered) Open(name string) (vfs.File, error) {
	f, err := m.FS.Open(name)
	return meteredFile{f, m}, err
}

// ReadAt implements io.ReaderAt.
func (f meteredFile) ReadAt(p []byte, off int64) (int, error) {
	f.fs.read.Add(int64(len(p)))
	return f.File.ReadAt(p, off)
}

// spansOf returns spans from to to-1 of the giant trace.
func spansOf(id signal.TraceID, from, to int) *signal.Batch {
	spans := make([]signal.Span, to-from)
	for i := range spans {
		spans[i] = spanAt(from+i, id)
	}
	return oneGroup(spans)
}

// TestGiantTrace appends a million spans of one trace, which must not read more
// of parts as the trace grows, says some of them again, and reads it by id.
func TestGiantTrace(t *testing.T) {
	const giant, size = 1_000_000, 5000
	disk, err := vfs.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	fs := &metered{FS: disk}
	s := mustOpen(t, Options{FS: fs, MemoryLimit: 16 << 20, BusyWait: 30 * time.Second, Upkeep: time.Hour})
	h, id := newHeap(t, 160<<20), signal.TraceID{7}
	for n := 0; n < giant; n += size {
		mustAppend(t, s, spansOf(id, n, n+size))
		if n%50_000 == 0 {
			h.look()
		}
	}
	mustDo(t, func() error { return s.Flush(t.Context()) }, s.mergeTiers)
	h.done(t, "append a giant trace")

	looked := fs.read.Load()
	mustAppend(t, s, spansOf(id, giant, giant+size)) // 1 % of them look as if they were there
	fresh := fs.read.Load() - looked
	if most := int64(size / 10 * 8 * rowsABlock); fresh > most {
		t.Errorf("%d bytes read of parts to append %d spans, want at most %d", fresh, size, most)
	}
	again := spansOf(id, giant/2, giant/2+size)
	for i := range again.Groups[0].Spans {
		again.Groups[0].Spans[i].Name = "said again"
	}
	mustAppend(t, s, again)

	h = newHeap(t, 96<<20)
	seen, renamed := make([]bool, giant+size), 0
	for b, err := range s.Trace(t.Context(), acme, id, signal.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Groups {
			for j := range b.Groups[i].Spans {
				sp := &b.Groups[i].Spans[j]
				n := int(sp.Start - someDay)
				if seen[n] {
					t.Fatalf("span %d comes twice", n)
				}
				seen[n] = true
				if sp.Name == "said again" {
					renamed++
				}
			}
		}
		h.look()
	}
	for n, ok := range seen {
		if !ok {
			t.Fatalf("span %d is not there", n)
		}
	}
	if renamed != size {
		t.Errorf("%d spans as said last, want %d", renamed, size)
	}
	h.done(t, "read a giant trace")
}

// TestGiantsAmongOthers keeps a giant and small traces in one part, replaces spans
// of each, in parts that were merged too, and does so behind a damaged list.
func TestGiantsAmongOthers(t *testing.T) {
	const giant = 20_000
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs, Upkeep: time.Hour})
	name := ""
	say := func(id signal.TraceID, from, to int) {
		t.Helper()
		b := spansOf(id, from, to)
		for i := range b.Groups[0].Spans {
			b.Groups[0].Spans[i].Name = name
		}
		mustAppend(t, s, b)
	}
	all := func() {
		t.Helper()
		for n := 0; n < giant; n += 2000 {
			say(signal.TraceID{1}, n, n+2000)
			say(traceOf(n), n, n+3)
		}
	}
	check := func(why string, rows int) {
		t.Helper()
		if got := countRows(t, s, nil); got != rows {
			t.Fatalf("%s: %d rows, want %d", why, got, rows)
		}
		if got := countRows(t, s, query.Is(query.FieldName, query.Eq, signal.Str(name))); got != rows {
			t.Errorf("%s: %d rows as said last, want %d", why, got, rows)
		}
	}
	const rows = giant + 3*giant/2000
	for round, settle := range []func() error{func() error { return nil }, func() error { return s.Flush(t.Context()) }, func() error { return s.Merge(t.Context()) }} {
		name = fmt.Sprint("round ", round)
		all()
		check("said again", rows)
		mustDo(t, func() error { return s.Flush(t.Context()) }, settle)
		check("settled", rows)
	}
	if len(s.parts) != 1 || s.parts[0].rows.rows < giant {
		t.Fatalf("%d parts; the first lists %d rows of giants, want %d", len(s.parts), s.parts[0].rows.rows, giant)
	}
	s.Close()
	mustBeClean(t, fs)
	s = mustOpen(t, Options{FS: fs, Upkeep: time.Hour})
	for i := range s.parts[0].rows.blocks {
		s.parts[0].rows.blocks[i].sum++
	}
	name = "behind a damaged list"
	all()
	check(name, rows)
	if s.Stats().Damaged == 0 {
		t.Error("the damaged list is not counted")
	}
}

// TestCheckOfRowLists wants every changed byte of a list of rows to be found.
func TestCheckOfRowLists(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	for n := range 10 {
		mustAppend(t, s, spansOf(signal.TraceID{1}, n*2000, n*2000+2000))
	}
	mustDo(t, func() error { return s.Flush(t.Context()) })
	x := s.parts[0].rows
	s.Close()
	mustBeClean(t, fs)
	for at := x.off; at < x.off+x.size(); at += x.size()/50 + 1 {
		cut := fs.Crash(0)
		flip(t, cut, "part-", func(int) int { return int(at) })
		if sum, _ := check(t, cut); sum.Clean() {
			t.Errorf("byte %d of the list is wrong and check says nothing", at-x.off)
		}
	}
}

// BenchmarkGiantTrace writes a million spans of one trace, and as many of traces
// of ten spans, and settles them: -bench GiantTrace -benchtime 1x.
func BenchmarkGiantTrace(b *testing.B) {
	const giant = 1_000_000
	for _, size := range []int{10, giant} {
		b.Run(fmt.Sprint("spans-a-trace-", size), func(b *testing.B) {
			for range b.N {
				s := mustOpen(b, Options{Dir: b.TempDir(), BusyWait: 30 * time.Second})
				before, start := cpu(), time.Now()
				spans := make([]signal.Span, 500)
				for n := 0; n < giant; n += len(spans) {
					for i := range spans {
						spans[i] = spanAt(n+i, traceOf((n+i)/size))
					}
					if err := s.Append(b.Context(), oneGroup(spans)); err != nil {
						b.Fatal(err)
					}
				}
				acked := time.Since(start)
				if err := s.Flush(b.Context()); err != nil {
					b.Fatal(err)
				}
				if err := s.mergeTiers(); err != nil {
					b.Fatal(err)
				}
				st := s.Stats()
				b.ReportMetric(giant/acked.Seconds(), "spans/s")
				b.ReportMetric((cpu()-before).Seconds()/giant*1e6, "cpu-s/Mspan")
				b.ReportMetric(float64(st.Bytes)/giant, "B/span")
				s.Close()
			}
		})
	}
}

// traceOf is the id of trace n.
func traceOf(n int) (id signal.TraceID) {
	copy(id[:], fmt.Sprintf("%016d", n))
	return id
}

// TestDeathsByStep wants each reader to see the rows that died after it came.
func TestDeathsByStep(t *testing.T) {
	c := &chunk{rows: 300}
	for step, rows := range [][]int{{5, 6, 7}, {0}, {8, 250}, {299, 1}} {
		slices.Sort(rows)
		c.killLocked(rows, uint64(step+1))
	}
	f := func(step uint64, want ...int) {
		t.Helper()
		got := c.deadLocked(step).Rows()
		if !slices.Equal(got, want) {
			t.Errorf("dead at step %d: %v, want %v", step, got, want)
		}
	}
	f(0)
	f(1, 5, 6, 7)
	f(2, 0, 5, 6, 7)
	f(3, 0, 5, 6, 7, 8, 250)
	f(4, 0, 1, 5, 6, 7, 8, 250, 299)
	f(9, 0, 1, 5, 6, 7, 8, 250, 299)
	var runs []uint32
	c.goneRuns(func(from, to uint32) { runs = append(runs, from, to) })
	if want := []uint32{0, 2, 5, 9, 250, 251, 299, 300}; !slices.Equal(runs, want) || c.dead != 8 {
		t.Errorf("%d dead in runs %v, want 8 in %v", c.dead, runs, want)
	}
}

// TestGiantIsJudgedOnce wants a giant that stays to be read once for all windows of
// its part, and boring traces beside it to go.
func TestGiantIsJudgedOnce(t *testing.T) {
	const giant, size = 300_000, 10_000
	mem := vfs.NewMemory()
	fs := &metered{FS: mem}
	now := someDay.Std()
	s := mustOpen(t, Options{FS: fs, MemoryLimit: 256 << 20, Upkeep: time.Hour, RetainBoring: time.Hour, Clock: func() time.Time { return now }})
	id := signal.TraceID{7}
	for n := 0; n < giant; n += size {
		b := spansOf(id, n, n+size)
		if n == giant/2 {
			b.Groups[0].Spans[0].Status.Code = signal.StatusError
		}
		mustAppend(t, s, b, spansOf(traceOf(n), n, n+3))
	}
	mustDo(t, func() error { return s.Flush(t.Context()) })
	now = now.Add(3 * time.Hour)
	before := fs.read.Load()
	mustDo(t, s.forgetBoring)
	if read, part := fs.read.Load()-before, s.parts[0].Size; len(s.parts) != 1 || read > part/50 { // ids and outcomes of one trace are short
		t.Errorf("%d bytes read to judge a part of %d (of %d parts)", read, part, len(s.parts))
	}
	if got := countRows(t, s, nil); got != giant {
		t.Errorf("%d spans stay, want the %d of the giant", got, giant)
	}
}
