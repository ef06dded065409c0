package page

import (
	"strings"

	"clew/internal/query"
	"clew/internal/signal"
)

// Field is one field of every row: a code for each row, 0 where the row has no
// such field, else one more than the index of its value.
type Field struct {
	Codes  []uint32
	Values []signal.Value
}

// Field reads a field as query.Row.Field does, for all rows.
func (v *View) Field(name string) Field {
	if name == query.FieldService {
		return v.groupField(func(g *Group) (signal.Value, bool) { return signal.Str(g.Resource.ServiceName()), true })
	}
	if s, ok := intrinsics[v.Type][name]; ok {
		return s(v)
	}
	var from []candidate
	if key, ok := strings.CutPrefix(name, "attr."); ok {
		from = append(from, candidate{key, true})
	}
	if key, ok := strings.CutPrefix(name, "resource."); ok {
		from = append(from, candidate{key, false})
	}
	return v.attrField(append(from, candidate{name, true}, candidate{name, false}))
}

// candidate is one place where an attribute may be.
type candidate struct {
	key string
	own bool // of the row, not of its resource
}

var intrinsics = [...]map[string]func(*View) Field{
	signal.Spans: {
		query.FieldTrace:  func(v *View) Field { return v.textField(slotTrace, hexText, false) },
		query.FieldSpan:   func(v *View) Field { return v.textField(slotSpan, hexText, false) },
		query.FieldParent: func(v *View) Field { return v.textField(slotParent, hexText, true) },
		query.FieldName:   func(v *View) Field { return v.textField(slotName, func(s string) string { return s }, false) },
		query.FieldKind: func(v *View) Field {
			return v.smallField(slotKind, func(n int64) string { return signal.SpanKind(n).String() })
		},
		query.FieldStatus: func(v *View) Field {
			return v.smallField(slotStatus, func(n int64) string { return signal.StatusCode(n).String() })
		},
		query.FieldMessage:  func(v *View) Field { return v.slotField(slotMessage) },
		query.FieldDuration: (*View).durationField,
	},
	signal.Logs: {
		query.FieldTrace: func(v *View) Field { return v.textField(slotTrace, hexText, true) },
		query.FieldSpan:  func(v *View) Field { return v.textField(slotSpan, hexText, true) },
		query.FieldBody:  func(v *View) Field { return v.slotField(slotBody) },
		query.FieldLevel: (*View).levelField,
	},
	signal.Points: {
		query.FieldMetric: func(v *View) Field {
			return v.textField(slotMetric, func(s string) string { return (&decoder{rawBytes(s)}).str() }, false)
		},
	},
}

func hexText(id string) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 32)
	for i := range len(id) {
		out = append(out, digits[id[i]>>4], digits[id[i]&15])
	}
	return string(out)
}

// textField reads a core column of strings; zeroAbsent: ids of only zeros are none.
func (v *View) textField(s slot, print func(string) string, zeroAbsent bool) Field {
	f := Field{Codes: make([]uint32, v.rows.n)}
	c := v.rows.coreOf(s)
	code := make([]uint32, c.distinct())
	for i := range code {
		raw := c.at(i)
		if zeroAbsent && strings.Trim(raw, "\x00") == "" {
			continue
		}
		f.Values = append(f.Values, signal.Str(print(raw)))
		code[i] = uint32(len(f.Values))
	}
	for row := range f.Codes {
		f.Codes[row] = code[c.code(row)]
	}
	return f
}

func (v *View) smallField(s slot, print func(int64) string) Field {
	f := Field{Codes: make([]uint32, v.rows.n)}
	c, seen := v.rows.coreOf(s), map[int64]uint32{}
	for row := range f.Codes {
		n := c.int(row)
		if seen[n] == 0 {
			f.Values = append(f.Values, signal.Str(print(n)))
			seen[n] = uint32(len(f.Values))
		}
		f.Codes[row] = seen[n]
	}
	return f
}

