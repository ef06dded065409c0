package xray

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// FuzzDecode feeds damaged requests and datagrams to the decoder: no panic, rows
// in bounded memory only, and whatever is accepted has ids, can be printed (so
// every JSON value is JSON) and reads the same in memory that was used before.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no testdata", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, ".want.json") {
			continue
		}
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, false)
	}
	f.Add([]byte(`{"format":"json","version":1}`+"\n"+`{"trace_id":"1-5759e988-bd862e3fe1be46a994272793","id":"a1","name":"a","annotations":{"a":[1,2.5,"x"]}}`), true)
	const most = 4 << 20
	used, small := ingest.NewArena(0), ingest.NewArena(most)
	f.Fuzz(func(t *testing.T, body []byte, datagram bool) {
		decode := decodePut
		if datagram {
			decode = decodeDatagram
		}
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
				if s.Trace.IsZero() || s.ID.IsZero() {
					t.Fatalf("a span without ids: %+v", s)
				}
			}
		}
		ingesttest.Again(t, &b, used, func(c *signal.Batch, a *ingest.Arena) error { return decode(c, body, ingest.Header{Arena: a}) })
	})
}
