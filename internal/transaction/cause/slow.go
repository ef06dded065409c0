package cause

import (
	"strconv"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// This file finds who took the time.

// slow says where the time of stay s went between from and to.
func (f *finder) slow(s int, from, to signal.Time) (out []found) {
	total := to.Sub(from)
	if total <= 0 || f.steps >= maxSteps {
		return nil
	}
	f.steps++
	name := f.name(s)
	var covered time.Duration
	sums := map[int]*share{}
	f.callsOf(s, func(r int) bool {
		row := &f.t.Rows[r]
		d := overlap(row.Start, f.end(r), from, to)
		covered += d
		n := f.target(r)
		if sums[n] == nil {
			sums[n] = &share{}
		}
		sums[n].add(r, d, row.Flags&transaction.FlagOpen != 0)
		return true
	})
	for n := range f.t.Nodes { // in order, not the map's
		if x := sums[n]; x != nil {
			out = append(out, f.slowNode(s, n, x, total, from, to)...)
		}
	}
	if x := f.coldStart(s, total); x != nil {
		out = append(out, *x)
	}
	rest := float64(max(0, total-covered)) / float64(total)
	text := name + " took " + duration(total) + " itself"
	if f.t.Rows[s].Outcome == transaction.Timeout || f.t.Rows[s].Flags&transaction.FlagOpen != 0 {
		text = name + " was still working by itself after " + duration(total)
	}
	return append(out, found{row: s, score: 0.2 + 0.7*rest, linked: rest > 0.7, text: text, chain: []int{s}})
}

// share is the time that calls of one node took.
type share struct {
	sum, longest time.Duration
	row, calls   int
	open         bool
}

func (x *share) add(r int, d time.Duration, open bool) {
	x.sum += d
	x.calls++
	if open && !x.open || d > x.longest && open == x.open {
		x.row, x.longest, x.open = r, d, open
	}
}

func (f *finder) slowNode(s, n int, x *share, total time.Duration, from, to signal.Time) []found {
	part := min(1, float64(x.sum)/float64(total))
	if part < 0.2 && !x.open {
		return nil
	}
	score, linked := 0.45+0.5*part, part >= 0.55
	if x.open {
		score, linked = max(score, 0.9), true
	}
	other := f.t.Nodes[n].Name
	text := other + " took " + duration(x.sum) + " of the " + duration(total) + " that " + f.name(s) + " had"
	switch {
	case x.open:
		text = other + " had not answered " + f.name(s) + " when time ran out"
	case x.calls > 1 && x.longest < x.sum*6/10:
		text = other + " took " + duration(x.sum) + " in " + strconv.Itoa(x.calls) + " calls of the " + duration(total) + " that " + f.name(s) + " had"
	}
	if f.t.Rows[x.row].Outcome == transaction.Throttled {
		text = f.callText(x.row)
	}
	own := found{row: x.row, score: score, linked: linked, text: text, chain: []int{s, x.row}, notes: []Note{{x.row, duration(x.longest) + " of " + duration(total)}}}
	callee := f.callee(x.row)
	if callee < 0 {
		return []found{own}
	}
	subs := f.slow(callee, max(from, f.t.Rows[callee].Start), min(to, f.end(callee)))
	if f.failed(callee) {
		subs = append(subs, f.explain(callee)...)
	}
	own.score *= 0.6
	return append(under(subs, score, linked, s, x.row), own)
}

// coldStart blames the start of stay s where it took much of total.
func (f *finder) coldStart(s int, total time.Duration) *found {
	x := f.facts[s]
	if x == nil || x.init <= 0 || f.t.Rows[s].Flags&transaction.FlagCold == 0 {
		return nil
	}
	init := time.Duration(x.init * 1e6)
	part := min(1, float64(init)/float64(total))
	if part < 0.3 {
		return nil
	}
	return &found{row: s, score: 0.5 + 0.47*part, linked: part >= 0.5, text: f.name(s) + " needed " + duration(init) + " for a cold start", chain: []int{s}, notes: []Note{{s, "cold start: " + duration(init)}}}
}

// lateAnswer says why callee did not answer call c in time.
func (f *finder) lateAnswer(c, callee int) []found {
	call, stay := &f.t.Rows[c], &f.t.Rows[callee]
	waited := call.Dur
	if x := f.coldStart(callee, waited); x != nil {
		return under([]found{*x}, 1, true, c)
	}
	if gap := stay.Start.Sub(call.Start); gap*10 >= waited*4 && waited > 0 {
		text, score := f.name(callee)+" began "+duration(gap)+" after it was called", 0.8
		if stay.Flags&transaction.FlagCold != 0 {
			text, score = f.name(callee)+" needed "+duration(gap)+" for a cold start", 0.95
		}
		return []found{{row: callee, score: score, linked: true, text: text, chain: []int{c, callee}, notes: []Note{{callee, duration(gap) + " passed before it began"}}}}
	}
	if f.failed(callee) {
		return under(f.explain(callee), 0.97, true, c)
	}
	subs := f.slow(callee, stay.Start, f.end(callee))
	return under(subs, 0.97, true, c)
}

func overlap(a, b, from, to signal.Time) time.Duration {
	return max(0, min(b, to).Sub(max(a, from)))
}

// duration in words of the UI: 48 ms, 2.94 s, 3 min 5 s.
func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(int64(d/time.Microsecond), 10) + " µs"
	case d < time.Second:
		return strconv.FormatInt(int64(d/time.Millisecond), 10) + " ms"
	case d < 2*time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	}
	return strconv.FormatInt(int64(d/time.Minute), 10) + " min " + strconv.FormatInt(int64(d/time.Second)%60, 10) + " s"
}
