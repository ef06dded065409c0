package backup

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// ErrCut says that a backup does not end as one does.
var ErrCut = errors.New("backup: cut short: its list of checksums is missing")

// Contents says what a backup holds.
type Contents struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

// Read reads a backup to its end, gives every file to take, and compares every
// checksum. Nothing that take did counts before Read returns nil.
func Read(r io.Reader, take func(name string, r io.Reader) error) (c Contents, err error) {
	sums := map[string]string{}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return c, ErrCut
		}
		if err != nil {
			return c, fmt.Errorf("backup: read: %w", err)
		}
		if h.Name == sumsEntry {
			if err := compare(t, sums); err != nil {
				return c, err
			}
			return c, atEnd(t, r)
		}
		if !allowed(h) {
			return c, fmt.Errorf("backup: read: entry %q does not belong into a backup", h.Name)
		}
		sum := sha256.New()
		if err := take(h.Name, io.TeeReader(t, sum)); err != nil {
			return c, fmt.Errorf("backup: read %s: %w", h.Name, err)
		}
		if _, err := io.Copy(sum, t); err != nil { // what take left unread
			return c, fmt.Errorf("backup: read %s: %w", h.Name, err)
		}
		sums[h.Name] = fmt.Sprintf("%x", sum.Sum(nil))
		c.Files++
		c.Bytes += h.Size
	}
}

// allowed keeps hostile names and kinds of entry out: a file of the store, or the
// metadata.
func allowed(h *tar.Header) bool {
	dir, base := path.Split(h.Name)
	plain := base != "" && base != "." && base != ".." && !strings.ContainsAny(base, "\\\x00")
	return h.Typeflag == tar.TypeReg && plain && (dir == storeDir+"/" || h.Name == metaFile)
}

func compare(r io.Reader, sums map[string]string) error {
	const most = 64 << 20 // some 600,000 files
	text, err := io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		return ErrCut
	}
	listed := 0
	for line := range strings.Lines(string(text)) {
		want, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || sums[name] == "" {
			return fmt.Errorf("backup: read: %q is listed and not there", name)
		}
		if sums[name] != want {
			return fmt.Errorf("backup: read %s: damaged: its checksum is not the one that was written", name)
		}
		listed++
	}
	if listed != len(sums) {
		return fmt.Errorf("backup: read: %d files, %d listed", len(sums), listed)
	}
	return nil
}

// atEnd reads the end mark of the tar and what follows it of its last block.
func atEnd(t *tar.Reader, r io.Reader) error {
	if _, err := t.Next(); !errors.Is(err, io.EOF) {
		return errors.New("backup: read: something follows the list of checksums")
	}
	_, err := io.Copy(io.Discard, r)
	return err
}

// Restore unpacks a backup into a directory that is empty or not there yet, and
// syncs it. What a failed one wrote is removed.
func Restore(r io.Reader, dir string) (c Contents, err error) {
	if err := mustBeEmpty(dir); err != nil {
		return c, err
	}
	if err := os.MkdirAll(filepath.Join(dir, storeDir), 0o700); err != nil {
		return c, fmt.Errorf("backup: restore: %w", err)
	}
	var wrote []string
	defer func() {
		if err == nil {
			return
		}
		for _, p := range wrote {
			err = errors.Join(err, os.Remove(p))
		}
		os.Remove(filepath.Join(dir, storeDir)) // empty again
	}()
	c, err = Read(r, func(name string, r io.Reader) error {
		p := filepath.Join(dir, filepath.FromSlash(name))
		f, err := os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		wrote = append(wrote, p)
		_, err = io.Copy(f, r)
		return errors.Join(err, f.Sync(), f.Close())
	})
	if err != nil {
		return c, err
	}
	return c, errors.Join(syncDir(filepath.Join(dir, storeDir)), syncDir(dir))
}

func mustBeEmpty(dir string) error {
	es, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("backup: restore: %w", err)
	case len(es) > 0:
		return fmt.Errorf("backup: restore: %s is not empty", dir)
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("backup: sync: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}
