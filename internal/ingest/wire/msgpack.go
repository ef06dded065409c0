package wire

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"strconv"

	"clew/internal/signal"
)

// msgpackDepthMax bounds how deep MessagePack may nest.
const msgpackDepthMax = 64

// Msgpack reads MessagePack in one pass, as its caller asks for it. Strings and
// bytes are views of b. The first error, kept in err, ends it: from then on
// arrays and maps are empty and values zero.
type Msgpack struct {
	b     []byte
	i     int
	depth int
	err   *error
}

// NewMsgpack returns a reader of b; its first error is put into err.
func NewMsgpack(b []byte, err *error) Msgpack { return Msgpack{b: b, err: err} }

// MsgpackKind is what the next value is.
type MsgpackKind uint8

// The kinds of value. MsgpackNone is the end, and the byte that means nothing.
const (
	MsgpackNone MsgpackKind = iota
	MsgpackNil
	MsgpackBool
	MsgpackInt
	MsgpackFloat
	MsgpackStr
	MsgpackBin
	MsgpackArray
	MsgpackMap
	MsgpackExt
)

// msgpackKinds are those of the first bytes from 0xc0 to 0xdf.
var msgpackKinds = [32]MsgpackKind{
	MsgpackNil, MsgpackNone, MsgpackBool, MsgpackBool, MsgpackBin, MsgpackBin, MsgpackBin, MsgpackExt,
	MsgpackExt, MsgpackExt, MsgpackFloat, MsgpackFloat, MsgpackInt, MsgpackInt, MsgpackInt, MsgpackInt,
	MsgpackInt, MsgpackInt, MsgpackInt, MsgpackInt, MsgpackExt, MsgpackExt, MsgpackExt, MsgpackExt,
	MsgpackExt, MsgpackStr, MsgpackStr, MsgpackStr, MsgpackArray, MsgpackArray, MsgpackMap, MsgpackMap,
}

// Kind returns what the next value is, and leaves it there.
func (r *Msgpack) Kind() MsgpackKind {
	if r.i >= len(r.b) {
		return MsgpackNone
	}
	switch c := r.b[r.i]; {
	case c < 0x80 || c >= 0xe0:
		return MsgpackInt
	case c < 0x90:
		return MsgpackMap
	case c < 0xa0:
		return MsgpackArray
	case c < 0xc0:
		return MsgpackStr
	default:
		return msgpackKinds[c-0xc0]
	}
}

// Fail ends reading with an error that says what is wrong and where.
func (r *Msgpack) Fail(what string) {
	if *r.err == nil {
		*r.err = fmt.Errorf("wire: MessagePack: %s at byte %d", what, r.i)
	}
	r.i = len(r.b)
}

// End fails unless everything was read.
func (r *Msgpack) End() {
	if *r.err == nil && r.i < len(r.b) {
		r.Fail("more after the end")
	}
}

// Rest returns what was not read yet: the messages that follow in a stream.
func (r *Msgpack) Rest() []byte { return r.b[r.i:] }

// take returns the next n bytes.
func (r *Msgpack) take(n int) []byte {
	if n > len(r.b)-r.i {
		r.Fail("it ends in the middle of a value")
		return nil
	}
	b := r.b[r.i : r.i+n : r.i+n]
	r.i += n
	return b
}

// uint reads a big-endian number of n bytes, 8 at most.
func (r *Msgpack) uint(n int) (v uint64) {
	b := r.take(n)
	switch len(b) {
	case 8:
		return binary.BigEndian.Uint64(b)
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 1:
		return uint64(b[0])
	}
	return 0
}

// head takes the first byte of a value of kind a or b, or of a nil, and returns it.
func (r *Msgpack) head(want string, a, b MsgpackKind) byte {
	if k := r.Kind(); k == a || k == b || k == MsgpackNil {
		r.i++
		return r.b[r.i-1]
	}
	r.Fail("want " + want)
	return 0xc0
}

// Nil takes a nil, if there is one.
func (r *Msgpack) Nil() bool {
	if r.Kind() != MsgpackNil {
		return false
	}
	r.i++
	return true
}

// Bool reads true or false; nil is false.
func (r *Msgpack) Bool() bool {
	return r.head("true or false", MsgpackBool, MsgpackBool) == 0xc3
}

