package alert

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"clew/internal/query"
)

// Condition is a comparison with a bound: a number, or so many standard deviations
// above what is usual at that hour of the week.
type Condition struct {
	Op    query.Op // Gt, Ge, Lt or Le
	Bound float64  // of durations in nanoseconds; of ratios 1 is all
	Sigma bool     // Bound is in standard deviations above the baseline
}

var comparisons = [...]struct {
	text string
	op   query.Op
}{{">=", query.Ge}, {"<=", query.Le}, {">", query.Gt}, {"<", query.Lt}}

func parseCondition(s string) (c Condition, err error) {
	s = strings.TrimSpace(s)
	rest, found := s, false
	for _, o := range comparisons {
		if rest, found = strings.CutPrefix(s, o.text); found {
			c.Op = o.op
			break
		}
	}
	if !found {
		return c, fmt.Errorf("expected >=, >, <= or < before a bound, as in >= 10")
	}
	text := strings.TrimSpace(rest)
	if n, ok := strings.CutSuffix(text, "sigma"); ok {
		c.Sigma, text = true, strings.TrimSpace(n)
		if c.Op != query.Gt && c.Op != query.Ge {
			return c, fmt.Errorf("expected > before a bound in sigma: a baseline tells what is too much")
		}
	}
	if c.Bound, err = parseNumber(text); err != nil {
		return c, err
	}
	if c.Sigma && c.Bound <= 0 {
		return c, fmt.Errorf("expected more than 0 sigma")
	}
	return c, nil
}

var units = [...]struct {
	name  string
	times float64
}{{"%", 0.01}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"", 1}}

// parseNumber reads a number that may have a unit: 10, 2.5, 5%, 200ms.
func parseNumber(s string) (float64, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(digits, 64)
		if err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
			return n * u.times, nil
		}
	}
	return 0, fmt.Errorf("expected a bound such as 10, 5%%, 200ms or 3 sigma, found %q", s)
}

// met reports whether v is beyond bound.
func (c Condition) met(v, bound float64) bool {
	switch c.Op {
	case query.Ge:
		return v >= bound
	case query.Gt:
		return v > bound
	case query.Le:
		return v <= bound
	}
	return v < bound
}

// symbol returns the comparison as it is written.
func (c Condition) symbol() string {
	for _, o := range comparisons {
		if o.op == c.Op {
			return o.text
		}
	}
	return "?"
}

// parseShare reads "2 of 3", or "2", which is 2 of 2.
func parseShare(s string) (m, n int, err error) {
	first, second, both := strings.Cut(s, "of")
	if m, err = strconv.Atoi(strings.TrimSpace(first)); err == nil && !both {
		n = m
	} else if err == nil {
		n, err = strconv.Atoi(strings.TrimSpace(second))
	}
	if err != nil || m < 1 || n < m || n > mostWindows {
		return 0, 0, fmt.Errorf("expected M of N windows with 1 ≤ M ≤ N ≤ %d, as in 2 of 3", mostWindows)
	}
	return m, n, nil
}

// mostWindows bounds how far back one decision looks.
const mostWindows = 288

// parseDuration reads 15s, 5m, 1h30m or 2d.
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n <= 366 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("expected a duration such as 15s, 5m or 1h, found %q", s)
	}
	return d, nil
}
