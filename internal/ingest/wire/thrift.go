package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// The types of thrift, as the binary protocol numbers them.
const (
	ThriftBool   = 2
	ThriftByte   = 3
	ThriftDouble = 4
	ThriftI16    = 6
	ThriftI32    = 8
	ThriftI64    = 10
	ThriftString = 11
	ThriftStruct = 12
	ThriftMap    = 13
	ThriftSet    = 14
	ThriftList   = 15

	thriftTypes = 16 // so many, with those that do not exist
)

// The kinds of messages.
const (
	ThriftCall      = 1
	ThriftReply     = 2
	ThriftException = 3
	ThriftOneway    = 4
)

// thriftDepthMax bounds how deep what is skipped may nest.
const thriftDepthMax = 64

var thriftNames = [thriftTypes]string{2: "bool", "byte", "double", 6: "i16", 8: "i32", 10: "i64", "string", "struct", "map", "set", "list"}

// thriftCompact turns the types of the compact protocol into ours. 1 and 2 are
// true and false.
var thriftCompact = [thriftTypes]uint8{0, ThriftBool, ThriftBool, ThriftByte, ThriftI16, ThriftI32, ThriftI64,
	ThriftDouble, ThriftString, ThriftList, ThriftSet, ThriftMap, ThriftStruct}

// thriftLeast is the fewest bytes that a value takes in the binary protocol. In
// the compact one it is a byte, but for a double.
var thriftLeast = [thriftTypes]int{2: 1, 1, 8, 6: 2, 8: 4, 10: 8, 4, 1, 6, 5, 5}

// Thrift reads one thrift value, in the binary or the compact protocol, in one
// pass and as its caller asks for it:
//
//	for f := r.Struct(); r.Next(&f); {
//		switch f.ID {
//		case 1:
//			name = r.Text()
//		case 2:
//			for l := r.List(); r.Elem(&l); {
//				ids = append(ids, r.I64())
//			}
//		default:
//			r.Skip()
//		}
//	}
//
// Strings are views of what is read. A value of another type than the one asked
// for is an error. The first error, kept in err, ends the walk: from then on
// structs and lists are empty and values zero.
type Thrift struct {
	Type uint8 // of the value that comes next

	b       []byte
	i       int
	err     *error
	compact bool
	truth   uint8 // the value of a bool that stood in its field's type, else 0
}

// ThriftField is a place in a struct: the zero value is before its first field.
type ThriftField struct{ ID int16 }

// ThriftItems is a place in a list, a set or a map.
type ThriftItems struct {
	Left      int // elements, or pairs, to come
	Elem, Val uint8
}

// NewThrift returns a reader of b, which holds a message or, without one, a
// struct (or what Type is set to) in the binary protocol or the compact one. Its
// first error is put into err.
func NewThrift(b []byte, compact bool, err *error) Thrift {
	return Thrift{b: b, err: err, compact: compact, Type: ThriftStruct}
}

// Fail ends reading with an error that says what is wrong and where.
func (r *Thrift) Fail(what string) {
	if *r.err == nil {
		*r.err = fmt.Errorf("wire: thrift: %s at byte %d", what, r.i)
	}
	r.i = len(r.b)
}

// End fails unless everything was read.
func (r *Thrift) End() {
	if r.i < len(r.b) {
		r.Fail("more after the end")
	}
}

// Message reads the head of a message, which tells the protocol that it and the
// struct of arguments after it are written in.
func (r *Thrift) Message() (name string, kind uint8, seq int32) {
	defer func() { r.Type = ThriftStruct }()
	first := byte(0)
	if r.i < len(r.b) {
		first = r.b[r.i]
	}
	if r.compact = first == 0x82; r.compact {
		r.byte()
		head := r.byte()
		if head&0x1f != 1 {
			r.Fail("an unknown version of the compact protocol")
			return "", 0, 0
		}
		seq = int32(r.uvarint())
		return View(r.text()), head >> 5, seq
	}
	if first&0x80 == 0 { // before versions, a message began with its name
		name, kind = View(r.text()), r.byte()
		return name, kind, r.fixed32()
	}
	head := uint32(r.fixed32())
	if head>>16 != 0x8001 {
		r.Fail("an unknown version of the binary protocol")
		return "", 0, 0
	}
	name = View(r.text())
	return name, uint8(head), r.fixed32()
}

