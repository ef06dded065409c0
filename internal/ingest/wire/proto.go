package wire

import (
	"encoding/binary"
	"errors"
	"math"
)

// The wire types of protobuf. Groups (3 and 4) are no part of proto3.
const (
	WireVarint = 0
	Wire64     = 1
	WireBytes  = 2
	Wire32     = 5
)

// How a message can be broken.
var (
	ErrTruncated = errors.New("wire: protobuf ends in the middle of a field")
	ErrVarint    = errors.New("wire: protobuf number longer than 64 bits")
	ErrWire      = errors.New("wire: protobuf field with an unknown or wrong wire type")
	ErrField     = errors.New("wire: protobuf field number out of range")
)

// Proto walks the fields of one protobuf message.
type Proto struct {
	b   []byte // what is left
	err *error

	Num  uint32 // of the field found by next
	Wire uint8
	N    uint64 // its content, unless it is bytes
	s    []byte // its content, if it is bytes: a view
}

// NewProto returns a walk over the fields of message b. The first error is put
// into err and ends every walk that shares it.
func NewProto(b []byte, err *error) Proto { return Proto{b: b, err: err} }

// Fail ends the walk with err, unless an earlier error did.
func (s *Proto) Fail(err error) {
	if *s.err == nil {
		*s.err = err
	}
	s.b = nil
}

// Next moves to the next field and returns false at the end or after an error.
func (s *Proto) Next() bool {
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
			s.FailVarint(n)
			return false
		}
		b = b[n:]
	}
	s.Num, s.Wire = uint32(tag>>3), uint8(tag&7)
	if tag>>3 == 0 || tag>>3 > 1<<29-1 {
		s.Fail(ErrField)
		return false
	}
	switch s.Wire {
	case WireVarint, WireBytes:
		if len(b) > 0 && b[0] < 0x80 {
			s.N = uint64(b[0])
			b = b[1:]
		} else {
			v, n := binary.Uvarint(b)
			if n <= 0 {
				s.FailVarint(n)
				return false
			}
			s.N, b = v, b[n:]
		}
		if s.Wire == WireBytes {
			if s.N > uint64(len(b)) {
				s.Fail(ErrTruncated)
				return false
			}
			s.s, b = b[:s.N:s.N], b[s.N:]
		}
	case Wire64:
		if len(b) < 8 {
			s.Fail(ErrTruncated)
			return false
		}
		s.N, b = binary.LittleEndian.Uint64(b), b[8:]
	case Wire32:
		if len(b) < 4 {
			s.Fail(ErrTruncated)
			return false
		}
		s.N, b = uint64(binary.LittleEndian.Uint32(b)), b[4:]
	default:
		s.Fail(ErrWire)
		return false
	}
	s.b = b
	return true
}

// FailVarint ends the walk because binary.Uvarint returned n, 0 or less.
func (s *Proto) FailVarint(n int) {
	if n == 0 {
		s.Fail(ErrTruncated)
		return
	}
	s.Fail(ErrVarint)
}

// Bytes returns the content of a length-delimited field: a view of the message.
func (s *Proto) Bytes() []byte {
	if s.Wire != WireBytes {
		s.Fail(ErrWire)
		return nil
	}
	return s.s
}

// Text is Bytes as a string, a view too.
func (s *Proto) Text() string { return View(s.Bytes()) }

// Uint returns the content of a varint field.
func (s *Proto) Uint() uint64 {
	if s.Wire != WireVarint {
		s.Fail(ErrWire)
	}
	return s.N
}

// Sint returns the content of a zigzag-encoded 32-bit integer.
func (s *Proto) Sint() int32 {
	v := uint32(s.Uint())
	return int32(v>>1) ^ -int32(v&1)
}

// Fixed returns the content of a fixed64 field.
func (s *Proto) Fixed() uint64 {
	if s.Wire != Wire64 {
		s.Fail(ErrWire)
	}
	return s.N
}

// Double returns the content of a double field.
func (s *Proto) Double() float64 { return math.Float64frombits(s.Fixed()) }

// Fixed32 returns the content of a fixed32 field.
func (s *Proto) Fixed32() uint32 {
	if s.Wire != Wire32 {
		s.Fail(ErrWire)
	}
	return uint32(s.N)
}
