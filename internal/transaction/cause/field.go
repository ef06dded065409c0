package cause

import (
	"strings"

	"clew/internal/signal"
)

// This file follows a bad field upstream: from the event of what failed on it to
// the message it came in, to who built that message, to the answers it was built of.

// bad is a field that is not as it should be, in one unit of a document.
type bad struct {
	mention
	doc   document
	unit  unit
	path  string // in the payload
	state state
}

// state is how a field was found.
type state uint8

const (
	good state = iota
	absent
	null
	ill // there, and wrong
)

// short is the path inside of the message: "$.user".
func (b *bad) short() string { return "$" + strings.TrimPrefix(b.path, b.unit.path) }

func (b *bad) fieldName() string { return strings.TrimPrefix(strings.TrimPrefix(b.short(), "$."), "$") }

// look says how the field that m names is in u, and where.
func (m *mention) look(u *unit) (state, string) {
	if u.n == nil || u.n.kind != '{' && u.n.kind != '[' {
		return good, ""
	}
	name := m.name()
	switch {
	case name == "" && m.value != "":
		if hits := u.valued(m.value); len(hits) > 0 {
			return ill, hits[0].path
		}
		return good, ""
	case name == "":
		if hits := u.nulls(); len(hits) > 0 {
			return null, hits[0].path
		}
		return good, ""
	}
	hits := u.named(name)
	for _, h := range hits {
		if h.n.isNull() || h.n.kind == 's' && h.n.text == "" {
			return null, h.path
		}
	}
	switch {
	case len(hits) > 0 && m.how != missing:
		for _, h := range hits {
			if m.value == "" || same(h.n.text, m.value) {
				return ill, h.path
			}
		}
		return good, ""
	case len(hits) > 0:
		return good, hits[0].path
	}
	path := u.path
	for _, outer := range m.path[:len(m.path)-1] { // as far as the path leads
		inner := unit{path: path, n: u.n}
		over := inner.named(outer)
		if len(over) == 0 {
			continue
		}
		if path = over[0].path; over[0].n.isNull() {
			return null, path
		}
	}
	return absent, step(path, name, 0, '{')
}

// find returns the bad fields that m means in docs. Of a batch only the units
// count that are worse than others, up to a few.
func (m *mention) find(docs []document) (out []bad) {
	for _, d := range docs {
		for i := range d.units {
			st, path := m.look(&d.units[i])
			if st == good || st == absent && (d.cut || d.units[i].n.kind != '{') {
				continue
			}
			out = append(out, bad{mention: *m, doc: d, unit: d.units[i], path: path, state: st})
			if len(out) >= maxBad {
				return out
			}
		}
	}
	return out
}

// maxBad fields are followed upstream.
const maxBad = 4

// byField blames who made the field bad that stay s failed on.
func (f *finder) byField(s int, texts []string, failed []int) (out []found) {
	ms := append(f.wellFormed(texts), f.asked(failed)...)
	if len(ms) > 0 && ms[0].name() == "" && ms[0].value == "" {
		ms = append(f.inCode(s), ms...)
	}
	judges := anyText(texts, []string{"validat", "schema", "is required", "required property", "required field", "constraint"})
	out = append(out, f.byReading(s, texts)...)
	for i := range ms[:min(len(ms), 3)] {
		m := &ms[i]
		ins := f.took(s)
		inBad := f.spokenOf(m.find(ins), texts)
		for _, b := range inBad {
			out = append(out, under(f.origin(s, b, 0), f.weightIn(&b, s, texts, failed, judges), true)...)
		}
		asked := 0
		f.callsOf(s, func(c int) bool {
			asked++
			answers := f.got(c)
			for _, b := range m.find(answers) {
				if weight := f.weightGot(&b, c, inBad, len(ins) > 0, judges); weight > 0 {
					out = append(out, under(f.answerOf(c, b, 0), weight, true, s)...)
				}
			}
			return asked < maxCalls
		})
	}
	return out
}

// weightIn says how likely it is that b, in what stay s was handed, is what it
// failed on.
func (f *finder) weightIn(b *bad, s int, texts []string, failed []int, judges bool) float64 {
	if b.state != absent {
		return 0.97
	}
	w := 0.95
	if b.holder { // of what was undefined nothing is known but a name in it
		w = 0.85
	}
	for _, c := range followed(failed) {
		if f.related(texts, c) {
			if !f.complains(c) {
				w = min(w, 0.5)
			}
		} else if !f.recovered(c) && !judges {
			w = min(w, 0.65)
		}
	}
	byMessage := f.t.Rows[s].Kind == signal.Consumer
	if !byMessage && !judges && f.reads(s) {
		w = min(w, 0.6)
	}
	return w
}

// complains reports whether call c failed for the data that it was sent.
func (f *finder) complains(c int) bool {
	if len(f.asked([]int{c})) > 0 {
		return true
	}
	ms := f.mentions(f.callSaid(c))
	return len(ms) > 0 && (len(ms[0].path) > 0 || ms[0].value != "")
}

