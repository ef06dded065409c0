package signal

import "errors"

// TraceID is the 128-bit id of a W3C trace; 64-bit ids are left-padded.
type TraceID [16]byte

// SpanID is the 64-bit id of a span; the zero value means "none".
type SpanID [8]byte

// ErrID is returned for text that is not an id: longer than the id or not hex.
var ErrID = errors.New("not a hexadecimal id")

// IsZero reports whether id is absent.
func (id TraceID) IsZero() bool { return id == TraceID{} }

// Low returns the last 64 bits, which is all that some tracers report of an id.
func (id TraceID) Low() [8]byte { return [8]byte(id[8:]) }

// String returns 32 lower-case hex digits.
func (id TraceID) String() string { return hexText(id[:]) }

// IsZero reports whether id is absent.
func (id SpanID) IsZero() bool { return id == SpanID{} }

// String returns 16 lower-case hex digits.
func (id SpanID) String() string { return hexText(id[:]) }

// ParseTraceID reads 1 to 32 hex digits of either case, left-padding short ids.
func ParseTraceID(s string) (id TraceID, err error) {
	err = parseHexID(id[:], s)
	return id, err
}

// ParseSpanID reads 1 to 16 hex digits of either case, left-padding short ids.
func ParseSpanID(s string) (id SpanID, err error) {
	err = parseHexID(id[:], s)
	return id, err
}

func parseHexID(dst []byte, s string) error {
	if s == "" || len(s) > 2*len(dst) {
		return ErrID
	}
	at := 2*len(dst) - len(s)
	for i := 0; i < len(s); i++ {
		d, ok := hexDigit(s[i])
		if !ok {
			clear(dst)
			return ErrID
		}
		n := at + i
		dst[n/2] |= d << (4 * (1 - n%2))
	}
	return nil
}

// hexText is hex.EncodeToString without what that package brings along: ids are
// printed by rooms that must not reach the operating system.
func hexText(b []byte) string {
	var buf [2 * len(TraceID{})]byte
	for i, c := range b {
		buf[2*i], buf[2*i+1] = hexDigits[c>>4], hexDigits[c&15]
	}
	return string(buf[:2*len(b)])
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
