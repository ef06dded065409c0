package signal

import (
	"bytes"
	"math"
	"strconv"
)

// ValueKind is the type of a Value.
type ValueKind uint8

// The kinds of value. JSON holds arrays and maps as canonical JSON text: members
// in the order they were sent, integers without a fraction, doubles always with
// a fraction or exponent, bytes as base64 strings (as OTLP/JSON writes them).
const (
	KindEmpty ValueKind = iota
	KindString
	KindBool
	KindInt
	KindDouble
	KindBytes
	KindJSON
)

// Value is one typed attribute value. The zero Value is empty (present, no value).
type Value struct {
	str  string
	num  uint64
	kind ValueKind
}

// Str returns a string value; s is borrowed.
func Str(s string) Value { return Value{str: s, kind: KindString} }

// Bool returns a boolean value.
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.num = 1
	}
	return v
}

// Int returns a 64-bit integer value.
func Int(i int64) Value { return Value{num: uint64(i), kind: KindInt} }

// Double returns a 64-bit floating point value.
func Double(f float64) Value { return Value{num: math.Float64bits(f), kind: KindDouble} }

// Number returns f as an integer where it is one that a double holds exactly, for
// senders that know doubles only: 200 arrives as 200.0.
func Number(f float64) Value {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return Int(int64(f))
	}
	return Double(f)
}

// Bytes returns a byte-string value; s holds the raw bytes and is borrowed.
func Bytes(s string) Value { return Value{str: s, kind: KindBytes} }

// JSON returns an array or map value given as canonical JSON text.
func JSON(text string) Value { return Value{str: text, kind: KindJSON} }

// Kind returns the type of v.
func (v Value) Kind() ValueKind { return v.kind }

// Text returns the content of a string, bytes or JSON value, else "".
func (v Value) Text() string { return v.str }

// Int returns the content of an int value, else 0.
func (v Value) Int() int64 {
	if v.kind != KindInt {
		return 0
	}
	return int64(v.num)
}

// Double returns the content of a double value, else 0.
func (v Value) Double() float64 {
	if v.kind != KindDouble {
		return 0
	}
	return math.Float64frombits(v.num)
}

// Bool returns the content of a bool value, else false.
func (v Value) Bool() bool { return v.kind == KindBool && v.num == 1 }

// Bits returns the 64 bits behind a bool, int or double value, as stores keep them.
func (v Value) Bits() uint64 { return v.num }

// FromBits is the inverse of Bits and Text: the value of kind k with that content.
func FromBits(k ValueKind, bits uint64, text string) Value {
	return Value{str: text, num: bits, kind: k}
}

// Number returns v as a float64 and true if v is an int or a double.
func (v Value) Number() (float64, bool) {
	switch v.kind {
	case KindInt:
		return float64(int64(v.num)), true
	case KindDouble:
		return math.Float64frombits(v.num), true
	}
	return 0, false
}

// String returns v as text for people and for text search: strings as they are,
// numbers and booleans printed, JSON as its text, bytes as raw.
func (v Value) String() string {
	switch v.kind {
	case KindString, KindBytes, KindJSON:
		return v.str
	case KindBool:
		return strconv.FormatBool(v.num == 1)
	case KindInt:
		return strconv.FormatInt(int64(v.num), 10)
	case KindDouble:
		return strconv.FormatFloat(math.Float64frombits(v.num), 'g', -1, 64)
	}
	return ""
}

// Equal reports whether v and w have the same kind and content; NaNs are equal
// when their bits are.
func (v Value) Equal(w Value) bool { return v == w }

// Attr is one attribute.
type Attr struct {
	Key   string
	Value Value
}

// Attrs is a list of attributes in the order they were sent. Where a key is
// sent twice, the last one counts.
type Attrs []Attr

// Find returns the value of key and whether it is present.
func (a Attrs) Find(key string) (Value, bool) {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i].Key == key {
			return a[i].Value, true
		}
	}
	return Value{}, false
}

// Text returns the value of key printed as text, or "" when absent.
func (a Attrs) Text(key string) string {
	v, _ := a.Find(key)
	return v.String()
}

// First returns the text of the first key of keys that is present and not empty.
func (a Attrs) First(keys ...string) string {
	for _, k := range keys {
		if s := a.Text(k); s != "" {
			return s
		}
	}
	return ""
}

// Set returns a with key set to v, replacing its last occurrence. It never
// changes the backing array of a: groups share attribute lists.
func (a Attrs) Set(key string, v Value) Attrs {
	out := make(Attrs, len(a), len(a)+1)
	copy(out, a)
	for i := len(out) - 1; i >= 0; i-- {
		if out[i].Key == key {
			out[i].Value = v
			return out
		}
	}
	return append(out, Attr{Key: key, Value: v})
}

// AppendJSONString appends s as a JSON string literal to dst. Invalid UTF-8
// becomes U+FFFD, as encoding/json does.
func AppendJSONString(dst []byte, s string) []byte { return appendQuoted(dst, s) }

// AppendJSONDouble appends f as a JSON number that always shows it is a double
// (fraction or exponent). NaN and infinities become the strings OTLP/JSON uses.
func AppendJSONDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	at := len(dst)
	dst = strconv.AppendFloat(dst, f, 'g', -1, 64)
	if !bytes.ContainsAny(dst[at:], ".e") {
		dst = append(dst, ".0"...)
	}
	return dst
}
