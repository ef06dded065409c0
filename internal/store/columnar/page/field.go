package page

import (
	"math"
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

// lazyField is a Field whose codes are made when somebody needs them.
type lazyField struct {
	values []signal.Value
	codes  func() []uint32 // one a row
}

func (f lazyField) field() Field { return Field{Codes: f.codes(), Values: f.values} }

// Field reads a field as query.Row.Field does, for all rows.
func (v *View) Field(name string) Field { return v.lazy(name).field() }

func (v *View) lazy(name string) lazyField {
	if name == query.FieldService {
		return v.serviceField()
	}
	if s, ok := intrinsics[v.Type][name]; ok {
		return s(v)
	}
	var f lazyField
	for i, c := range candidates(name) {
		var g lazyField
		is := func(id *columnID) bool { return id.slot == slotAttr && id.key == c.key }
		if c.own {
			g = v.pick(is)
		} else {
			g = v.ofGroups(v.groups.pick(is))
		}
		if i == 0 {
			f = g
		} else {
			f = v.orElse(f, g)
		}
	}
	return f
}

// candidate is one place where an attribute may be.
type candidate struct {
	key string
	own bool // of the row, not of its resource
}

// candidates lists the places of an attribute field, the first one first.
func candidates(name string) []candidate {
	var from []candidate
	if key, ok := strings.CutPrefix(name, "attr."); ok {
		from = append(from, candidate{key, true})
	}
	if key, ok := strings.CutPrefix(name, "resource."); ok {
		from = append(from, candidate{key, false})
	}
	return append(from, candidate{name, true}, candidate{name, false})
}

var intrinsics = [...]map[string]func(*View) lazyField{
	signal.Spans: {
		query.FieldTrace:  func(v *View) lazyField { return v.textField(slotTrace, hexText, false) },
		query.FieldSpan:   func(v *View) lazyField { return v.textField(slotSpan, hexText, false) },
		query.FieldParent: func(v *View) lazyField { return v.textField(slotParent, hexText, true) },
		query.FieldName:   func(v *View) lazyField { return v.textField(slotName, func(s string) string { return s }, false) },
		query.FieldKind: func(v *View) lazyField {
			return v.smallField(slotKind, func(n int64) string { return signal.SpanKind(n).String() })
		},
		query.FieldStatus: func(v *View) lazyField {
			return v.smallField(slotStatus, func(n int64) string { return signal.StatusCode(n).String() })
		},
		query.FieldMessage:  func(v *View) lazyField { return v.slotField(slotMessage) },
		query.FieldDuration: (*View).durationField,
	},
	signal.Logs: {
		query.FieldTrace: func(v *View) lazyField { return v.textField(slotTrace, hexText, true) },
		query.FieldSpan:  func(v *View) lazyField { return v.textField(slotSpan, hexText, true) },
		query.FieldBody:  func(v *View) lazyField { return v.slotField(slotBody) },
		query.FieldLevel: (*View).levelField,
	},
	signal.Points: {
		query.FieldMetric: func(v *View) lazyField {
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
func (v *View) textField(s slot, print func(string) string, zeroAbsent bool) lazyField {
	var f lazyField
	c := v.rows.coreOf(s)
	code := make([]uint32, c.distinct())
	for i := range code {
		raw := c.at(i)
		if zeroAbsent && strings.Trim(raw, "\x00") == "" {
			continue
		}
		f.values = append(f.values, signal.Str(print(raw)))
		code[i] = uint32(len(f.values))
	}
	f.codes = func() []uint32 {
		out := make([]uint32, v.rows.n)
		for row := range out {
			out[row] = code[c.code(row)]
		}
		return out
	}
	return f
}

// numberField reads a core column of few different numbers; skip has no value.
func (v *View) numberField(s slot, skip int64, value func(int64) signal.Value) lazyField {
	var f lazyField
	codes := make([]uint32, v.rows.n)
	c, seen := v.rows.coreOf(s), map[int64]uint32{}
	last, code := skip, uint32(0)
	for row := range codes {
		if n := c.int(row); n != last {
			last, code = n, seen[n]
			if code == 0 && n != skip {
				f.values = append(f.values, value(n))
				code = uint32(len(f.values))
				seen[n] = code
			}
		}
		codes[row] = code
	}
	f.codes = func() []uint32 { return codes }
	return f
}

func (v *View) smallField(s slot, print func(int64) string) lazyField {
	return v.numberField(s, math.MinInt64, func(n int64) signal.Value { return signal.Str(print(n)) })
}

func (v *View) levelField() lazyField {
	return v.numberField(slotLevel, 0, func(n int64) signal.Value { return signal.Int(int64(uint8(n))) })
}

func (v *View) durationField() lazyField {
	f := lazyField{values: make([]signal.Value, v.rows.n), codes: func() []uint32 {
		out := make([]uint32, v.rows.n)
		for row := range out {
			out[row] = uint32(row) + 1
		}
		return out
	}}
	for row := range f.values {
		f.values[row] = signal.Int(v.Duration(row))
	}
	return f
}

// serviceField gives each row the service name of its resource.
func (v *View) serviceField() lazyField { return v.ofGroups(v.groupService()) }

func (v *View) groupService() lazyField {
	names := v.groups.pick(func(id *columnID) bool { return id.slot == slotAttr && id.key == "service.name" }).field()
	var none signal.Attrs
	f := lazyField{values: []signal.Value{signal.Str(none.ServiceName())}}
	seen := map[string]uint32{none.ServiceName(): 1}
	code := make([]uint32, len(names.Values)+1)
	code[0] = 1
	for i, val := range names.Values {
		name := val.String()
		if name == "" {
			name = none.ServiceName()
		}
		if seen[name] == 0 {
			f.values = append(f.values, signal.Str(name))
			seen[name] = uint32(len(f.values))
		}
		code[i+1] = seen[name]
	}
	f.codes = func() []uint32 {
		out := make([]uint32, len(names.Codes))
		for g, c := range names.Codes {
			out[g] = code[c]
		}
		return out
	}
	return f
}

// Service returns the service name of row i.
func (v *View) Service(i int) string { return v.Services()[v.GroupOf()[i]] }

// Services returns the service name of each group.
func (v *View) Services() []string {
	known := v.warm.services.Load()
	if known == nil {
		f := v.groupService()
		names := make([]string, v.groups.n)
		for g, c := range f.codes() {
			names[g] = f.values[c-1].Text()
		}
		keep(v.warm, &v.warm.services, &names, 16*int64(len(names)))
		known = &names
	}
	return *known
}

// ofGroups gives a field of the groups to their rows.
func (v *View) ofGroups(f lazyField) lazyField {
	of := f.codes
	f.codes = func() []uint32 {
		out := make([]uint32, v.rows.n)
		code := of()
		for row, g := range v.GroupOf() {
			out[row] = code[g]
		}
		return out
	}
	return f
}

// pick reads columns of the rows as one field.
func (v *View) pick(match func(*columnID) bool) lazyField { return v.rows.pick(match) }

// slotField reads an optional slot, of whatever type its values are.
func (v *View) slotField(s slot) lazyField {
	return v.pick(func(id *columnID) bool { return id.slot == s })
}

// orElse takes from g what f does not have.
func (v *View) orElse(f, g lazyField) lazyField {
	if len(f.values) == 0 {
		return g
	}
	if len(g.values) == 0 {
		return f
	}
	base := uint32(len(f.values))
	return lazyField{values: append(f.values, g.values...), codes: func() []uint32 {
		out, other := f.codes(), g.codes()
		for row, code := range out {
			if code == 0 && other[row] != 0 {
				out[row] = base + other[row]
			}
		}
		return out
	}}
}

// pick reads the columns that match selects as one field; of several in a row,
// the last counts.
func (t *table) pick(match func(*columnID) bool) lazyField {
	var f lazyField
	base := map[uint32]uint32{}
	for i := range t.cols {
		if match(&t.cols[i].id) {
			base[uint32(i)] = uint32(len(f.values))
			f.values = t.appendDistinct(f.values, i)
		}
	}
	f.codes = func() []uint32 { return t.pickCodes(base) }
	return f
}

func (t *table) pickCodes(base map[uint32]uint32) []uint32 {
	out := make([]uint32, t.n)
	if len(base) == 0 {
		return out
	}
	chosen := make([][]uint32, len(t.shapes)) // the matching columns of each shape
	for s, cols := range t.shapes {
		for _, c := range cols {
			if _, ok := base[c]; ok {
				chosen[s] = append(chosen[s], c)
			}
		}
	}
	first := make([]uint32, len(t.cols)) // code of each column's first value
	for c, n := range base {
		first[c] = n + 1
	}
	at := make([]int, len(t.cols))
	for row, s := range t.shapeOf() {
		for _, c := range chosen[s] {
			out[row] = first[c] + uint32(t.codeOf(int(c), at[c]))
			at[c]++
		}
	}
	return out
}

// appendDistinct appends the distinct values of column i: for numbers, all.
func (t *table) appendDistinct(dst []signal.Value, i int) []signal.Value {
	id := &t.cols[i].id
	switch id.class() {
	case classInts:
		v := t.column(i)
		for j := range v.n {
			dst = append(dst, signal.FromBits(id.kind, uint64(v.int(j)), ""))
			if v.constant() {
				break // one code for all
			}
		}
	case classStrings:
		v := t.column(i)
		v.each(func(s string) { dst = append(dst, signal.FromBits(id.kind, 0, s)) })
	default:
		dst = append(dst, signal.Value{})
	}
	return dst
}

func (t *table) codeOf(i, at int) int {
	switch t.cols[i].id.class() {
	case classInts:
		if t.column(i).constant() {
			return 0
		}
		return at
	case classStrings:
		return t.column(i).code(at)
	}
	return 0
}
