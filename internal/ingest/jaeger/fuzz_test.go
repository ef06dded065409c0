package jaeger

import (
	"os"
	"path/filepath"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// FuzzDecode feeds damaged requests to all decoders: no panic, and whatever is
// accepted can be printed and reads the same in memory that was used before.
func FuzzDecode(f *testing.F) {
	for _, c := range recorded {
		body, err := os.ReadFile(filepath.Join("testdata", c.File))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	decoders := []func(*signal.Batch, []byte, ingest.Header) error{decodeHTTP, decodeDatagram, decodeProto}
	used := ingest.NewArena(0)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, decode := range decoders {
			var b signal.Batch
			if decode(&b, body, ingest.Header{}) != nil {
				continue
			}
			ingesttest.Again(t, &b, used, func(c *signal.Batch, a *ingest.Arena) error { return decode(c, body, ingest.Header{Arena: a}) })
		}
	})
}
