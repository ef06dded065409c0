package lightstep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// FuzzDecode feeds damaged reports to the decoders: no panic, and whatever is
// accepted can be printed, has ids, and reads the same in memory that was used
// before, which never grows beyond its bound.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no testdata", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, ".want.json") {
			continue
		}
		body, err := os.ReadFile(name)
		if err != nil {
			continue // the fuzzer's own folder
		}
		f.Add(body, uint8(strings.Index("pjt", filepath.Ext(name)[1:2])))
	}
	f.Add([]byte(old), uint8(1))
	decoders := []func(*signal.Batch, []byte, *ingest.Arena) error{DecodeProto, DecodeJSON, DecodeThrift}
	used := ingest.NewArena(16 << 20)
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		decode := decoders[int(which)%len(decoders)]
		var b signal.Batch
		if err := decode(&b, body, ingest.NewArena(16<<20)); err != nil {
			return
		}
		for _, g := range b.Groups {
			for _, sp := range g.Spans {
				if sp.Trace.IsZero() || sp.ID.IsZero() {
					t.Fatalf("a span without ids: %+v", sp)
				}
			}
		}
		ingesttest.Again(t, &b, used, func(c *signal.Batch, a *ingest.Arena) error { return decode(c, body, a) })
	})
}
