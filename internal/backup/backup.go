// Package backup is the one file a whole server fits into: a tar of the store
// and the metadata, with the SHA-256 of every entry in the last one, so that a
// copy that was cut short never looks whole. It writes, fetches, reads and unpacks that
// file and checks what it unpacked; what a consistent copy is, the store and
// the metadata know.
package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names in the tar, which are names in a data directory too.
const (
	storeDir  = "store"
	metaFile  = "meta.db"
	sumsEntry = "SHA256SUMS" // as sha256sum -c takes it
)

// Store gives the files of a consistent copy of itself; *columnar.Store is one.
type Store interface {
	Backup(ctx context.Context, put func(name string, size int64, r io.Reader) error) error
}

// Meta writes a consistent copy of itself to a new file; *meta.DB is one.
type Meta interface {
	CopyTo(ctx context.Context, path string) error
}

// writer adds entries to a tar and remembers their sums.
type writer struct {
	tar  *tar.Writer
	now  time.Time
	sums strings.Builder
}

func (w *writer) put(name string, size int64, r io.Reader) error {
	err := w.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: w.now, Typeflag: tar.TypeReg, Format: tar.FormatPAX})
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(w.tar, sum), r, size); err != nil {
		return err
	}
	fmt.Fprintf(&w.sums, "%x  %s\n", sum.Sum(nil), name)
	return nil
}

// Write writes a backup of both to out.
func Write(ctx context.Context, out io.Writer, now time.Time, st Store, db Meta) error {
	w := &writer{tar: tar.NewWriter(out), now: now}
	if err := w.meta(ctx, db); err != nil {
		return fmt.Errorf("backup: write metadata: %w", err)
	}
	err := st.Backup(ctx, func(name string, size int64, r io.Reader) error {
		return w.put(storeDir+"/"+name, size, r)
	})
	if err != nil {
		return fmt.Errorf("backup: write: %w", err)
	}
	text := w.sums.String()
	if err := w.put(sumsEntry, int64(len(text)), strings.NewReader(text)); err != nil {
		return fmt.Errorf("backup: write: %w", err)
	}
	if err := w.tar.Close(); err != nil {
		return fmt.Errorf("backup: write: %w", err)
	}
	return nil
}

// meta writes the metadata through a temporary file, because SQLite copies itself
// to files only.
func (w *writer) meta(ctx context.Context, db Meta) error {
	dir, err := os.MkdirTemp("", "clew-backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, metaFile)
	if err := db.CopyTo(ctx, path); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return w.put(metaFile, st.Size(), f)
}

// Path is where a server serves its backup.
const Path = "api/admin/backup"

// Handler answers with a backup. A failure in the middle cuts the connection, so
// that the client sees it.
func Handler(st Store, db Meta, now func() time.Time, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := now()
		w.Header().Set("Content-Type", "application/x-tar")
		w.Header().Set("Content-Disposition", `attachment; filename="clew-`+at.UTC().Format("20060102-150405")+`.tar"`)
		w.Header().Set("Cache-Control", "no-store")
		if err := Write(r.Context(), w, at, st, db); err != nil {
			log.Warn("backup was not finished", "err", err)
			panic(http.ErrAbortHandler) // the one way to say so after the first bytes
		}
		log.Info("backup written", "took", now().Sub(at).Round(time.Millisecond).String())
	})
}
