// Package columnar is the embedded engine: a write-ahead log that is synced
// before anything is acknowledged, a memtable that is searched at once, and
// immutable parts of typed columns. FORMAT.md draws every byte. It keeps one
// directory on one machine; it does not replicate or sample.
package columnar

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/vfs"
	"clew/internal/store/columnar/wal"
)

// Options say where and how to keep data. Only Dir or FS must be set.
type Options struct {
	Dir string
	FS  vfs.FS // instead of Dir

	Clock        func() time.Time                 // for retention; nil: time.Now
	MemoryLimit  int64                            // bytes of rows not yet in parts; 0: 64 MB
	RetainAge    time.Duration                    // drop parts whose rows are all older; 0: never
	RetainType   [len(signal.Types)]time.Duration // instead of RetainAge for one signal; 0: RetainAge
	RetainBoring time.Duration                    // drop traces without error, cold start or clew.keep when all their spans are older; 0: never
	RetainBytes  int64                            // drop the oldest parts beyond this size; 0: never
	BusyWait     time.Duration                    // how long Append waits for room before ErrBusy; 0: 1 s
	FlushAge     time.Duration                    // the longest that rows stay in the log only; 0: 5 min
	Upkeep       time.Duration                    // between retention and merge rounds; 0: 30 s
	Logger       *slog.Logger                     // nil: slog.Default
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.MemoryLimit = cmp.Or(o.MemoryLimit, 64<<20)
	o.BusyWait = cmp.Or(o.BusyWait, time.Second)
	o.FlushAge = cmp.Or(o.FlushAge, 5*time.Minute)
	o.Upkeep = cmp.Or(o.Upkeep, 30*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	return o
}

// cacheShare is the part of MemoryLimit that what was read of parts may take
// besides: one in so many.
const cacheShare = 8

var errClosed = store.ErrClosed

// Store implements store.Store. Use Open.
type Store struct {
	opt  Options
	fs   vfs.FS
	lock io.Closer
	log  *slog.Logger

	cache *cache // of what was read of parts

	// applying is held while rows enter the memtable or parts change place, so
	// that finding an older row and marking it dead are one step. Taken before mu.
	applying sync.Mutex

	mu          sync.RWMutex // guards all below, and what is said to be guarded by it
	active      *memtable
	sealed      *memtable // being written to parts, or nil
	parts       []*part   // replaced, never changed in place
	step        uint64    // one more for each batch that became visible
	forgets     uint64    // how often rows died without a newer version
	nextSeq     uint64
	rows        [len(signal.Types)]int64
	unflushed   int64 // bytes in the memtables and on their way
	closed      bool
	flushErr    error         // of the last flush
	changed     chan struct{} // closed and replaced when room or memtables change
	logBytes    map[uint64]int64
	setAside    map[uint64]bool      // ids of parts that merges leave alone: they are damaged
	trusted     signal.Time          // see clock.go
	trustedUp   time.Duration        // uptime when trusted was set
	clockWarned bool                 // of the jump under way
	uptime      func() time.Duration // since Open; never changes

	queue  chan *request
	forgot chan struct{} // wakes upkeep after a Forget

	committed  chan struct{} // closed when the committer has ended
	nextPart   atomic.Uint64
	nextLog    uint64       // the committer's
	segment    *wal.Segment // the committer's; nil after a write failed
	poison     error        // the committer's; set by a failed sync
	damaged    atomic.Int64
	graphs     graphs
	merging    sync.Mutex      // one flush, merge or retention round at a time
	used       atomic.Uint64   // how often the store was written to or asked
	usedBefore uint64          // when upkeep looked last; upkeep's
	rested     bool            // upkeep's
	judged     map[uint64]bool // ids of parts whose boring traces are gone; guarded by merging

	stop     context.CancelFunc
	stopped  context.Context // ends when the store closes
	workers  sync.WaitGroup
	closeErr error
	once     sync.Once
}

var _ store.Store = (*Store)(nil)

// Open opens the store in a directory, or makes one in an empty directory.
func Open(o Options) (*Store, error) {
	o = o.withDefaults()
	if o.FS == nil {
		if o.Dir == "" {
			return nil, errors.New("columnar: open: no directory given")
		}
		disk, err := vfs.NewDisk(o.Dir)
		if err != nil {
			return nil, fmt.Errorf("columnar: open: %w", err)
		}
		o.FS = disk
	}
	lock, err := o.FS.Lock()
	if err != nil {
		return nil, fmt.Errorf("columnar: open: %w", err)
	}
	s := &Store{opt: o, fs: o.FS, lock: lock, log: o.Logger, cache: newCache(max(o.MemoryLimit/cacheShare, 1<<20)), changed: make(chan struct{}), queue: make(chan *request, 256), forgot: make(chan struct{}, 1), committed: make(chan struct{}), logBytes: map[uint64]int64{}, setAside: map[uint64]bool{}, judged: map[uint64]bool{}}
	began := time.Now()
	s.uptime = func() time.Duration { return time.Since(began) }
	s.stopped, s.stop = context.WithCancel(context.Background())
	if err := s.recover(); err != nil {
		for _, p := range s.parts {
			p.release()
		}
		lock.Close()
		return nil, err
	}
	s.workers.Go(s.commitLoop)
	s.workers.Go(s.flushLoop)
	s.workers.Go(s.upkeepLoop)
	return s, nil
}

// Close implements store.Store. It syncs the log and leaves the memtable to the
// next Open, so that it takes no longer than one sync.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.stop()
		s.workers.Wait()
		if s.segment != nil && s.poison == nil {
			s.closeErr = s.segment.Close()
		}
		for _, p := range s.parts {
			p.release()
		}
		s.closeErr = errors.Join(s.closeErr, s.lock.Close())
	})
	return s.closeErr
}

// Stats implements store.Store. Oldest and Newest may still tell of rows that
// are gone, until their part is rewritten.
func (s *Store) Stats() store.Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := store.Stats{Parts: len(s.parts), Damaged: s.damaged.Load()}
	first := true
	note := func(lo, hi signal.Time) {
		if first {
			st.Oldest, st.Newest, first = lo, hi, false
		}
		st.Oldest, st.Newest = min(st.Oldest, lo), max(st.Newest, hi)
	}
	for i, n := range s.rows {
		st.Rows[i] = uint64(n)
	}
	for _, p := range s.parts {
		st.Bytes += p.Size
		if p.Rows > p.deadLocked() {
			note(p.Lo, p.Hi)
		}
	}
	for _, n := range s.logBytes {
		st.LogBytes += n
	}
	st.Bytes += st.LogBytes
	for _, m := range []*memtable{s.active, s.sealed} {
		if m == nil {
			continue
		}
		st.MemoryBytes += m.bytes
		for _, t := range m.tables {
			for _, c := range t.chunks {
				if c.rows > c.dead {
					note(c.lo, c.hi)
				}
			}
		}
	}
	return st
}

// changedLocked wakes everybody who waits for room or for a flush.
func (s *Store) changedLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// damagedPage counts and reports a page that cannot be read, once.
func (s *Store) damagedPage(c *chunk, err error) {
	if c.reported.Swap(true) {
		return
	}
	if f, ok := c.src.(filePage); ok {
		s.damage(c.part.Name, f.size, err)
		return
	}
	s.damage("memory", 0, err)
}

// damage counts and reports bytes that failed their checksum.
func (s *Store) damage(where string, bytes int64, err error) {
	s.damaged.Add(bytes)
	s.log.Error("columnar: damaged data", "where", where, "bytes", bytes, "error", err)
}
