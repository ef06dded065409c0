package query

import (
	"cmp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"clew/internal/signal"
)

// Matches reports whether row r fulfils e. It is the meaning of an Expr that
// every engine's own evaluation must agree with.
func (e *Expr) Matches(r *Row) bool {
	if e == nil {
		return true
	}
	switch e.Op {
	case And:
		for _, a := range e.Args {
			if !a.Matches(r) {
				return false
			}
		}
		return true
	case Or:
		for _, a := range e.Args {
			if a.Matches(r) {
				return true
			}
		}
		return false
	case Not:
		return !e.Args[0].Matches(r)
	case Ne:
		v, ok := r.Field(e.Field)
		return !ok || !equalValue(e.Field, v, e.Value)
	case Word, Match:
		if e.Field == "" {
			return anyText(r, func(s string) bool { return e.MatchesValue(signal.Str(s)) })
		}
	}
	v, ok := r.Field(e.Field)
	return ok && e.MatchesValue(v)
}

// MatchesValue reports whether a present value v fulfils the leaf e; engines use
// it on the distinct values of a column. Ne is not a leaf of that kind: an
// absent field fulfils it.
func (e *Expr) MatchesValue(v signal.Value) bool {
	switch e.Op {
	case Eq:
		return equalValue(e.Field, v, e.Value)
	case Ne:
		return !equalValue(e.Field, v, e.Value)
	case Lt:
		return compareValue(e.Field, v, e.Value) < 0
	case Le:
		return compareValue(e.Field, v, e.Value) <= 0
	case Gt:
		return compareValue(e.Field, v, e.Value) > 0
	case Ge:
		return compareValue(e.Field, v, e.Value) >= 0
	case Exists:
		return true
	case Glob:
		return matchGlob(e.Value.Text(), v.String())
	case Match:
		return e.re != nil && e.re.MatchString(v.String())
	case Word:
		return HasWords(v.String(), e.Value.Text())
	}
	return false
}

// Field returns the value of a field of r and whether r has it.
func (r *Row) Field(name string) (signal.Value, bool) {
	if v, known, ok := r.intrinsic(name); known {
		return v, ok
	}
	own := r.attrs()
	if key, ok := strings.CutPrefix(name, "attr."); ok {
		if v, ok := own.Find(key); ok {
			return v, true
		}
	}
	if key, ok := strings.CutPrefix(name, "resource."); ok {
		if v, ok := r.Resource.Find(key); ok {
			return v, true
		}
	}
	if v, ok := own.Find(name); ok {
		return v, true
	}
	return r.Resource.Find(name)
}

func (r *Row) attrs() signal.Attrs {
	switch {
	case r.Span != nil:
		return r.Span.Attrs
	case r.Log != nil:
		return r.Log.Attrs
	case r.Point != nil:
		return r.Point.Attrs
	}
	return nil
}

// intrinsic returns a built-in field; known is false for attribute keys and for
// intrinsics that this signal does not have.
func (r *Row) intrinsic(name string) (v signal.Value, known, ok bool) {
	if name == FieldService {
		return signal.Str(r.Resource.ServiceName()), true, true
	}
	switch {
	case r.Span != nil:
		return spanField(r.Span, name)
	case r.Log != nil:
		return logField(r.Log, name)
	case r.Point != nil && name == FieldMetric:
		return signal.Str(r.Point.Metric.Name), true, true
	}
	return signal.Value{}, false, false
}

func spanField(s *signal.Span, name string) (v signal.Value, known, ok bool) {
	switch name {
	case FieldTrace:
		return signal.Str(s.Trace.String()), true, true
	case FieldSpan:
		return signal.Str(s.ID.String()), true, true
	case FieldParent:
		return signal.Str(s.Parent.String()), true, !s.Parent.IsZero()
	case FieldName:
		return signal.Str(s.Name), true, true
	case FieldKind:
		return signal.Str(s.Kind.String()), true, true
	case FieldStatus:
		return signal.Str(s.Status.Code.String()), true, true
	case FieldMessage:
		return signal.Str(s.Status.Message), true, s.Status.Message != ""
	case FieldDuration:
		return signal.Int(int64(s.Duration())), true, true
	}
	return signal.Value{}, false, false
}

func logField(l *signal.Log, name string) (v signal.Value, known, ok bool) {
	switch name {
	case FieldTrace:
		return signal.Str(l.Trace.String()), true, !l.Trace.IsZero()
	case FieldSpan:
		return signal.Str(l.Span.String()), true, !l.Span.IsZero()
	case FieldBody:
		return l.Body, true, l.Body.Kind() != signal.KindEmpty
	case FieldLevel:
		return signal.Int(int64(l.Level)), true, l.Level != 0
	}
	return signal.Value{}, false, false
}

