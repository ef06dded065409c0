package alert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"clew/internal/query"
)

// Aggregate is what a measure does with the rows of a window.
type Aggregate string

// The aggregates. Sum, Distinct, Avg and Max take a field; without one Avg and Max
// are of durations.
const (
	Count    Aggregate = "count"
	Errors   Aggregate = "errors" // rows with status error or level error and above
	Rate     Aggregate = "rate"   // rows a second
	Ratio    Aggregate = "ratio"  // errors of all rows, 0 to 1
	Avg      Aggregate = "avg"
	Max      Aggregate = "max"
	Quantile Aggregate = "p" // p50 to p99.9 of durations
	Sum      Aggregate = "sum"
	Distinct Aggregate = "distinct"
)

// Measure is what is measured of the rows of a window.
type Measure struct {
	Aggregate Aggregate
	Field     string  // of Sum, Distinct, Avg and Max; empty is the duration
	Q         float64 // of Quantile, 0 to 1
}

// parseMeasure reads count, errors, rate, ratio, avg, max, p95, sum(field),
// distinct(field), avg(field) or max(field).
func parseMeasure(s string) (m Measure, err error) {
	name, rest, call := strings.Cut(s, "(")
	if call {
		field, ok := strings.CutSuffix(rest, ")")
		m.Field = strings.Trim(strings.TrimSpace(field), `"`)
		if !ok || m.Field == "" {
			return m, fmt.Errorf("expected a field in parentheses, as in sum(order.total)")
		}
	}
	m.Aggregate = Aggregate(strings.TrimSpace(name))
	if m.Field == query.FieldDuration && m.Aggregate != Sum && m.Aggregate != Distinct {
		m.Field = ""
	}
	switch m.Aggregate {
	case Count, Errors, Rate, Ratio:
		if call {
			return m, fmt.Errorf("expected %s without a field", m.Aggregate)
		}
		return m, nil
	case Avg, Max:
		return m, nil
	case Sum, Distinct:
		if !call {
			return m, fmt.Errorf("expected a field, as in %s(order.total)", m.Aggregate)
		}
		return m, nil
	}
	if digits, ok := strings.CutPrefix(name, "p"); ok && m.Field == "" {
		if q, err := strconv.ParseFloat(digits, 64); err == nil && q > 0 && q < 100 {
			return Measure{Aggregate: Quantile, Q: q / 100}, nil
		}
	}
	return m, fmt.Errorf("expected count, errors, rate, ratio, avg, max, p50 to p99, sum(field) or distinct(field), found %q", s)
}

// counts reports whether a window without rows has the value 0, rather than none.
func (m Measure) counts() bool {
	return slices.Contains([]Aggregate{Count, Errors, Rate, Sum, Distinct}, m.Aggregate)
}

// grows reports whether more rows in a window never make the value smaller.
func (m Measure) grows() bool {
	return slices.Contains([]Aggregate{Count, Errors, Rate, Distinct, Max}, m.Aggregate)
}

// IsDuration reports whether values are nanoseconds.
func (m Measure) IsDuration() bool {
	return m.Aggregate == Quantile || m.Field == "" && (m.Aggregate == Avg || m.Aggregate == Max) || m.Field == query.FieldDuration && m.Aggregate == Sum
}

// String returns the measure as it is written.
func (m Measure) String() string {
	switch {
	case m.Aggregate == Quantile:
		return "p" + strconv.FormatFloat(m.Q*100, 'g', 6, 64)
	case m.Field != "":
		return string(m.Aggregate) + "(" + m.Field + ")"
	}
	return string(m.Aggregate)
}
