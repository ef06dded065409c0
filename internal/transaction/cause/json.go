package cause

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

// This file reads captured payloads. They are cut anywhere, so that a broken end
// is no error: what was read until there counts, and the text says it is cut.

// node is one JSON value.
type node struct {
	kind  byte // { [ s(tring) n(umber) b(ool) 0 (null)
	text  string
	names []string // of an object's members
	kids  []*node
	cut   bool // an object or array whose end is missing

	inner  *node // what a string holds, once looked at
	looked bool
}

// The bounds of reading.
const (
	maxDepth = 32
	maxNodes = 20_000 // of one payload
)

// parse reads text; nil where it does not begin like JSON's objects and arrays.
func parse(text string) *node {
	p := parser{s: text}
	p.space()
	if p.i >= len(p.s) || p.s[p.i] != '{' && p.s[p.i] != '[' {
		return nil
	}
	return p.value(0)
}

type parser struct {
	s     string
	i     int
	nodes int
	bad   bool // the end came early, or something that is no JSON
}

func (p *parser) space() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\n' || p.s[p.i] == '\t' || p.s[p.i] == '\r') {
		p.i++
	}
}

// value returns nil when there is none; bad is set once nothing more can be read.
func (p *parser) value(depth int) *node {
	p.space()
	p.nodes++
	if p.i >= len(p.s) || depth > maxDepth || p.nodes > maxNodes {
		p.bad = true
		return nil
	}
	switch c := p.s[p.i]; {
	case c == '{' || c == '[':
		return p.composite(c, depth)
	case c == '"':
		return &node{kind: 's', text: p.str()}
	}
	return p.word()
}

// word reads a number, true, false or null.
func (p *parser) word() *node {
	from := p.i
	for p.i < len(p.s) && !strings.ContainsRune(",]} \n\t\r:", rune(p.s[p.i])) {
		p.i++
	}
	switch w := p.s[from:p.i]; {
	case w == "null" && p.i <= len(p.s):
		return &node{}
	case w == "true" || w == "false":
		return &node{kind: 'b', text: w}
	case w != "" && (w[0] == '-' || '0' <= w[0] && w[0] <= '9') && p.i < len(p.s):
		return &node{kind: 'n', text: w}
	}
	p.bad = true
	return nil
}

func (p *parser) composite(open byte, depth int) *node {
	n := &node{kind: open}
	p.i++
	for {
		p.space()
		if p.i >= len(p.s) {
			p.bad = true
		}
		if p.bad {
			n.cut = true
			return n
		}
		switch p.s[p.i] {
		case '}', ']':
			p.i++
			return n
		case ',':
			p.i++
			continue
		}
		name := ""
		if open == '{' {
			if p.s[p.i] != '"' {
				p.bad = true
				continue
			}
			name = p.str()
			p.space()
			if p.bad || p.i >= len(p.s) || p.s[p.i] != ':' {
				p.bad = true
				continue
			}
			p.i++
		}
		kid := p.value(depth + 1)
		if kid == nil {
			continue
		}
		n.names = append(n.names, name)
		n.kids = append(n.kids, kid)
	}
}

func (p *parser) str() string {
	from := p.i + 1
	for p.i++; p.i < len(p.s) && p.s[p.i] != '"'; p.i++ {
		if p.s[p.i] == '\\' {
			p.i++
		}
	}
	if p.i >= len(p.s) {
		p.bad = true
		p.i = len(p.s)
		return unescape(p.s[min(from, len(p.s)):])
	}
	text := p.s[from:p.i]
	p.i++
	return unescape(text)
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out string
	if json.Unmarshal([]byte(`"`+s+`"`), &out) == nil {
		return out
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\n`, "\n").Replace(s) // a cut end
}

// member returns the member of an object, nil without it.
func (n *node) member(name string) *node {
	if n == nil || n.kind != '{' {
		return nil
	}
	for i := len(n.names) - 1; i >= 0; i-- {
		if n.names[i] == name {
			return n.kids[i]
		}
	}
	return nil
}

// at follows members.
func (n *node) at(path ...string) *node {
	for _, p := range path {
		n = n.member(p)
	}
	return n
}

func (n *node) isNull() bool { return n != nil && n.kind == 0 }

// opened returns what a string holds when that is JSON, plain or in base64.
func (n *node) opened() *node {
	if n == nil || n.kind != 's' || len(n.text) < 2 {
		return n
	}
	if !n.looked {
		n.looked, n.inner = true, n
		if inner := inside(n.text); inner != nil {
			n.inner = inner
		}
	}
	return n.inner
}

func inside(text string) *node {
	if inner := parse(text); inner != nil {
		return inner
	}
	if len(text)%4 != 0 || !strings.HasPrefix(text, "ey") && !strings.HasPrefix(text, "W3") {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return parse(string(raw))
}

// untyped unwraps DynamoDB's {"S":"x"}: typed values have exactly one member with
// a short capital name.
func (n *node) untyped() *node {
	if n == nil || n.kind != '{' || len(n.kids) != 1 {
		return n
	}
	switch k := n.kids[0]; n.names[0] {
	case "S", "N", "BOOL", "B":
		if k.kind != '{' && k.kind != '[' {
			return k
		}
	case "NULL":
		return &node{}
	case "M":
		if k.kind == '{' {
			return k
		}
	case "L":
		if k.kind == '[' {
			return k
		}
	}
	return n
}

// step writes the path to a member or element.
func step(path, name string, index int, kind byte) string {
	if kind == '[' {
		return path + "[" + strconv.Itoa(index) + "]"
	}
	for i := range len(name) {
		if c := name[i]; c != '_' && c != '-' && c != '$' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return path + "[" + strconv.Quote(name) + "]"
		}
	}
	return path + "." + name
}
