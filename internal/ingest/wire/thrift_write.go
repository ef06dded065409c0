package wire

import "encoding/binary"

// This file writes what little of thrift a server says: replies, in the strict
// binary protocol. A struct ends with a ThriftStop.

// ThriftStop ends the fields of a struct.
const ThriftStop = 0

// AppendThriftReply appends the head of the reply to a call; the struct with the
// call's result, its field 0, follows.
func AppendThriftReply(b []byte, name string, seq int32) []byte {
	b = append(b, 0x80, 1, 0, ThriftReply)
	b = AppendThriftText(b, name)
	return binary.BigEndian.AppendUint32(b, uint32(seq))
}

// AppendThriftField appends the head of a struct's field; its value follows.
func AppendThriftField(b []byte, kind uint8, id int16) []byte {
	return append(b, kind, byte(id>>8), byte(id))
}

// AppendThriftI32 appends an i32.
func AppendThriftI32(b []byte, v int32) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }

// AppendThriftText appends a string or binary.
func AppendThriftText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// ThriftFrame puts the length before message that the framed transport wants.
func ThriftFrame(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)
}
