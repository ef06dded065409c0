package columnar

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
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
// and leaves some of it in the log. From format 7 on there are joints.
func sample(t *testing.T, s store.Store, format int) {
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
	if format >= 7 {
		add(joined(numbered(20, 30)), joined(numbered(21, 2)))
		settle()
		add(numbered(21, 1), joined(numbered(22, 2)))
	}
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
	dirs, err := filepath.Glob("testdata/format-*")
	if err != nil || !slices.Contains(dirs, fmt.Sprintf("testdata/format-%d", partVersion)) {
		t.Fatalf("stored samples %v, %v: want one of format %d", dirs, err, partVersion)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			format := 0
			if _, err := fmt.Sscanf(filepath.Base(dir), "format-%d", &format); err != nil {
				t.Fatal(err)
			}
			oracle := mem.New()
			sample(t, oracle, format)
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
	var joints []store.Joint
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
		a, err := oracle.Relatives(t.Context(), acme, []signal.TraceID{id}, signal.Range{})
		b, berr := s.Relatives(t.Context(), acme, []signal.TraceID{id}, signal.Range{})
		if err != nil || berr != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: half of %s finds %v, %v; want %v, %v", why, id, b, berr, a, err)
		}
		joints = append(joints, store.Joint{Key: joinKey(id)}, store.Joint{To: id})
	}
	a, err := oracle.Held(t.Context(), acme, joints, signal.Range{})
	b, berr := s.Held(t.Context(), acme, joints, signal.Range{})
	if err != nil || berr != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%s: joints are held by %v, %v; want %v, %v", why, b, berr, a, err)
	}
}

// joined ties the first span of b to others: with a key of its trace, and a link to
// that of the batch before.
func joined(b *signal.Batch) *signal.Batch {
	s := &b.Groups[0].Spans[0]
	s.Keys = []signal.JoinKey{joinKey(s.Trace), {Kind: signal.KeySQSMessage, Account: "1", Region: "eu-west-1", Value: "m"}}
	s.Links = []signal.Link{{Trace: s.Trace}}
	s.Links[0].Trace[15]--
	return b
}

func joinKey(id signal.TraceID) signal.JoinKey {
	return signal.JoinKey{Kind: signal.KeySNSMessage, Value: id.String()}
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
	sample(t, s, partVersion)
	s.Close()
	if err := os.Remove(filepath.Join(dir, "LOCK")); err != nil {
		t.Fatal(err)
	}
}
