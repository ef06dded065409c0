package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
)

// This file is the scalars of OTLP's JSON: protobuf's JSON mapping, with ids in
// hexadecimal.

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
