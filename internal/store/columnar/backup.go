package columnar

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"clew/internal/store/columnar/vfs"
)

// frozen is a file of the store as it was at one moment. Parts never change and
// logs only grow, so size says all of it; an open file stays readable when the
// store removes it.
type frozen struct {
	name string
	f    vfs.File
	size int64
}

// Backup gives put, one after the other, the files of a directory that opens as
// this store stood at some moment of the call: every row acknowledged before it
// is in, no row is in half. The manifest comes last. Appends wait only while the
// list of files is made, never while put runs.
func (s *Store) Backup(ctx context.Context, put func(name string, size int64, r io.Reader) error) error {
	files, text, release, err := s.freeze()
	if err != nil {
		return fmt.Errorf("columnar: backup: %w", err)
	}
	defer release()
	for _, f := range files {
		r := &stoppable{r: io.NewSectionReader(f.f, 0, f.size), ctx: ctx, closing: s.stopped}
		if err := put(f.name, f.size, r); err != nil {
			return fmt.Errorf("columnar: backup %s: %w", f.name, err)
		}
	}
	if err := put(manifestName, int64(len(text)), bytes.NewReader(text)); err != nil {
		return fmt.Errorf("columnar: backup %s: %w", manifestName, err)
	}
	return nil
}

// freeze lists what is durable now: the parts, the log from the first segment
// that is not in parts, and the manifest that goes with them. Between two parts
// changing place and between two commits, which applying keeps apart, that is a
// state a crash could have left, so Open knows what to do with it.
func (s *Store) freeze() (files []frozen, text []byte, release func(), err error) {
	s.applying.Lock()
	defer s.applying.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, nil, errClosed
	}
	from := s.active
	if s.sealed != nil {
		from = s.sealed
	}
	parts := slices.Clone(s.parts)
	if text, err = s.manifestLocked(parts, from).encode(); err != nil {
		return nil, nil, nil, err
	}
	var logs []frozen
	for n, size := range s.logBytes {
		if n < from.firstLog {
			continue
		}
		f, err := s.fs.Open(logName(n))
		if err != nil {
			closeAll(logs)
			return nil, nil, nil, err
		}
		logs = append(logs, frozen{logName(n), f, size})
	}
	slices.SortFunc(logs, func(a, b frozen) int { return cmp.Compare(a.name, b.name) })
	for _, p := range parts {
		p.refs.Add(1)
		files = append(files, frozen{p.Name, p.f, p.Size})
	}
	release = func() {
		closeAll(logs)
		for _, p := range parts {
			p.release()
		}
	}
	return append(files, logs...), text, release, nil
}

func closeAll(files []frozen) {
	for _, f := range files {
		f.f.Close()
	}
}

// stoppable ends reading when the caller gives up or the store closes.
type stoppable struct {
	r            io.Reader
	ctx, closing context.Context
}

// Read implements io.Reader.
func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if s.closing.Err() != nil {
		return 0, errClosed
	}
	return s.r.Read(p)
}

// ErrNotEmpty says that a directory to write a copy to holds something.
var ErrNotEmpty = errors.New("columnar: the directory is not empty")

// CopyTo writes a backup to an empty directory, which then opens like this one.
// What it wrote of a copy that failed is removed.
func (s *Store) CopyTo(ctx context.Context, dst vfs.FS) (err error) {
	names, err := dst.List()
	if err != nil {
		return fmt.Errorf("columnar: backup: %w", err)
	}
	if len(names) > 0 {
		return ErrNotEmpty
	}
	var wrote []string
	defer func() {
		if err == nil {
			return
		}
		for _, name := range wrote {
			err = errors.Join(err, dst.Remove(name))
		}
	}()
	err = s.Backup(ctx, func(name string, size int64, r io.Reader) error {
		f, err := dst.Create(name)
		if err != nil {
			return err
		}
		wrote = append(wrote, name)
		_, err = io.CopyN(f, r, size)
		return errors.Join(err, f.Sync(), f.Close())
	})
	if err != nil {
		return err
	}
	return dst.Sync()
}