// Struct begins the walk over a struct's fields.
func (r *Thrift) Struct() ThriftField {
	r.want(ThriftStruct)
	return ThriftField{}
}

// Next moves to the field after f, whose value must then be read or skipped. It
// returns false at the end of the struct, and after an error.
func (r *Thrift) Next(f *ThriftField) bool {
	if !r.compact && len(r.b)-r.i > 3 && r.b[r.i] != 0 && *r.err == nil { // in half the time what is done below
		r.truth, r.Type = 0, r.b[r.i]
		f.ID = int16(binary.BigEndian.Uint16(r.b[r.i+1:]))
		r.i += 3
		return true
	}
	head := r.byte()
	if *r.err != nil || head == 0 {
		return false
	}
	r.truth = 0
	if !r.compact {
		r.Type = head
		f.ID = r.fixed16()
		return *r.err == nil
	}
	r.Type = thriftCompact[head&0x0f]
	if r.Type == ThriftBool {
		r.truth = head & 0x0f
	}
	if more := int16(head >> 4); more > 0 {
		f.ID += more
	} else {
		f.ID = int16(r.zigzag())
	}
	return *r.err == nil
}

// List begins a list or a set.
func (r *Thrift) List() ThriftItems {
	if r.Type != ThriftSet {
		r.want(ThriftList)
	}
	var l ThriftItems
	if !r.compact {
		l.Elem, l.Left = r.byte(), int(r.fixed32())
	} else {
		head := r.byte()
		l.Elem, l.Left = thriftCompact[head&0x0f], int(head>>4)
		if l.Left == 15 {
			l.Left = r.length()
		}
	}
	r.fits(l.Left, r.least(l.Elem))
	return l
}

// Map begins a map: Elem moves to the next key, Value from there to its value.
func (r *Thrift) Map() ThriftItems {
	r.want(ThriftMap)
	var m ThriftItems
	if !r.compact {
		m.Elem, m.Val, m.Left = r.byte(), r.byte(), int(r.fixed32())
	} else if m.Left = r.length(); m.Left != 0 {
		types := r.byte()
		m.Elem, m.Val = thriftCompact[types>>4], thriftCompact[types&0x0f]
	}
	r.fits(m.Left, r.least(m.Elem)+r.least(m.Val))
	return m
}

// Elem moves to the next element of l, which must then be read or skipped. It
// returns false after the last one, and after an error.
func (r *Thrift) Elem(l *ThriftItems) bool {
	if l.Left <= 0 || *r.err != nil {
		return false
	}
	l.Left--
	r.Type, r.truth = l.Elem, 0
	return true
}

// Value moves from a key of m, which was read or skipped, to its value.
func (r *Thrift) Value(m *ThriftItems) { r.Type, r.truth = m.Val, 0 }

// least is the fewest bytes that a value of the type takes, or 0 if there is no
// such type.
func (r *Thrift) least(t uint8) int {
	switch {
	case t >= thriftTypes:
		return 0
	case r.compact && t != ThriftDouble:
		return min(1, thriftLeast[t])
	}
	return thriftLeast[t]
}

// fits fails unless n items of least bytes or more each can follow: what a
// count makes a caller allocate is bounded by what was sent.
func (r *Thrift) fits(n, least int) {
	if n < 0 || n > 0 && (least == 0 || n > (len(r.b)-r.i)/least) {
		r.Fail("more elements than bytes")
	}
}

// want fails unless the value to read is of the type.
func (r *Thrift) want(t uint8) {
	if r.Type != t {
		r.Fail("not a " + thriftNames[t])
	}
}

// Bool reads a bool.
func (r *Thrift) Bool() bool {
	r.want(ThriftBool)
	if r.truth == 0 {
		r.truth = r.byte()
	}
	return r.truth == 1
}

// Int reads an integer of any width.
func (r *Thrift) Int() int64 {
	switch t := r.Type; {
	case t == ThriftByte:
		return int64(int8(r.byte()))
	case t != ThriftI64 && t != ThriftI32 && t != ThriftI16:
		r.Fail("not an integer")
		return 0
	case r.compact:
		return r.zigzag()
	case t == ThriftI64:
		if b := r.take(8); b != nil {
			return int64(binary.BigEndian.Uint64(b))
		}
		return 0
	case t == ThriftI32:
		return int64(r.fixed32())
	}
	return int64(r.fixed16())
}

