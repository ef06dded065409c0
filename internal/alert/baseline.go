package alert

import (
	"math"
	"slices"
	"time"

	"clew/internal/signal"
)

// Baseline is what was usual, hour by hour of the week. Its windows are one hour.
type Baseline struct {
	hours []Point // oldest first
}

// History is how far back a baseline looks, and Enough how much of it there must be.
const (
	History = 28 * 24 * time.Hour
	Enough  = 3 * 24 * time.Hour
)

// NewBaseline makes a baseline of the points of hours, oldest first.
func NewBaseline(hours []Point) *Baseline { return &Baseline{hours} }

// Band is what was usual: most values were within Median ± Spread, which estimates
// one standard deviation but does not mind outliers.
type Band struct {
	Median, Spread float64
}

const (
	sigmaOfMAD = 1.4826 // of a normal distribution
	least      = 1.3    // times the median that is too much at least, where nothing ever varied
	fewest     = 3      // values a band is made of
)

// At returns the band of the hour of the week of t, from the hours of four weeks
// before it; where those are fewer than three, of the hour of the day, else of all.
// It is false while there is less than three days of history.
func (b *Baseline) At(t signal.Time) (Band, bool) {
	from, _ := slices.BinarySearchFunc(b.hours, t.Add(-History), func(p Point, at signal.Time) int { return int(min(max(p.At-at, -1), 1)) })
	to, _ := slices.BinarySearchFunc(b.hours, hourOf(t), func(p Point, at signal.Time) int { return int(min(max(p.At-at, -1), 1)) })
	past := b.hours[from:max(from, to)]
	if len(past) == 0 || t.Sub(past[0].At) < Enough {
		return Band{}, false
	}
	for _, every := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour} {
		var values []float64
		for i := range past {
			if hourOf(t).Sub(past[i].At)%every == 0 {
				values = append(values, past[i].Value)
			}
		}
		if len(values) >= fewest {
			return bandOf(values), true
		}
	}
	return Band{}, false
}

func hourOf(t signal.Time) signal.Time { return t - t%signal.Time(time.Hour) }

func bandOf(values []float64) Band {
	b := Band{Median: median(values)}
	for i := range values {
		values[i] = math.Abs(values[i] - b.Median)
	}
	b.Spread = sigmaOfMAD * median(values)
	return b
}

// median sorts values.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// Usual sets the bounds of points from what was usual.
func (r *Rule) Usual(b *Baseline, points []Point) {
	if !r.Bounded.Sigma {
		return
	}
	for i := range points {
		band, ok := b.At(points[i].At)
		points[i].Usual = ok
		if ok {
			points[i].Bound = max(band.Median+r.Bounded.Bound*band.Spread, least*band.Median)
		}
	}
}
