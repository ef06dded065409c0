package page

import (
	"math"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
)

// leaf returns the rows that fulfil e, which has no arguments. What people ask most,
// services, durations and attributes that are in one place, is answered by looking at
// columns as they are; the rest by values and codes (field.go).
func (v *View) leaf(e *query.Expr) Set {
	_, intrinsic := intrinsics[v.Type][e.Field]
	switch {
	case e.Field == query.FieldService:
		return v.serviceRows(matcher(e))
	case intrinsic && e.Field == query.FieldDuration:
		if lo, hi, ok := bounds(e); ok {
			return v.lasting(lo, hi)
		}
	case !intrinsic:
		if s, ok := v.attrRows(e); ok {
			return s
		}
	}
	return v.mark(v.lazy(e.Field), matcher(e))
}

// serviceRows returns the rows of services that match.
func (v *View) serviceRows(match func(signal.Value) bool) Set {
	names := v.Services()
	ok, some := make([]bool, len(names)), false
	for g, name := range names {
		ok[g] = match(signal.Str(name))
		some = some || ok[g]
	}
	if !some {
		return newSet(v.rows.n)
	}
	return v.ofGroupsIn(ok)
}

// ofGroupsIn returns the rows of the groups that are ok.
func (v *View) ofGroupsIn(ok []bool) Set {
	out := newSet(v.rows.n)
	for row, g := range v.GroupOf() {
		if ok[g] {
			out.Add(row)
		}
	}
	return out
}

// bounds returns what e says of a number as a range, both ends in it.
func bounds(e *query.Expr) (lo, hi int64, ok bool) {
	if e.Value.Kind() != signal.KindInt {
		return 0, 0, false
	}
	n := e.Value.Int()
	lo, hi = math.MinInt64, math.MaxInt64
	switch e.Op {
	case query.Eq:
		return n, n, true
	case query.Ge:
		return n, hi, true
	case query.Le:
		return lo, n, true
	case query.Gt:
		return n + 1, hi, n < math.MaxInt64
	case query.Lt:
		return lo, n - 1, n > math.MinInt64
	}
	return 0, 0, false
}

// lasting returns the spans with durations from lo to hi.
func (v *View) lasting(lo, hi int64) Set {
	out := newSet(v.rows.n)
	if v.rows.n == 0 {
		return out
	}
	start, length := v.rows.coreOf(slotTime), v.rows.coreOf(slotDuration)
	for row := range v.rows.n {
		if d := duration(start.int(row), length.int(row)); lo <= d && d <= hi {
			out.Add(row)
		}
	}
	return out
}

// attrRows returns the rows with an attribute that fulfils e; ok is false when the
// attribute is in several places, of which each row has to choose one.
func (v *View) attrRows(e *query.Expr) (rows Set, ok bool) {
	var at *candidate
	places := candidates(e.Field)
	for i := range places {
		c := &places[i]
		if !v.tableOf(c).hasAttr(c.key) {
			continue
		}
		if at != nil {
			return nil, false
		}
		at = c
	}
	switch {
	case at == nil:
		return newSet(v.rows.n), true
	case at.own:
		return v.rows.attrRows(at.key, e), true
	}
	set := v.groups.attrRows(at.key, e)
	if set.Empty() {
		return newSet(v.rows.n), true
	}
	in := make([]bool, v.groups.n)
	for g := range in {
		in[g] = set.Has(g)
	}
	return v.ofGroupsIn(in), true
}

func (v *View) tableOf(c *candidate) *table {
	if c.own {
		return &v.rows
	}
	return &v.groups
}

func (h *tableHead) hasAttr(key string) bool {
	for i := range h.cols {
		if id := &h.cols[i].id; id.slot == slotAttr && id.key == key {
			return true
		}
	}
	return false
}

// judged is a column with the answer for each of its values.
type judged struct {
	column int
	ok     []bool // by code
	codes  *values
	byRow  bool // codes are positions
	at     int  // of the next value
}

// attrRows is View.attrRows for the attributes of the table itself. Of several
// values in a row the last counts.
func (t *table) attrRows(key string, e *query.Expr) Set {
	out := newSet(t.n)
	var cols []judged
	some := false
	for i := range t.cols {
		if id := &t.cols[i].id; id.slot == slotAttr && id.key == key {
			j := judged{column: i}
			some = t.judge(&j, e) || some
			cols = append(cols, j)
		}
	}
	if !some {
		return out
	}
	if len(cols) == 1 {
		t.markOnly(&cols[0], out)
		return out
	}
	chosen := make([][]int, len(t.shapes)) // of cols, for each shape
	for s, list := range t.shapes {
		for _, c := range list {
			if n := slices.IndexFunc(cols, func(j judged) bool { return j.column == int(c) }); n >= 0 {
				chosen[s] = append(chosen[s], n)
			}
		}
	}
	for row, s := range t.shapeOf() {
		last := false
		for _, n := range chosen[s] {
			last = cols[n].next()
		}
		if last {
			out.Add(row)
		}
	}
	return out
}

// markOnly adds the rows whose value in the one column j is ok.
func (t *table) markOnly(j *judged, out Set) {
	has := make([]bool, len(t.shapes))
	for s, list := range t.shapes {
		has[s] = slices.Contains(list, uint32(j.column))
	}
	for row, s := range t.shapeOf() {
		if has[s] && j.next() {
			out.Add(row)
		}
	}
}

// next answers for the next value of the column.
func (j *judged) next() bool {
	code := j.at
	j.at++
	switch {
	case j.codes == nil:
		code = 0
	case !j.byRow:
		code = j.codes.code(code)
	}
	return j.ok[code]
}

// judge fills in the answers for column j and reports whether one is yes.
func (t *table) judge(j *judged, e *query.Expr) (some bool) {
	id := &t.cols[j.column].id
	match := matcher(e)
	switch id.class() {
	case classInts:
		v := t.column(j.column)
		if v.constant() {
			j.ok = []bool{match(signal.FromBits(id.kind, uint64(v.first), ""))}
			return j.ok[0]
		}
		j.codes, j.byRow, j.ok = v, true, make([]bool, v.n)
		var known answers
		for i := range v.n {
			j.ok[i] = known.of(v.int(i), func(n int64) bool { return match(signal.FromBits(id.kind, uint64(n), "")) })
			some = some || j.ok[i]
		}
	case classStrings:
		v := t.column(j.column)
		if e.Op == query.Eq && e.Value.Kind() == signal.KindString && id.kind == signal.KindString && !v.contains(e.Value.Text()) {
			j.ok = []bool{false}
			return false
		}
		j.codes, j.ok = v, make([]bool, 0, v.count)
		v.each(func(s string) {
			j.ok = append(j.ok, match(signal.FromBits(id.kind, 0, s)))
			some = some || j.ok[len(j.ok)-1]
		})
	default:
		j.ok = []bool{match(signal.Value{})}
		return j.ok[0]
	}
	return some
}

// answers remembers what was said of the numbers seen last.
type answers struct {
	n    int
	nums [8]int64
	said [8]bool
}

func (a *answers) of(n int64, ask func(int64) bool) bool {
	for i := range min(a.n, len(a.nums)) {
		if a.nums[i] == n {
			return a.said[i]
		}
	}
	at := a.n % len(a.nums)
	a.n++
	a.nums[at], a.said[at] = n, ask(n)
	return a.said[at]
}
