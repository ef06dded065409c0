package storetest

import "unsafe"

// borrow returns a string that shares the memory of b, as decoders make them.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
