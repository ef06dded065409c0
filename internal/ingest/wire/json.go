package wire

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonDepthMax bounds how deep JSON may nest. OTLP needs the most: 64 nested
// values, three levels of JSON each ({"arrayValue":{"values":[), and what is
// around them.
const jsonDepthMax = 3*64 + 32

// JSON reads JSON in one pass, as its caller asks for it. Strings without
// escapes are views of b. The first error, kept in err, ends it: from then on
// objects and arrays are empty and values zero.
type JSON struct {
	// Camel says that the names of members are returned in camelCase: protobuf's
	// JSON may be sent with trace_id for traceId.
	Camel bool

	b     []byte
	i     int
	depth int
	err   *error
}

// NewJSON returns a reader of b; its first error is put into err.
func NewJSON(b []byte, err *error) JSON { return JSON{b: b, err: err} }

// Mark returns the place of the next token, for Rewind.
func (r *JSON) Mark() int {
	r.Peek()
	return r.i
}

// Rewind goes to a place that Mark returned for a value at the same depth.
func (r *JSON) Rewind(mark int) {
	if *r.err == nil {
		r.i = mark
	}
}

// Fail ends reading with an error that says what is wrong and where.
func (r *JSON) Fail(what string) {
	if *r.err == nil {
		*r.err = fmt.Errorf("wire: JSON: %s at byte %d", what, r.i)
	}
	r.i = len(r.b)
}

// Peek returns the first byte of the next token, or 0 at the end.
func (r *JSON) Peek() byte {
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

// End fails unless everything was read.
func (r *JSON) End() {
	if *r.err == nil && r.Peek() != 0 {
		r.Fail("more after the end")
	}
}

// word takes the literal w.
func (r *JSON) word(w string) {
	if len(r.b)-r.i < len(w) || string(r.b[r.i:r.i+len(w)]) != w {
		r.Fail("not a value")
		return
	}
	r.i += len(w)
}

// Null takes a null, if there is one.
func (r *JSON) Null() bool {
	if r.Peek() != 'n' {
		return false
	}
	r.word("null")
	return true
}

// Object yields the names of the members of an object; the loop must read or skip
// each value. A null is an empty object.
func (r *JSON) Object() iter.Seq[string] {
	return func(yield func(string) bool) {
		if r.Null() || !r.enter('{') {
			return
		}
		for first := true; !r.leave('}', &first); {
			if r.Peek() != '"' {
				r.Fail("a member without a name")
				return
			}
			key := r.Str()
			if r.Camel {
				key = camel(key)
			}
			if r.Peek() != ':' {
				r.Fail("a member without a value")
				return
			}
			r.i++
			if !yield(key) || *r.err != nil {
				return
			}
		}
	}
}

// Array yields once for every element, which the loop must read or skip. A null
// is an empty array.
func (r *JSON) Array() iter.Seq[int] {
	return func(yield func(int) bool) {
		if r.Null() || !r.enter('[') {
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

func (r *JSON) enter(open byte) bool {
	if r.Peek() != open {
		r.Fail("want " + string(open))
		return false
	}
	if r.depth++; r.depth > jsonDepthMax {
		r.Fail("too deep")
		return false
	}
	r.i++
	return true
}

// leave takes the closing byte, or the comma before every element but the first.
func (r *JSON) leave(end byte, first *bool) bool {
	c := r.Peek()
	if c == end {
		r.i++
		r.depth--
		return true
	}
	if !*first {
		if c != ',' {
			r.Fail("want , or " + string(end))
			return true
		}
		r.i++
		r.Peek()
	}
	*first = false
	return *r.err != nil
}

// Str reads a string.
func (r *JSON) Str() string {
	if r.Peek() != '"' {
		r.Fail("want a string")
		return ""
	}
	r.i++
	start := r.i
	for r.i < len(r.b) {
		switch c := r.b[r.i]; {
		case c == '"':
			s := View(r.b[start:r.i])
			r.i++
			return s
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			r.Fail("a control character in a string")
			return ""
		}
		r.i++
	}
	r.Fail("a string without an end")
	return ""
}

// escaped reads the rest of a string that began at start and has escapes.
func (r *JSON) escaped(start int) string {
	end := r.i
	for end < len(r.b) && r.b[end] != '"' {
		if r.b[end] == '\\' {
			end++
		}
		end++
	}
	out := append(make([]byte, 0, min(end, len(r.b))-start), r.b[start:r.i]...)
	for r.i < len(r.b) {
		from := r.i
		for r.i < len(r.b) && r.b[r.i] >= ' ' && r.b[r.i] != '"' && r.b[r.i] != '\\' {
			r.i++
		}
		out = append(out, r.b[from:r.i]...)
		if r.i == len(r.b) {
			break
		}
		c := r.b[r.i]
		r.i++
		switch {
		case c == '"':
			return View(out)
		case c < ' ':
			r.Fail("a control character in a string")
			return ""
		}
		if r.i == len(r.b) {
			break
		}
		c = r.b[r.i]
		r.i++
		switch c {
		case '"': // a document within a document has many
			out = append(out, '"')
			continue
		case 'u':
			out = utf8.AppendRune(out, r.rune())
			continue
		}
		at := strings.IndexByte(`"\/bfnrt`, c)
		if at < 0 {
			r.Fail("an unknown escape")
			return ""
		}
		out = append(out, "\"\\/\b\f\n\r\t"[at])
	}
	r.Fail("a string without an end")
	return ""
}

// rune reads the digits of \uXXXX, and the second half of a surrogate pair.
func (r *JSON) rune() rune {
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

func (r *JSON) hex4() rune {
	if r.i+4 > len(r.b) {
		r.Fail("a short \\u escape")
		return 0
	}
	v, err := strconv.ParseUint(View(r.b[r.i:r.i+4]), 16, 32)
	if err != nil {
		r.Fail("a bad \\u escape")
		return 0
	}
	r.i += 4
	return rune(v)
}

// Skip passes over any value.
func (r *JSON) Skip() {
	switch c := r.Peek(); {
	case c == '{':
		for range r.Object() {
			r.Skip()
		}
	case c == '[':
		for range r.Array() {
			r.Skip()
		}
	case c == '"':
		r.Str()
	case c == 't' || c == 'f':
		r.Bool()
	case c == 'n':
		r.Null()
	default:
		r.Double()
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
