package wire

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
)

// This file is the scalars of JSON, as protobuf's JSON mapping has them: numbers
// may stand in quotes. Ids are hexadecimal, as in OTLP.

// Number returns the text of a number, which may stand in quotes: protobuf's
// JSON writes 64-bit integers so. A null is "0".
func (r *JSON) Number() string {
	switch c := r.Peek(); {
	case c == '"':
		return r.Str()
	case c == 'n':
		r.Null()
		return "0"
	case c != '-' && (c < '0' || c > '9'):
		r.Fail("want a number")
		return "0"
	}
	start := r.i
	for r.i < len(r.b) && strings.IndexByte("+-.eE0123456789", r.b[r.i]) >= 0 {
		r.i++
	}
	return View(r.b[start:r.i])
}

// Int64 reads an integer; 1e3 and 5.0 are some.
func (r *JSON) Int64() int64 {
	s := r.Number()
	v, err := strconv.ParseInt(s, 10, 64)
	if err == nil {
		return v
	}
	// 1e3 and 5.0 are integers too.
	if f, ferr := strconv.ParseFloat(s, 64); ferr == nil && f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		return int64(f)
	}
	r.Fail("not an integer")
	return 0
}

// Uint64 is Int64 without a sign.
func (r *JSON) Uint64() uint64 {
	s := r.Number()
	v, err := strconv.ParseUint(s, 10, 64)
	if err == nil {
		return v
	}
	if f, ferr := strconv.ParseFloat(s, 64); ferr == nil && f == math.Trunc(f) && f >= 0 && f < 1<<64 {
		return uint64(f)
	}
	r.Fail("not an unsigned integer")
	return 0
}

// Uint32 is Uint64 that fits into 32 bits.
func (r *JSON) Uint32() uint32 {
	v := r.Uint64()
	if v > math.MaxUint32 {
		r.Fail("not a 32-bit integer")
	}
	return uint32(v)
}

// Int32 is Int64 that fits into 32 bits.
func (r *JSON) Int32() int32 {
	v := r.Int64()
	if v != int64(int32(v)) {
		r.Fail("not a 32-bit integer")
	}
	return int32(v)
}

// Double reads a number; "NaN", "Infinity" and "-Infinity" are some.
func (r *JSON) Double() float64 {
	switch s := r.Number(); s {
	case "NaN":
		return math.NaN()
	case "Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	default:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) || strings.ContainsAny(s, "_xXpPnN") {
			r.Fail("not a number")
		}
		return f
	}
}

// Bool reads true or false; null is false.
func (r *JSON) Bool() bool {
	switch r.Peek() {
	case 't':
		r.word("true")
		return true
	case 'f':
		r.word("false")
	case 'n':
		r.Null()
	default:
		r.Fail("want true or false")
	}
	return false
}

// Text reads a string or null.
func (r *JSON) Text() string {
	if r.Null() {
		return ""
	}
	return r.Str()
}

// ID reads hexadecimal digits; what is none is returned as an id of no valid
// length, so that its row is refused.
func (r *JSON) ID() []byte {
	raw, err := hex.DecodeString(r.Text())
	if err != nil {
		return []byte{0}
	}
	return raw
}

// Base64 reads bytes in either alphabet, with or without padding.
func (r *JSON) Base64() string {
	s := strings.TrimRight(r.Text(), "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	raw, err := enc.DecodeString(s)
	if err != nil {
		r.Fail("bytes that are not base64")
	}
	return string(raw)
}

// Enum reads a number, or the name that its constant has in the proto files,
// without prefix: names lists them by number.
func (r *JSON) Enum(prefix string, names []string) uint64 {
	if r.Peek() != '"' {
		return uint64(r.Int64())
	}
	s := r.Str()
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
