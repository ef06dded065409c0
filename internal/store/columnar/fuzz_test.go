package columnar

import (
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
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
		p.pagesOfHalf([8]byte{1})
		for _, look := range []func(){func() { p.pagesOfRow(1 << 60) }, p.verifyRows, p.verifyKeys, p.verifySums} {
			if err := page.Guard(look); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
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
