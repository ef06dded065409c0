package epsagon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// FuzzDecode feeds damaged requests to the decoder: no panic, and whatever is
// accepted can be printed and reads the same in memory that was used before.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no testdata", err)
	}
	story, err := filepath.Glob("testdata/story/*.json")
	if err != nil || len(story) == 0 {
		f.Fatal("no story", err)
	}
	for _, name := range append(files, story...) {
		if strings.HasSuffix(name, ".want.json") {
			continue
		}
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	used := ingest.NewArena(0)
	f.Fuzz(func(t *testing.T, body []byte) {
		var b signal.Batch
		if err := decode(&b, body, ingest.Header{}); err != nil {
			return
		}
		ingesttest.Again(t, &b, used, func(c *signal.Batch, a *ingest.Arena) error { return decode(c, body, ingest.Header{Arena: a}) })
	})
}