// Double reads a double.
func (r *Thrift) Double() float64 {
	r.want(ThriftDouble)
	b := r.take(8)
	switch {
	case b == nil:
		return 0
	case r.compact:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}

// Bytes reads a string or binary: a view.
func (r *Thrift) Bytes() []byte {
	r.want(ThriftString)
	return r.text()
}

// Text is Bytes as a string, a view too.
func (r *Thrift) Text() string { return View(r.Bytes()) }

// Pair reads a struct of the form that keys with texts mostly have, in the binary
// protocol: the texts 1 and 2, in this order, and nothing else. Anything else it
// leaves alone.
func (r *Thrift) Pair() (key, value string, ok bool) {
	const head, least = 7, 2*7 + 1
	b := r.b[r.i:]
	if r.compact || r.Type != ThriftStruct || len(b) < least || b[0] != ThriftString || b[1] != 0 || b[2] != 1 {
		return "", "", false
	}
	n := int(int32(binary.BigEndian.Uint32(b[3:])))
	if n < 0 || n > len(b)-least {
		return "", "", false
	}
	k, b := b[head:head+n], b[head+n:]
	m := int(int32(binary.BigEndian.Uint32(b[3:])))
	if b[0] != ThriftString || b[1] != 0 || b[2] != 2 || m < 0 || m > len(b)-head-1 || b[head+m] != ThriftStop {
		return "", "", false
	}
	r.i += least + n + m
	return View(k), View(b[head : head+m]), true
}

// Noted reads the begin of a struct, in the binary protocol, where it is the text
// 1, the binary 2 and the i32 3, in this order: Next moves to what follows them.
// Anything else it leaves alone.
func (r *Thrift) Noted() (key string, value []byte, kind int64, ok bool) {
	const head, i32 = 7, 7
	b := r.b[r.i:]
	if r.compact || r.Type != ThriftStruct || len(b) < head || b[0] != ThriftString || b[1] != 0 || b[2] != 1 {
		return "", nil, 0, false
	}
	n := int(binary.BigEndian.Uint32(b[3:]))
	if n > len(b)-2*head-i32 {
		return "", nil, 0, false
	}
	name, b := b[head:head+n], b[head+n:]
	if b[0] != ThriftString || b[1] != 0 || b[2] != 2 {
		return "", nil, 0, false
	}
	m := int(binary.BigEndian.Uint32(b[3:]))
	if m > len(b)-head-i32 {
		return "", nil, 0, false
	}
	value, b = b[head:head+m:head+m], b[head+m:]
	if b[0] != ThriftI32 || b[1] != 0 || b[2] != 3 {
		return "", nil, 0, false
	}
	r.i += 2*head + n + m + i32
	return View(name), value, int64(int32(binary.BigEndian.Uint32(b[3:]))), true
}

// Tag reads a struct of the form that Jaeger's tags mostly have, in half the time:
// the text 1, the i32 2, and then either the text 3 or the i64 6; the other one is
// zero. Anything else it leaves alone.
func (r *Thrift) Tag() (key string, kind int64, text string, number int64, ok bool) {
	if r.Type != ThriftStruct || *r.err != nil {
		return "", 0, "", 0, false
	}
	if r.compact {
		return r.compactTag()
	}
	const first, middle = 7, 7 + 7 // bytes before the key; from the key to the value's head
	b := r.b[r.i:]
	if len(b) < first || b[0] != ThriftString || b[1] != 0 || b[2] != 1 {
		return "", 0, "", 0, false
	}
	n := int(binary.BigEndian.Uint32(b[3:]))
	if n > len(b)-first-middle-1 {
		return "", 0, "", 0, false
	}
	name, b := b[first:first+n], b[first+n:]
	if b[0] != ThriftI32 || b[1] != 0 || b[2] != 2 || b[8] != 0 {
		return "", 0, "", 0, false
	}
	kind = int64(int32(binary.BigEndian.Uint32(b[3:])))
	switch {
	case b[7] == ThriftString && b[9] == 3:
		m := int(binary.BigEndian.Uint32(b[10:]))
		if m > len(b)-middle-1 || b[middle+m] != ThriftStop {
			return "", 0, "", 0, false
		}
		r.i += first + n + middle + m + 1
		return View(name), kind, View(b[middle : middle+m]), 0, true
	case b[7] == ThriftI64 && b[9] == 6 && len(b) > middle+4 && b[middle+4] == ThriftStop:
		r.i += first + n + middle + 5
		return View(name), kind, "", int64(binary.BigEndian.Uint64(b[10:])), true
	}
	return "", 0, "", 0, false
}

// compactTag is Tag in the compact protocol, for keys and texts of less than 128
// bytes: a head is one byte, the step from the field before and the type.
func (r *Thrift) compactTag() (key string, kind int64, text string, number int64, ok bool) {
	const step1Text, step1I32, step4I64 = 0x18, 0x15, 0x46
	b := r.b[r.i:]
	if len(b) < 6 || b[0] != step1Text || b[1] >= 0x80 || int(b[1])+6 > len(b) {
		return "", 0, "", 0, false
	}
	n := int(b[1])
	name, v := b[2:2+n], b[2+n:]
	if v[0] != step1I32 || v[1] >= 0x80 {
		return "", 0, "", 0, false
	}
	kind = int64(v[1]>>1) ^ -int64(v[1]&1)
	switch v[2] {
	case step1Text:
		m := int(v[3])
		if m >= 0x80 || len(v) < 5+m || v[4+m] != ThriftStop {
			return "", 0, "", 0, false
		}
		r.i += 2 + n + 5 + m
		return View(name), kind, View(v[4 : 4+m]), 0, true
	case step4I64:
		u, k := binary.Uvarint(v[3:])
		if k <= 0 || len(v) <= 3+k || v[3+k] != ThriftStop {
			return "", 0, "", 0, false
		}
		r.i += 2 + n + 3 + k + 1
		return View(name), kind, "", int64(u>>1) ^ -int64(u&1), true
	}
	return "", 0, "", 0, false
}

// At returns the place of the next byte, for From.
func (r *Thrift) At() int { return r.i }

// From returns what was read since At returned at: a view.
func (r *Thrift) From(at int) []byte { return r.b[at:max(at, r.i)] }

// Again passes over a struct that is encoded as raw, which From returned for the
// struct of the same type before it, and reports whether it stood there.
func (r *Thrift) Again(raw []byte) bool {
	if len(raw) == 0 || !bytes.HasPrefix(r.b[r.i:], raw) {
		return false
	}
	r.i += len(raw)
	return true
}

// Skip passes over any value.
func (r *Thrift) Skip() { r.skip(0) }

func (r *Thrift) skip(depth int) {
	if depth > thriftDepthMax {
		r.Fail("too deep")
	}
	switch r.Type {
	case ThriftBool:
		r.Bool()
	case ThriftByte, ThriftI16, ThriftI32, ThriftI64:
		r.Int()
	case ThriftDouble:
		r.Double()
	case ThriftString:
		r.Bytes()
	case ThriftStruct:
		for f := r.Struct(); r.Next(&f); {
			r.skip(depth + 1)
		}
	case ThriftList, ThriftSet:
		for l := r.List(); r.Elem(&l); {
			r.skip(depth + 1)
		}
	case ThriftMap:
		for m := r.Map(); r.Elem(&m); {
			r.skip(depth + 1)
			r.Value(&m)
			r.skip(depth + 1)
		}
	default:
		r.Fail("a value of an unknown type")
	}
}

// take returns the next n bytes, or nil if there are not so many.
func (r *Thrift) take(n int) []byte {
	if n < 0 || n > len(r.b)-r.i {
		r.Fail("an end in the middle of a value")
		return nil
	}
	b := r.b[r.i : r.i+n : r.i+n]
	r.i += n
	return b
}

func (r *Thrift) byte() byte {
	if r.i >= len(r.b) {
		r.Fail("an end in the middle of a value")
		return 0
	}
	c := r.b[r.i]
	r.i++
	return c
}

func (r *Thrift) fixed16() int16 {
	if b := r.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *Thrift) fixed32() int32 {
	if b := r.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *Thrift) uvarint() uint64 {
	if r.i < len(r.b) && r.b[r.i] < 0x80 {
		r.i++
		return uint64(r.b[r.i-1])
	}
	v, n := binary.Uvarint(r.b[r.i:])
	if n <= 0 {
		r.Fail("a broken number")
		return 0
	}
	r.i += n
	return v
}

func (r *Thrift) zigzag() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// length reads how long something is in the compact protocol.
func (r *Thrift) length() int { return int(min(r.uvarint(), math.MaxInt32)) }

// text reads the bytes of a string.
func (r *Thrift) text() []byte {
	if r.compact {
		return r.take(r.length())
	}
	return r.take(int(r.fixed32()))
}
