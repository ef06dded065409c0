package api

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"clew/internal/signal"
)

// parseRange reads from and to. Without from the last hour is meant; without to
// there is no upper bound, so that senders whose clock is ahead are seen.
func parseRange(from, to string, now time.Time) (r signal.Range, err error) {
	r.From = signal.TimeOf(now.Add(-time.Hour))
	if from != "" {
		if r.From, err = parseTime(from, now); err != nil {
			return r, fmt.Errorf("api: read from: %w", err)
		}
	}
	if to != "" {
		if r.To, err = parseTime(to, now); err != nil {
			return r, fmt.Errorf("api: read to: %w", err)
		}
		if r.To <= r.From {
			return r, fmt.Errorf("api: the range ends (%s) before it begins (%s)", to, from)
		}
	}
	return r, nil
}

// parseTime reads RFC 3339, now, now-15m, or seconds, milliseconds, microseconds
// or nanoseconds since 1970, told apart by their size.
func parseTime(s string, now time.Time) (signal.Time, error) {
	if rest, ok := strings.CutPrefix(s, "now"); ok {
		d, err := parseOffset(rest)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", s, err)
		}
		return signal.TimeOf(now).Add(d), nil
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && n >= 0 && !math.IsInf(n, 0) {
		return parseEpoch(s, n)
	}
	// A "+" of a zone arrives as a space where the sender did not escape it.
	at, err := time.Parse(time.RFC3339Nano, strings.Replace(s, " ", "+", 1))
	if err != nil || at.Year() < 1970 || at.Year() > 2261 {
		return 0, fmt.Errorf("%q is no time: give RFC 3339, now-15m or a unix time", s)
	}
	return signal.TimeOf(at), nil
}

// parseUntil reads a time to come: what parseTime reads, or now+8h.
func parseUntil(s string, now time.Time) (signal.Time, error) {
	rest, ok := strings.CutPrefix(strings.Replace(s, " ", "+", 1), "now+")
	if !ok {
		at, err := parseTime(s, now)
		if err != nil {
			return 0, fmt.Errorf("api: read until: %w", err)
		}
		return at, nil
	}
	d, err := parseOffset("-" + rest)
	if err != nil {
		return 0, fmt.Errorf("api: read until: %q: give a time to come such as now+30m, now+8h, now+7d", s)
	}
	return signal.TimeOf(now).Add(-d), nil
}

func parseEpoch(s string, n float64) (signal.Time, error) {
	times := 1.0
	switch {
	case n < 1e11:
		times = 1e9
	case n < 1e14:
		times = 1e6
	case n < 1e17:
		times = 1e3
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return signal.Time(i * int64(times)), nil
	}
	if n*times >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too large for a unix time", s)
	}
	return signal.Time(n * times), nil
}

func parseOffset(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit, ok := units[s[len(s)-1]]
	n, err := strconv.ParseInt(strings.TrimPrefix(s[:len(s)-1], "-"), 10, 32)
	if !ok || err != nil || n < 0 || s[0] != '-' || n > int64(math.MaxInt64/unit) {
		return 0, fmt.Errorf("give an offset such as now-30s, now-15m, now-6h, now-7d")
	}
	return -time.Duration(n) * unit, nil
}

func rfc3339(t signal.Time) string {
	if t == 0 {
		return ""
	}
	return t.Std().Format(time.RFC3339Nano)
}
