package columnar

import (
	"io"
	"log/slog"
	"testing"

	"clew/internal/store"
	"clew/internal/store/columnar/vfs"
	"clew/internal/store/storetest"
)

var discard = slog.New(slog.DiscardHandler)

func mustOpen(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Logger == nil {
		o.Logger = discard
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformanceOnDisk(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store { return mustOpen(t, Options{Dir: dir}) })
}

// TestConformanceInMemory flushes all the time: the memory limit is tiny.
func TestConformanceInMemory(t *testing.T) {
	disks := map[string]*vfs.Memory{}
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		if disks[dir] == nil {
			disks[dir] = vfs.NewMemory()
		}
		return mustOpen(t, Options{FS: disks[dir], MemoryLimit: 256 << 10})
	})
}

func newTestLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
