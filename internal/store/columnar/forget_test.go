package columnar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/page"
	"clew/internal/store/columnar/vfs"
	"clew/internal/store/columnar/wal"
)

// secret returns a span and a log of trace n whose attributes hold word.
func secret(tn signal.Tenant, n int, word string) *signal.Batch {
	b := numbered(n, 2)
	b.Tenant = tn
	g := &b.Groups[0]
	for i := range g.Spans {
		g.Spans[i].Attrs = append(g.Spans[i].Attrs, signal.Attr{Key: "card", Value: signal.Str(word)})
	}
	g.Logs = []signal.Log{{At: someDay, Trace: g.Spans[0].Trace, Body: signal.Str("paid with " + word)}}
	return b
}

// holds lists the files in which word is, as bytes or in a row, dead or alive.
func holds(t *testing.T, fs vfs.FS, word string) (files []string) {
	t.Helper()
	names, err := fs.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := fileBytes(fs, name)
		if err != nil {
			t.Fatal(err)
		}
		found := bytes.Contains(b, []byte(word))
		look := func(v *page.View) {
			for _, r := range v.Read(v.All(), false) {
				found = found || strings.Contains(fmt.Sprintf("%+v %+v %+v", r.Resource, r.Span, r.Log), word)
			}
		}
		if strings.HasPrefix(name, "log-") {
			_, err = wal.Frames(b, func(k wal.Kind, _ uint64, payload []byte) error {
				if k != wal.Batch {
					return nil
				}
				p, err := openFrame(payload)
				if err != nil {
					return err
				}
				for _, pp := range p.pages {
					look(pp.view)
				}
				return nil
			})
		}
		if metas := partsByName([]string{name}); len(metas) == 1 {
			p, perr := openPart(fs, metas[0])
			if perr != nil {
				t.Fatal(perr)
			}
			err = page.Guard(func() {
				for _, c := range p.chunks {
					look(c.uncached())
				}
			})
			p.release()
		}
		if err != nil {
			t.Fatal(err)
		}
		if found {
			files = append(files, name)
		}
	}
	return files
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// TestForgottenIsGone looks for the bytes in every file, decoded too, after the
// upkeep that Forget wakes.
func TestForgottenIsGone(t *testing.T) {
	id := numbered(1, 1).Groups[0].Spans[0].Trace
	all := signal.Time(1) << 62
	for name, rule := range map[string]store.Rule{"trace": {Trace: &id}, "tenant": {Before: all}} {
		for where := range 4 {
			t.Run(fmt.Sprintf("%s/%d", name, where), func(t *testing.T) {
				fs := vfs.NewMemory()
				s := mustOpen(t, Options{FS: fs})
				add := func(tn signal.Tenant, n int, word string) {
					t.Helper()
					if err := s.Append(t.Context(), secret(tn, n, word)); err != nil {
						t.Fatal(err)
					}
				}
				flush := func() {
					t.Helper()
					if err := s.Flush(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				add(acme, 1, "tulip-7")
				add("other", 1, "orchid-7")
				add(acme, 2, "daisy-7")
				switch where {
				case 0: // in the log only
				case 1: // in a part
					flush()
				case 2: // an older version in a part, dead, the newer in the log
					flush()
					add(acme, 1, "tulip-7 again")
				case 3: // both in parts, the rule in a log that is replayed
					flush()
					add(acme, 1, "tulip-7 again")
					flush()
				}
				if len(holds(t, fs, "tulip-7")) == 0 {
					t.Fatal("the test looks for nothing")
				}
				if err := s.Forget(t.Context(), acme, rule); err != nil {
					t.Fatal(err)
				}
				if where == 3 { // upkeep may be anywhere
					s.Close()
					fs = fs.Crash(0)
					s = mustOpen(t, Options{FS: fs, Upkeep: 5 * time.Millisecond, FlushAge: time.Millisecond})
				}
				for b, err := range s.Trace(t.Context(), acme, id, signal.Range{}) {
					t.Errorf("still readable: %v %v", b, err)
				}
				eventually(t, "no file holds what was forgotten", func() bool {
					s.merging.Lock() // no file comes or goes while it is read
					defer s.merging.Unlock()
					return len(holds(t, fs, "tulip-7")) == 0
				})
				if len(holds(t, fs, "orchid-7")) == 0 {
					t.Error("another tenant's rows are gone")
				}
				if got := len(holds(t, fs, "daisy-7")) > 0; got != (name == "trace") {
					t.Errorf("another trace of the tenant is there: %v", got)
				}
			})
		}
	}
}

// gated holds reads of parts up while armed.
type gated struct {
	*vfs.Memory
	gate chan struct{} // nil: open
	hit  chan struct{}
}

type gatedFile struct {
	vfs.File
	fs *gated
}

func (g *gated) Open(name string) (vfs.File, error) {
	f, err := g.Memory.Open(name)
	if err != nil || !strings.HasPrefix(name, "part-") {
		return f, err
	}
	return gatedFile{f, g}, nil
}

func (f gatedFile) ReadAt(p []byte, off int64) (int, error) {
	if f.fs.gate != nil {
		select {
		case f.fs.hit <- struct{}{}:
		default:
		}
		<-f.fs.gate
	}
	return f.File.ReadAt(p, off)
}

func TestForgetStopsNoAppend(t *testing.T) {
	fs := &gated{Memory: vfs.NewMemory(), hit: make(chan struct{}, 1)}
	s := mustOpen(t, Options{FS: fs})
	for n := range 5 {
		if err := s.Append(t.Context(), numbered(n, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	fs.gate = make(chan struct{})
	id := numbered(2, 1).Groups[0].Spans[0].Trace
	done := make(chan error, 1)
	go func() { done <- s.Forget(t.Context(), acme, store.Rule{Trace: &id}) }()
	<-fs.hit // it waits for the disk
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for n := range 20 {
		if err := s.Append(ctx, numbered(100+n, 3)); err != nil {
			t.Fatalf("append while Forget reads: %v", err)
		}
	}
	select {
	case err := <-done:
		t.Fatalf("Forget did not wait for the page: %v", err)
	default:
	}
	close(fs.gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := batches(t, s); got[2] != 0 || len(got) != 24 {
		t.Errorf("%d batches and %d spans of the forgotten one, want 24 and 0", len(got), got[2])
	}
}

// TestDamagedPartIsSetAside wants merges to go on around a damaged part.
func TestDamagedPartIsSetAside(t *testing.T) {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs, RetainAge: time.Hour, Clock: func() time.Time { return someDay.Std() }})
	for n := range 5 {
		if err := s.Append(t.Context(), numbered(n, 50)); err != nil {
			t.Fatal(err)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	flip(t, fs, "part-", func(int) int { return 100 }) // the first part
	for range 2 {
		if err := s.Merge(t.Context()); err != nil {
			t.Fatalf("merge beside a damaged part: %v", err)
		}
	}
	st := s.Stats()
	if st.Parts != 2 || st.Damaged == 0 || st.Rows[signal.Spans] != 250 {
		t.Errorf("%+v, want the damaged part and a merged one", st)
	}
	partial, rows := "", 0
	for r, err := range s.Scan(t.Context(), &query.Query{Tenant: acme}) {
		if err != nil {
			t.Fatal(err)
		}
		partial += r.Partial
		rows += len(r.Rows)
	}
	if partial == "" || rows != 200 {
		t.Errorf("%d rows, partial %q; want 200 and a word about it", rows, partial)
	}
	if again := s.Stats().Damaged; again != st.Damaged {
		t.Errorf("damage counted anew: %d, then %d", st.Damaged, again)
	}
	s.opt.Clock = func() time.Time { return someDay.Add(3 * time.Hour).Std() }
	if err := s.retain(); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats().Parts; got != 0 {
		t.Errorf("%d parts after their time, the damaged one included", got)
	}
}

func TestForgetOfAClosedStore(t *testing.T) {
	s := mustOpen(t, Options{FS: vfs.NewMemory()})
	s.Close()
	id := signal.TraceID{1}
	if err := s.Forget(t.Context(), acme, store.Rule{Trace: &id}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Forget after Close: %v", err)
	}
}
