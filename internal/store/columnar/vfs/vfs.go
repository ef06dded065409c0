// Package vfs is all the disk the embedded engine sees: one directory of files.
// Disk is the real one, Memory one that forgets at a crash what was not synced.
// It does no retries and hides no error.
package vfs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrLocked says that another process has the directory open.
var ErrLocked = errors.New("in use by another process")

// FS is one flat directory.
type FS interface {
	// Create makes an empty file, replacing an older one.
	Create(name string) (File, error)
	// Open opens a file for reading.
	Open(name string) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	List() ([]string, error)
	// Sync makes creations, renames and removals survive a power cut.
	Sync() error
	// Lock keeps other processes out until closed; ErrLocked when one is in.
	Lock() (io.Closer, error)
}

// File is one open file. It stays readable when it is removed.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
	// Sync makes what was written survive a power cut.
	Sync() error
	Size() (int64, error)
}

// Disk is a directory of the operating system.
type Disk struct{ dir string }

// NewDisk returns dir, which it creates when missing.
func NewDisk(dir string) (Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Disk{}, fmt.Errorf("vfs: create directory: %w", err)
	}
	return Disk{dir}, syncDir(filepath.Dir(dir))
}

type diskFile struct{ *os.File }

// Create implements FS.
func (d Disk) Create(name string) (File, error) {
	f, err := os.OpenFile(filepath.Join(d.dir, name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// Open implements FS.
func (d Disk) Open(name string) (File, error) {
	f, err := os.Open(filepath.Join(d.dir, name))
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// Rename implements FS.
func (d Disk) Rename(from, to string) error {
	return os.Rename(filepath.Join(d.dir, from), filepath.Join(d.dir, to))
}

// Remove implements FS.
func (d Disk) Remove(name string) error { return os.Remove(filepath.Join(d.dir, name)) }

// List implements FS.
func (d Disk) List() ([]string, error) {
	es, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range es {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Sync implements FS.
func (d Disk) Sync() error { return syncDir(d.dir) }

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Lock implements FS.
func (d Disk) Lock() (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(d.dir, "LOCK"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("vfs: lock %s: %w", d.dir, ErrLocked)
		}
		return nil, fmt.Errorf("vfs: lock %s: %w", d.dir, err)
	}
	return f, nil
}

// Sync writes the file's data to the disk, without waiting for times of access.
func (f diskFile) Sync() error { return unix.Fdatasync(int(f.Fd())) }

// Size implements File.
func (f diskFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}
