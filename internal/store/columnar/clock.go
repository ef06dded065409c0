package columnar

import (
	"time"

	"clew/internal/signal"
)

// A wrong clock must not cost data. Retention believes the wall clock only as far
// as the time this store has seen pass explains it: steps of up to a day are
// followed at once (a suspended machine, a short outage, a corrected zone). After
// a longer one retention's clock goes on from where it was, at most clockChase
// times as fast as the process runs, until it has caught up. So a clock that is
// years ahead drops at most three hours more of old data for each hour it goes
// unnoticed, and says so in the log; a server that was off for a month drops
// what became old meanwhile over some ten days. A clock that is set back drops
// nothing until it is past where it was. The trusted time is in the manifest.
const (
	clockStep  = 24 * time.Hour
	clockChase = 4
)

// retentionNow returns the time that ages are measured against. It is asked from
// retention rounds only.
func (s *Store) retentionNow() signal.Time {
	now, up := signal.TimeOf(s.opt.Clock()), s.uptime()
	s.mu.Lock()
	defer s.mu.Unlock()
	ran := up - s.trustedUp
	s.trustedUp = up
	ahead := now.Sub(s.trusted)
	if s.trusted < year2000 || ahead <= max(clockStep, ran) {
		s.trusted, s.clockWarned = max(s.trusted, now), false
		return now
	}
	if !s.clockWarned {
		s.clockWarned = true
		s.log.Warn("columnar: the clock is ahead of what this server has seen pass; retention follows slowly", "clock", now.Std(), "trusted", s.trusted.Std())
	}
	s.trusted = min(now, s.trusted.Add(clockChase*ran))
	return s.trusted
}

// stamp is the time to write on new parts: never before what was trusted once,
// so that parts written while the clock was wrong are not the oldest ones later.
func (s *Store) stamp() signal.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return max(signal.TimeOf(s.opt.Clock()), s.trusted)
}
