package zipkin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// FuzzDecode feeds damaged requests to all decoders: no panic, memory bounded,
// and what is accepted can be printed and reads the same in used memory.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no testdata", err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil || strings.HasSuffix(name, ".want.json") {
			continue // golden files, and the fuzzer's own folder
		}
		for media := range medias {
			f.Add(body, uint8(media))
		}
	}
	used := ingest.NewArena(4 << 20)
	f.Fuzz(func(t *testing.T, body []byte, media uint8) {
		m := medias[int(media)%len(medias)]
		var b signal.Batch
		if Decode(&b, body, m, ingest.NewArena(4<<20)) != nil {
			return
		}
		ingesttest.Again(t, &b, used, func(c *signal.Batch, a *ingest.Arena) error { return Decode(c, body, m, a) })
	})
}

var medias = []string{"", mediaJSON, mediaProto, mediaThrift}
