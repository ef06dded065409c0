package api

import (
	"encoding/base64"
	"encoding/binary"
	"errors"

	"clew/internal/query"
	"clew/internal/signal"
)

// cursor is where a page of the list ended: at the newest span that matches of a
// story, and, of the stories that have this span, at the one of that id.
type cursor struct {
	query.Cursor
	story signal.TraceID // zero: at the last of them
}

// For clients it is opaque: base64 of a version, the position of the span, and the story.
const cursorVersion = 2

const cursorSize = 1 + 8 + 16 + 8 + 16

func encodeCursor(c cursor) string {
	b := make([]byte, 0, cursorSize)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(c.At))
	b = append(b, c.Trace[:]...)
	b = append(b, c.Span[:]...)
	b = append(b, c.story[:]...)
	return base64.RawURLEncoding.EncodeToString(b)
}

var errCursor = errors.New("api: cursor is not one this server gave: start again without it")

func decodeCursor(s string) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != cursorSize || b[0] != cursorVersion {
		return nil, errCursor
	}
	c := &cursor{Cursor: query.Cursor{At: signal.Time(binary.BigEndian.Uint64(b[1:]))}}
	copy(c.Trace[:], b[9:])
	copy(c.Span[:], b[25:])
	copy(c.story[:], b[33:])
	return c, nil
}
