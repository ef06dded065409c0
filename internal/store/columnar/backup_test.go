package columnar

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clew/internal/store/columnar/vfs"
)

// TestBackupWhileEightAppend copies a store under load, with flushes and merges
// at the same time, and opens every copy.
func TestBackupWhileEightAppend(t *testing.T) {
	const size = 3
	s := mustOpen(t, Options{FS: vfs.NewMemory(), MemoryLimit: 256 << 10, BusyWait: 30 * time.Second})
	var mu sync.Mutex // guards acked
	var acked []int64
	var next atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				n := next.Add(1)
				if err := s.Append(t.Context(), numbered(int(n), size)); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acked = append(acked, n)
				mu.Unlock()
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := s.Merge(t.Context()); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Millisecond) // leave the processor to the others
		}
	})
	for round := range 6 {
		for before := next.Load(); next.Load() < before+200; {
			time.Sleep(time.Millisecond)
		}
		mu.Lock()
		want := len(acked)
		mu.Unlock()
		dst := vfs.NewMemory()
		if err := s.CopyTo(t.Context(), dst); err != nil {
			t.Fatal(err)
		}
		mustBeClean(t, dst)
		copied := mustOpen(t, Options{FS: dst.Crash(0)}) // the copy is synced
		got := batches(t, copied)                        // fails when a row comes twice
		mu.Lock()
		for _, n := range acked[:want] {
			if got[n] != size {
				t.Errorf("round %d: %d spans of batch %d, which was acknowledged before the backup, want %d", round, got[n], n, size)
			}
		}
		mu.Unlock()
		for n, rows := range got {
			if rows != size {
				t.Errorf("round %d: %d spans of batch %d, want all %d", round, rows, n, size)
			}
		}
		if st := copied.Stats(); st.Damaged != 0 {
			t.Errorf("round %d: %+v", round, st)
		}
		copied.Close()
	}
	stop()
	wg.Wait()
}

// TestBackupStopsNobody holds a backup in the middle of its first file.
func TestBackupStopsNobody(t *testing.T) {
	s := mustOpen(t, Options{FS: vfs.NewMemory()})
	for n := range 4 {
		if err := s.Append(t.Context(), numbered(n, 5)); err != nil {
			t.Fatal(err)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	dst := vfs.NewMemory()
	first := true
	err := s.Backup(t.Context(), func(name string, size int64, r io.Reader) error {
		if first {
			first = false
			if err := s.Append(t.Context(), numbered(9, 5)); err != nil {
				return err
			}
			if err := s.Merge(t.Context()); err != nil { // removes the files under the backup
				return err
			}
		}
		f, err := dst.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	mustBeClean(t, dst)
	got := batches(t, mustOpen(t, Options{FS: dst}))
	if len(got) != 4 || got[9] != 0 {
		t.Errorf("the copy has %v, want batches 0 to 3", got)
	}
}

func TestBackupThatFailsLeavesNothing(t *testing.T) {
	s := mustOpen(t, Options{FS: vfs.NewMemory()})
	for n := range 3 {
		if err := s.Append(t.Context(), numbered(n, 5)); err != nil {
			t.Fatal(err)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	dst := vfs.NewMemory()
	full := errors.New("no room")
	dst.Hook = func(op, name string) error {
		if op == "create" && name == manifestName {
			return full
		}
		return nil
	}
	if err := s.CopyTo(t.Context(), dst); !errors.Is(err, full) {
		t.Errorf("copy to a full disk: %v", err)
	}
	if names, _ := dst.List(); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.CopyTo(ctx, vfs.NewMemory()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled copy: %v", err)
	}
	dst.Hook = nil
	if err := s.CopyTo(t.Context(), dst); err != nil {
		t.Fatal(err)
	}
	if err := s.CopyTo(t.Context(), dst); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("second copy to the same place: %v, want ErrNotEmpty", err)
	}
	s.Close()
	if err := s.CopyTo(t.Context(), vfs.NewMemory()); !errors.Is(err, errClosed) {
		t.Errorf("copy of a closed store: %v", err)
	}
}
