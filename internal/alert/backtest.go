package alert

import (
	"time"

	"clew/internal/signal"
)

// Trial is what a rule would have done with one series.
type Trial struct {
	Group       []string
	Points      []Point
	Transitions []Transition
	Notices     int           // messages it would have sent
	Firing      time.Duration // in all
	FiredFirst  signal.Time   // 0: never
}

// Try steps a series through the past, window by window, as it would have been live
// without early messages, which depend on when data came.
func Try(r *Rule, points []Point, rng signal.Range) Trial {
	t := Trial{Points: points}
	s := r.From0(rng.From)
	s.Told.Status = NoData
	var since signal.Time
	for end := r.align(rng.From).Add(r.Width); end <= rng.To; end = end.Add(r.Width) {
		var made []Transition
		s, made = Step(r, s, pointsIn(points, s.Base.Next, end), end.Add(r.Wait))
		for _, m := range made {
			m.Early = false
			t.Transitions = append(t.Transitions, m)
			switch {
			case m.Opens:
				t.Notices++
				since = m.At
				if t.FiredFirst == 0 {
					t.FiredFirst = m.At
				}
			case m.Resolves:
				t.Notices++
				t.Firing += m.At.Sub(since)
				since = 0
			}
		}
	}
	if since != 0 {
		t.Firing += rng.To.Sub(since)
	}
	return t
}

// pointsIn returns the points of windows that start in [from, to).
func pointsIn(points []Point, from, to signal.Time) []Point {
	lo := search(points, from)
	return points[lo:max(lo, search(points, to))]
}

func search(points []Point, at signal.Time) int {
	lo, hi := 0, len(points)
	for lo < hi {
		if mid := (lo + hi) / 2; points[mid].At < at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