// Array yields once for every element, which the loop must read or skip. A nil is
// an empty array.
func (r *Msgpack) Array() iter.Seq[int] { return r.elements("an array", MsgpackArray, 0x90, 1) }

func (r *Msgpack) elements(want string, kind MsgpackKind, fix byte, least int) iter.Seq[int] {
	return func(yield func(int) bool) {
		n := r.enter(want, kind, fix, least)
		for i := range n {
			if *r.err != nil || !yield(i) {
				return
			}
		}
		r.depth--
	}
}

// ArrayLen is how many elements the array has that comes next, or -1.
func (r *Msgpack) ArrayLen() int {
	if r.Kind() != MsgpackArray {
		return -1
	}
	back, depth := r.i, r.depth
	n := r.enter("an array", MsgpackArray, 0x90, 1)
	if *r.err != nil {
		return -1
	}
	r.i, r.depth = back, depth
	return n
}

// Map yields the keys of a map; the loop must read or skip each value. Integers
// become text. A nil is an empty map.
func (r *Msgpack) Map() iter.Seq[string] {
	return func(yield func(string) bool) {
		for range r.Pairs() {
			key := r.key()
			if *r.err != nil || !yield(key) {
				return
			}
		}
	}
}

// Pairs is Map for keys of any type: the loop reads the key and then the value.
func (r *Msgpack) Pairs() iter.Seq[int] { return r.elements("a map", MsgpackMap, 0x80, 2) }

func (r *Msgpack) key() string {
	switch r.Kind() {
	case MsgpackStr, MsgpackBin:
		return r.Text()
	case MsgpackInt:
		return strconv.FormatInt(r.Int64(), 10)
	}
	r.Fail("want text as a key")
	return ""
}

// enter takes the head of an array or map and returns its length, which cannot
// be larger than what is there: an element is a byte at least. fix is the first
// byte of a short empty one.
func (r *Msgpack) enter(want string, kind MsgpackKind, fix byte, least int) int {
	if r.depth++; r.depth > msgpackDepthMax {
		r.Fail("too deep")
		return 0
	}
	n := uint64(0)
	switch c := r.head(want, kind, kind); {
	case c&0xf0 == fix:
		n = uint64(c & 15)
	case c == 0xdc, c == 0xde:
		n = r.uint(2)
	case c == 0xdd, c == 0xdf:
		n = r.uint(4)
	}
	if n > uint64((len(r.b)-r.i)/least) {
		r.Fail("more elements than bytes")
		return 0
	}
	return int(n)
}

// Bytes reads a string or bytes, a view; a nil is empty.
func (r *Msgpack) Bytes() []byte {
	if r.i+1 < len(r.b) { // most strings are short
		head, n := 1, int(r.b[r.i]&31)
		if r.b[r.i] == 0xd9 {
			head, n = 2, int(r.b[r.i+1])
		} else if r.b[r.i]&0xe0 != 0xa0 {
			n = len(r.b)
		}
		if from := r.i + head; n <= len(r.b)-from {
			r.i = from + n
			return r.b[from:r.i:r.i]
		}
	}
	n := uint64(0)
	switch c := r.head("text", MsgpackStr, MsgpackBin); {
	case c&0xe0 == 0xa0:
		n = uint64(c & 31)
	case c == 0xd9, c == 0xc4:
		n = r.uint(1)
	case c == 0xda, c == 0xc5:
		n = r.uint(2)
	case c == 0xdb, c == 0xc6:
		n = r.uint(4)
	}
	return r.take(int(n))
}

// Text is Bytes as a string, a view too.
func (r *Msgpack) Text() string { return View(r.Bytes()) }

// Ext reads an extension and returns its type, below zero for those of the format
// itself, and its content, a view. A nil is of type 0, without content.
func (r *Msgpack) Ext() (kind int8, content []byte) {
	n := uint64(0)
	switch c := r.head("an extension", MsgpackExt, MsgpackExt); c {
	case 0xc0:
		return 0, nil
	case 0xc7, 0xc8, 0xc9:
		n = r.uint(1 << (c - 0xc7))
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		n = 1 << (c - 0xd4)
	}
	kind = int8(r.uint(1))
	return kind, r.take(int(n))
}

