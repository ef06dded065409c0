package page

import (
	"math/bits"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
)

// Set is a set of rows of a page.
type Set []uint64

func newSet(n int) Set { return make(Set, (n+63)/64) }

// NewSet returns the empty set of n rows.
func NewSet(n int) Set { return newSet(n) }

// FullSet returns the set of all of n rows.
func FullSet(n int) Set {
	s := newSet(n)
	for i := range s {
		s[i] = ^uint64(0)
	}
	if n%64 != 0 {
		s[len(s)-1] = 1<<(n%64) - 1
	}
	return s
}

// Add puts row i into s.
func (s Set) Add(i int) { s[i/64] |= 1 << (i % 64) }

// Remove takes row i out of s.
func (s Set) Remove(i int) { s[i/64] &^= 1 << (i % 64) }

// Has reports whether row i is in s.
func (s Set) Has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// Empty reports whether s has no rows.
func (s Set) Empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

// Len returns how many rows are in s.
func (s Set) Len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Rows lists s ascending.
func (s Set) Rows() []int {
	out := make([]int, 0, s.Len())
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			out = append(out, 64*i+bits.TrailingZeros64(w))
		}
	}
	return out
}

// Eval returns the rows that fulfil e: Expr.Matches, a column at a time.
func (v *View) Eval(e *query.Expr) Set {
	n := v.rows.n
	if e == nil {
		return FullSet(n)
	}
	switch e.Op {
	case query.And:
		if v.Lacks(e) {
			return newSet(n)
		}
		out := FullSet(n)
		for _, a := range e.Args {
			for i, w := range v.Eval(a) {
				out[i] &= w
			}
			if out.Empty() {
				break
			}
		}
		return out
	case query.Or:
		out := newSet(n)
		for _, a := range e.Args {
			for i, w := range v.Eval(a) {
				out[i] |= w
			}
		}
		return out
	case query.Not:
		return v.without(v.Eval(e.Args[0]))
	case query.Ne:
		is := *e
		is.Op = query.Eq
		return v.without(v.leaf(&is))
	case query.Word, query.Match:
		if e.Field == "" {
			return v.anyText(func(s string) bool { return e.MatchesValue(signal.Str(s)) })
		}
	}
	return v.leaf(e)
}

func (v *View) without(s Set) Set {
	out := FullSet(v.rows.n)
	for i, w := range s {
		out[i] &^= w
	}
	return out
}

// Lacks reports whether a look at the texts alone tells that no row fulfils e.
func (v *View) Lacks(e *query.Expr) bool {
	switch {
	case e == nil:
	case e.Op == query.Eq:
		return v.lacks(e)
	case e.Op == query.And:
		return slices.ContainsFunc(e.Args, v.Lacks)
	}
	return false
}

// lacks reports whether a look at the texts alone tells that no row is equal.
func (v *View) lacks(e *query.Expr) bool {
	if e.Value.Kind() != signal.KindString {
		return false
	}
	if e.Field == query.FieldService {
		return !slices.Contains(v.Services(), e.Value.Text())
	}
	if _, ok := intrinsics[v.Type][e.Field]; ok {
		return false
	}
	for _, c := range candidates(e.Field) {
		t := &v.groups
		if c.own {
			t = &v.rows
		}
		if !t.lacksText(c.key, e.Value.Text()) {
			return false
		}
	}
	return true
}

// matcher is e.MatchesValue without printing numbers that compare as numbers,
// and without a second look at the value it was asked about last.
func matcher(e *query.Expr) func(signal.Value) bool {
	want, ints := e.Value, e.Value.Kind() == signal.KindInt && e.Field != query.FieldLevel
	texts := want.Kind() == signal.KindString
	var last signal.Value
	answer, asked := false, false
	return func(v signal.Value) bool {
		switch {
		case ints && v.Kind() == signal.KindInt && e.Op == query.Eq:
			return v.Int() == want.Int()
		case texts && v.Kind() == signal.KindString && e.Op == query.Eq:
			return v.Text() == want.Text()
		case asked && v == last:
			return answer
		}
		last, answer, asked = v, e.MatchesValue(v), true
		return answer
	}
}

// anyText is query's anyText over columns: the rows with a text that match selects.
func (v *View) anyText(match func(string) bool) Set {
	out := newSet(v.rows.n)
	mark := func(f lazyField) {
		for i, w := range v.mark(f, func(val signal.Value) bool { return match(val.String()) }) {
			out[i] |= w
		}
	}
	markEmpty := func(f lazyField) { // rows without the field have an empty text
		for row, code := range f.codes() {
			if code == 0 {
				out.Add(row)
			}
		}
	}
	mark(v.lazy(query.FieldService))
	always := slotMessage
	switch v.Type {
	case signal.Spans:
		mark(v.lazy(query.FieldName))
		mark(v.slotField(slotMessage))
		v.eventText(match, out)
	case signal.Logs:
		always = slotBody
		mark(v.slotField(slotBody))
	case signal.Points:
		mark(v.lazy(query.FieldMetric))
	}
	if v.Type != signal.Points && match("") {
		markEmpty(v.slotField(always))
	}
	for i := range v.rows.cols {
		if c := &v.rows.cols[i]; c.id.slot == slotAttr {
			mark(v.pick(func(id *columnID) bool { return id == &c.id }))
		}
	}
	return out
}

func (v *View) mark(f lazyField, match func(signal.Value) bool) Set {
	out := newSet(v.rows.n)
	ok, any := make([]bool, len(f.values)+1), false
	for i, val := range f.values {
		ok[i+1] = match(val)
		any = any || ok[i+1]
	}
	if !any {
		return out
	}
	for row, code := range f.codes() {
		if ok[code] {
			out[row/64] |= 1 << (row % 64)
		}
	}
	return out
}

func (v *View) eventText(match func(string) bool, out Set) {
	found := v.mark(v.slotField(slotEvents), func(val signal.Value) bool {
		for _, e := range (&decoder{rawBytes(val.Text())}).events() {
			if match(e.Name) {
				return true
			}
			for i := range e.Attrs {
				if match(e.Attrs[i].Value.String()) {
					return true
				}
			}
		}
		return false
	})
	for i, w := range found {
		out[i] |= w
	}
}
