package columnar

import (
	"errors"
	"fmt"
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

// replay puts one log segment into the memtable.
func (s *Store) replay(n uint64) error {
	name := logName(n)
	r, err := wal.Read(s.fs, name, func(k wal.Kind, number uint64, payload []byte) error {
		err := s.replayFrame(k, number, payload)
		if errors.Is(err, page.ErrDamaged) {
			s.damage(name, int64(len(payload)), err)
			return nil
		}
		return err
	})
	if err != nil {
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

func (s *Store) replayFrame(k wal.Kind, number uint64, payload []byte) error {
	switch k {
	case wal.Batch:
		p, err := openFrame(payload)
		if err != nil {
			return err
		}
		return s.apply(p, number)
	case wal.Forget:
		f, err := decodeForgetting(payload)
		if err != nil {
			return err
		}
		return s.applyForget(f)
	}
	return fmt.Errorf("columnar: open: log holds a frame of kind %d, written by a newer version", k)
}
