// Package wal is the write-ahead log of the embedded engine: segments of frames,
// each with its length and checksum. It writes, syncs and reads frames; what they
// mean, and when a segment may go, is the engine's business.
package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"clew/internal/store/columnar/vfs"
)

// Kind says what a frame carries.
type Kind byte

// The kinds of frame. The numbers are part of the format.
const (
	Batch  Kind = 1
	Forget Kind = 2
	End    Kind = 3 // the segment was closed: nothing before it may be missing
)

const (
	segmentMagic = "CLEWLOG\x01"
	frameMagic   = 0x4657_4c43 // "CLWF"
	// HeaderLen is the length of a frame's header: magic, length, checksum,
	// kind, number.
	HeaderLen = 4 + 4 + 4 + 1 + 8
	maxFrame  = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendFrame appends a frame to dst. The number is the writer's to use.
func AppendFrame(dst []byte, k Kind, number uint64, payload []byte) []byte {
	at := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, frameMagic)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = append(dst, 0, 0, 0, 0, byte(k))
	dst = binary.LittleEndian.AppendUint64(dst, number)
	dst = append(dst, payload...)
	binary.LittleEndian.PutUint32(dst[at+8:], frameSum(dst[at:]))
	return dst
}

func frameSum(frame []byte) uint32 {
	return crc32.Update(crc32.Checksum(frame[:8], castagnoli), castagnoli, frame[12:])
}

// Segment is the log file being written. It is not safe for concurrent use.
type Segment struct {
	f      vfs.File
	size   int64
	failed error // a sync failed: what is on disk is unknown for ever
}

// Create starts a segment that survives a power cut from the start.
func Create(fs vfs.FS, name string) (*Segment, error) {
	f, err := fs.Create(name)
	if err != nil {
		return nil, fmt.Errorf("wal: create %s: %w", name, err)
	}
	s := &Segment{f: f}
	if err := errors.Join(s.write([]byte(segmentMagic)), f.Sync(), fs.Sync()); err != nil {
		f.Close()
		return nil, fmt.Errorf("wal: create %s: %w", name, err)
	}
	return s, nil
}

func (s *Segment) write(b []byte) error {
	n, err := s.f.Write(b)
	s.size += int64(n)
	return err
}

// Size returns the bytes written.
func (s *Segment) Size() int64 { return s.size }

// ErrSync is wrapped by every error from the first failed sync on.
var ErrSync = errors.New("wal: a sync failed, the log can no longer be trusted")

// Commit writes frames and makes them durable. After a failed write the segment
// must be left for another; after a failed sync nothing can be committed any more.
func (s *Segment) Commit(frames []byte) error {
	if s.failed != nil {
		return s.failed
	}
	if err := s.write(frames); err != nil {
		return fmt.Errorf("wal: write: %w", err)
	}
	if err := s.f.Sync(); err != nil {
		s.failed = fmt.Errorf("%w: %w", ErrSync, err)
		return s.failed
	}
	return nil
}

// Close marks the segment as whole and closes it.
func (s *Segment) Close() error {
	err := s.Commit(AppendFrame(nil, End, 0, nil))
	return errors.Join(err, s.f.Close())
}

// Abandon closes the segment as it is.
func (s *Segment) Abandon() error { return s.f.Close() }
