package columnar

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/vfs"
	"clew/internal/store/mem"
	"clew/internal/store/storetest"
)

var update = flag.Bool("update", false, "write the stored sample of this format anew")

// sample fills s with rows of every signal, replaced rows and a forgotten trace,
// and leaves some of it in the log.
func sample(t *testing.T, s store.Store) {
	t.Helper()
	corpus := storetest.NewCorpus(acme, 42, someDay)
	settle := func() {
		if f, ok := s.(storetest.Flusher); ok {
			mustDo(t, func() error { return f.Flush(t.Context()) })
		}
	}
	add := func(bs ...*signal.Batch) {
		for _, b := range bs {
			mustDo(t, func() error { return s.Append(t.Context(), b) })
		}
	}
	first := corpus.Next(60)
	add(first, linesOf(acme, 40))
	settle()
	add(&signal.Batch{Tenant: acme, Groups: first.Groups[:2]}, corpus.Next(40)) // spans said again
	settle()
	add(numbered(1, 3), linesOf("other", 3))
	id := first.Groups[3].Spans[0].Trace
	mustDo(t, func() error { return s.Forget(t.Context(), "other", store.Rule{Trace: &id}) })
}

// everyRow prints all rows of a store, sorted.
func everyRow(t *testing.T, s store.Store) (out []string) {
	t.Helper()
	for _, tn := range []signal.Tenant{acme, "other"} {
		for _, typ := range signal.Types {
			for rows, err := range s.Scan(t.Context(), &query.Query{Tenant: tn, Type: typ}) {
				if err != nil {
					t.Fatal(err)
				}
				for i := range rows.Rows {
					out = append(out, fmt.Sprintf("%s %s", tn, mem.Text(&rows.Rows[i])))
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestFormats reads the stored sample of every format there ever was, and the
// same after its parts were rewritten in this one.
func TestFormats(t *testing.T) {
	if *update {
		writeSample(t, filepath.Join("testdata", fmt.Sprintf("format-%d", partVersion)))
	}
	oracle := mem.New()
	sample(t, oracle)
	dirs, err := filepath.Glob("testdata/format-*")
	if err != nil || !slices.Contains(dirs, fmt.Sprintf("testdata/format-%d", partVersion)) {
		t.Fatalf("stored samples %v, %v: want one of format %d", dirs, err, partVersion)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			fs := stored(t, dir)
			mustBeClean(t, fs)
			s := mustOpen(t, Options{FS: fs})
			sameSample(t, "as stored", s, oracle)
			mustDo(t, func() error { return s.Flush(t.Context()) }, func() error { return s.Merge(t.Context()) })
			sameSample(t, "rewritten", s, oracle)
			s.Close()
			mustBeClean(t, fs)
		})
	}
}

func sameSample(t *testing.T, why string, s *Store, oracle store.Store) {
	t.Helper()
	want, got := everyRow(t, oracle), everyRow(t, s)
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %d rows, want %d, or other ones", why, len(got), len(want))
	}
	if d := s.Stats().Damaged; d != 0 {
		t.Errorf("%s: %d bytes damaged", why, d)
	}
	q := &query.Query{Tenant: acme, By: []string{query.FieldService, query.FieldStatus}, Durations: true}
	if got, want := sumsOf(t, s, q), sumsOf(t, oracle, q); got != want {
		t.Errorf("%s: sums\n got %s\nwant %s", why, got, want)
	}
	for id, want := range tracesOf(t, oracle) {
		n := 0
		for b, err := range s.Trace(t.Context(), acme, id, signal.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			spans, logs, _ := b.Len()
			n += spans + logs
		}
		if n != want {
			t.Errorf("%s: %d rows of trace %s, want %d", why, n, id, want)
		}
		a, err := oracle.Halves(t.Context(), acme, id.Low(), signal.Range{})
		b, berr := s.Halves(t.Context(), acme, id.Low(), signal.Range{})
		if err != nil || berr != nil || !slices.Equal(a, b) {
			t.Errorf("%s: half of %s finds %v, %v; want %v, %v", why, id, b, berr, a, err)
		}
	}
}

// sumsOf prints the answer to an aggregate query, and all calls.
func sumsOf(t *testing.T, s store.Store, q *query.Query) string {
	t.Helper()
	out := ""
	for rows, err := range s.Scan(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintf("%v", rows.Buckets)
	}
	calls, err := s.Calls(t.Context(), q.Tenant, q.Range)
	if err != nil || len(calls) == 0 {
		t.Fatal("no calls", err)
	}
	return out + fmt.Sprintf(" %v", calls)
}

// tracesOf counts the rows of each trace.
func tracesOf(t *testing.T, s store.Store) map[signal.TraceID]int {
	t.Helper()
	out := map[signal.TraceID]int{}
	for _, typ := range []signal.Type{signal.Spans, signal.Logs} {
		for rows, err := range s.Scan(t.Context(), &query.Query{Tenant: acme, Type: typ}) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows.Rows {
				if id := rows.Rows[i].Position().Trace; !id.IsZero() {
					out[id]++
				}
			}
		}
	}
	return out
}

// stored copies a sample into memory.
func stored(t *testing.T, dir string) *vfs.Memory {
	t.Helper()
	fs := vfs.NewMemory()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range files {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		f, err := fs.Create(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		f.Write(b)
		f.Sync()
	}
	fs.Sync()
	return fs
}

func writeSample(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, Options{Dir: dir})
	sample(t, s)
	s.Close()
	if err := os.Remove(filepath.Join(dir, "LOCK")); err != nil {
		t.Fatal(err)
	}
}