// number reads a number of any type: either an integer, whose sign says whether
// it is below zero, or a double.
func (r *Msgpack) number() (n uint64, below bool, f float64, isFloat bool) {
	switch c := r.head("a number", MsgpackInt, MsgpackFloat); {
	case c < 0x80:
		return uint64(c), false, 0, false
	case c >= 0xe0:
		return uint64(int64(int8(c))), true, 0, false
	case c >= 0xcc && c <= 0xcf:
		return r.uint(1 << (c - 0xcc)), false, 0, false
	case c >= 0xd0 && c <= 0xd3:
		size := 1 << (c - 0xd0)
		shift := 64 - 8*size
		v := int64(r.uint(size)<<shift) >> shift
		return uint64(v), v < 0, 0, false
	case c == 0xca:
		return 0, false, float64(math.Float32frombits(uint32(r.uint(4)))), true
	case c == 0xcb:
		return 0, false, math.Float64frombits(r.uint(8)), true
	}
	return 0, false, 0, false // nil
}

// Int64 reads an integer, or a double that is one; a nil is 0.
func (r *Msgpack) Int64() int64 {
	n, below, f, isFloat := r.number()
	switch {
	case isFloat && f == math.Trunc(f) && math.Abs(f) < 1<<63:
		return int64(f)
	case isFloat, !below && n > math.MaxInt64:
		r.Fail("not a 64-bit integer")
		return 0
	}
	return int64(n)
}

// Uint64 reads an integer without a sign. One below zero is taken for the bits of
// a larger one: senders without unsigned integers write ids so. A nil is 0.
func (r *Msgpack) Uint64() uint64 {
	n, _, f, isFloat := r.number()
	if !isFloat {
		return n
	}
	if f != math.Trunc(f) || f < 0 || f >= 1<<64 {
		r.Fail("not an unsigned integer")
		return 0
	}
	return uint64(f)
}

// Double reads a number; a nil is 0.
func (r *Msgpack) Double() float64 {
	n, below, f, isFloat := r.number()
	switch {
	case isFloat:
		return f
	case below:
		return float64(int64(n))
	}
	return float64(n)
}

// Skip passes over any value.
func (r *Msgpack) Skip() {
	switch r.Kind() {
	case MsgpackArray:
		for range r.Array() {
			r.Skip()
		}
	case MsgpackMap:
		for range r.Map() {
			r.Skip()
		}
	case MsgpackStr, MsgpackBin:
		r.Bytes()
	case MsgpackExt:
		r.Ext()
	case MsgpackBool, MsgpackNil:
		r.i++
	default:
		r.number()
	}
}

// Value reads any value. An array or a map becomes the text that signal.ValueKind
// promises, made in room that charge grants (nil grants all) and refused without
// an error otherwise: whoever charges looks there. An extension is its bytes.
func (r *Msgpack) Value(charge func(n int) bool) signal.Value {
	switch r.Kind() {
	case MsgpackNil:
		r.i++
		return signal.Value{}
	case MsgpackBool:
		return signal.Bool(r.Bool())
	case MsgpackStr:
		return signal.Str(r.Text())
	case MsgpackBin:
		return signal.Bytes(r.Text())
	case MsgpackExt:
		_, content := r.Ext()
		return signal.Bytes(View(content))
	case MsgpackArray, MsgpackMap:
		from := r.i
		r.Skip()
		// A byte becomes seven at most: a control character \u0001, or false with its comma.
		if *r.err != nil || charge != nil && !charge(7*(r.i-from)) {
			return signal.Value{}
		}
		r.i = from
		return signal.JSON(View(r.appendValue(nil)))
	}
	n, below, f, isFloat := r.number()
	if isFloat {
		return signal.Double(f)
	}
	if !below && n > math.MaxInt64 {
		return signal.Double(float64(n))
	}
	return signal.Int(int64(n))
}

func (r *Msgpack) appendValue(dst []byte) []byte {
	switch r.Kind() {
	case MsgpackMap:
		dst = append(dst, '{')
		for key := range r.Map() {
			dst = signal.AppendJSONString(comma(dst, '{'), key)
			dst = r.appendValue(append(dst, ':'))
		}
		return append(dst, '}')
	case MsgpackArray:
		dst = append(dst, '[')
		for range r.Array() {
			dst = r.appendValue(comma(dst, '['))
		}
		return append(dst, ']')
	case MsgpackBin, MsgpackExt:
		v := r.Value(nil)
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(v.Text()))
		return append(dst, '"')
	}
	return r.Value(nil).AppendJSON(dst)
}
