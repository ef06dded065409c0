package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Encodings are the content encodings taken, as the Accept-Encoding of a 415 lists them.
const Encodings = "gzip, zstd, deflate, identity"

var errEncoding = errors.New("unknown content encoding")

// A body may inflate to ratioMax times its size once it is over ratioFloor;
// repetitive telemetry was seen to reach 60, a bomb of zeros reaches 1,030 with
// gzip and far more with zstd.
const (
	ratioMax   = 250
	ratioFloor = 1 << 20
)

// zstdWindow is the window every zstd decoder must support (RFC 8878, 3.1.1.1.2).
const zstdWindow = 8 << 20

var gzips, zlibs, zstds sync.Pool

// zstdWhole decodes frames that announce their size; it is safe for concurrent use.
var zstdWhole = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(err) // only wrong options can fail
	}
	return d
})

// inflate appends the content of raw to dst. Nothing is allocated that max and
// the ratio do not allow.
func inflate(dst *buffer, raw []byte, encoding string, max int64) error {
	limit := min(max, int64(ratioFloor)+ratioMax*int64(len(raw)))
	err := inflateTo(dst, raw, encoding, limit)
	if errors.Is(err, errTooLarge) && limit < max {
		return errBomb
	}
	return err
}

func inflateTo(dst *buffer, raw []byte, encoding string, limit int64) error {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "gzip", "x-gzip":
		return inflateGzip(dst, raw, limit)
	case "zstd":
		return inflateZstd(dst, raw, limit)
	case "deflate":
		return inflateZlib(dst, raw, limit)
	}
	return fmt.Errorf("%w %q (known: %s)", errEncoding, encoding, Encodings)
}

func inflateGzip(dst *buffer, raw []byte, limit int64) error {
	z, _ := gzips.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer gzips.Put(z)
	if err := z.Reset(bytes.NewReader(raw)); err != nil {
		return noEOF(err)
	}
	return noEOF(dst.fill(z, limit)) // a file of several members is one content
}

func inflateZlib(dst *buffer, raw []byte, limit int64) error {
	z, _ := zlibs.Get().(io.ReadCloser)
	if z == nil {
		var err error
		if z, err = zlib.NewReader(bytes.NewReader(raw)); err != nil {
			return noEOF(err)
		}
	} else if err := z.(zlib.Resetter).Reset(bytes.NewReader(raw), nil); err != nil {
		return noEOF(err)
	}
	defer zlibs.Put(z)
	return noEOF(dst.fill(z, limit))
}

// inflateZstd reads a frame that says how large it is straight into place; one
// that does not goes through a decoder with a bounded window.
func inflateZstd(dst *buffer, raw []byte, limit int64) error {
	var h zstd.Header
	if err := h.Decode(raw); err != nil {
		return noEOF(err)
	}
	if h.HasFCS && !h.Skippable {
		if h.FrameContentSize > uint64(limit) {
			return errTooLarge
		}
		if err := dst.reserve(int64(h.FrameContentSize)); err != nil {
			return err
		}
		out, err := zstdWhole().DecodeAll(raw, (*dst.p)[:0])
		if err == nil && int64(len(out)) > limit {
			return errTooLarge
		}
		if err == nil {
			*dst.p = out
			return nil
		}
		if !errors.Is(err, zstd.ErrDecoderSizeExceeded) {
			return err
		}
		// Further frames follow: read them all as a stream.
	}
	z, _ := zstds.Get().(*zstd.Decoder)
	if z == nil {
		var err error
		if z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow)); err != nil {
			return err
		}
	}
	defer zstds.Put(z)
	if err := z.Reset(bytes.NewReader(raw)); err != nil {
		return err
	}
	return noEOF(dst.fill(z, limit))
}

// noEOF keeps an early end from looking like a good one.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Gunzip returns the content of raw, for decoders that find compressed parts in a
// body: charged to a, and bounded as a body itself is.
func Gunzip(a *Arena, raw []byte) ([]byte, error) {
	z, _ := gzips.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer gzips.Put(z)
	if err := z.Reset(bytes.NewReader(raw)); err != nil {
		return nil, noEOF(err)
	}
	limit := min(defaultInflated, ratioFloor+ratioMax*len(raw))
	var out []byte
	for {
		if len(out) == cap(out) {
			if len(out) >= limit {
				return nil, errBomb
			}
			size := min(max(4*len(raw), 2*cap(out), 512), limit)
			if !a.Charge(size) {
				return nil, a.Err()
			}
			out = append(make([]byte, 0, size), out...)
		}
		n, err := z.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		switch {
		case err == io.EOF:
			return out, nil
		case err != nil:
			return nil, noEOF(err)
		}
	}
}
