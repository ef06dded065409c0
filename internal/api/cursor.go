package api

import (
	"encoding/base64"
	"encoding/binary"
	"errors"

	"clew/internal/query"
	"clew/internal/signal"
)

// A cursor is opaque to clients: base64 of a version, and a position in the
// newest-first order of spans.
const cursorVersion = 1

const cursorSize = 1 + 8 + 16 + 8

func encodeCursor(c query.Cursor) string {
	b := make([]byte, 0, cursorSize)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(c.At))
	b = append(b, c.Trace[:]...)
	b = append(b, c.Span[:]...)
	return base64.RawURLEncoding.EncodeToString(b)
}

var errCursor = errors.New("api: cursor is not one this server gave: start again without it")

func decodeCursor(s string) (*query.Cursor, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != cursorSize || b[0] != cursorVersion {
		return nil, errCursor
	}
	c := &query.Cursor{At: signal.Time(binary.BigEndian.Uint64(b[1:]))}
	copy(c.Trace[:], b[9:])
	copy(c.Span[:], b[25:])
	return c, nil
}
