package cause

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// built says how stay x came to put b into what it sent by row p to stay to, or
// into its answer, when p and to are x. Chains begin with x.
func (f *finder) built(x, p, to int, b bad, depth int) (out []found) {
	verb := f.verb(p, to == x)
	blame := func(score float64, text string, notes ...Note) *found {
		out = append(out, found{row: x, score: score, linked: true, text: text, chain: []int{x}, notes: notes})
		return &out[len(out)-1]
	}
	ins := f.took(x)
	before := f.t.Rows[p].Start
	switch {
	case to == x:
		before = f.end(x)
	case !f.isCall(p):
		before = f.t.Rows[to].Start
	}
	swallowed := f.swallowed(x, p, before)
	if b.state != ill || b.value == "" {
		if at, row := f.had(ins, &b); at != "" {
			c := blame(0.95, f.name(x)+" left out `"+b.fieldName()+"`, which it was handed, and "+verb+" "+b.with(), Note{x, "its event has " + at})
			c.values = []Value{{Row: p, Role: "message", Path: b.short(), FromRow: row, FromPath: at, FromRole: "event", Missing: true}}
			return out
		}
	}
	out = append(out, f.fromAnswers(x, p, before, b, depth)...)
	answered := len(out) > 0
	for i, w := range f.byRelevance(swallowed, b.name()) {
		score := 0.93
		if i > 0 || b.state == ill && b.value != "" || answered {
			score = 0.6
		}
		c := blame(score, f.name(x)+" swallowed "+f.fault(w)+" and "+verb+" "+b.with(), f.swallowNotes(x, w, before)...)
		if f.isCall(w) {
			c.values = []Value{{Row: p, Role: "message", Path: b.short(), FromRow: w, FromRole: "response", FromPath: b.short(), Missing: true}}
			out = append(out, f.deeper(x, w, score)...)
		}
	}
	if len(out) > 0 && out[0].score > 0.9 {
		return out
	}
	if handed := f.handedOn(ins, p, &b); handed != nil {
		return append(out, under(f.origin(x, *handed, depth+1), 0.98, true)...)
	}
	out = append(out, f.further(x, ins, &b, depth)...)
	score := 0.8
	switch {
	case answered:
		score = 0.4
	case len(ins) == 0:
		score = 0.68
	}
	blame(score, f.name(x)+" "+verb+" "+b.with(), Note{p, "what it sent " + b.has()})
	return out
}

