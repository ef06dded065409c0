package signal

import (
	"math"
	"time"
)

// Time is nanoseconds since 1970 UTC; 0 means unknown.
type Time int64

// TimeOf converts a time.Time; the zero time.Time becomes 0.
func TimeOf(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixNano())
}

// Std converts to time.Time in UTC.
func (t Time) Std() time.Time { return time.Unix(0, int64(t)).UTC() }

// Add returns t moved by d, saturating instead of wrapping round.
func (t Time) Add(d time.Duration) Time {
	s := t + Time(d)
	switch {
	case d > 0 && s < t:
		return math.MaxInt64
	case d < 0 && s > t:
		return math.MinInt64
	}
	return s
}

// Sub returns t-u as a duration, saturating instead of wrapping round.
func (t Time) Sub(u Time) time.Duration {
	d := t - u
	switch {
	case t > u && d < 0:
		return math.MaxInt64
	case t < u && d > 0:
		return math.MinInt64
	}
	return time.Duration(d)
}

// Range is a half-open interval [From, To). A zero bound is none: the zero Range
// is all of time, before 1970 too.
type Range struct{ From, To Time }

// Contains reports whether t lies in r.
func (r Range) Contains(t Time) bool { return (r.From == 0 || t >= r.From) && (r.To == 0 || t < r.To) }

// Overlaps reports whether any instant of the closed interval [lo, hi] lies in r.
func (r Range) Overlaps(lo, hi Time) bool {
	return (r.From == 0 || hi >= r.From) && (r.To == 0 || lo < r.To)
}
