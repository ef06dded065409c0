package vfs

import (
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
)

// Memory is a directory in memory for tests. Crash returns what a power cut
// leaves of it: of each file the synced bytes, by the names that were synced.
type Memory struct {
	// Hook, when set, runs before each operation that changes something; an
	// error it returns is what the operation returns. It may call Crash.
	Hook func(op, name string) error

	mu      sync.Mutex // guards all below
	files   map[string]*memData
	durable map[string]*memData
	locked  bool
}

type memData struct {
	mu     sync.RWMutex // guards both
	b      []byte
	synced int
}

// NewMemory returns an empty directory.
func NewMemory() *Memory {
	return &Memory{files: map[string]*memData{}, durable: map[string]*memData{}}
}

// Crash returns a copy as a power cut would leave it. A seed of 0 loses all that
// was not synced; others keep a random part of unsynced bytes, as disks may.
func (m *Memory) Crash(seed uint64) *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	rnd := rand.New(rand.NewPCG(seed, 0))
	out := NewMemory()
	for _, name := range slices.Sorted(maps.Keys(m.durable)) {
		d := m.durable[name]
		d.mu.RLock()
		keep := d.synced
		if extra := len(d.b) - d.synced; seed != 0 && extra > 0 {
			keep += rnd.IntN(extra + 1)
		}
		c := &memData{b: slices.Clone(d.b[:keep]), synced: keep}
		d.mu.RUnlock()
		out.files[name], out.durable[name] = c, c
	}
	return out
}

// Edit changes the bytes of a file in place, as bad disks do.
func (m *Memory) Edit(name string, f func([]byte) []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.files[name]
	d.b = f(d.b)
	d.synced = len(d.b)
}

func (m *Memory) hook(op, name string) error {
	if m.Hook == nil {
		return nil
	}
	return m.Hook(op, name)
}

type memFile struct {
	fs   *Memory
	name string
	*memData
}

// Create implements FS.
func (m *Memory) Create(name string) (File, error) {
	if err := m.hook("create", name); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d := &memData{}
	m.files[name] = d
	return memFile{m, name, d}, nil
}

// Open implements FS.
func (m *Memory) Open(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.files[name]
	if !ok {
		return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
	}
	return memFile{m, name, d}, nil
}

// Rename implements FS.
func (m *Memory) Rename(from, to string) error {
	if err := m.hook("rename", to); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.files[from]
	if !ok {
		return &os.PathError{Op: "rename", Path: from, Err: os.ErrNotExist}
	}
	delete(m.files, from)
	m.files[to] = d
	return nil
}

// Remove implements FS.
func (m *Memory) Remove(name string) error {
	if err := m.hook("remove", name); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.files[name]; !ok {
		return &os.PathError{Op: "remove", Path: name, Err: os.ErrNotExist}
	}
	delete(m.files, name)
	return nil
}

// List implements FS.
func (m *Memory) List() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.files)), nil
}

// Sync implements FS.
func (m *Memory) Sync() error {
	if err := m.hook("syncdir", ""); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.durable = maps.Clone(m.files)
	return nil
}

// Lock implements FS.
func (m *Memory) Lock() (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked {
		return nil, ErrLocked
	}
	m.locked = true
	return unlocker{m}, nil
}

type unlocker struct{ m *Memory }

func (u unlocker) Close() error {
	u.m.mu.Lock()
	defer u.m.mu.Unlock()
	u.m.locked = false
	return nil
}

func (f memFile) Write(p []byte) (int, error) {
	err := f.fs.hook("write", f.name)
	if err != nil {
		p = p[:len(p)/2] // a full disk takes a part
	}
	f.memData.mu.Lock()
	defer f.memData.mu.Unlock()
	f.b = append(f.b, p...)
	return len(p), err
}

func (f memFile) ReadAt(p []byte, off int64) (int, error) {
	f.memData.mu.RLock()
	defer f.memData.mu.RUnlock()
	if off >= int64(len(f.b)) {
		return 0, io.EOF
	}
	n := copy(p, f.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f memFile) Sync() error {
	if err := f.fs.hook("sync", f.name); err != nil {
		return err
	}
	f.memData.mu.Lock()
	defer f.memData.mu.Unlock()
	f.synced = len(f.b)
	return nil
}

func (f memFile) Size() (int64, error) {
	f.memData.mu.RLock()
	defer f.memData.mu.RUnlock()
	return int64(len(f.b)), nil
}

func (f memFile) Close() error { return nil }