// further are those upstream of stay x who plainly lost the field, although x made
// something else of what it was handed.
func (f *finder) further(x int, ins []document, b *bad, depth int) (out []found) {
	if b.state == ill {
		return nil
	}
	for _, y := range b.find(ins) {
		for _, c := range f.origin(x, y, depth+1) {
			if c.score >= 0.88 {
				out = append(out, c)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return under(out, 0.93, true)
}

// deeper is what had made swallowed call w fail: a cause, too, and seldom the one
// to mend.
func (f *finder) deeper(x, w int, score float64) []found {
	return under(f.explainCall(w), score*0.75, true, x)
}

// verb is what a stay did by row p, before "without `user`".
func (f *finder) verb(p int, answering bool) string {
	row := &f.t.Rows[p]
	switch kind := f.t.Nodes[row.Node].Kind; {
	case answering:
		return "answered"
	case kind == signal.Topic || kind == signal.Bus:
		return "published a message"
	case kind == signal.Table || kind == signal.Bucket || kind == signal.Database:
		return "wrote an item"
	case row.Kind == signal.Producer || kind == signal.Queue || kind == signal.Stream:
		return "sent a message"
	}
	return "sent a request"
}

// had finds the field, in good order, in what a stay was handed.
func (f *finder) had(docs []document, b *bad) (path string, row int) {
	if b.name() == "" || b.name() == "id" { // ids are everywhere
		return "", -1
	}
	for _, d := range docs {
		for i := range d.units {
			if st, at := b.look(&d.units[i]); st == good && at != "" {
				return at, d.row
			}
		}
	}
	return "", -1
}

// fromAnswers blames what stay x was answered before it built b: by a field that
// was bad already, or a good one that it left out.
func (f *finder) fromAnswers(x, p int, before signal.Time, b bad, depth int) (out []found) {
	asked := 0
	f.callsOf(x, func(c int) bool {
		if c == p || f.t.Rows[c].Start >= before || f.callFailed(c) {
			return true
		}
		if asked++; asked > maxCalls {
			return false
		}
		docs := f.got(c)
		if b.state != absent || b.value != "" {
			for _, y := range b.find(docs) {
				if y.state != absent {
					out = append(out, under(f.answerOf(c, y, depth+1), 0.96, true, x)...)
					return true
				}
			}
		}
		if at, _ := f.had(docs, &b); at != "" && b.state != ill {
			out = append(out, found{row: x, score: 0.9, linked: true, chain: []int{x}, notes: []Note{{c, "its answer has " + at}},
				text: f.name(x) + " left out `" + b.fieldName() + "`, which " + f.t.Nodes[f.target(c)].Name + " had answered"})
		}
		return true
	})
	return out
}

// answerOf says who put b into the answer to call c. Chains begin with c.
func (f *finder) answerOf(c int, b bad, depth int) []found {
	who := f.t.Nodes[f.target(c)].Name
	text := who + " answered " + b.with()
	note := Note{c, "its answer " + b.has()}
	value := Value{Row: f.stay[c], Role: "response", Path: b.path, FromRow: c, FromRole: "response", FromPath: b.path, Missing: b.state != ill}
	callee := f.callee(c)
	if callee < 0 || depth > 32 {
		return []found{{row: c, score: 0.95, linked: true, text: text, chain: []int{c}, notes: []Note{note}, values: []Value{value}, field: b.short()}}
	}
	value.FromRow = callee
	subs := f.built(callee, callee, callee, b, depth+1)
	for i := range subs {
		subs[i].notes = append([]Note{note}, subs[i].notes...)
		subs[i].values = append([]Value{value}, subs[i].values...)
		subs[i].field = b.short()
	}
	return under(subs, 0.98, true, c)
}

// handedOn finds b in what a stay was handed, when it seems to have handed that on
// as it was: most of what it sent stands there, too, or is called the same.
func (f *finder) handedOn(docs []document, p int, b *bad) *bad {
	for _, y := range b.find(docs) {
		if y.state == ill {
			return &y
		}
		sent := f.gave(p)
		if len(sent) == 0 || len(sent[0].units) == 0 {
			continue
		}
		if all, values, names := sent[0].units[0].shares(&y.unit); all > 0 && max(values, names)*3 >= all*2 {
			return &y
		}
	}
	return nil
}

// swallowed are the rows of stay x that failed before a moment, when it went on to
// p, the last first: calls, and code that threw.
func (f *finder) swallowed(x, p int, before signal.Time) (out []int) {
	var all []int
	f.callsOf(x, func(c int) bool {
		if c != p && f.t.Rows[c].Start <= before && f.callFailed(c) && !f.recovered(c) && !f.cancelled(c) {
			all = append(all, c)
		}
		return len(all) < maxCalls
	})
	f.rowsOf(x, func(r int) bool {
		if r != x && r != p && f.t.Rows[r].Start <= before && !f.isCall(r) && (f.failed(r) || f.threw(r)) {
			all = append(all, r)
		}
		return len(all) < 2*maxCalls
	})
	slices.Sort(all)
	for i := len(all) - 1; i >= 0; i-- {
		if r := all[i]; i+1 == len(all) || all[i+1] >= r+f.t.Rows[r].Size { // not told better by a row below
			out = append(out, r)
		}
	}
	if len(out) == 0 && !f.failed(x) && f.threw(x) {
		out = append(out, x)
	}
	return out
}

// shares counts the plain values of u, and those that o has, too, by value and by name.
func (u *unit) shares(o *unit) (all, values, names int) {
	var none []hit
	search(u.n, "$", 0, func(name string, n *node) bool {
		if name != "" && (n.kind == 's' || n.kind == 'n' || n.kind == 'b') && n.text != "" && all < maxHits {
			all++
			values += btoi(n.kind == 'b' && len(o.named(name)) > 0 || len(o.valued(n.text)) > 0)
			names += btoi(len(o.named(name)) > 0)
		}
		return false
	}, &none)
	return all, values, names
}

// relayed finds the stay whose answer became what stay s was handed: who runs
// steps one after the other hands the answer of one to the next. -1 without one.
func (f *finder) relayed(s, x int, b *bad) int {
	best, most := -1, 0
	tried := 0
	for r := x + 1; r < x+f.t.Rows[x].Size && tried < maxCalls; r++ {
		if f.stay[r] != r || r == s || f.end(r) > f.t.Rows[s].Start || calls(f.t.Rows[r].Kind) {
			continue
		}
		tried++
		for _, d := range f.documents(r, "response") {
			all, values, _ := b.unit.shares(&d.units[0])
			if all > 0 && values == all && values >= most {
				best, most = r, values
			}
		}
	}
	if best >= 0 { // unless the caller had it all by itself
		for _, d := range f.took(x) {
			if all, values, _ := b.unit.shares(&d.units[0]); values == all {
				return -1
			}
		}
	}
	return best
}

// byRelevance puts those first that speak of the field, and those last that only
// found nothing.
func (f *finder) byRelevance(rows []int, field string) []int {
	rank := func(w int) int {
		switch {
		case len(field) > 2 && f.speaksOf(w, fold(field)):
			return 0
		case f.status(w) == 404:
			return 2
		}
		return 1
	}
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// speaksOf reports whether failed row w, or its answer, names a field.
func (f *finder) speaksOf(w int, field string) bool {
	texts := []string{f.t.Rows[w].Name, f.t.Nodes[f.target(w)].Name}
	for _, r := range f.sameCall(w) {
		x := f.facts[r]
		if x == nil {
			continue
		}
		texts = append(texts, x.target, x.message)
		for i := range x.exceptions {
			texts = append(texts, x.exceptions[i].message)
		}
		for i := range x.payloads {
			texts = append(texts, x.payloads[i].text[:min(len(x.payloads[i].text), 2048)])
		}
	}
	for _, t := range texts {
		if strings.Contains(fold(t), field) {
			return true
		}
	}
	return false
}

// threw reports whether row r recorded an exception, handled or not.
func (x *index) threw(r int) bool { return x.facts[r] != nil && len(x.facts[r].exceptions) > 0 }

// fault names a failure in few words: "a 401 from auth", "a KeyError".
func (f *finder) fault(w int) string {
	row := &f.t.Rows[w]
	if f.isCall(w) {
		from := " from " + f.t.Nodes[f.target(w)].Name
		switch s := f.status(w); {
		case s >= 400:
			return article(strconv.Itoa(s)) + from
		case f.facts[w] != nil && f.facts[w].code != "":
			return article(f.facts[w].code) + from
		case row.Outcome == transaction.Timeout:
			return "a timeout" + from
		case row.Outcome == transaction.Throttled:
			return "a throttling" + from
		case f.errorBody(w) != "":
			return "an error in the answer" + from
		}
		return "a failure" + from
	}
	if f.threw(w) {
		x := f.facts[w].exceptions
		if kind := lastName(x[len(x)-1].kind); kind != "" {
			return article(kind)
		}
	}
	return "a failure of its own"
}

func article(word string) string {
	switch word[0] {
	case 'A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u', '8':
		return "an " + word
	}
	return "a " + word
}

// swallowNotes are what shows that stay x went on after failure w.
func (f *finder) swallowNotes(x, w int, before signal.Time) []Note {
	notes := []Note{{w, f.callNote(w)}}
	for _, r := range []int{w, x} {
		for _, l := range f.lines[r] {
			if l.at >= f.t.Rows[w].Start && len(notes) < 4 {
				notes = append(notes, Note{r, "log: " + short(l.text)})
			}
		}
	}
	return notes
}

// bySender suspects what entered stay s, where no payload shows what was sent: a
// sender that had swallowed a failure.
func (f *finder) bySender(s int, texts []string) (out []found) {
	score := 0.3
	ms := f.wellFormed(texts)
	switch {
	case len(ms) == 0:
	case ms[0].how == missing:
		score = 0.62
	default:
		score = 0.4
	}
	if len(f.took(s)) > 0 && len(ms) > 0 && len(ms[0].path) > 0 { // what was sent is known: byField looked at it
		score *= 0.5
	}
	for _, p := range f.senders(s) {
		x := f.stay[p]
		if f.failed(x) && f.t.Rows[s].Kind != signal.Consumer {
			continue
		}
		rows := []int{s}
		if p != x {
			rows = append(rows, p)
		}
		list := f.swallowed(x, p, f.t.Rows[p].Start)
		for i, w := range list[:min(len(list), 4)] {
			c := found{row: x, score: score, chain: append(rows, x), notes: f.swallowNotes(x, w, f.t.Rows[p].Start),
				text: f.name(x) + " swallowed " + f.fault(w) + " and went on"}
			if i > 0 {
				c.score *= 0.7
			}
			out = append(out, c)
		}
		if len(list) == 0 && len(ms) > 0 {
			out = append(out, found{row: x, score: score * 0.5, chain: append(rows, x), text: f.name(x) + " sent what " + f.name(s) + " failed on"})
		}
	}
	return out
}
