package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math"
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

// number returns the text of a number, which may stand in quotes: protobuf's
// JSON writes 64-bit integers so. A null is "0".
func (r *jsonReader) number() string {
	switch c := r.peek(); {
	case c == '"':
		return r.str()
	case c == 'n':
		r.null()
		return "0"
	case c != '-' && (c < '0' || c > '9'):
		r.fail("want a number")
		return "0"
	}
	start := r.i
	for r.i < len(r.b) && strings.IndexByte("+-.eE0123456789", r.b[r.i]) >= 0 {
		r.i++
	}
	return view(r.b[start:r.i])
}

func (r *jsonReader) int64() int64 {
	s := r.number()
	v, err := strconv.ParseInt(s, 10, 64)
	if err == nil {
		return v
	}
	// 1e3 and 5.0 are integers too.
	if f, ferr := strconv.ParseFloat(s, 64); ferr == nil && f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		return int64(f)
	}
	r.fail("not an integer")
	return 0
}

func (r *jsonReader) uint64() uint64 {
	s := r.number()
	v, err := strconv.ParseUint(s, 10, 64)
	if err == nil {
		return v
	}
	if f, ferr := strconv.ParseFloat(s, 64); ferr == nil && f == math.Trunc(f) && f >= 0 && f < 1<<64 {
		return uint64(f)
	}
	r.fail("not an unsigned integer")
	return 0
}

func (r *jsonReader) uint32() uint32 {
	v := r.uint64()
	if v > math.MaxUint32 {
		r.fail("not a 32-bit integer")
	}
	return uint32(v)
}

func (r *jsonReader) int32() int32 {
	v := r.int64()
	if v != int64(int32(v)) {
		r.fail("not a 32-bit integer")
	}
	return int32(v)
}

// double reads a number; "NaN", "Infinity" and "-Infinity" are some.
func (r *jsonReader) double() float64 {
	switch s := r.number(); s {
	case "NaN":
		return math.NaN()
	case "Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	default:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) || strings.ContainsAny(s, "_xXpPnN") {
			r.fail("not a number")
		}
		return f
	}
}

func (r *jsonReader) bool() bool {
	switch r.peek() {
	case 't':
		r.word("true")
		return true
	case 'f':
		r.word("false")
	case 'n':
		r.null()
	default:
		r.fail("want true or false")
	}
	return false
}

// text reads a string or null.
func (r *jsonReader) text() string {
	if r.null() {
		return ""
	}
	return r.str()
}

// id reads hexadecimal digits; what is none is returned as an id of no valid
// length, so that its row is refused.
func (r *jsonReader) id() []byte {
	raw, err := hex.DecodeString(r.text())
	if err != nil {
		return []byte{0}
	}
	return raw
}

// base64 reads bytes in either alphabet, with or without padding.
func (r *jsonReader) base64() string {
	s := strings.TrimRight(r.text(), "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	raw, err := enc.DecodeString(s)
	if err != nil {
		r.fail("bytes that are not base64")
	}
	return string(raw)
}

// enum reads a number, or the name that its constant has in the proto files,
// without prefix: names lists them by number.
func (r *jsonReader) enum(prefix string, names []string) uint64 {
	if r.peek() != '"' {
		return uint64(r.int64())
	}
	s := r.str()
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return n
	}
	s = strings.TrimPrefix(s, prefix)
	for n, name := range names {
		if name == s {
			return uint64(n)
		}
	}
	return 0
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
