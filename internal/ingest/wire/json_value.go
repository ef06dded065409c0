package wire

import (
	"math"
	"strconv"

	"clew/internal/signal"
)

// Value reads any value. An object or an array becomes the text that
// signal.ValueKind promises, made in room that charge grants (nil grants all)
// and refused without an error otherwise: whoever charges looks there.
func (r *JSON) Value(charge func(n int) bool) signal.Value {
	switch r.Peek() {
	case '"':
		return signal.Str(r.Str())
	case 't', 'f':
		return signal.Bool(r.Bool())
	case 'n':
		r.Null()
		return signal.Value{}
	case '{', '[':
		from := r.Mark()
		r.Skip()
		to := r.i
		// Canonical text is at most three times as long: 1e5 becomes 100000.0, and
		// a byte that is no UTF-8 becomes U+FFFD.
		if *r.err != nil || charge != nil && !charge(3*(to-from)) {
			return signal.Value{}
		}
		r.Rewind(from)
		return signal.JSON(View(r.appendValue(make([]byte, 0, to-from))))
	}
	return r.number()
}

// number reads an integer, or a double where there is a fraction, an exponent or
// more than 64 bits.
func (r *JSON) number() signal.Value {
	s := r.Number()
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return signal.Int(n)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		r.Fail("not a number")
	}
	return signal.Double(f)
}

func (r *JSON) appendValue(dst []byte) []byte {
	switch r.Peek() {
	case '{':
		dst = append(dst, '{')
		for key := range r.Object() {
			dst = signal.AppendJSONString(comma(dst, '{'), key)
			dst = r.appendValue(append(dst, ':'))
		}
		return append(dst, '}')
	case '[':
		dst = append(dst, '[')
		for range r.Array() {
			dst = r.appendValue(comma(dst, '['))
		}
		return append(dst, ']')
	}
	return r.Value(nil).AppendJSON(dst)
}

// comma separates what follows from what precedes, unless the list just began.
func comma(dst []byte, open byte) []byte {
	if dst[len(dst)-1] == open { // no value ends so
		return dst
	}
	return append(dst, ',')
}
