package cause

import (
	"cmp"
	"slices"
	"strings"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// This file walks from a failure to what may have caused it. Every step says how
// much of the blame it hands on; a candidate's score is the product along the
// way, and the best way to each row counts.

// found is one candidate and how it was reached.
type found struct {
	row    int
	score  float64
	linked bool   // evidence connects it with the failure
	text   string // what it did
	chain  []int  // rows from the failure to row
	notes  []Note
	values []Value
	field  string // "$.user", where a field is what failed
}

// finder searches one transaction. Its steps are bounded: hostile stories end in
// fewer candidates, not in a long search.
type finder struct {
	*index
	steps int
	busy  map[int]bool // stays being explained
	done  map[int][]found
	said  map[string][]mention
}

const (
	maxSteps = 4000
	maxStays = 100 // stays on the way from the failure
	maxFound = 8   // candidates of one stay
	maxCalls = 64  // failed calls of one stay that are followed
)

// explain says why stay s failed, best first.
func (f *finder) explain(s int) []found {
	if out, ok := f.done[s]; ok {
		return out
	}
	if f.busy[s] || f.steps >= maxSteps || len(f.busy) >= maxStays {
		return nil
	}
	f.steps++
	f.busy[s] = true
	texts := f.texts(s)
	failed := f.failedCalls(s)
	var out []found
	out = append(out, f.byItself(s, texts, failed)...)
	if f.ranOut(s, failed) {
		out = append(out, f.slow(s, f.t.Rows[s].Start, f.end(s))...)
	}
	if calls(f.t.Rows[s].Kind) && f.callFailed(s) { // a client nobody called
		out = append(out, f.explainCall(s)...)
	}
	out = append(out, f.byCalls(s, texts, failed)...)
	out = append(out, f.byBreaker(s, texts)...)
	out = append(out, f.byField(s, texts, failed)...)
	out = append(out, f.bySender(s, texts)...)
	out = append(out, f.self(s, texts, failed))
	out = best(out)
	out = out[:min(len(out), maxFound)]
	delete(f.busy, s)
	f.done[s] = out
	return out
}

// best ranks and keeps of each row the best way to it.
func best(in []found) (out []found) {
	slices.SortStableFunc(in, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(btoi(b.linked), btoi(a.linked)), cmp.Compare(a.row, b.row), cmp.Compare(len(a.chain), len(b.chain)))
	})
	seen := map[int]bool{}
	for _, c := range in {
		if !seen[c.row] && c.score > 0.01 {
			seen[c.row] = true
			out = append(out, c)
		}
	}
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// under puts what explains a call or sender below the rows that led there.
func under(subs []found, weight float64, linked bool, rows ...int) (out []found) {
	for _, c := range subs {
		c.score *= weight
		c.linked = c.linked && linked
		c.chain = append(slices.Clone(rows), c.chain...)
		out = append(out, c)
	}
	return out
}

// texts are what the code of stay s said when it failed, its last words first.
func (f *finder) texts(s int) (out []string) {
	say := func(text string) {
		if text != "" && !slices.Contains(out, text) && len(out) < 16 {
			out = append(out, text)
		}
	}
	f.rowsOf(s, func(r int) bool {
		if r != s && f.isCall(r) {
			return true
		}
		if x := f.facts[r]; x != nil {
			for i := len(x.exceptions) - 1; i >= 0; i-- {
				say(x.exceptions[i].text())
			}
			if f.failed(r) {
				say(x.message)
			}
		}
		if f.failed(r) {
			say(f.t.Rows[r].Error)
		}
		for _, l := range f.lines[r] {
			if l.level > 16 {
				say(l.text)
			}
		}
		return len(out) < 16
	})
	if x := f.facts[s]; x != nil {
		for i := range x.payloads {
			if p := &x.payloads[i]; p.role == "response" && strings.Contains(p.text, "rror") {
				say(errorOf(f.read(p)))
			}
		}
	}
	return out
}

func (x *exception) text() string {
	switch {
	case x.kind == "" || strings.HasPrefix(x.message, x.kind):
		return x.message
	case x.message == "":
		return x.kind
	}
	return x.kind + ": " + x.message
}

// byCalls blames calls of stay s that failed.
func (f *finder) byCalls(s int, texts []string, failed []int) (out []found) {
	told := len(f.wellFormed(texts)) > 0 // it failed on a field, which may have nothing to do with calls
	lasting := 0
	for _, c := range failed {
		lasting += btoi(!f.recovered(c) && !f.cancelled(c))
	}
	list := followed(failed)
	for i, c := range list {
		weight, linked := 0.5, false
		switch rel := f.related(texts, c); {
		case rel:
			weight, linked = 0.97, true
		case lasting == 1 && !told:
			weight, linked = 0.9, true
		case i == len(list)-1:
			weight = 0.8
		}
		if told && !linked {
			weight *= 0.8
		}
		if f.recovered(c) {
			weight *= 0.5
		}
		if f.callee(c) < 0 && f.complains(c) || len(f.asked([]int{c})) > 0 {
			weight *= 0.7
		}
		if f.cancelled(c) {
			weight, linked = weight*0.3, false
		}
		if !f.failed(c) && !f.failed(s) && weight < 0.9 { // silent on both sides
			weight *= 0.9
		}
		out = append(out, under(f.explainCall(c), weight, linked, s)...)
	}
	return out
}

