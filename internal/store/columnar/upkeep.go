package columnar

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"clew/internal/signal"
)

// upkeepLoop merges, and lets go of what is beyond the limits.
func (s *Store) upkeepLoop() {
	tick := time.NewTicker(s.opt.Upkeep)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.forgot:
			// What was forgotten leaves the log with the next flush.
			if err := s.Flush(s.stopped); err != nil && !errors.Is(err, errClosed) {
				s.log.Warn("columnar: flush what was forgotten", "error", err)
			}
		case <-s.stopped.Done():
			return
		}
		if s.flushDue() {
			s.request(s.stopped, &request{rotate: true}) // flushLoop reports
		}
		if err := s.mergeTiers(); err != nil && !errors.Is(err, errClosed) {
			s.log.Error("columnar: merge", "error", err)
		}
		if err := s.retain(); err != nil && !errors.Is(err, errClosed) {
			s.log.Error("columnar: drop old parts", "error", err)
		}
	}
}

func (s *Store) flushDue() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sealed == nil && s.active.rows > 0 && time.Since(s.active.born) >= s.opt.FlushAge
}

// retain drops parts that are too old, then the oldest while there are too many
// bytes, and parts of which every row is gone.
func (s *Store) retain() error {
	s.merging.Lock()
	defer s.merging.Unlock()
	now := signal.TimeOf(s.opt.Clock())
	s.mu.RLock()
	parts := slices.Clone(s.parts)
	empty := map[*part]bool{}
	total := int64(0)
	for _, p := range parts {
		empty[p] = p.deadLocked() == p.Rows
		total += p.Size
	}
	for _, n := range s.logBytes {
		total += n
	}
	s.mu.RUnlock()
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(b.age(now), a.age(now)) })
	var drop []*part
	for _, p := range parts {
		old := s.opt.RetainAge > 0 && p.age(now) > s.opt.RetainAge
		big := s.opt.RetainBytes > 0 && total > s.opt.RetainBytes
		if old || big || empty[p] {
			drop = append(drop, p)
			total -= p.Size
		}
	}
	if len(drop) == 0 {
		return nil
	}
	if err := s.publish(s.newRewrite(), drop, nil); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range drop {
		s.rows[p.Type] -= int64(p.Rows - p.deadLocked())
	}
	return nil
}

// age is how long ago the newest row was, or for rows whose time no clock in
// order says, how long ago they came.
func (p *part) age(now signal.Time) time.Duration {
	if p.Partition == partitionOdd {
		return now.Sub(p.Written)
	}
	return now.Sub(min(p.Hi, p.Written))
}
