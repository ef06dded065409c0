package query

import (
	"regexp"
	"strings"

	"clew/internal/signal"
)

// The bounds of a query text, against hostile ones.
const (
	maxText  = 8 << 10
	maxDepth = 64
)

// Parse reads the text language. An empty text is nil, which matches everything.
//
//	timeout "connection reset"       words and phrases anywhere in a row's text
//	/user [0-9]+ not found/i         a regular expression anywhere in it
//	field:value  field:"a value"     equal; field:a* with wildcards; field:* present
//	field:>=5  field:!=x  field:~re  also :> :< :<= := ; without the colon, too: dur>1s
//	field:@words                     the field's text holds these words
//	field:(a OR b)                   any condition on one field
//	a b   a AND b   a OR b   NOT a   -a   ( )
//
// Numbers take units: 500ms 2s 5m 1h (nanoseconds), 10KB 1MiB (bytes). body and
// status.message are texts: a plain colon asks for words in them. Quoted field
// names are taken as they are; others have aliases (dur, op, function, error, …).
// Errors are *SyntaxError.
func Parse(text string) (*Expr, error) {
	p := &parser{lexer: lexer{text: text}}
	if len(text) > maxText {
		return nil, p.fail(0, "expected at most %d bytes, found %d", maxText, len(text))
	}
	p.skipSpace()
	if p.pos == len(text) {
		return nil, nil
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.pos < len(text) {
		return nil, p.fail(p.pos, "expected the end or another term, found %q", text[p.pos])
	}
	return e, nil
}

type parser struct {
	lexer
	depth int
	// field is set inside field:( … ), where terms are values of it.
	field *fieldRef
}

// fieldRef is a field with the operator that stood before the parenthesis.
type fieldRef struct {
	name   string
	quoted bool
	op     Op
	exact  bool
}

func (p *parser) or() (*Expr, error) {
	var args []*Expr
	for {
		e, err := p.and()
		if err != nil {
			return nil, err
		}
		args = append(args, e)
		if !p.keyword("OR") {
			return Any(args...), nil
		}
	}
}

func (p *parser) and() (*Expr, error) {
	var args []*Expr
	for {
		e, err := p.unary()
		if err != nil {
			return nil, err
		}
		args = append(args, e)
		if p.keyword("AND") {
			continue
		}
		p.skipSpace()
		if p.pos == len(p.text) || p.text[p.pos] == ')' || p.peekOr() {
			return All(args...), nil
		}
	}
}

func (p *parser) peekOr() bool {
	at := p.pos
	ok := p.keyword("OR")
	p.pos = at
	return ok
}

func (p *parser) unary() (*Expr, error) {
	p.skipSpace()
	at := p.pos
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(at, "expected at most %d levels of parentheses and NOT", maxDepth)
	}
	defer func() { p.depth-- }()
	if p.keyword("NOT") || p.minus() {
		e, err := p.unary()
		if err != nil {
			return nil, err
		}
		return &Expr{Op: Not, Args: []*Expr{e}}, nil
	}
	if !p.accept("(") {
		return p.term()
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.skipSpace(); !p.accept(")") {
		return nil, p.fail(p.pos, "expected ) for the ( at col %d", len([]rune(p.text[:at]))+1)
	}
	return e, nil
}

// minus takes a "-" that negates: one directly before a term. Among the values
// of a field it negates only where no number follows.
func (p *parser) minus() bool {
	at := p.pos
	if !p.accept("-") || p.isBoundary(p.pos) && (p.pos == len(p.text) || p.text[p.pos] != '(') {
		p.pos = at
		return false
	}
	if p.field != nil && isDigit(p.text[p.pos]) {
		p.pos = at
		return false
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (p *parser) term() (*Expr, error) {
	at := p.pos
	if p.pos == len(p.text) || p.text[p.pos] == ')' {
		return nil, p.fail(at, "expected a word, a field or (")
	}
	for _, k := range [...]string{"AND", "OR"} {
		if p.keyword(k) {
			return nil, p.fail(at, "expected a term before %s (quote it to search for the word)", k)
		}
	}
	if p.field != nil {
		return p.fieldValue(*p.field)
	}
	if pattern, ok := p.regexp(); ok {
		e, err := Regexp("", pattern)
		if err != nil {
			return nil, p.fail(at, "expected a regular expression: %v", err)
		}
		return e, nil
	}
	var name string
	quoted := p.text[p.pos] == '"'
	if quoted {
		var err error
		if name, err = p.quoted(); err != nil {
			return nil, err
		}
	} else if name = p.word(); name == "" {
		return nil, p.fail(at, "expected a field before %q", p.text[at])
	}
	op, exact, isField := p.operator()
	if !isField {
		return word(name, quoted), nil
	}
	if name == "" {
		return nil, p.fail(at, "expected a field name between the quotes")
	}
	return p.condition(fieldRef{name, quoted, op, exact}, at)
}

// condition parses what follows a field and its operator.
func (p *parser) condition(f fieldRef, at int) (*Expr, error) {
	if !p.accept("(") {
		return p.fieldValue(f)
	}
	negate := f.op == Ne
	if negate {
		f.op = Eq
	}
	outer := p.field
	p.field = &f
	e, err := p.or()
	p.field = outer
	if err != nil {
		return nil, err
	}
	if p.skipSpace(); !p.accept(")") {
		return nil, p.fail(p.pos, "expected ) after the values of %s at col %d", f.name, len([]rune(p.text[:at]))+1)
	}
	if negate {
		e = &Expr{Op: Not, Args: []*Expr{e}}
	}
	return e, nil
}

// fieldValue parses one value of f; inside parentheses it may bring its own operator.
func (p *parser) fieldValue(f fieldRef) (*Expr, error) {
	if p.field != nil && f.op == Eq {
		for _, o := range operators {
			if p.accept(o.text) {
				f.op, f.exact = o.op, o.op == Eq
				break
			}
		}
	}
	at := p.pos
	if p.isBoundary(at) {
		return nil, p.fail(at, "expected a value for %s", f.name)
	}
	v := fieldText{ref: f}
	if p.text[at] == '"' {
		s, err := p.quoted()
		if err != nil {
			return nil, err
		}
		v.text, v.quoted = s, true
	} else {
		var literal int
		v.text, v.stars, literal = p.value()
		if v.stars > 0 && literal > 0 {
			return nil, p.fail(at, `expected either wildcards or \*, not both: use %s:~`, f.name)
		}
	}
	e, err := v.compile()
	if err != nil {
		return nil, p.fail(at, "%s", err.Error())
	}
	return e, nil
}

// word is a term without a field. "*" alone is everything; a word with wildcards
// is a pattern over whole words.
func word(s string, quoted bool) *Expr {
	if quoted || !strings.Contains(s, "*") {
		return Is("", Word, signal.Str(s))
	}
	if strings.Trim(s, "*") == "" {
		return &Expr{Op: And}
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(s), `\*`, `\S*`)
	e, err := Regexp("", `(?i)(?:^|[^\pL\pN])`+pattern+`(?:[^\pL\pN]|$)`)
	if err != nil { // only text that is not UTF-8 cannot be quoted into a pattern
		return Is("", Word, signal.Str(s))
	}
	return e
}