func (v *View) levelField() Field {
	f := Field{Codes: make([]uint32, v.rows.n)}
	c := v.rows.coreOf(slotLevel)
	var seen [256]uint32
	for row := range f.Codes {
		n := uint8(c.int(row))
		if n != 0 && seen[n] == 0 {
			f.Values = append(f.Values, signal.Int(int64(n)))
			seen[n] = uint32(len(f.Values))
		}
		f.Codes[row] = seen[n]
	}
	return f
}

func (v *View) durationField() Field {
	f := Field{Codes: make([]uint32, v.rows.n), Values: make([]signal.Value, v.rows.n)}
	for row := range f.Codes {
		f.Codes[row], f.Values[row] = uint32(row+1), signal.Int(v.Duration(row))
	}
	return f
}

func (v *View) groupField(f func(*Group) (signal.Value, bool)) Field {
	groups := v.Groups()
	out := Field{Codes: make([]uint32, v.rows.n)}
	code := make([]uint32, len(groups))
	for i := range groups {
		if val, ok := f(&groups[i]); ok {
			out.Values = append(out.Values, val)
			code[i] = uint32(len(out.Values))
		}
	}
	for row, g := range v.GroupOf() {
		out.Codes[row] = code[g]
	}
	return out
}

// slotField reads an optional slot, of whatever type its values are.
func (v *View) slotField(s slot) Field {
	return v.pick(func(id *columnID) bool { return id.slot == s })
}

func (v *View) attrField(from []candidate) Field {
	var f Field
	for _, c := range from {
		var g Field
		if c.own {
			g = v.pick(func(id *columnID) bool { return id.slot == slotAttr && id.key == c.key })
		} else {
			g = v.groupField(func(g *Group) (signal.Value, bool) { return g.Resource.Find(c.key) })
		}
		f = f.orElse(g)
	}
	return f
}

// orElse takes from g what f does not have.
func (f Field) orElse(g Field) Field {
	if len(f.Values) == 0 {
		return g
	}
	if len(g.Values) == 0 {
		return f
	}
	base := uint32(len(f.Values))
	f.Values = append(f.Values, g.Values...)
	for row, code := range f.Codes {
		if code == 0 && g.Codes[row] != 0 {
			f.Codes[row] = base + g.Codes[row]
		}
	}
	return f
}

// pick reads the columns that match selects as one field; of several in a row,
// the last counts.
func (v *View) pick(match func(*columnID) bool) Field {
	t := &v.rows
	f := Field{Codes: make([]uint32, t.n)}
	base := map[uint32]uint32{}
	for i := range t.cols {
		if c := &t.cols[i]; match(&c.id) {
			base[uint32(i)] = uint32(len(f.Values))
			f.Values = t.appendDistinct(f.Values, i)
		}
	}
	if len(base) == 0 {
		return f
	}
	chosen := make([][]uint32, len(t.shapes)) // the matching columns of each shape
	for s, cols := range t.shapes {
		for _, c := range cols {
			if _, ok := base[c]; ok {
				chosen[s] = append(chosen[s], c)
			}
		}
	}
	at := make([]int, len(t.cols))
	for row, s := range t.shapeOf() {
		for _, c := range chosen[s] {
			f.Codes[row] = base[c] + uint32(t.codeOf(int(c), at[c])) + 1
			at[c]++
		}
	}
	return f
}

// appendDistinct appends the distinct values of column i: for numbers, all.
func (t *table) appendDistinct(dst []signal.Value, i int) []signal.Value {
	id := &t.cols[i].id
	switch id.class() {
	case classInts:
		v := t.column(i)
		for j := range v.n {
			dst = append(dst, signal.FromBits(id.kind, uint64(v.int(j)), ""))
			if v.ints == nil {
				break
			}
		}
	case classStrings:
		v := t.column(i)
		for j := range v.distinct() {
			dst = append(dst, signal.FromBits(id.kind, 0, v.at(j)))
		}
	default:
		dst = append(dst, signal.Value{})
	}
	return dst
}

func (t *table) codeOf(i, at int) int {
	switch t.cols[i].id.class() {
	case classInts:
		if t.column(i).ints == nil {
			return 0
		}
		return at
	case classStrings:
		return t.column(i).code(at)
	}
	return 0
}
