package datadog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// FuzzDecode feeds damaged requests and datagrams to the decoders: no panic, rows
// in bounded memory only, and whatever is accepted has ids, can be printed (so
// every JSON value is JSON) and reads the same in memory that was used before.
func FuzzDecode(f *testing.F) {
	decoders := []func(*signal.Batch, []byte, ingest.Header) error{decode04, decode05, decodeStats}
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) == 0 {
		f.Fatal("no testdata", err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		switch {
		case strings.HasSuffix(name, ".want.json"):
		case strings.HasSuffix(name, ".dogstatsd"):
			f.Add(body, uint8(2))
		default:
			f.Add(body, uint8(0))
			f.Add(body, uint8(1))
		}
	}
	const most = 4 << 20
	used, small := ingest.NewArena(0), ingest.NewArena(most)
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		decode := decoders[int(which)%len(decoders)]
		small.Reset()
		if err := decode(new(signal.Batch), body, ingest.Header{Arena: small}); err == nil && small.Err() != nil {
			t.Fatal("accepted without the memory for it")
		}
		var b signal.Batch
		if err := decode(&b, body, ingest.Header{}); err != nil {
			return
		}
		for _, g := range b.Groups {
			for _, s := range g.Spans {
				if s.Trace.IsZero() || s.ID.IsZero() || s.End < s.Start {
					t.Fatalf("a span without ids or that ends before it starts: %+v", s)
				}
			}
		}
		ingesttest.Again(t, &b, used, func(c *signal.Batch, a *ingest.Arena) error { return decode(c, body, ingest.Header{Arena: a}) })
	})
}