// explainCall says why call c failed. Its candidates' chains begin with c.
func (f *finder) explainCall(c int) []found {
	callee := f.callee(c)
	status := f.status(c)
	switch {
	case f.waited(c) && callee >= 0:
		return f.lateAnswer(c, callee)
	case callee >= 0 && (f.failed(callee) || f.errorBody(callee) != ""):
		return under(f.explain(callee), 0.98, true, c)
	case callee >= 0 && (status == 400 || status == 422 || status == 404):
		subs := under(f.explain(callee), 0.9, true, c)
		return append(subs, f.answered(c, callee, 0.8))
	case callee >= 0:
		return []found{f.answered(c, callee, 0.9)}
	}
	return []found{f.answered(c, -1, 0.9)}
}

// answered blames the other side of call c, seen or not.
func (f *finder) answered(c, callee int, score float64) found {
	x := found{row: c, score: score, linked: true, text: f.callText(c), chain: []int{c}}
	if callee >= 0 {
		x.row = callee
		x.chain = append(x.chain, callee)
	}
	x.notes = []Note{{c, f.callNote(c)}}
	return x
}

// ranOut reports whether stay s itself was cut off by time, rather than a call of it.
func (f *finder) ranOut(s int, failed []int) bool {
	row := &f.t.Rows[s]
	if row.Flags&transaction.FlagOpen != 0 {
		return true
	}
	if row.Outcome != transaction.Timeout {
		return false
	}
	for _, c := range failed {
		if f.t.Rows[c].Flags&transaction.FlagOpen == 0 && f.t.Rows[c].Outcome == transaction.Timeout && !strings.Contains(row.Error, "timed out after") {
			return false
		}
	}
	return true
}

// waited reports whether the caller gave up on call c.
func (f *finder) waited(c int) bool {
	return f.t.Rows[c].Outcome == transaction.Timeout || f.t.Rows[c].Flags&transaction.FlagOpen != 0
}

// wellFormed are the mentions of fields in texts, of the first text that has any.
func (f *finder) wellFormed(texts []string) []mention {
	var nameless []mention
	for _, text := range texts {
		ms := f.mentions(text)
		for _, m := range ms {
			if len(m.path) > 0 || m.value != "" {
				return ms
			}
		}
		if nameless == nil {
			nameless = ms
		}
	}
	return nameless
}

// mentions reads text, once.
func (f *finder) mentions(text string) []mention {
	ms, ok := f.said[text]
	if !ok {
		ms = mentions(text)
		f.said[text] = ms
	}
	return ms
}

// self blames stay s itself.
func (f *finder) self(s int, texts []string, failed []int) found {
	row := &f.t.Rows[s]
	score, linked := 0.7, false
	if len(failed) > 0 {
		score = 0.35
	} else if len(f.senders(s)) == 0 {
		score = 0.75
	}
	switch {
	case len(texts) == 0 || isBland(texts[0]) && len(texts) == 1:
		score *= 0.6
	case len(f.wellFormed(texts)) > 0:
		score *= 0.7
	case len(failed) == 0:
		linked = true
	}
	x := found{row: s, score: score, linked: linked, chain: []int{s}, text: f.name(s) + " failed: " + short(f.lastWords(s, texts))}
	if row.Outcome == transaction.Throttled && len(failed) == 0 {
		x.text = f.name(s) + " was throttled"
	}
	if len(texts) > 0 {
		x.notes = []Note{{s, short(f.lastWords(s, texts))}}
	}
	return x
}

// lastWords are the most telling text of a failure.
func (f *finder) lastWords(s int, texts []string) string {
	for _, t := range texts {
		if !isBland(t) {
			return t
		}
	}
	if len(texts) > 0 {
		return texts[0]
	}
	if e := f.t.Rows[s].Error; e != "" {
		return e
	}
	return "error"
}

// name is what stay or row r ran on.
func (f *finder) name(r int) string {
	if s := f.stay[r]; s == r && !calls(f.t.Rows[r].Kind) || s != r && !f.isCall(r) {
		return f.t.Nodes[f.t.Rows[s].Node].Name
	}
	return f.t.Services[f.t.Rows[r].Service]
}

func (f *finder) isEntry(s int) bool {
	return s == f.t.Entry || f.t.Rows[s].Parent < 0 && f.t.Rows[s].Kind == signal.Server
}