// reads reports whether stay s was answered by anybody with something readable.
func (f *finder) reads(s int) (yes bool) {
	f.callsOf(s, func(c int) bool {
		yes = f.isRead(c) && len(f.got(c)) > 0
		return !yes
	})
	return yes
}

// weightGot is the same for b in the answer to call c.
func (f *finder) weightGot(b *bad, c int, in []bad, captured, judges bool) float64 {
	for _, x := range in {
		if x.state != absent && b.state == x.state { // it came in and was handed on
			return 0.4
		}
	}
	switch {
	case b.state == ill || b.state == null && b.name() != "":
		return 0.96
	case b.state == null:
		return 0.8
	case judges || !f.isRead(c) || f.callFailed(c):
		return 0
	case f.alike(b):
		return 0.85
	case !captured || f.t.Rows[f.stay[c]].Kind != signal.Consumer:
		return 0.7
	}
	return 0.45
}

// alike reports whether the unit has a field that looks like the one it lacks.
func (f *finder) alike(b *bad) bool {
	name := fold(b.name())
	var hits []hit
	search(b.unit.n, "$", 0, func(n string, _ *node) bool {
		n = fold(n)
		return len(name) > 2 && len(n) > 2 && n != name && (strings.Contains(n, name) || strings.Contains(name, n))
	}, &hits)
	return len(hits) > 0
}

// origin says who put b into what stay s was handed. Chains begin with s.
func (f *finder) origin(s int, b bad, depth int) (out []found) {
	if depth > 32 || f.steps >= maxSteps {
		return nil
	}
	f.steps++
	note := Note{s, "its " + b.doc.role + " " + b.has()}
	senders := f.sendersOf(s, &b)
	if len(senders) == 0 {
		x := found{row: s, chain: []int{s}, notes: []Note{note}, field: b.short(), score: 0.5,
			text:   f.name(s) + " was handed a message " + b.with() + " by somebody unknown",
			values: []Value{{Row: s, Role: b.doc.role, Path: b.path, FromRow: -1, Missing: b.state != ill}}}
		if f.t.Rows[s].Kind != signal.Consumer && f.t.Rows[s].Parent < 0 {
			x.text, x.score, x.linked = "the caller of "+f.name(s)+" sent a request "+b.with(), 0.86, true
		}
		return []found{x}
	}
	for _, p := range senders {
		x := f.stay[p]
		var subs []found
		if z := f.relayed(s, x, &b); z >= 0 {
			p, x = z, z
			subs = f.built(z, z, z, b, depth+1)
		} else {
			subs = f.built(x, p, s, b, depth)
		}
		for i := range subs {
			c := &subs[i]
			c.notes = append([]Note{note}, c.notes...)
			c.values = append([]Value{f.valueFrom(s, b.doc.role, b.path, p, &b)}, c.values...)
			c.field = b.short()
		}
		if len(subs) > 0 && len(senders) > 1 {
			subs = subs[:1]
		}
		rows := []int{s}
		if p != x {
			rows = append(rows, p)
		}
		out = append(out, under(subs, 1, true, rows...)...)
	}
	return out
}

// sendersOf are those who sent the message that b is in, else all.
func (f *finder) sendersOf(s int, b *bad) []int {
	if ms := f.messages[s]; len(ms) > 1 && b.unit.id != "" {
		for _, m := range ms {
			if msg := &f.t.Messages[m]; msg.Sender >= 0 && strings.HasSuffix(msg.Key.Value, b.unit.id) {
				return []int{msg.Sender}
			}
		}
	}
	var out []int
	for _, p := range f.senders(s) {
		clean := false // what it is known to have sent is as it should be
		for _, d := range f.gave(p) {
			for i := range d.units {
				st, _ := b.look(&d.units[i])
				clean = clean || st == good
			}
		}
		if !clean || len(f.senders(s)) == 1 {
			out = append(out, p)
		}
	}
	return out
}

// valueFrom says that path of row s came from what row p sent.
func (f *finder) valueFrom(s int, role, path string, p int, b *bad) Value {
	v := Value{Row: s, Role: role, Path: path, FromRow: p, Missing: b.state != ill}
	for _, d := range f.gave(p) {
		if d.row == s {
			continue
		}
		for i := range d.units {
			if st, at := b.look(&d.units[i]); at != "" && (st != good) {
				v.FromRole, v.FromPath = d.role, at
				return v
			}
		}
	}
	v.FromRole = "message"
	if f.t.Rows[p].Kind == signal.Client {
		v.FromRole = "request"
	}
	v.FromPath = b.short()
	return v
}

// has and with say how the field is bad.
func (b *bad) has() string {
	switch b.state {
	case absent:
		return "has no `" + b.fieldName() + "`"
	case null:
		return "has nothing in `" + b.fieldName() + "`"
	}
	return "has a bad `" + b.fieldName() + "`"
}

func (b *bad) with() string {
	switch b.state {
	case absent:
		return "without `" + b.fieldName() + "`"
	case null:
		return "with nothing in `" + b.fieldName() + "`"
	}
	return "with a bad `" + b.fieldName() + "`"
}
