// Package page is the codec of the embedded engine: up to some thousand rows of
// one signal as typed columns, the same bytes in the log, in memory and on disk.
// FORMAT.md, one folder up, draws them. It evaluates query expressions on columns
// and builds rows back; it does no I/O of its own and knows no files.
package page

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"
)

// ErrDamaged is wrapped by every error about bytes that cannot be what was written.
var ErrDamaged = errors.New("page: damaged")

// damage carries an error through decoding code as a panic; Guard turns it back.
// Decoding has a length check at every step, and returning each would bury it.
type damage struct{ err error }

func damaged(format string, args ...any) {
	panic(damage{fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))})
}

// Fail stops a guarded read with err, for sources that fail in other ways.
func Fail(err error) { panic(damage{err}) }

// Guard runs f, which may read views, and returns what was wrong with their bytes.
func Guard(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case damage:
			err = r.err
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// decoder reads encoded values from the front of b.
type decoder struct{ b []byte }

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		damaged("number cut short")
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		damaged("number cut short")
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) byte() byte { return d.take(1)[0] }

func (d *decoder) u32() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }

func (d *decoder) u64() uint64 { return binary.LittleEndian.Uint64(d.take(8)) }

func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		damaged("%d bytes wanted, %d left", n, len(d.b))
	}
	out := d.b[:n:n]
	d.b = d.b[n:]
	return out
}

// count reads the number of things that follow, each of at least min bytes.
func (d *decoder) count(min int) int {
	n := d.uvarint()
	if n > uint64(len(d.b))/uint64(max(min, 1)) {
		damaged("%d items in %d bytes", n, len(d.b))
	}
	return int(n)
}

func (d *decoder) str() string {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		damaged("string of %d bytes in %d", n, len(d.b))
	}
	return text(d.take(int(n)))
}

func appendStr(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// text views bytes that never change as a string.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func rawBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
