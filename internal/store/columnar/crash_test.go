package columnar

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/vfs"
)

const acme = signal.Tenant("acme")

const someDay = signal.Time(1_790_000_000_000_000_000)

// numbered returns a batch of spans that tell which batch they are of.
func numbered(n, size int) *signal.Batch {
	g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("shop")}}}
	for i := range size {
		s := signal.Span{Name: "op", Kind: signal.Server, Start: someDay + signal.Time(n), End: someDay + signal.Time(n+5)}
		copy(s.Trace[:], fmt.Sprintf("%016d", n))
		copy(s.ID[:], fmt.Sprintf("%08d", i))
		s.Attrs = signal.Attrs{{Key: "batch", Value: signal.Int(int64(n))}}
		g.Spans = append(g.Spans, s)
	}
	return &signal.Batch{Tenant: acme, Groups: []signal.Group{g}}
}

// batches counts the spans of each batch in s, and fails when one comes twice.
func batches(t testing.TB, s *Store) map[int64]int {
	t.Helper()
	got, seen := map[int64]int{}, map[query.Cursor]bool{}
	for rows, err := range s.Scan(t.Context(), &query.Query{Tenant: acme}) {
		if err != nil {
			t.Fatal(err)
		}
		if rows.Partial != "" {
			t.Fatalf("partial answer: %s", rows.Partial)
		}
		for i := range rows.Rows {
			r := &rows.Rows[i]
			if p := r.Position(); seen[p] {
				t.Fatalf("row %v comes twice", p)
			} else {
				seen[p] = true
			}
			n, _ := r.Span.Attrs.Find("batch")
			got[n.Int()]++
		}
	}
	if n := s.Stats().Rows[signal.Spans]; n != uint64(len(seen)) {
		t.Fatalf("Stats says %d spans, a scan finds %d", n, len(seen))
	}
	return got
}

