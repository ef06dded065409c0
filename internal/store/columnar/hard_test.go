package columnar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/vfs"
	"clew/internal/store/storetest"
)

// heap notes the most memory in use beyond what was when it was made. Go is told of
// the limit, as the server does with --memory, so that garbage does not count for
// more than there is room for.
type heap struct{ base, peak, most uint64 }

func newHeap(t *testing.T, most uint64) *heap {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	old := debug.SetMemoryLimit(int64(m.Sys - m.HeapIdle + most*9/10))
	t.Cleanup(func() { debug.SetMemoryLimit(old) })
	return &heap{base: m.HeapInuse, most: most}
}

func (h *heap) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.peak = max(h.peak, m.HeapInuse-min(h.base, m.HeapInuse))
}

func (h *heap) done(t *testing.T, what string) {
	t.Helper()
	t.Logf("%s: at most %d MB of heap", what, h.peak>>20)
	if h.peak > h.most {
		t.Errorf("%s: %d MB of heap, want at most %d", what, h.peak>>20, h.most>>20)
	}
}

// oneGroup is a batch of the shop's spans.
func oneGroup(spans []signal.Span) *signal.Batch {
	return &signal.Batch{Tenant: acme, Groups: []signal.Group{{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("shop")}}, Spans: spans}}}
}

// spanAt is span n of a trace of its own, or of the given one.
func spanAt(n int, trace signal.TraceID) signal.Span {
	s := signal.Span{Trace: trace, Name: "op", Kind: signal.Server, Start: someDay + signal.Time(n), End: someDay + signal.Time(n+5)}
	binary.BigEndian.PutUint64(s.ID[:], uint64(n+1)*0x9E3779B97F4A7C15)
	if trace.IsZero() {
		copy(s.Trace[:], fmt.Sprintf("%016d", n))
	}
	return s
}

