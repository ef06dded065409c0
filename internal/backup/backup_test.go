package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/meta"
	"clew/internal/signal"
	"clew/internal/store/columnar"
)

const when = signal.Time(1_790_000_000_000_000_000)

var quiet = slog.New(slog.DiscardHandler)

func append1(t *testing.T, s *columnar.Store, n int) {
	t.Helper()
	g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("shop")}}}
	for i := range 50 {
		g.Spans = append(g.Spans, signal.Span{Trace: signal.TraceID{1, byte(n)}, ID: signal.SpanID{byte(i + 1)}, Name: "pay", Start: when, End: when + 5})
	}
	if err := s.Append(t.Context(), &signal.Batch{Tenant: "acme", Groups: []signal.Group{g}}); err != nil {
		t.Fatal(err)
	}
}

// running is a store and its metadata with rows in a part and in the log.
func running(t *testing.T) (*columnar.Store, *meta.DB) {
	t.Helper()
	dir := t.TempDir()
	s := openStore(t, filepath.Join(dir, storeDir))
	append1(t, s, 1)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	append1(t, s, 2)
	db, err := meta.Open(t.Context(), filepath.Join(dir, metaFile))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Ordinal(t.Context(), "acme", "shop"); err != nil {
		t.Fatal(err)
	}
	return s, db
}

func openStore(t *testing.T, dir string) *columnar.Store {
	t.Helper()
	s, err := columnar.Open(columnar.Options{Dir: dir, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func written(t *testing.T) []byte {
	t.Helper()
	s, db := running(t)
	var b bytes.Buffer
	if err := Write(t.Context(), &b, time.Unix(0, int64(when)), s, db); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mustBeWhole(t *testing.T, dir string) {
	t.Helper()
	sum, err := Check(t.Context(), dir, func(f columnar.Finding) {
		if f.State != columnar.Whole {
			t.Errorf("%+v", f)
		}
	})
	if err != nil || !sum.Clean() || sum.Rows != 100 {
		t.Errorf("check of %s: %+v, %v; want 100 rows", dir, sum, err)
	}
	s := openStore(t, filepath.Join(dir, storeDir))
	if got := s.Stats().Rows[signal.Spans]; got != 100 {
		t.Errorf("%d spans in the copy, want 100", got)
	}
	s.Close()
	db, err := meta.Open(t.Context(), filepath.Join(dir, metaFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n, err := db.Ordinal(t.Context(), "acme", "cart"); n != 1 || err != nil {
		t.Errorf("the next service gets number %d, %v; want 1", n, err)
	}
}

func TestRoundTrip(t *testing.T) {
	b := written(t)
	dir := filepath.Join(t.TempDir(), "new", "data")
	c, err := Restore(bytes.NewReader(b), dir)
	if err != nil || c.Files < 4 {
		t.Fatalf("%+v, %v", c, err)
	}
	mustBeWhole(t, dir)
	if _, err := Restore(bytes.NewReader(b), dir); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("restore over data: %v", err)
	}
}

func nothing(string, io.Reader) error { return nil }

// TestEveryCutAndFlipIsFound cuts a backup and flips its bytes all over.
func TestEveryCutAndFlipIsFound(t *testing.T) {
	b := written(t)
	if _, err := Read(bytes.NewReader(b), nothing); err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(b)-3*512; cut += 97 { // then come padding and the end mark
		if _, err := Read(bytes.NewReader(b[:cut]), nothing); err == nil {
			t.Fatalf("cut to %d of %d bytes: no error", cut, len(b))
		}
	}
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := Restore(bytes.NewReader(b[:len(b)*2/3]), dir); !errors.Is(err, ErrCut) && err == nil {
		t.Errorf("restore of a cut backup: %v", err)
	}
	if es, _ := os.ReadDir(dir); len(es) != 0 {
		t.Errorf("a failed restore leaves %v", es)
	}
	tr := tar.NewReader(bytes.NewReader(b)) // flip every file's content
	for {
		h, err := tr.Next()
		if err != nil {
			break
		}
		content, _ := io.ReadAll(tr)
		at := bytes.Index(b, content)
		for off := at; off < at+len(content); off += max(1, len(content)/9) {
			b[off] ^= 1
			if _, err := Read(bytes.NewReader(b), nothing); err == nil {
				t.Fatalf("%s: byte %d flipped: no error", h.Name, off-at)
			}
			b[off] ^= 1
		}
	}
}

func TestHostileEntriesAreRefused(t *testing.T) {
	f := func(h tar.Header) {
		t.Helper()
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		h.Size, h.Mode = 1, 0o600
		if h.Typeflag != tar.TypeReg {
			h.Size = 0
		}
		w.WriteHeader(&h)
		if h.Size > 0 {
			w.Write([]byte("x"))
		}
		text := fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte("x")), h.Name)
		w.WriteHeader(&tar.Header{Name: sumsEntry, Size: int64(len(text)), Mode: 0o600, Typeflag: tar.TypeReg})
		io.WriteString(w, text)
		w.Close()
		dir := filepath.Join(t.TempDir(), "data")
		if _, err := Restore(&b, dir); err == nil {
			t.Errorf("%q of type %c is taken", h.Name, h.Typeflag)
		}
	}
	for _, name := range []string{"../evil", "/etc/passwd", "store/../../evil", "store/sub/file", "store/", "store/..", "other", `store/..\evil`} {
		f(tar.Header{Name: name, Typeflag: tar.TypeReg})
	}
	f(tar.Header{Name: "store/link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"})
	f(tar.Header{Name: "meta.db", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"})
}

func TestFetch(t *testing.T) {
	s, db := running(t)
	whole := Handler(s, db, time.Now, quiet)
	serve := whole
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer key" || r.URL.Path != "/base/"+Path {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		serve.ServeHTTP(w, r)
	}))
	defer srv.Close()
	dir := t.TempDir()
	fetch := func(token, to string) error {
		_, err := Fetch(t.Context(), srv.Client(), srv.URL+"/base/", token, filepath.Join(dir, to))
		return err
	}
	if err := fetch("wrong", "a.tar"); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("wrong token: %v", err)
	}
	if err := fetch("key", "a.tar"); err != nil {
		t.Fatal(err)
	}
	if err := fetch("key", "a.tar"); err == nil {
		t.Error("an older backup is overwritten")
	}
	f, err := os.Open(filepath.Join(dir, "a.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Restore(f, filepath.Join(dir, "restored")); err != nil {
		t.Fatal(err)
	}
	mustBeWhole(t, filepath.Join(dir, "restored"))
	if err := fetch("key", "data"); err != nil {
		t.Fatal(err)
	}
	mustBeWhole(t, filepath.Join(dir, "data"))

	serve = Handler(failing{}, db, time.Now, quiet)
	if err := fetch("key", "b.tar"); err == nil {
		t.Error("a backup that failed in the middle is taken")
	}
	es, _ := os.ReadDir(dir)
	for _, e := range es {
		if strings.HasPrefix(e.Name(), "b.tar") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// failing is a store that ends in the middle.
type failing struct{}

func (failing) Backup(_ context.Context, put func(string, int64, io.Reader) error) error {
	if err := put("part-1", 3, strings.NewReader("abc")); err != nil {
		return err
	}
	return errors.New("the disk is gone")
}
