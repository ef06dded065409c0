package query

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where a query text is wrong and what was expected there.
type SyntaxError struct {
	Col int // 1-based, in characters
	Msg string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("query: col %d: %s", e.Col, e.Msg) }

// lexer reads pieces of a query text. What a piece is depends on where it
// stands ("8f5a1c" is a value, "-x" a negation, "/post" a value after "route:"),
// so the parser asks for what it expects instead of taking a stream of tokens.
type lexer struct {
	text string
	pos  int
}

func (l *lexer) fail(at int, format string, args ...any) error {
	return &SyntaxError{Col: utf8.RuneCountInString(l.text[:at]) + 1, Msg: fmt.Sprintf(format, args...)}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isBoundary reports whether a word or value ends before byte i.
func (l *lexer) isBoundary(i int) bool {
	return i >= len(l.text) || isSpace(l.text[i]) || l.text[i] == '(' || l.text[i] == ')'
}

func (l *lexer) skipSpace() {
	for l.pos < len(l.text) && isSpace(l.text[l.pos]) {
		l.pos++
	}
}

// accept takes s if it comes next.
func (l *lexer) accept(s string) bool {
	if strings.HasPrefix(l.text[l.pos:], s) {
		l.pos += len(s)
		return true
	}
	return false
}

// keyword takes the upper-case word s if it comes next as a whole word.
func (l *lexer) keyword(s string) bool {
	l.skipSpace()
	if strings.HasPrefix(l.text[l.pos:], s) && l.isBoundary(l.pos+len(s)) {
		l.pos += len(s)
		return true
	}
	return false
}

// operators, longest first; each may follow a field directly or after a colon.
var operators = [...]struct {
	text string
	op   Op
}{{">=", Ge}, {"<=", Le}, {"!=", Ne}, {"=~", Match}, {">", Gt}, {"<", Lt}, {"~", Match}, {"@", Word}, {"=", Eq}}

// operator takes an operator after a field. exact is true for "=" and ":=",
// which ask for the whole text where a colon would ask for words.
func (l *lexer) operator() (op Op, exact, ok bool) {
	colon := l.accept(":")
	for _, o := range operators {
		if !colon && (o.text == "~" || o.text == "@") {
			continue
		}
		if l.accept(o.text) {
			return o.op, o.op == Eq, true
		}
	}
	return Eq, false, colon
}

// quoted takes a "string" with \" and \\ as its only escapes.
func (l *lexer) quoted() (string, error) {
	start := l.pos
	var b strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '"':
			l.pos = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(l.text) && (l.text[i+1] == '"' || l.text[i+1] == '\\'):
			i++
			b.WriteByte(l.text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", l.fail(start, `expected a closing quote for this "`)
}

// word takes a bare word: up to a space, a parenthesis or an operator.
func (l *lexer) word() string {
	start := l.pos
	for !l.isBoundary(l.pos) && !startsOperator(l.text[l.pos:]) {
		l.pos++
	}
	return l.text[start:l.pos]
}

func startsOperator(s string) bool {
	switch s[0] {
	case ':', '=', '<', '>':
		return true
	}
	return strings.HasPrefix(s, "!=")
}

// escapable are the bytes that a backslash makes ordinary in a bare value.
const escapable = " \t\n\r()\"\\*=<>!~@:"

// value takes a bare value: up to a space or parenthesis, with backslash escapes.
func (l *lexer) value() (text string, stars, literalStars int) {
	var b strings.Builder
	for !l.isBoundary(l.pos) {
		c := l.text[l.pos]
		l.pos++
		if c == '\\' && l.pos < len(l.text) && strings.IndexByte(escapable, l.text[l.pos]) >= 0 {
			c = l.text[l.pos]
			l.pos++
			if c == '*' {
				literalStars++
			}
		} else if c == '*' {
			stars++
		}
		b.WriteByte(c)
	}
	return b.String(), stars, literalStars
}

// regexp takes /pattern/ or /pattern/i. A slash without a partner that ends a
// word is not a pattern but the start of a path: "/post".
func (l *lexer) regexp() (pattern string, ok bool) {
	if l.pos >= len(l.text) || l.text[l.pos] != '/' {
		return "", false
	}
	var b strings.Builder
	for i := l.pos + 1; i < len(l.text); i++ {
		c := l.text[i]
		switch {
		case c == '\\' && i+1 < len(l.text):
			i++
			if l.text[i] != '/' {
				b.WriteByte(c)
			}
			b.WriteByte(l.text[i])
		case c == '/' && b.Len() > 0 && l.isBoundary(i+1):
			l.pos = i + 1
			return b.String(), true
		case c == '/' && b.Len() > 0 && l.text[i+1] == 'i' && l.isBoundary(i+2):
			l.pos = i + 2
			return "(?i)" + b.String(), true
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}