func countRows(t *testing.T, s *Store, where *query.Expr) (n int) {
	t.Helper()
	for rows, err := range s.Scan(t.Context(), &query.Query{Tenant: acme, Where: where, Head: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if rows.Partial != "" {
			t.Fatal(rows.Partial)
		}
		n += len(rows.Rows)
	}
	return n
}

// TestGiantAttributes keeps values of a megabyte, each another.
func TestGiantAttributes(t *testing.T) {
	const many = 96
	s := mustOpen(t, Options{Dir: t.TempDir(), MemoryLimit: 16 << 20, BusyWait: 30 * time.Second})
	value := func(n int) string {
		return strings.Repeat(fmt.Sprintf("%07d|", n), 1<<17) // 1 MB
	}
	h := newHeap(t, 256<<20)
	for n := range many {
		sp := spanAt(n, signal.TraceID{})
		sp.Attrs = signal.Attrs{{Key: "body", Value: signal.Str(value(n))}}
		mustAppend(t, s, oneGroup([]signal.Span{sp}))
		h.look()
	}
	mustDo(t, func() error { return s.Flush(t.Context()) }, func() error { return s.Merge(t.Context()) })
	h.look()
	got := 0
	for rows, err := range s.Scan(t.Context(), &query.Query{Tenant: acme}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows.Rows {
			sp := rows.Rows[i].Span
			if v := sp.Attrs.Text("body"); v != value(int(sp.Start-someDay)) {
				t.Fatalf("span at %d has another value of %d bytes", sp.Start-someDay, len(v))
			}
			got++
		}
		h.look()
	}
	if got != many {
		t.Errorf("%d spans, want %d", got, many)
	}
	h.done(t, "96 values of 1 MB")
}

// TestAttributeBeyondTheMemoryLimit keeps one value that is longer than what may be
// unflushed, and rows beside it.
func TestAttributeBeyondTheMemoryLimit(t *testing.T) {
	dir := t.TempDir()
	open := func() *Store {
		return mustOpen(t, Options{Dir: dir, MemoryLimit: 4 << 20, BusyWait: 30 * time.Second})
	}
	s := open()
	value := strings.Repeat("0123456789abcdef, not only hex|", 1<<19) // 15 MB
	for n := range 20 {
		sp := spanAt(n, signal.TraceID{3})
		if n == 7 {
			sp.Attrs = signal.Attrs{{Key: "body", Value: signal.Str(value)}}
		}
		mustAppend(t, s, oneGroup([]signal.Span{sp}))
	}
	check := func(why string) {
		t.Helper()
		if got := countRows(t, s, query.Is("body", query.Eq, signal.Str(value))); got != 1 {
			t.Errorf("%s: %d spans with the long value, want 1", why, got)
		}
		if got := countRows(t, s, nil); got != 20 {
			t.Errorf("%s: %d spans, want 20", why, got)
		}
	}
	check("fresh")
	s.Close()
	s = open()
	check("replayed")
	mustDo(t, func() error { return s.Flush(t.Context()) }, func() error { return s.Merge(t.Context()) })
	check("in a part")
}

// TestMillionOperations gives every span a name of its own.
func TestMillionOperations(t *testing.T) {
	const giant = 1_000_000
	s := mustOpen(t, Options{Dir: t.TempDir(), MemoryLimit: 32 << 20, BusyWait: 30 * time.Second})
	h := newHeap(t, 256<<20)
	const size = 8000 // in few commits: a busy disk must not matter
	for n := 0; n < giant; n += size {
		spans := make([]signal.Span, size)
		for i := range spans {
			spans[i] = spanAt(n+i, signal.TraceID{})
			spans[i].Name = fmt.Sprintf("GET /orders/%d", n+i)
		}
		mustAppend(t, s, oneGroup(spans))
		if n%40_000 == 0 {
			h.look()
		}
	}
	mustDo(t, func() error { return s.Flush(t.Context()) })
	for _, n := range []int{0, 777_777, giant - 1} {
		if got := countRows(t, s, query.Is(query.FieldName, query.Eq, signal.Str(fmt.Sprintf("GET /orders/%d", n)))); got != 1 {
			t.Errorf("operation %d: %d spans, want 1", n, got)
		}
		h.look()
	}
	for rows, err := range s.Scan(t.Context(), &query.Query{Tenant: acme, By: []string{query.FieldService}}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range rows.Buckets {
			if b.Count != giant {
				t.Errorf("%d spans counted, want %d", b.Count, giant)
			}
		}
		h.look()
	}
	h.done(t, "a million operations")
}

// TestManyAttributeKeys gives every span keys of its own.
func TestManyAttributeKeys(t *testing.T) {
	const spans, keys = 10_000, 20
	s := mustOpen(t, Options{Dir: t.TempDir(), MemoryLimit: 64 << 20, BusyWait: 30 * time.Second})
	h := newHeap(t, 384<<20)
	for n := 0; n < spans; n += 100 {
		some := make([]signal.Span, 100)
		for i := range some {
			some[i] = spanAt(n+i, signal.TraceID{})
			for k := range keys {
				some[i].Attrs = append(some[i].Attrs, signal.Attr{Key: fmt.Sprintf("user.%d.%d", n+i, k), Value: signal.Int(int64(k))})
			}
		}
		mustAppend(t, s, oneGroup(some))
		if n%1000 == 0 {
			h.look()
		}
	}
	mustDo(t, func() error { return s.Flush(t.Context()) })
	h.look()
	if got := countRows(t, s, query.Is("user.7777.19", query.Eq, signal.Int(19))); got != 1 {
		t.Errorf("%d spans with a key of one span, want 1", got)
	}
	if got := countRows(t, s, query.Is("user.7777.20", query.Exists, signal.Value{})); got != 0 {
		t.Errorf("%d spans with a key of none", got)
	}
	if got := countRows(t, s, nil); got != spans {
		t.Errorf("%d spans, want %d", got, spans)
	}
	h.look()
	h.done(t, "200,000 attribute keys")
}

// TestImpossibleTimes keeps spans from before 1970, of 1970, of 2100 and of no time.
func TestImpossibleTimes(t *testing.T) {
	fs := vfs.NewMemory()
	now := someDay
	s := mustOpen(t, Options{FS: fs, Clock: func() time.Time { return now.Std() }, RetainAge: 30 * 24 * time.Hour})
	times := []signal.Time{-5, 0, 1, 86_400_000_000_000, signal.TimeOf(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)), 1<<63 - 1, someDay}
	id := signal.TraceID{9}
	for round := range 3 { // the last two are repeats
		for i, at := range times {
			sp := spanAt(i, id)
			sp.Start, sp.End = at, at
			mustAppend(t, s, oneGroup([]signal.Span{sp}))
		}
		if round < 2 {
			mustDo(t, func() error { return s.Flush(t.Context()) })
		}
		mustDo(t, s.retain, s.mergeTiers)
		got := 0
		for b, err := range s.Trace(t.Context(), acme, id, signal.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.Groups {
				got += len(b.Groups[i].Spans)
			}
		}
		if n := countRows(t, s, nil); got != len(times) || n != len(times) {
			t.Errorf("round %d: %d spans by id, %d by search, want %d", round, got, n, len(times))
		}
	}
	mustDo(t, func() error { return s.Flush(t.Context()) }, func() error { return s.Merge(t.Context()) })
	for range 40 { // they came a month ago
		now = now.Add(24 * time.Hour)
		mustDo(t, s.retain)
	}
	if n := countRows(t, s, nil); n != 0 {
		t.Errorf("%d spans left after their time", n)
	}
}

