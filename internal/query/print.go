package query

import (
	"strconv"
	"strings"

	"clew/internal/signal"
)

// Print writes e in the text language, so that Parse gives the same condition
// back. Conditions that Parse itself made come back equal, node by node.
func Print(e *Expr) string {
	if e == nil {
		return ""
	}
	return string(appendExpr(nil, e, false))
}

// appendExpr prints e, in parentheses where it is inside another And, Or or Not.
func appendExpr(dst []byte, e *Expr, inside bool) []byte {
	switch {
	case e == nil || e.Op == And && len(e.Args) == 0:
		return append(dst, '*')
	case e.Op == Or && len(e.Args) == 0:
		return append(dst, "NOT *"...)
	case e.Op == Not:
		return appendExpr(append(dst, "NOT "...), e.Args[0], true)
	case e.Op != And && e.Op != Or:
		return appendLeaf(dst, e)
	case len(e.Args) == 1:
		return appendExpr(dst, e.Args[0], inside)
	}
	sep := " "
	if e.Op == Or {
		sep = " OR "
	}
	if inside {
		dst = append(dst, '(')
	}
	for i, a := range e.Args {
		if i > 0 {
			dst = append(dst, sep...)
		}
		dst = appendExpr(dst, a, true)
	}
	if inside {
		dst = append(dst, ')')
	}
	return dst
}

var opText = map[Op]string{Eq: ":", Ne: ":!=", Lt: ":<", Le: ":<=", Gt: ":>", Ge: ":>=", Match: ":~", Word: ":@", Glob: ":", Exists: ":"}

func appendLeaf(dst []byte, e *Expr) []byte {
	text := e.Value.String()
	if e.Field == "" {
		if e.Op == Match {
			return appendPattern(dst, text)
		}
		return appendWord(dst, text)
	}
	dst = appendField(dst, e.Field)
	if e.Op == Eq && isProse(e.Field) {
		dst = append(dst, ":="...)
	} else {
		dst = append(dst, opText[e.Op]...)
	}
	switch {
	case e.Op == Exists:
		return append(dst, '*')
	case e.Op == Glob:
		return appendGlob(dst, text)
	case e.Field == FieldDuration && e.Value.Kind() == signal.KindInt:
		return appendDuration(dst, e.Value.Int())
	case e.Value.Kind() == signal.KindInt || e.Value.Kind() == signal.KindDouble:
		return append(dst, text...)
	}
	return appendText(dst, e, text)
}

// appendText prints a text value, bare where that reads back as the same text.
func appendText(dst []byte, e *Expr, s string) []byte {
	bare := s != "" && !strings.ContainsAny(s, escapable) && !looksTyped(e, s)
	if bare {
		return append(dst, s...)
	}
	return appendQuoted(dst, s)
}

func looksTyped(e *Expr, s string) bool {
	v, err := fieldText{ref: fieldRef{name: e.Field, quoted: true, op: e.Op, exact: true}, text: s}.value(e.Field)
	return e.Op != Word && e.Op != Match && (err != nil || v != signal.Str(s))
}

func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// appendWord prints a word or phrase that stands without a field.
func appendWord(dst []byte, s string) []byte {
	if !isPlain(s) {
		return appendQuoted(dst, s)
	}
	return append(dst, s...)
}

func appendField(dst []byte, s string) []byte {
	if !isPlain(s) || aliases[s] != nil || s == "error" {
		return appendQuoted(dst, s)
	}
	return append(dst, s...)
}

// isPlain reports whether s reads as one bare word.
func isPlain(s string) bool {
	switch {
	case s == "" || s == "AND" || s == "OR" || s == "NOT":
		return false
	case s[0] == '-' || s[0] == '/':
		return false
	}
	return !strings.ContainsAny(s, escapable)
}

func appendGlob(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] != '*' && strings.IndexByte(escapable, s[i]) >= 0 {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return dst
}

// appendPattern prints /s/ with the slashes of s escaped.
func appendPattern(dst []byte, s string) []byte {
	dst = append(dst, '/')
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			dst = append(dst, s[i], s[i+1])
			i++
		case s[i] == '/':
			dst = append(dst, '\\', '/')
		default:
			dst = append(dst, s[i])
		}
	}
	return append(dst, '/')
}

// appendDuration prints nanoseconds in the largest unit that divides them.
func appendDuration(dst []byte, ns int64) []byte {
	for _, u := range [...]unit{{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}} {
		if n := int64(u.times); ns != 0 && ns%n == 0 {
			return append(strconv.AppendInt(dst, ns/n, 10), u.name...)
		}
	}
	return append(strconv.AppendInt(dst, ns, 10), "ns"...)
}

// Equal reports whether a and b are the same condition node by node.
func Equal(a, b *Expr) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Op != b.Op || a.Field != b.Field || a.Value != b.Value || len(a.Args) != len(b.Args) {
		return false
	}
	for i := range a.Args {
		if !Equal(a.Args[i], b.Args[i]) {
			return false
		}
	}
	return true
}
