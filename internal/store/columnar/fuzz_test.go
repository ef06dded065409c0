package columnar

import (
	"encoding/binary"
	"reflect"
	"slices"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/page"
	"clew/internal/store/columnar/vfs"
	"clew/internal/store/columnar/wal"
	"clew/internal/store/storetest"
)

// seedFiles returns the bytes of a file with rows of every signal.
func seedFiles(t testing.TB, prefix string) []byte {
	fs := vfs.NewMemory()
	s := mustOpen(t, Options{FS: fs})
	b := storetest.NewCorpus(acme, 1, someDay).Next(20)
	b.Groups[0].Logs = []signal.Log{{At: someDay, Body: signal.Str("a line"), Level: 9}}
	b.Groups[0].Points = []signal.Point{{At: someDay, Metric: signal.Metric{Name: "m"}, Value: signal.Int(1)}}
	if err := s.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if prefix != "log-" {
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	names, _ := fs.List()
	for _, name := range names {
		if len(name) > len(prefix) && name[:len(prefix)] == prefix {
			f, err := fs.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			size, _ := f.Size()
			out := make([]byte, size)
			f.ReadAt(out, 0)
			return out
		}
	}
	t.Fatalf("no file %s among %v", prefix, names)
	return nil
}

// FuzzLog opens a store whose log is anything at all.
func FuzzLog(f *testing.F) {
	f.Add(seedFiles(f, "log-"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		fs := vfs.NewMemory()
		w, _ := fs.Create(logName(1))
		w.Write(b)
		s, err := Open(Options{FS: fs, Logger: discard})
		if err != nil {
			return
		}
		defer s.Close()
		readAll(t, s)
	})
}

// FuzzFrame decodes what a frame with a right checksum may carry.
func FuzzFrame(f *testing.F) {
	wal.Frames(seedFiles(f, "log-"), func(_ wal.Kind, _ uint64, payload []byte) error {
		f.Add(payload)
		return nil
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		fs := vfs.NewMemory()
		w, _ := fs.Create(logName(1))
		w.Write(append([]byte("CLEWLOG\x01"), wal.AppendFrame(nil, wal.Batch, 1, b)...))
		s, err := Open(Options{FS: fs, Logger: discard})
		if err != nil {
			return
		}
		defer s.Close()
		readAll(t, s)
	})
}

// FuzzPage reads every column of a page whose checksums may be right.
func FuzzPage(f *testing.F) {
	p, err := prepare(storetest.NewCorpus(acme, 1, someDay).Next(20))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(p.pages[0].src.(page.Memory)))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := page.Guard(func() {
			v := page.ReadHead(page.Memory(b)).Open(page.Memory(b))
			v.Read(v.All(), false)
			v.Times()
			v.Eval(query.Is("", query.Word, signal.Str("x")))
			v.Field("duration")
		})
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

// FuzzPart opens and reads a part that is anything at all.
func FuzzPart(f *testing.F) {
	f.Add(seedFiles(f, "part-"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fs := vfs.NewMemory()
		w, _ := fs.Create("p")
		w.Write(b)
		p, err := openPart(fs, partMeta{Name: "p", Type: signal.Spans})
		if err != nil {
			return
		}
		for _, c := range p.chunks {
			if err := page.Guard(func() { v := c.view(); v.Read(v.All(), false) }); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
		p.pagesOf(signal.TraceID{0: 1, 15: 1})
		p.pagesLike(signal.TraceID{15: 1})
		for _, look := range []func(){func() { p.pagesOfRow(1 << 60) }, p.verifyRows, p.verifyJoints, p.verifyKeys, func() { p.verifySums(&p.sums) }, func() { p.verifySums(&p.calls) }} {
			if err := page.Guard(look); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
	})
}

// FuzzFooter opens and searches a part whose footer is anything with a right checksum.
func FuzzFooter(f *testing.F) {
	whole := seedFiles(f, "part-")
	trailer := whole[len(whole)-trailerLen:]
	from := binary.LittleEndian.Uint64(trailer)
	body, foot := whole[:from], whole[from:len(whole)-trailerLen]
	f.Add(foot)
	f.Fuzz(func(t *testing.T, foot []byte) {
		fs := vfs.NewMemory()
		w, _ := fs.Create("p")
		b := append(slices.Clone(body), foot...)
		b = binary.LittleEndian.AppendUint64(b, from)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(foot)))
		b = binary.LittleEndian.AppendUint32(b, page.Checksum(foot))
		w.Write(append(b, partMagic...))
		p, err := openPart(fs, partMeta{Name: "p", Type: signal.Spans})
		if err != nil {
			return
		}
		p.verify(func(*chunk, int64, error) {})
		id := signal.TraceID{0: 1, 15: 1}
		for _, look := range []func(){
			func() { p.pagesOf(id) }, func() { p.pagesLike(id) }, func() { p.pagesOfRow(1 << 60) }, func() { p.mayHave(1 << 60) }, func() { p.rollup(&p.sums, true) }, func() { p.rollup(&p.calls, true) },
			func() { p.keyed(1<<60, page.FullSet(len(p.chunks))) },
		} {
			if err := page.Guard(look); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
	})
}

// FuzzManifest opens a store, and checks it, whose manifest says anything with a
// right checksum.
func FuzzManifest(f *testing.F) {
	text, _, ok := wal.OneFrame(seedFiles(f, "MANIFES"))
	if !ok {
		f.Fatal("the manifest is not a frame")
	}
	f.Add(text)
	f.Add([]byte(`{"LogFrom":0,"LogRow":9,"NextPart":18446744073709551615,"Dead":[{"Part":1,"Runs":[0,0,4]}]}`))
	part := seedFiles(f, "part-")
	f.Fuzz(func(t *testing.T, text []byte) {
		fs := vfs.NewMemory()
		for name, b := range map[string][]byte{manifestName: wal.AppendFrame(nil, wal.Batch, manifestVersion, text), "part-old-spans-00000003": part} {
			w, _ := fs.Create(name)
			w.Write(b)
		}
		if _, err := Check(fs, func(Finding) {}); err != nil {
			t.Fatal(err)
		}
		s, err := Open(Options{FS: fs, Logger: discard})
		if err != nil {
			return
		}
		defer s.Close()
		readAll(t, s)
	})
}

// FuzzForgetting decodes rules, and what it takes it writes alike.
func FuzzForgetting(f *testing.F) {
	id, logs := signal.TraceID{1}, signal.Logs
	for _, rule := range []store.Rule{{Before: 5}, {Trace: &id}, {Type: &logs, Before: -1, Trace: &id}} {
		f.Add((&forgetting{tenant: acme, rule: rule}).encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := decodeForgetting(b)
		if err != nil {
			return
		}
		again, err := decodeForgetting(x.encode())
		if err != nil || !reflect.DeepEqual(x, again) {
			t.Errorf("%v written and read back: %v, %v", x, again, err)
		}
	})
}

// FuzzSums decodes sums of operations, and what it takes it writes alike.
func FuzzSums(f *testing.F) {
	b := newTallying()
	for i := range 20 {
		s := spanAt(i*40, signal.TraceID{1})
		b.add(operation{"shop", s.Name, s.Kind, s.Status.Code}, s.Start, int64(s.Duration())*int64(i))
	}
	all, totals := b.finish().encode(nil)
	f.Add(page.OpenChunk(all[:totals], page.Checksum(all[:totals])), page.OpenChunk(all[totals:], page.Checksum(all[totals:])))
	f.Fuzz(func(t *testing.T, totals, minutes []byte) {
		r := &rollup{}
		if !r.decodeTotals(totals, partVersion) || !r.decodeMinutes(minutes, partVersion) {
			return
		}
		all, n := r.encode(nil)
		again := &rollup{}
		if !again.decodeTotals(page.OpenChunk(all[:n], page.Checksum(all[:n])), partVersion) || !again.decodeMinutes(page.OpenChunk(all[n:], page.Checksum(all[n:])), partVersion) || !reflect.DeepEqual(r, again) {
			t.Errorf("%+v written and read back: %+v", r, again)
		}
	})
}

func readAll(t *testing.T, s *Store) {
	for _, typ := range signal.Types {
		for _, err := range s.Scan(t.Context(), &query.Query{Tenant: acme, Type: typ, Where: query.Is("", query.Word, signal.Str("x"))}) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
