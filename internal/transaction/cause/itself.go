package cause

import (
	"strconv"
	"strings"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// This file is the failures that a stay has by itself: memory, crashes, callers
// that hang up or ask for nonsense, loops.

// byItself blames stay s where what it says leaves no doubt.
func (f *finder) byItself(s int, texts []string, failed []int) (out []found) {
	row := &f.t.Rows[s]
	name := f.name(s)
	blame := func(score float64, text string) {
		x := found{row: s, score: score, linked: score >= 0.6, text: text, chain: []int{s}}
		if said := f.lastWords(s, texts); said != "error" {
			x.notes = []Note{{s, short(said)}}
		}
		out = append(out, x)
	}
	alike := false // a call failed in the same way: then it is the call's
	for _, c := range failed {
		alike = alike || f.t.Rows[c].Outcome == row.Outcome
	}
	switch {
	case row.Outcome == transaction.OOM && !alike:
		text := name + " ran out of memory"
		if x := f.facts[s]; x != nil && x.memory > 0 {
			text += " (" + strconv.FormatInt(x.memory>>20, 10) + " MB)"
		}
		blame(0.95, text)
	case row.Outcome == transaction.Crash && !alike:
		blame(0.9, name+" crashed: "+short(f.lastWords(s, texts)))
	}
	if f.isEntry(s) {
		status := f.status(s)
		switch {
		case status == 499 || anyText(texts, hungUp):
			blame(0.95, "the caller of "+name+" hung up after "+duration(row.Dur))
		case status == 429:
			blame(0.8, name+" throttled its caller")
		case status == 401 || status == 403:
			blame(0.6, "the caller of "+name+" was refused with "+strconv.Itoa(status))
		case status >= 400 && status < 500:
			blame(0.66, "the caller of "+name+" sent a request that was refused with "+strconv.Itoa(status))
		}
	}
	if laps, via := f.laps(s); laps >= 3 {
		score := 0.55
		if anyText(texts, looping) {
			score = 0.97
		}
		first := f.firstLap(s)
		x := found{row: first, score: score, linked: score > 0.6, text: name + " invoked itself " + strconv.Itoa(laps) + " times in a loop" + via, chain: f.lapRows(s, first)}
		x.notes = []Note{{s, "lap " + strconv.Itoa(laps) + " of " + name}}
		out = append(out, x)
	}
	return out
}

var (
	hungUp  = []string{"client disconnect", "client closed", "client hung up", "closed by the client", "aborted by the client", "client aborted", "request aborted", "client went away", "connection closed by client"}
	looping = []string{"recursive", "recursion", "infinite loop", "loop detected", "too many hops", "circular"}
	cancels = []string{"context canceled", "context cancelled", "operation was canceled", "operation was cancelled", "request canceled", "the operation was aborted", "cancellederror", "task was canceled", "taskcanceled", "cancelled by caller"}
	broken  = []string{"circuit", "callnotpermitted", "brokencircuit", "bulkhead", "breaker"}
)

// anyText reports whether one of signs, in lower case, stands in one of texts.
func anyText(texts []string, signs []string) bool {
	for _, t := range texts {
		t = strings.ToLower(t)
		for _, s := range signs {
			if strings.Contains(t, s) {
				return true
			}
		}
	}
	return false
}

// cancelled reports whether call c only failed because its caller gave it up.
func (f *finder) cancelled(c int) bool {
	said := []string{f.t.Rows[c].Error}
	if x := f.facts[c]; x != nil {
		said = append(said, x.message)
	}
	return anyText(said, cancels)
}

// laps counts how often the code of stay s was entered on the way to it by
// messages, and says through what.
func (f *finder) laps(s int) (laps int, via string) {
	laps = 1
	for at, steps := s, 0; steps < 1000; steps++ {
		up := f.senders(at)
		if len(up) == 0 || up[0] >= at {
			break
		}
		at = f.stay[up[0]]
		if f.t.Rows[at].Node == f.t.Rows[s].Node && f.t.Rows[at].Name == f.t.Rows[s].Name || f.t.Rows[at].Node == f.t.Rows[s].Node && f.t.Nodes[f.t.Rows[at].Node].Kind == signal.Function {
			laps++
			if n := &f.t.Nodes[f.t.Rows[up[0]].Node]; via == "" && f.t.Rows[up[0]].Node != f.t.Rows[at].Node {
				via = " through " + n.Name
			}
		}
	}
	return laps, via
}

// firstLap is the first stay of the loop that s is in.
func (f *finder) firstLap(s int) int {
	first := s
	for at, steps := s, 0; steps < 1000; steps++ {
		up := f.senders(at)
		if len(up) == 0 || up[0] >= at {
			break
		}
		if at = f.stay[up[0]]; f.t.Rows[at].Node == f.t.Rows[s].Node {
			first = at
		}
	}
	return first
}

func (f *finder) lapRows(s, first int) []int {
	rows := []int{s}
	for at := s; at != first && len(rows) < 2000; {
		up := f.senders(at)
		if len(up) == 0 || up[0] >= at {
			break
		}
		at = f.stay[up[0]]
		rows = append(rows, up[0], at)
	}
	return rows
}

// byBreaker blames the calls that made a circuit breaker open, wherever they were made.
func (f *finder) byBreaker(s int, texts []string) (out []found) {
	if !anyText(texts, broken) {
		return nil
	}
	tried := 0
	for _, c := range f.failing {
		row := &f.t.Rows[c]
		if !f.isCall(c) || !f.outer(c) || row.Start >= f.end(s) || tried >= maxSenders {
			continue
		}
		if name := f.t.Nodes[f.target(c)].Name; len(name) < 3 || !anyText(texts, []string{strings.ToLower(name)}) {
			continue
		}
		tried++
		subs := under(f.explainCall(c), 0.96, true, s)
		for i := range subs {
			subs[i].text += ", which opened a circuit breaker"
		}
		out = append(out, subs...)
	}
	if tried == 0 {
		out = append(out, found{row: s, score: 0.45, text: f.name(s) + " was kept from calling by a circuit breaker that opened before this story", chain: []int{s}})
	}
	return out
}
