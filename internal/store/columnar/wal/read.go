package wal

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"clew/internal/store/columnar/vfs"
)

// Report says what was wrong with a segment.
type Report struct {
	Damaged int64 // bytes that were written whole once and are not any more
	Torn    int64 // bytes of an unfinished write at the end: expected after a crash
	At      int64 // offset of the first of the damaged bytes, else of the torn ones
}

// Read calls visit for each good frame of a segment, in order. Payloads may be
// kept. Bad bytes are skipped up to the next good frame and counted.
func Read(fs vfs.FS, name string, visit func(k Kind, number uint64, payload []byte) error) (Report, error) {
	f, err := fs.Open(name)
	if err != nil {
		return Report{}, fmt.Errorf("wal: open %s: %w", name, err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return Report{}, fmt.Errorf("wal: read %s: %w", name, err)
	}
	b := make([]byte, size)
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return Report{}, fmt.Errorf("wal: read %s: %w", name, err)
	}
	r, err := Frames(b, visit)
	if err != nil {
		return r, fmt.Errorf("wal: read %s: %w", name, err)
	}
	return r, nil
}

// Frames is Read on the bytes of a segment.
func Frames(b []byte, visit func(k Kind, number uint64, payload []byte) error) (Report, error) {
	return Walk(b, func(_ int64, k Kind, number uint64, payload []byte) error { return visit(k, number, payload) })
}

// Walk is Frames that also tells the offset of each frame.
func Walk(b []byte, visit func(off int64, k Kind, number uint64, payload []byte) error) (r Report, err error) {
	size := int64(len(b))
	pending, since := int64(0), int64(0) // bad bytes not yet known to be damaged or torn, and where they begin
	if bytes.HasPrefix(b, []byte(segmentMagic)) {
		b = b[len(segmentMagic):]
	} else {
		skip := min(len(segmentMagic), len(b))
		pending, b = int64(skip), b[skip:]
	}
	for len(b) > 0 {
		off := size - int64(len(b))
		n, ok := frameAt(b)
		if !ok {
			if pending == 0 {
				since = off
			}
			skip := nextMagic(b)
			pending, b = pending+int64(skip), b[skip:]
			continue
		}
		if pending > 0 && r.Damaged == 0 {
			r.At = since
		}
		r.Damaged, pending = r.Damaged+pending, 0
		k, number := Kind(b[12]), binary.LittleEndian.Uint64(b[13:])
		if k != End {
			if err := visit(off, k, number, b[HeaderLen:n:n]); err != nil {
				return r, err
			}
		}
		b = b[n:]
	}
	r.Torn = pending
	if r.Damaged == 0 && pending > 0 {
		r.At = since
	}
	return r, nil
}

// frameAt returns the length of the good frame at the start of b.
func frameAt(b []byte) (int, bool) {
	if len(b) < HeaderLen || binary.LittleEndian.Uint32(b) != frameMagic {
		return 0, false
	}
	size := binary.LittleEndian.Uint32(b[4:])
	if size > maxFrame || int(size) > len(b)-HeaderLen {
		return 0, false
	}
	n := HeaderLen + int(size)
	return n, frameSum(b[:n]) == binary.LittleEndian.Uint32(b[8:])
}

func nextMagic(b []byte) int {
	var magic [4]byte
	binary.LittleEndian.PutUint32(magic[:], frameMagic)
	if i := bytes.Index(b[1:], magic[:]); i >= 0 {
		return i + 1
	}
	return len(b)
}

// OneFrame returns the frame that b is, when it is one good frame and no more.
func OneFrame(b []byte) (payload []byte, number uint64, ok bool) {
	n, ok := frameAt(b)
	if !ok || n != len(b) {
		return nil, 0, false
	}
	return b[HeaderLen:], binary.LittleEndian.Uint64(b[13:]), true
}
