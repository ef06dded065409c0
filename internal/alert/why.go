package alert

import (
	"fmt"
	"strconv"
	"time"
)

// Format writes a value of the rule's measure for people: 1.2s, 5%, 12.
func (r *Rule) Format(v float64) string {
	switch {
	case r.Measured.IsDuration():
		d := time.Duration(v)
		for unit := time.Nanosecond; unit < time.Hour; unit *= 10 {
			if d < 1000*unit { // three digits are enough
				return d.Round(unit).String()
			}
		}
		return d.Round(time.Minute).String()
	case r.Measured.Aggregate == Ratio:
		return strconv.FormatFloat(v*100, 'g', 4, 64) + "%"
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// Why says why a transition was made, in one line: "count 15 >= 10 in 2 of 2 windows
// of 5m".
func (r *Rule) Why(t Transition) string {
	share := fmt.Sprintf("%d of %d windows of %s", t.Beyond, r.N, r.Window)
	if r.N == 1 {
		share = "a window of " + r.Window
	}
	var text string
	switch {
	case t.From == t.To:
		return "late data changed what happened; nothing that was sent is taken back"
	case t.To == NoData:
		return "no data in " + share
	case t.Samples == 0 && !r.zero:
		text = fmt.Sprintf("%s without data in the last window", r.Measured)
	default:
		text = fmt.Sprintf("%s %s", r.Measured, r.Format(t.Value))
	}
	switch {
	case t.To == Firing || t.To == Pending:
		text += fmt.Sprintf(" %s %s in %s", r.Bounded.symbol(), r.Format(t.Bound), share)
	case r.N > 1:
		text += fmt.Sprintf(", %s %s in %s only", r.Bounded.symbol(), r.Format(t.Bound), share)
	default:
		text += fmt.Sprintf(" is not %s %s", r.Bounded.symbol(), r.Format(t.Bound))
	}
	if t.Revised {
		text += ", by late data"
	}
	return text
}
