package otlp

import (
	"encoding/binary"
	"errors"
	"math"
)

// The wire types of protobuf. Groups (3 and 4) are no part of proto3.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

var (
	errTruncated = errors.New("otlp: decode: protobuf ends in the middle of a field")
	errVarint    = errors.New("otlp: decode: protobuf number longer than 64 bits")
	errWire      = errors.New("otlp: decode: protobuf field with an unknown or wrong wire type")
	errField     = errors.New("otlp: decode: protobuf field number out of range")
)

// scan walks the fields of one protobuf message. The first error ends every
// scan that shares err.
type scan struct {
	b   []byte // what is left
	err *error

	num  uint32 // of the field found by next
	wire uint8
	n    uint64 // its content, unless it is bytes
	s    []byte // its content, if it is bytes: a view
}

func (d *decoder) scan(b []byte) scan { return scan{b: b, err: &d.err} }

func (s *scan) fail(err error) {
	if *s.err == nil {
		*s.err = err
	}
	s.b = nil
}

// next moves to the next field and returns false at the end or after an error.
func (s *scan) next() bool {
	b := s.b
	if len(b) == 0 || *s.err != nil {
		return false
	}
	tag := uint64(b[0])
	if tag < 0x80 {
		b = b[1:]
	} else {
		var n int
		if tag, n = binary.Uvarint(b); n <= 0 {
			s.failVarint(n)
			return false
		}
		b = b[n:]
	}
	s.num, s.wire = uint32(tag>>3), uint8(tag&7)
	if tag>>3 == 0 || tag>>3 > 1<<29-1 {
		s.fail(errField)
		return false
	}
	switch s.wire {
	case wireVarint, wireBytes:
		if len(b) > 0 && b[0] < 0x80 {
			s.n = uint64(b[0])
			b = b[1:]
		} else {
			v, n := binary.Uvarint(b)
			if n <= 0 {
				s.failVarint(n)
				return false
			}
			s.n, b = v, b[n:]
		}
		if s.wire == wireBytes {
			if s.n > uint64(len(b)) {
				s.fail(errTruncated)
				return false
			}
			s.s, b = b[:s.n:s.n], b[s.n:]
		}
	case wire64:
		if len(b) < 8 {
			s.fail(errTruncated)
			return false
		}
		s.n, b = binary.LittleEndian.Uint64(b), b[8:]
	case wire32:
		if len(b) < 4 {
			s.fail(errTruncated)
			return false
		}
		s.n, b = uint64(binary.LittleEndian.Uint32(b)), b[4:]
	default:
		s.fail(errWire)
		return false
	}
	s.b = b
	return true
}

func (s *scan) failVarint(n int) {
	if n == 0 {
		s.fail(errTruncated)
		return
	}
	s.fail(errVarint)
}

// bytes, text, uint, fixed and double return the content of a field that must
// have their wire type.
func (s *scan) bytes() []byte {
	if s.wire != wireBytes {
		s.fail(errWire)
		return nil
	}
	return s.s
}

func (s *scan) text() string { return view(s.bytes()) }

func (s *scan) uint() uint64 {
	if s.wire != wireVarint {
		s.fail(errWire)
	}
	return s.n
}

// sint reads a zigzag-encoded 32-bit integer.
func (s *scan) sint() int32 {
	v := uint32(s.uint())
	return int32(v>>1) ^ -int32(v&1)
}

func (s *scan) fixed() uint64 {
	if s.wire != wire64 {
		s.fail(errWire)
	}
	return s.n
}

func (s *scan) double() float64 { return math.Float64frombits(s.fixed()) }

func (s *scan) fixed32() uint32 {
	if s.wire != wire32 {
		s.fail(errWire)
	}
	return uint32(s.n)
}
