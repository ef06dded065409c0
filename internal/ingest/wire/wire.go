// Package wire reads the encodings that several protocols share: protobuf, JSON,
// thrift and MessagePack. Readers make one pass over bytes they borrow, return
// views of them instead of copies, and stop for good at their first error, so
// that a decoder looks for one once, at its end. What a message means is the
// business of the protocol that reads it.
package wire

import "unsafe"

// View returns b as a string without copying; b must not change while it is used.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