// TestCrash cuts the power before every single operation on the disk of a
// history of appends, repeats, flushes and merges, and opens what is left.
func TestCrash(t *testing.T) {
	const size = 3
	for seed := range uint64(3) {
		disk := vfs.NewMemory()
		var mu sync.Mutex // guards acked and clones
		acked := map[int64]bool{}
		type clone struct {
			fs    *vfs.Memory
			op    string
			acked int
		}
		var clones []clone
		var order []int64
		disk.Hook = func(op, name string) error {
			mu.Lock()
			defer mu.Unlock()
			clones = append(clones, clone{disk.Crash(seed * uint64(len(clones)+1)), op + " " + name, len(order)})
			return nil
		}
		rnd := rand.New(rand.NewPCG(seed, 5))
		s := mustOpen(t, Options{FS: disk, MemoryLimit: 200 << 10})
		for n := range 60 {
			if rnd.IntN(5) == 0 && n > 0 {
				if err := s.Append(t.Context(), joined(numbered(rnd.IntN(n), size))); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Append(t.Context(), joined(numbered(n, size))); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			acked[int64(n)] = true
			order = append(order, int64(n))
			mu.Unlock()
			switch rnd.IntN(12) {
			case 0:
				if err := s.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			case 1:
				if err := s.Merge(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.Close()
		for i, c := range clones {
			again := mustOpen(t, Options{FS: c.fs})
			got := batches(t, again)
			for _, n := range order[:c.acked] {
				if got[n] != size {
					t.Fatalf("seed %d: crash %d, before %s: %d spans of acknowledged batch %d, want %d", seed, i, c.op, got[n], n, size)
				}
			}
			if c.acked > 0 {
				id := numbered(int(order[c.acked-1]), 1).Groups[0].Spans[0].Trace
				held, err := again.Held(t.Context(), acme, []store.Joint{{Key: joinKey(id)}}, signal.Range{})
				if err != nil || len(held[0].By) != 1 || held[0].By[0].Trace != id {
					t.Fatalf("seed %d: crash %d, before %s: key of %s finds %v, %v", seed, i, c.op, id, held, err)
				}
				if hs, err := again.Relatives(t.Context(), acme, []signal.TraceID{id}, signal.Range{}); err != nil || len(hs) != 1 || hs[0].Trace != id {
					t.Fatalf("seed %d: crash %d, before %s: half of %s finds %v, %v", seed, i, c.op, id, hs, err)
				}
			}
			if d := again.Stats().Damaged; d != 0 {
				t.Fatalf("seed %d: crash %d, before %s: %d damaged bytes after a clean crash", seed, i, c.op, d)
			}
			again.Close()
		}
		if len(clones) < 100 {
			t.Fatalf("only %d crash points", len(clones))
		}
	}
}

func flip(t *testing.T, fs *vfs.Memory, prefix string, at func(n int) int) {
	t.Helper()
	names, _ := fs.List()
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			fs.Edit(name, func(b []byte) []byte {
				b[at(len(b))] ^= 0x10
				return b
			})
			return
		}
	}
	t.Fatalf("no file %s among %v", prefix, names)
}

func TestBitFlipInLogIsReported(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	for n := range 9 {
		if err := s.Append(t.Context(), numbered(n, 2)); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	flip(t, fs, "log-", func(n int) int { return n / 2 })
	again := mustOpen(t, Options{FS: fs})
	if got := len(batches(t, again)); got != 8 {
		t.Errorf("%d batches, want the 8 that are whole", got)
	}
	if again.Stats().Damaged == 0 {
		t.Error("damage not counted")
	}
}

func TestTornTailIsDropped(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	for n := range 3 {
		if err := s.Append(t.Context(), numbered(n, 2)); err != nil {
			t.Fatal(err)
		}
	}
	torn := fs.Crash(0)
	torn.Edit("log-0000000000000001", func(b []byte) []byte { return b[:len(b)-7] })
	again := mustOpen(t, Options{FS: torn})
	if got := len(batches(t, again)); got != 2 {
		t.Errorf("%d batches, want 2", got)
	}
	if d := again.Stats().Damaged; d != 0 {
		t.Errorf("a torn tail counts as %d damaged bytes", d)
	}
}

func TestBitFlipInPartIsReported(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	for n := range 9 {
		if err := s.Append(t.Context(), numbered(n, 200)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	flip(t, fs, "part-", func(n int) int { return 200 })
	again := mustOpen(t, Options{FS: fs})
	partial := ""
	for rows, err := range again.Scan(t.Context(), &query.Query{Tenant: acme}) {
		if err != nil {
			t.Fatal(err)
		}
		partial += rows.Partial
	}
	if partial == "" || again.Stats().Damaged == 0 {
		t.Errorf("partial %q, damaged %d: want both to tell", partial, again.Stats().Damaged)
	}
	var err error
	for _, e := range again.Trace(t.Context(), acme, numbered(0, 1).Groups[0].Spans[0].Trace, signal.Range{}) {
		err = e
	}
	if err == nil {
		t.Error("the trace of a damaged page is said to be whole")
	}
	flip(t, fs, "part-", func(n int) int { return n - 40 })
	again.Close()
	if _, err := Open(Options{FS: fs}); err == nil || !strings.Contains(err.Error(), "part-") {
		t.Errorf("opening with a damaged footer: %v, want an error that names the part", err)
	}
}

// TestBitFlipHidesNoHalf wants half an id to find its trace or an error, whichever
// byte of the page is wrong.
func TestBitFlipHidesNoHalf(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	mustAppend(t, s, numbered(1, 20), numbered(2, 20))
	mustDo(t, func() error { return s.Flush(t.Context()) })
	size := s.parts[0].chunks[0].src.(filePage).size
	s.Close()
	id, failed := numbered(1, 1).Groups[0].Spans[0].Trace, 0
	for at := range int(size) {
		cut := fs.Crash(0)
		flip(t, cut, "part-", func(int) int { return len(partMagic) + at })
		again := mustOpen(t, Options{FS: cut})
		hs, err := again.Relatives(t.Context(), acme, []signal.TraceID{id}, signal.Range{})
		if err != nil {
			failed++
		} else if len(hs) != 1 || hs[0].Trace != id {
			t.Fatalf("byte %d: %v without an error", at, hs)
		}
		again.Close()
	}
	if failed == 0 {
		t.Errorf("none of %d flips was noticed", size)
	}
}

// TestBitFlipHidesNoHolder wants a key to find its span or an error, whichever byte
// of the pages or the list of joints is wrong.
func TestBitFlipHidesNoHolder(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	mustAppend(t, s, joined(numbered(1, 10)), joined(numbered(2, 10)))
	mustDo(t, func() error { return s.Flush(t.Context()) })
	list := &s.parts[0].joints
	pages, from, to := s.parts[0].chunks[0].src.(filePage).size, list.off, list.off+list.size()
	s.Close()
	id, failed, found := numbered(1, 1).Groups[0].Spans[0].Trace, 0, 0
	for at := int64(len(partMagic)); at < to; at++ {
		if at == int64(len(partMagic))+pages {
			at = from
		}
		cut := fs.Crash(0)
		flip(t, cut, "part-", func(int) int { return int(at) })
		again := mustOpen(t, Options{FS: cut})
		held, err := again.Held(t.Context(), acme, []store.Joint{{Key: joinKey(id)}}, signal.Range{})
		switch {
		case err != nil:
			failed++
		case len(held[0].By) != 1 || held[0].By[0].Trace != id:
			t.Fatalf("byte %d: %v without an error", at, held)
		case at >= from:
			found++
			if again.Stats().Damaged == 0 {
				t.Errorf("byte %d of the list is wrong, and nobody says so", at)
			}
		}
		again.Close()
	}
	if failed == 0 || found != int(to-from) {
		t.Errorf("%d flips failed; with a wrong list %d of %d were found", failed, found, to-from)
	}
}

func TestFullDiskRecovers(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	if err := s.Append(t.Context(), numbered(0, 2)); err != nil {
		t.Fatal(err)
	}
	fs.Hook = func(op, name string) error {
		if op == "write" {
			return syscall.ENOSPC
		}
		return nil
	}
	for range 3 {
		if err := s.Append(t.Context(), numbered(1, 2)); !errors.Is(err, store.ErrFull) {
			t.Fatalf("append to a full disk: %v, want ErrFull", err)
		}
	}
	if got := batches(t, s); got[0] != 2 || len(got) != 1 {
		t.Errorf("while full: %v", got)
	}
	fs.Hook = nil
	if err := s.Append(t.Context(), numbered(2, 2)); err != nil {
		t.Fatalf("append with room again: %v", err)
	}
	again := mustOpen(t, Options{FS: fs.Crash(0)})
	if got := batches(t, again); got[0] != 2 || got[2] != 2 {
		t.Errorf("after a crash: %v, want batches 0 and 2", got)
	}
}

func TestFailedSyncEndsAcknowledging(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	if err := s.Append(t.Context(), numbered(0, 2)); err != nil {
		t.Fatal(err)
	}
	fs.Hook = func(op, name string) error {
		if op == "sync" {
			return syscall.EIO
		}
		return nil
	}
	if err := s.Append(t.Context(), numbered(1, 2)); err == nil {
		t.Fatal("append acknowledged without a sync")
	}
	fs.Hook = nil
	if err := s.Append(t.Context(), numbered(2, 2)); err == nil {
		t.Fatal("append acknowledged after a failed sync")
	}
	if got := batches(t, s); got[0] != 2 || len(got) != 1 {
		t.Errorf("readable: %v, want batch 0", got)
	}
	s.Close()
	again := mustOpen(t, Options{FS: fs.Crash(0)})
	if err := again.Append(t.Context(), numbered(3, 2)); err != nil {
		t.Fatalf("append after opening anew: %v", err)
	}
	if got := batches(t, again); got[0] != 2 || got[3] != 2 {
		t.Errorf("opened anew: %v", got)
	}
}

func TestMemoryLimitIsBusyBeforeTheLog(t *testing.T) {
	fs := vfs.NewMemory()
	fs.Hook = func(op, name string) error {
		if op == "create" && strings.HasPrefix(name, "part") {
			return syscall.EIO
		}
		return nil
	}
	s := mustOpen(t, Options{FS: fs, MemoryLimit: 40 << 10, BusyWait: time.Millisecond})
	acked := 0
	for n := range 200 {
		err := s.Append(t.Context(), numbered(n, 2))
		if errors.Is(err, store.ErrBusy) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		acked++
	}
	if acked == 200 || len(batches(t, s)) != acked {
		t.Errorf("%d acknowledged, %d there; want ErrBusy and nothing lost", acked, len(batches(t, s)))
	}
	if m := s.Stats().MemoryBytes; m > 40<<10 {
		t.Errorf("%d bytes in memory, limit %d", m, 40<<10)
	}
}

func TestRetention(t *testing.T) {
	now := someDay.Std()
	s := mustOpen(t, Options{FS: vfs.NewMemory(), Clock: func() time.Time { return now }, RetainAge: time.Hour})
	for n := range 3 {
		if err := s.Append(t.Context(), numbered(n, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.retain(); err != nil {
		t.Fatal(err)
	}
	if got := len(batches(t, s)); got != 3 {
		t.Fatalf("%d batches kept, want 3: they are young", got)
	}
	now = now.Add(2 * time.Hour)
	if err := s.retain(); err != nil {
		t.Fatal(err)
	}
	if got := len(batches(t, s)); got != 0 || s.Stats().Parts != 0 {
		t.Errorf("%d batches in %d parts kept, want none", got, s.Stats().Parts)
	}
}

func TestOneProcessADirectory(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, vfs.ErrLocked) {
		t.Errorf("second Open: %v, want ErrLocked", err)
	}
	s.Close()
	mustOpen(t, Options{Dir: dir})
}
