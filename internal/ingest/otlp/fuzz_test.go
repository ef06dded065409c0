package otlp

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// ptraceResponse reads an ExportTraceServiceResponse with the collector's library.
func ptraceResponse(t *testing.T, body []byte) string {
	t.Helper()
	r := ptraceotlp.NewExportResponse()
	if err := r.UnmarshalProto(body); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(r.PartialSuccess().RejectedSpans(), 10) + " " + r.PartialSuccess().ErrorMessage()
}

// FuzzDecode feeds damaged requests to both decoders: no panic, and whatever is
// accepted can be printed (so every JSON value is JSON) and reads the same in
// memory that was used before.
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
		for t := range uint8(3) {
			f.Add(body, strings.HasSuffix(name, ".json"), t)
		}
	}
	used := ingest.NewArena(0)
	f.Fuzz(func(t *testing.T, body []byte, asJSON bool, sig uint8) {
		var b signal.Batch
		decode := DecodeProto
		if asJSON {
			decode = DecodeJSON
		}
		if err := decode(&b, body, signal.Type(sig%3), nil); err != nil {
			return
		}
		ingesttest.Again(t, &b, used, func(c *signal.Batch, a *ingest.Arena) error { return decode(c, body, signal.Type(sig%3), a) })
	})
}
