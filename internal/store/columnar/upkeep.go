package columnar

import (
	"errors"
	"time"
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
		s.graphs.tidy()
		for _, step := range []struct {
			what string
			do   func() error
		}{{"drop old parts", s.retain}, {"forget boring traces", s.forgetBoring}, {"merge", s.mergeTiers}} {
			if err := step.do(); err != nil && !errors.Is(err, errClosed) {
				s.log.Error("columnar: "+step.what, "error", err)
			}
		}
		s.rest()
	}
}

func (s *Store) flushDue() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sealed == nil && s.active.rows > 0 && time.Since(s.active.born) >= s.opt.FlushAge
}

// whole sets parts aside that cannot be read after a merge failed, and returns the
// others. What is set aside stays readable as far as it is whole; retention
// removes it like any other part.
func (s *Store) whole(ps []*part, cause error) (good []*part) {
	if errors.Is(cause, errClosed) || isFull(cause) {
		return ps
	}
	for _, p := range ps {
		bad := 0
		p.verify(func(c *chunk, _ int64, err error) {
			bad++
			if c != nil {
				s.damagedPage(c, err)
			}
		})
		if bad == 0 {
			good = append(good, p)
			continue
		}
		s.mu.Lock()
		s.setAside[p.ID] = true
		s.mu.Unlock()
		s.log.Error("columnar: a damaged part is left out of merges; restore it from a backup", "part", p.Name, "pages", bad, "of", len(p.chunks), "error", cause)
	}
	return good
}
