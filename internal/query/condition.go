package query

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"clew/internal/signal"
)

// fieldText is one field:value as written.
type fieldText struct {
	ref    fieldRef
	text   string
	quoted bool
	stars  int // wildcards in text
}

// aliases are other names of fields, for bare (unquoted) names only.
var aliases = map[string][]string{
	"dur":       {FieldDuration},
	"op":        {FieldName},
	"operation": {FieldName},
	"function":  {FieldService, "faas.name"},
	"resource":  {FieldService, "faas.name"},
	"trace_id":  {FieldTrace},
	"span_id":   {FieldSpan},
	"message":   {FieldMessage},
	"cold":      {"faas.coldstart"},
}

// compile gives the condition that the text means.
func (t fieldText) compile() (*Expr, error) {
	names := []string{t.ref.name}
	if !t.ref.quoted {
		if t.ref.name == "error" && t.ref.op <= Ne && !t.quoted && (t.text == "true" || t.text == "false") {
			return t.errorFlag(), nil
		}
		if a := aliases[t.ref.name]; a != nil {
			names = a
		}
	}
	var args []*Expr
	for _, n := range names {
		e, err := t.on(n)
		if err != nil {
			return nil, err
		}
		args = append(args, e)
	}
	if t.ref.op == Ne {
		return All(args...), nil
	}
	return Any(args...), nil
}

// errorFlag is error:true, as tags of older tracers say it.
func (t fieldText) errorFlag() *Expr {
	op := Eq
	if (t.text == "true") != (t.ref.op == Eq) {
		op = Ne
	}
	return Is(FieldStatus, op, signal.Str("error"))
}

// on gives the condition on one real field.
func (t fieldText) on(field string) (*Expr, error) {
	switch op := t.ref.op; {
	case op == Match:
		e, err := Regexp(field, t.text)
		if err != nil {
			return nil, fmt.Errorf("expected a regular expression: %w", err)
		}
		return e, nil
	case op == Word:
		return Is(field, Word, signal.Str(t.text)), nil
	case t.stars > 0 && (op == Eq || op == Ne):
		e := Is(field, Glob, signal.Str(t.text))
		if t.text == "*" {
			e = &Expr{Op: Exists, Field: field}
		}
		if op == Ne {
			e = &Expr{Op: Not, Args: []*Expr{e}}
		}
		return e, nil
	case op == Eq && !t.ref.exact && isProse(field):
		return Is(field, Word, signal.Str(t.text)), nil
	}
	v, err := t.value(field)
	if err != nil {
		return nil, err
	}
	return Is(field, t.ref.op, v), nil
}

// isProse reports whether a field holds text for people, where a value asks for
// words rather than for the whole.
func isProse(field string) bool { return field == FieldBody || field == FieldMessage }

var errDuration = errors.New("expected a duration such as 500ms, 2s or 1.5h")

// value gives the typed value of the text for field.
func (t fieldText) value(field string) (signal.Value, error) {
	if field == FieldDuration {
		ns, ok := parseUnits(t.text, durationUnits[:])
		if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
			ns, ok = n, true
		}
		if !ok {
			return signal.Value{}, errDuration
		}
		return signal.Int(ns), nil
	}
	if t.quoted {
		return signal.Str(t.text), nil
	}
	if t.ref.op == Eq || t.ref.op == Ne {
		if s, ok := canonical(field, t.text); ok {
			return signal.Str(s), nil
		}
		return number(t.text), nil
	}
	if n, ok := parseUnits(t.text, durationUnits[:]); ok {
		return signal.Int(n), nil
	}
	if n, ok := parseUnits(t.text, sizeUnits[:]); ok {
		return signal.Int(n), nil
	}
	return number(t.text), nil
}

// canonical writes ids and the names of enumerations as rows hold them.
func canonical(field, s string) (string, bool) {
	switch field {
	case FieldStatus, FieldKind, FieldLevel:
		return strings.ToLower(s), true
	case FieldTrace:
		id, err := signal.ParseTraceID(s)
		return id.String(), err == nil
	case FieldSpan, FieldParent:
		id, err := signal.ParseSpanID(s)
		return id.String(), err == nil
	}
	return "", false
}

// number types s as an int or a double only if that prints back as s: "007",
// "2.0" and "1e5" may be versions and hashes and must stay text to be equal.
func number(s string) signal.Value {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
		return signal.Int(n)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && signal.Double(f).String() == s {
		return signal.Double(f)
	}
	return signal.Str(s)
}

type unit struct {
	name  string
	times float64
}

// Longer names first where one ends with another.
var (
	durationUnits = [...]unit{{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}}
	sizeUnits     = [...]unit{
		{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
		{"KB", 1e3}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
	}
)

// parseUnits reads a decimal number directly followed by one of units.
func parseUnits(s string, units []unit) (int64, bool) {
	end := 0
	for end < len(s) && (isDigit(s[end]) || s[end] == '.' || end == 0 && s[end] == '-') {
		end++
	}
	for _, u := range units {
		if s[end:] != u.name {
			continue
		}
		if n, err := strconv.ParseInt(s[:end], 10, 64); err == nil {
			if p := n * int64(u.times); p/int64(u.times) == n {
				return p, true
			}
			return 0, false
		}
		f, err := strconv.ParseFloat(s[:end], 64)
		if f *= u.times; err != nil || math.Abs(f) >= 1<<63 {
			return 0, false
		}
		return int64(math.Round(f)), true
	}
	return 0, false
}
