package cause

import (
	"regexp"
	"strings"
)

// This file is what tells of a bad field besides the words of an exception: the line
// of code that threw, the address of a call, an answer that is no JSON.

// accesses are the fields that a line of code reads.
var accesses = regexp.MustCompile(`\[\s*['"]([\w-]+)['"]\s*\]|\.get\(\s*['"]([\w-]+)['"]|\.([A-Za-z_]\w*)(\(?)`)

// inCode are the fields that the line reads which threw, the outer one first.
func (f *finder) inCode(s int) (out []mention) {
	f.rowsOf(s, func(r int) bool {
		x := f.facts[r]
		if x == nil || len(x.exceptions) == 0 {
			return true
		}
		for _, g := range accesses.FindAllStringSubmatch(x.exceptions[len(x.exceptions)-1].code, 4) {
			switch name := g[1] + g[2] + g[3]; {
			case g[4] != "" || builtin[name]: // a method
			default:
				out = append(out, mention{path: []string{name}, how: missing})
			}
		}
		return len(out) == 0
	})
	return out
}

// emptied are what a missing value becomes in an address.
var emptied = re(`([?&;]|/)(` + ident + `)([=/])(?:undefined|null|None|nil|NaN|%5Bobject%20Object%5D)(?:[/?&;#]|$)`)

// asked reads from the addresses of failed calls which value was missing when they
// were made: "/users/undefined", "?user_id=None".
func (f *finder) asked(failed []int) (out []mention) {
	for _, c := range failed {
		for _, r := range f.sameCall(c) {
			if x := f.facts[r]; x != nil && x.target != "" {
				if g := emptied.FindStringSubmatch(x.target); g != nil {
					name := g[2]
					if g[3] == "/" {
						name = strings.TrimSuffix(name, "s")
					}
					out = append(out, mention{path: []string{name}, how: missing})
				}
			}
		}
		if len(out) >= 2 {
			break
		}
	}
	return out
}

// spokenOf keeps of the bad units of a batch those whose messages the failure
// names, where it names any.
func (f *finder) spokenOf(in []bad, texts []string) []bad {
	var out []bad
	for _, b := range in {
		for _, t := range texts {
			if len(b.unit.id) >= 4 && strings.Contains(t, b.unit.id) {
				out = append(out, b)
				break
			}
		}
	}
	if len(out) == 0 {
		return in
	}
	return out
}

// garbled are texts of what was read as JSON, or the like, and is none.
var garbled = []string{"unexpected token", "in json at position", "is not valid json", "expecting value: line", "jsondecodeerror", "looking for beginning of value", "unexpected end of json", "unexpected end of input",
	"malformed json", "jsonparseexception", "unrecognized token", "not well-formed", "xmlsyntaxerror", "extra data: line"}

// byReading blames who handed over what could not be read at all.
func (f *finder) byReading(s int, texts []string) (out []found) {
	if !anyText(texts, garbled) {
		return nil
	}
	f.callsOf(s, func(c int) bool {
		if f.unreadable(c, "response") {
			out = append(out, found{row: f.callee(c), score: 0.92, linked: true, chain: []int{s, c}, notes: []Note{{c, "its answer is no JSON"}},
				text: f.t.Nodes[f.target(c)].Name + " answered what is no JSON"})
			if last := &out[len(out)-1]; last.row < 0 {
				last.row = c
			} else {
				last.chain = append(last.chain, last.row)
			}
		}
		return len(out) < maxBad
	})
	for _, d := range f.took(s) {
		for i := range d.units {
			if n := d.units[i].n; n == nil || n.kind != 's' || n.text == "" {
				continue
			}
			for _, p := range f.sendersOf(s, &bad{unit: d.units[i]}) {
				x := f.stay[p]
				out = append(out, found{row: x, score: 0.85, linked: true, chain: []int{s, p, x}, notes: []Note{{s, "what it was handed is no JSON"}},
					text: f.name(x) + " sent what is no JSON"})
			}
			return out
		}
	}
	return out
}

// unreadable reports whether a payload of call r is there and no JSON.
func (f *finder) unreadable(r int, role string) bool {
	rows := f.sameCall(r)
	if c := f.callee(r); c >= 0 {
		rows = append(rows, c)
	}
	for _, row := range rows {
		if x := f.facts[row]; x != nil {
			for i := range x.payloads {
				if p := &x.payloads[i]; p.role == role && f.read(p) == nil && strings.TrimSpace(p.text) != "" {
					return true
				}
			}
		}
	}
	return false
}
