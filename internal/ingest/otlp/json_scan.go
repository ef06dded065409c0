package otlp

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonDepthMax bounds how deep any JSON may nest: depthMax values, three levels
// of JSON each ({"arrayValue":{"values":[), and what is around them.
const jsonDepthMax = 3*depthMax + 32

// jsonReader reads JSON in one pass, as its caller asks for it. Strings without
// escapes are views of b. The first error, kept in err, ends it: from then on
// objects and arrays are empty and values zero.
type jsonReader struct {
	b     []byte
	i     int
	depth int
	err   *error
}

func (r *jsonReader) fail(what string) {
	if *r.err == nil {
		*r.err = fmt.Errorf("otlp: decode: JSON: %s at byte %d", what, r.i)
	}
	r.i = len(r.b)
}

// peek returns the first byte of the next token, or 0 at the end.
func (r *jsonReader) peek() byte {
	for r.i < len(r.b) {
		switch c := r.b[r.i]; c {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return c
		}
	}
	return 0
}

// end fails unless everything was read.
func (r *jsonReader) end() {
	if *r.err == nil && r.peek() != 0 {
		r.fail("more after the end")
	}
}

// word takes the literal w.
func (r *jsonReader) word(w string) {
	if len(r.b)-r.i < len(w) || string(r.b[r.i:r.i+len(w)]) != w {
		r.fail("not a value")
		return
	}
	r.i += len(w)
}

// null takes a null, if there is one.
func (r *jsonReader) null() bool {
	if r.peek() != 'n' {
		return false
	}
	r.word("null")
	return true
}

// object yields the keys of an object, in camelCase; the loop must read or skip
// each value. A null is an empty object.
func (r *jsonReader) object() iter.Seq[string] {
	return func(yield func(string) bool) {
		if r.null() || !r.enter('{') {
			return
		}
		for first := true; !r.leave('}', &first); {
			if r.peek() != '"' {
				r.fail("a member without a name")
				return
			}
			key := camel(r.str())
			if r.peek() != ':' {
				r.fail("a member without a value")
				return
			}
			r.i++
			if !yield(key) || *r.err != nil {
				return
			}
		}
	}
}

// array yields once for every element, which the loop must read or skip. A null
// is an empty array.
func (r *jsonReader) array() iter.Seq[int] {
	return func(yield func(int) bool) {
		if r.null() || !r.enter('[') {
			return
		}
		n := 0
		for first := true; !r.leave(']', &first); n++ {
			if !yield(n) || *r.err != nil {
				return
			}
		}
	}
}

func (r *jsonReader) enter(open byte) bool {
	if r.peek() != open {
		r.fail("want " + string(open))
		return false
	}
	if r.depth++; r.depth > jsonDepthMax {
		r.fail("too deep")
		return false
	}
	r.i++
	return true
}

// leave takes the closing byte, or the comma before every element but the first.
func (r *jsonReader) leave(end byte, first *bool) bool {
	c := r.peek()
	if c == end {
		r.i++
		r.depth--
		return true
	}
	if !*first {
		if c != ',' {
			r.fail("want , or " + string(end))
			return true
		}
		r.i++
		r.peek()
	}
	*first = false
	return *r.err != nil
}

// str reads a string.
func (r *jsonReader) str() string {
	if r.peek() != '"' {
		r.fail("want a string")
		return ""
	}
	r.i++
	start := r.i
	for r.i < len(r.b) {
		switch c := r.b[r.i]; {
		case c == '"':
			s := view(r.b[start:r.i])
			r.i++
			return s
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			r.fail("a control character in a string")
			return ""
		}
		r.i++
	}
	r.fail("a string without an end")
	return ""
}

// escaped reads the rest of a string that began at start and has escapes.
func (r *jsonReader) escaped(start int) string {
	out := append([]byte(nil), r.b[start:r.i]...)
	for r.i < len(r.b) {
		c := r.b[r.i]
		r.i++
		switch {
		case c == '"':
			return view(out)
		case c < ' ':
			r.fail("a control character in a string")
			return ""
		case c != '\\':
			out = append(out, c)
			continue
		}
		if r.i == len(r.b) {
			break
		}
		c = r.b[r.i]
		r.i++
		if c == 'u' {
			out = utf8.AppendRune(out, r.rune())
			continue
		}
		at := strings.IndexByte(`"\/bfnrt`, c)
		if at < 0 {
			r.fail("an unknown escape")
			return ""
		}
		out = append(out, "\"\\/\b\f\n\r\t"[at])
	}
	r.fail("a string without an end")
	return ""
}

// rune reads the digits of \uXXXX, and the second half of a surrogate pair.
func (r *jsonReader) rune() rune {
	c := r.hex4()
	if utf16.IsSurrogate(c) && r.i+6 <= len(r.b) && r.b[r.i] == '\\' && r.b[r.i+1] == 'u' {
		back := r.i
		r.i += 2
		if both := utf16.DecodeRune(c, r.hex4()); both != utf8.RuneError {
			return both
		}
		r.i = back
	}
	return c // a lone surrogate is appended as U+FFFD
}

func (r *jsonReader) hex4() rune {
	if r.i+4 > len(r.b) {
		r.fail("a short \\u escape")
		return 0
	}
	v, err := strconv.ParseUint(view(r.b[r.i:r.i+4]), 16, 32)
	if err != nil {
		r.fail("a bad \\u escape")
		return 0
	}
	r.i += 4
	return rune(v)
}

// skip passes over any value.
func (r *jsonReader) skip() {
	switch c := r.peek(); {
	case c == '{':
		for range r.object() {
			r.skip()
		}
	case c == '[':
		for range r.array() {
			r.skip()
		}
	case c == '"':
		r.str()
	case c == 't' || c == 'f':
		r.bool()
	case c == 'n':
		r.null()
	default:
		r.double()
	}
}

// camel turns trace_id into traceId; names without underscore are returned as they are.
func camel(s string) string {
	if !strings.Contains(s, "_") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '_' && i+1 < len(s) {
			i++
			b.WriteByte(s[i] - 'a' + 'A')
			if s[i] < 'a' || s[i] > 'z' {
				return s
			}
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
