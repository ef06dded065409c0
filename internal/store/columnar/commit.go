package columnar

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/wal"
)

// request is something the committer does in the order of the log.
type request struct {
	batch  *prepared
	forget *forgetting
	rotate bool // seal the memtable
	done   chan error
}

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, b *signal.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.Empty() {
		return s.open()
	}
	p, err := prepare(b)
	if err != nil {
		return fmt.Errorf("columnar: append: %w", err)
	}
	if err := s.reserve(ctx, p.bytes); err != nil {
		return err
	}
	return s.request(ctx, &request{batch: p})
}

func (s *Store) open() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errClosed
	}
	return nil
}

// reserve waits for room for n bytes of unflushed rows. Nothing has been
// promised yet, so giving up is always safe.
func (s *Store) reserve(ctx context.Context, n int64) error {
	var late <-chan time.Time
	for {
		s.mu.Lock()
		switch {
		case s.closed:
			s.mu.Unlock()
			return errClosed
		case s.unflushed == 0 || s.unflushed+n <= s.opt.MemoryLimit:
			s.unflushed += n
			s.mu.Unlock()
			return nil
		}
		changed, flushErr, sealed := s.changed, s.flushErr, s.sealed != nil
		s.mu.Unlock()
		if isFull(flushErr) {
			return fmt.Errorf("%w: %w", store.ErrFull, flushErr)
		}
		if !sealed {
			select { // make room, even if the memtable is not worth a part yet
			case s.queue <- &request{rotate: true, done: make(chan error, 1)}:
			default:
			}
		}
		if late == nil {
			t := time.NewTimer(s.opt.BusyWait)
			defer t.Stop()
			late = t.C
		}
		select {
		case <-changed:
		case <-late:
			return store.ErrBusy
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopped.Done():
			return errClosed
		}
	}
}

func (s *Store) unreserve(r *request) {
	if r.batch == nil {
		return
	}
	s.mu.Lock()
	s.unflushed -= r.batch.bytes
	s.changedLocked()
	s.mu.Unlock()
}

// request hands r to the committer and waits. When ctx ends first r may still
// happen, as the contract of Append allows.
func (s *Store) request(ctx context.Context, r *request) error {
	r.done = make(chan error, 1)
	select {
	case s.queue <- r:
	case <-ctx.Done():
		s.unreserve(r)
		return ctx.Err()
	case <-s.stopped.Done():
		return errClosed
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopped.Done():
	}
	// The committer answers all it took before it ends; the rest never happens.
	<-s.committed
	select {
	case err := <-r.done:
		return err
	default:
		return errClosed
	}
}

// commitLoop is the only writer of the log: it takes all requests that wait,
// writes them together, syncs once, makes them visible and answers.
func (s *Store) commitLoop() {
	const mostBytes = 8 << 20 // of one commit
	defer close(s.committed)
	for {
		if s.wantsSeal() {
			s.seal()
		}
		var group []*request
		select {
		case r := <-s.queue:
			group = append(group, r)
		case <-s.stopped.Done():
			return
		}
		for bytes := 0; bytes < mostBytes; {
			r := group[len(group)-1]
			if r.batch != nil {
				bytes += len(r.batch.frame)
			}
			select {
			case r := <-s.queue:
				group = append(group, r)
				continue
			default:
			}
			break
		}
		s.commit(group)
	}
}

// commit makes a group durable, then visible, in one order.
func (s *Store) commit(group []*request) {
	var frames []byte
	bases := make([]uint64, len(group))
	seq := s.nextSeq // only the committer changes it
	for i, r := range group {
		bases[i] = seq
		switch {
		case r.batch != nil:
			frames = wal.AppendFrame(frames, wal.Batch, seq, r.batch.frame)
			seq += uint64(r.batch.rows)
		case r.forget != nil:
			frames = wal.AppendFrame(frames, wal.Forget, seq, r.forget.encode())
		}
	}
	var err error
	if len(frames) > 0 {
		err = s.write(frames)
	}
	rotate := false
	for i, r := range group {
		switch {
		case r.rotate:
			rotate = true
		case err != nil:
			s.unreserve(r)
			r.done <- err
		case r.batch != nil:
			r.done <- s.apply(r.batch, bases[i])
		case r.forget != nil:
			r.done <- s.applyForget(r.forget)
		}
	}
	if !rotate {
		return
	}
	// Only now: all rows of a segment must be in the memtable that owns it.
	s.seal()
	for _, r := range group {
		if r.rotate {
			r.done <- nil
		}
	}
}

// write appends frames to the log and syncs it. After a failed sync nobody knows
// what the disk holds, so nothing is acknowledged until the store is opened anew.
func (s *Store) write(frames []byte) error {
	if s.poison != nil {
		return s.poison
	}
	if s.segment == nil {
		if err := s.newSegment(); err != nil {
			return full("columnar: append", err)
		}
	}
	err := s.segment.Commit(frames)
	s.mu.Lock()
	s.logBytes[s.nextLog-1] = s.segment.Size()
	s.mu.Unlock()
	if errors.Is(err, wal.ErrSync) {
		s.poison = full("columnar: append", err)
		s.log.Error("columnar: the log cannot be synced; refusing writes until the store is opened anew", "error", err)
		return s.poison
	}
	if err != nil {
		// What was written of the frames is a torn tail; go on in a new file.
		s.segment.Abandon()
		s.segment = nil
		return full("columnar: append", err)
	}
	return nil
}

func (s *Store) newSegment() error {
	seg, err := wal.Create(s.fs, logName(s.nextLog))
	if err != nil {
		return err
	}
	s.segment = seg
	s.mu.Lock()
	s.logBytes[s.nextLog] = seg.Size()
	s.mu.Unlock()
	s.nextLog++
	return nil
}

func logName(n uint64) string { return fmt.Sprintf("log-%016d", n) }

// full marks errors of a full disk as store.ErrFull.
func full(what string, err error) error {
	if isFull(err) {
		return fmt.Errorf("%s: %w: %w", what, store.ErrFull, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func (s *Store) wantsSeal() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sealed == nil && s.active.bytes >= s.opt.MemoryLimit/2
}

// seal hands the memtable to the flusher and starts another, in a new segment.
func (s *Store) seal() {
	s.mu.RLock()
	skip := s.sealed != nil || s.active.rows == 0
	s.mu.RUnlock()
	if skip || s.poison != nil {
		return
	}
	if s.segment != nil {
		if err := s.segment.Close(); err != nil {
			if errors.Is(err, wal.ErrSync) {
				s.poison = full("columnar: append", err)
			}
			s.log.Error("columnar: close log segment", "error", err)
		}
		s.segment = nil
	}
	s.applying.Lock()
	defer s.applying.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed, s.active = s.active, newMemtable(s.nextLog, s.nextSeq)
	s.changedLocked()
}