// TestLateSpans sends the spans of each trace over a day, a part an hour.
func TestLateSpans(t *testing.T) {
	const traces, hours = 50, 24
	now := someDay
	s := mustOpen(t, Options{FS: vfs.NewMemory(), Clock: func() time.Time { return now.Std() }})
	for hour := range hours {
		now = now.Add(time.Hour)
		var spans []signal.Span
		for n := range traces {
			var id signal.TraceID
			copy(id[:], fmt.Sprintf("%016d", n))
			sp := spanAt(hour*traces+n, id)
			sp.Start = someDay.Add(time.Duration((hour*7)%hours) * time.Hour) // not in order
			sp.End = sp.Start + 1
			spans = append(spans, sp)
		}
		mustAppend(t, s, oneGroup(spans))
		mustDo(t, func() error { return s.Flush(t.Context()) })
		if hour%5 == 4 {
			mustDo(t, s.mergeTiers)
		}
	}
	look := func() {
		t.Helper()
		for n := range traces {
			var id signal.TraceID
			copy(id[:], fmt.Sprintf("%016d", n))
			got := map[signal.SpanID]bool{}
			for b, err := range s.Trace(t.Context(), acme, id, signal.Range{From: someDay, To: someDay + 1}) {
				if err != nil {
					t.Fatal(err)
				}
				for i := range b.Groups {
					for j := range b.Groups[i].Spans {
						got[b.Groups[i].Spans[j].ID] = true
					}
				}
			}
			if len(got) != hours {
				t.Fatalf("trace %d has %d spans, want %d", n, len(got), hours)
			}
		}
		if got := countRows(t, s, nil); got != traces*hours {
			t.Errorf("%d spans, want %d", got, traces*hours)
		}
	}
	look()
	mustDo(t, func() error { return s.Merge(t.Context()) })
	look()
}

// TestTenfoldDuplicates sends everything ten times.
func TestTenfoldDuplicates(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs, MemoryLimit: 4 << 20, BusyWait: 30 * time.Second})
	corpus := storetest.NewCorpus(acme, 3, someDay)
	var bs []*signal.Batch
	for range 6 {
		bs = append(bs, corpus.Next(500))
	}
	bs = append(bs, linesOf(acme, 200))
	once := int64(0)
	var want store.Stats
	for round := range 10 {
		mustAppend(t, s, bs...)
		mustDo(t, func() error { return s.Flush(t.Context()) })
		if round == 0 {
			mustDo(t, func() error { return s.Merge(t.Context()) })
			want = s.Stats()
			once = want.Bytes
		}
		if got := s.Stats(); got.Rows != want.Rows {
			t.Fatalf("round %d: %v rows, want %v", round, got.Rows, want.Rows)
		}
	}
	mustDo(t, func() error { return s.Merge(t.Context()) }, s.retain)
	got := s.Stats()
	if got.Rows != want.Rows || got.Bytes > once*11/10 {
		t.Errorf("%v rows in %d bytes; once: %v in %d", got.Rows, got.Bytes, want.Rows, once)
	}
	if n := countRows(t, s, nil); n != int(want.Rows[signal.Spans]) {
		t.Errorf("%d spans, want %d", n, want.Rows[signal.Spans])
	}
	s.Close()
	mustBeClean(t, fs)
}

// TestBusyStorm has sixteen senders hit a store that cannot flush, then heals it.
func TestBusyStorm(t *testing.T) {
	fs := vfs.NewMemory()
	var broken atomic.Bool
	broken.Store(true)
	fs.Hook = func(op, name string) error {
		if broken.Load() && op == "create" && strings.HasPrefix(name, "part") {
			return syscall.EIO
		}
		return nil
	}
	s := mustOpen(t, Options{FS: fs, MemoryLimit: 128 << 10, BusyWait: time.Millisecond})
	var busy, acked atomic.Int64
	sent := make([]atomic.Bool, 16*60)
	storm := func() {
		var wg sync.WaitGroup
		for w := range 16 {
			wg.Go(func() {
				for i := range 60 {
					n := w*60 + i
					switch err := s.Append(t.Context(), numbered(n, 3)); {
					case err == nil:
						acked.Add(1)
						sent[n].Store(true)
					case errors.Is(err, store.ErrBusy):
						busy.Add(1)
					default:
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}
	storm()
	if busy.Load() == 0 || acked.Load() == 0 {
		t.Fatalf("%d busy, %d acknowledged: no storm", busy.Load(), acked.Load())
	}
	check := func() {
		t.Helper()
		got := batches(t, s)
		for n := range sent {
			if sent[n].Load() && got[int64(n)] != 3 {
				t.Fatalf("acknowledged batch %d has %d spans", n, got[int64(n)])
			}
		}
	}
	check()
	broken.Store(false)
	s.opt.BusyWait = 20 * time.Second // no append is under way
	busy.Store(0)
	storm()
	if busy.Load() > 0 {
		t.Errorf("%d appends busy after the store healed", busy.Load())
	}
	check()
	if got := len(batches(t, s)); got != len(sent) {
		t.Errorf("%d batches, want all %d", got, len(sent))
	}
}