// anyText calls f on each text of r until f returns true: name, service, status
// message, events, body, and every attribute value of its own, printed. Of the
// resource only the service name counts: its other attributes are the same on
// every row and would match everything.
func anyText(r *Row, f func(string) bool) bool {
	if f(r.Resource.ServiceName()) {
		return true
	}
	if s := r.Span; s != nil {
		if f(s.Name) || f(s.Status.Message) {
			return true
		}
		for i := range s.Events {
			if f(s.Events[i].Name) || anyAttr(s.Events[i].Attrs, f) {
				return true
			}
		}
	}
	if r.Log != nil && f(r.Log.Body.String()) {
		return true
	}
	if r.Point != nil && f(r.Point.Metric.Name) {
		return true
	}
	return anyAttr(r.attrs(), f)
}

func anyAttr(as signal.Attrs, f func(string) bool) bool {
	for i := range as {
		if f(as[i].Value.String()) {
			return true
		}
	}
	return false
}

func equalValue(field string, v, want signal.Value) bool {
	if field == FieldLevel && v.Kind() == signal.KindInt {
		if _, isNumber := asNumber(want); !isNumber {
			return signal.Level(v.Int()).String() == want.String()
		}
	}
	if v.String() == want.String() {
		return true
	}
	if v.Kind() == signal.KindInt && want.Kind() == signal.KindInt {
		return v.Int() == want.Int() // exact beyond 2^53
	}
	a, aok := v.Number()
	b, bok := asNumber(want)
	return aok && bok && a == b
}

var levelFloor = map[string]int64{"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}

// compareValue orders a row's value against a query's: as numbers when the query
// gives a number and the row has one (or text that reads as one), else as text.
func compareValue(field string, v, want signal.Value) int {
	if field == FieldLevel {
		if n, ok := levelFloor[want.String()]; ok {
			return cmp.Compare(v.Int(), n)
		}
	}
	if v.Kind() == signal.KindInt && want.Kind() == signal.KindInt {
		return cmp.Compare(v.Int(), want.Int())
	}
	a, aok := asNumber(v)
	b, bok := asNumber(want)
	if aok && bok {
		return cmp.Compare(a, b)
	}
	return strings.Compare(v.String(), want.String())
}

func asNumber(v signal.Value) (float64, bool) {
	if n, ok := v.Number(); ok {
		return n, true
	}
	if v.Kind() != signal.KindString {
		return 0, false
	}
	n, err := strconv.ParseFloat(v.Text(), 64)
	return n, err == nil
}

// matchGlob reports whether s matches pattern, where * stands for any run.
func matchGlob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, last)
}

// HasWords reports whether text holds phrase, ignoring case, with no letter or
// digit directly before or after it. Underscores separate words.
func HasWords(text, phrase string) bool {
	if phrase == "" {
		return true
	}
	for from := 0; ; {
		i := indexFold(text[from:], phrase)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(phrase)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		first, _ := utf8.DecodeRuneInString(phrase)
		last, _ := utf8.DecodeLastRuneInString(phrase)
		if (!isWordRune(first) || !isWordRune(before)) && (!isWordRune(last) || !isWordRune(after)) {
			return true
		}
		_, n := utf8.DecodeRuneInString(text[start:])
		from = start + n
	}
}

// Words calls visit with each word of text: the longest runs of letters and
// digits. HasWords finds a phrase of valid UTF-8 only in texts that have all of its
// words, ignoring the case of ASCII letters.
func Words(text string, visit func(word string)) {
	from := -1 // start of the word under way
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		switch word := isWordRune(r); {
		case word && from < 0:
			from = i
		case !word && from >= 0:
			visit(text[from:i])
			from = -1
		}
		i += n
	}
	if from >= 0 {
		visit(text[from:])
	}
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// indexFold is strings.Index ignoring the case of ASCII letters; other letters
// must agree exactly, so that byte lengths do.
func indexFold(s, sub string) int {
	if len(sub) > len(s) {
		return -1
	}
	c := lower(sub[0])
	for i := 0; i+len(sub) <= len(s); i++ {
		if lower(s[i]) == c && equalFoldASCII(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

func equalFoldASCII(a, b string) bool {
	for i := 0; i < len(a); i++ {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
