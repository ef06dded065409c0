package columnar

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"clew/internal/store/columnar/page"
	"clew/internal/store/columnar/wal"
)

// recover brings back what was acknowledged: parts as the manifest lists them,
// then the log, in order. Files that no manifest ever named are removed.
func (s *Store) recover() error {
	m, err := loadManifest(s.fs)
	if err != nil {
		return err
	}
	s.nextPart.Store(m.NextPart)
	s.nextSeq = 1
	s.trusted = m.Clock
	byID := map[uint64]*part{}
	for _, meta := range m.Parts {
		p, err := s.openPart(meta)
		if err != nil {
			return err
		}
		byID[p.ID] = p
		s.parts = append(s.parts, p)
		s.nextSeq = max(s.nextSeq, p.MaxSeq+1)
		if m.Clock == 0 {
			s.trusted = max(s.trusted, p.Written)
		}
	}
	for _, d := range m.Dead {
		if p := byID[d.Part]; p != nil {
			if err := p.bury(d); err != nil {
				return err
			}
		}
	}
	for _, p := range s.parts {
		s.rows[p.Type] += int64(p.Rows - p.deadLocked())
	}
	s.nextSeq = max(s.nextSeq, m.LogRow)
	s.active = newMemtable(m.LogFrom, m.LogRow)
	logs, err := s.sweep(m)
	if err != nil {
		return err
	}
	s.nextLog = m.LogFrom
	for _, n := range logs {
		if err := s.replay(n); err != nil {
			return err
		}
		s.nextLog = n + 1
	}
	s.unflushed = s.active.bytes
	return nil
}

// sweep removes files that are nothing's and returns the log segments to replay.
func (s *Store) sweep(m *manifest) (logs []uint64, err error) {
	names, err := s.fs.List()
	if err != nil {
		return nil, fmt.Errorf("columnar: open: %w", err)
	}
	for _, name := range names {
		var n uint64
		switch {
		case strings.HasPrefix(name, "log-"):
			if _, err := fmt.Sscanf(name, "log-%d", &n); err != nil {
				continue
			}
			if n >= m.LogFrom {
				logs = append(logs, n)
				continue
			}
		case strings.HasPrefix(name, "part"):
			if slices.ContainsFunc(m.Parts, func(p partMeta) bool { return p.Name == name }) {
				continue
			}
		case name != manifestTmp:
			continue
		}
		if err := s.fs.Remove(name); err != nil {
			return nil, fmt.Errorf("columnar: open: remove %s: %w", name, err)
		}
	}
	slices.Sort(logs)
	return logs, nil
}

// replayed is a frame of the log on its way into the memtable.
type replayed struct {
	kind    wal.Kind
	number  uint64
	payload []byte
	opened  chan struct{} // closed when batch or err is there
	batch   *prepared
	err     error
}

// open decodes the frame, which is most of the work of a start.
func (f *replayed) open() {
	if f.kind == wal.Batch {
		f.batch, f.err = openFrame(f.payload)
	}
	close(f.opened)
}

// replay puts one log segment into the memtable: frames are opened by several
// goroutines, a few ahead, and applied in their order.
func (s *Store) replay(n uint64) error {
	const ahead = 8
	name := logName(n)
	frames := make(chan *replayed, ahead)
	var r wal.Report
	var readErr error
	go func() {
		defer close(frames)
		slots := make(chan struct{}, runtime.GOMAXPROCS(0))
		r, readErr = wal.Read(s.fs, name, func(k wal.Kind, number uint64, payload []byte) error {
			f := &replayed{kind: k, number: number, payload: payload, opened: make(chan struct{})}
			slots <- struct{}{}
			go func() {
				defer func() { <-slots }()
				f.open()
			}()
			frames <- f
			return nil
		})
	}()
	var err error
	for f := range frames {
		if <-f.opened; err != nil {
			continue // only until the reader has ended
		}
		err = s.replayFrame(f)
		if errors.Is(err, page.ErrDamaged) {
			s.damage(name, int64(len(f.payload)), err)
			err = nil
		}
	}
	if err = cmp.Or(err, readErr); err != nil {
		return fmt.Errorf("columnar: open: %w", err)
	}
	if r.Damaged > 0 {
		s.damage(name, r.Damaged, errors.New("frames with a wrong checksum between good ones"))
	}
	if r.Torn > 0 {
		s.log.Info("columnar: dropped an unfinished write", "log", name, "bytes", r.Torn)
	}
	if f, err := s.fs.Open(name); err == nil {
		s.logBytes[n], _ = f.Size() // for Stats only
		f.Close()
	}
	return nil
}

func (s *Store) replayFrame(f *replayed) error {
	switch f.kind {
	case wal.Batch:
		if f.err != nil {
			return f.err
		}
		return s.apply(f.batch, f.number)
	case wal.Forget:
		what, err := decodeForgetting(f.payload)
		if err != nil {
			return err
		}
		return s.applyForget(what)
	}
	return fmt.Errorf("columnar: open: log holds a frame of kind %d, written by a newer version", f.kind)
}
