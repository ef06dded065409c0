package otlp

import (
	"bytes"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
)

func protoMessage(num byte, parts ...string) string {
	body := strings.Join(parts, "")
	return string(appendUvarint([]byte{num<<3 | 2}, uint64(len(body)))) + body
}

// TestHostileMemory sends requests whose rows would take up to fifty times the
// memory of their body: all are refused as too large, and little more than the body and the bound on rows is ever allocated.
func TestHostileMemory(t *testing.T) {
	const large, rows = 32 << 20, 64 << 20
	_, addr := ingesttest.Serve(t, ingest.Options{
		Receivers: []ingest.Receiver{Receiver}, Store: new(ingesttest.Store), MaxBody: large, MaxInflated: large, MaxRows: rows,
	})
	spanWith := func(body string) string { return protoMessage(1, protoMessage(2, protoMessage(2, body))) }
	f := func(name, path, media, body string) {
		t.Helper()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		req, err := http.NewRequest(http.MethodPost, "http://"+addr+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", media)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if resp.StatusCode != http.StatusRequestEntityTooLarge || !bytes.Contains(answer, []byte("send smaller batches")) {
			t.Errorf("%s: status %d, %q", name, resp.StatusCode, answer)
		}
		// The body's buffer doubles as it grows: twice its size in the sum.
		if grew := after.TotalAlloc - before.TotalAlloc; grew > 2*large+rows+16<<20 {
			t.Errorf("%s: %d MiB allocated", name, grew>>20)
		}
	}
	const n = 12 << 20
	f("empty attributes", "/v1/traces", mediaProto, spanWith(strings.Repeat("\x4a\x00", n)))
	f("empty events", "/v1/traces", mediaProto, spanWith(strings.Repeat("\x5a\x00", n)))
	f("empty links", "/v1/traces", mediaProto, spanWith(strings.Repeat("\x6a\x00", n)))
	f("events and attributes by turns", "/v1/traces", mediaProto, spanWith(strings.Repeat("\x4a\x00\x5a\x04\x1a\x00\x1a\x00", n/4)))
	f("spans without ids", "/v1/traces", mediaProto, protoMessage(1, protoMessage(2, strings.Repeat("\x12\x02\x4a\x00", n/2))))
	f("empty scopes", "/v1/traces", mediaProto, protoMessage(1, strings.Repeat("\x12\x00", n)))
	f("empty logs", "/v1/logs", mediaProto, protoMessage(1, protoMessage(2, strings.Repeat("\x12\x00", n))))
	f("empty points", "/v1/metrics", mediaProto, protoMessage(1, protoMessage(2, protoMessage(2, protoMessage(5, strings.Repeat("\x0a\x00", n))))))
	f("empty attributes in JSON", "/v1/traces", mediaJSON, `{"resourceSpans":[{"resource":{"attributes":[`+strings.TrimSuffix(strings.Repeat("{},", n/2), ",")+`]}}]}`)
	f("counts in JSON", "/v1/metrics", mediaJSON, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[`+
		strings.TrimSuffix(strings.Repeat("1,", n), ",")+`]}]}}]}]}]}`)
}
