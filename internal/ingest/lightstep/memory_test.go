package lightstep

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// TestHostileMemory decodes reports whose rows would take many times the memory
// of their body: the arena refuses them.
func TestHostileMemory(t *testing.T) {
	const n, room = 1 << 17, 1 << 20
	many := func(s string) []byte { return bytes.Repeat([]byte(s), n) }
	span := func(content []byte) []byte { return protoBytes(nil, 3, content) }
	list := func(before, element, after string) []byte {
		return []byte(before + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + after)
	}
	f := func(name string, decode func(*signal.Batch, []byte, *ingest.Arena) error, body []byte) {
		t.Helper()
		var fault *ingest.Fault
		if err := decode(new(signal.Batch), body, ingest.NewArena(room)); !errors.As(err, &fault) || fault.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
	ids := string(protoBytes(nil, 1, protoUint(protoUint(nil, 1, 1), 2, 1)))
	f("spans", DecodeProto, many(string(span([]byte(ids)))))
	f("tags", DecodeProto, span(many("\x32\x00")))
	f("logs", DecodeProto, span(many("\x3a\x00")))
	f("fields and logs by turns", DecodeProto, span(many("\x3a\x02\x12\x00")))
	f("references", DecodeProto, span(many("\x1a\x04\x12\x02\x10\x05")))
	f("tags of the reporter", DecodeProto, protoBytes(nil, 1, append(reporterTags(), many("\x22\x03\x0a\x01a")...)))
	f("components", DecodeProto, components(n/16))
	f("attributes", DecodeJSON, list(`{"span_records":[{"attributes":[`, "{}", `]}]}`))
	f("log records", DecodeJSON, list(`{"span_records":[{"log_records":[`, "{}", `]}]}`))

	// What is dropped at once takes no memory: these are read to their end.
	if err := DecodeProto(new(signal.Batch), many("\x1a\x00"), ingest.NewArena(room)); err != nil {
		t.Errorf("spans without ids: %v", err)
	}
	if err := DecodeJSON(new(signal.Batch), list(`{"span_records":[`, "{}", `]}`), ingest.NewArena(room)); err != nil {
		t.Errorf("spans without ids in JSON: %v", err)
	}
}

// reporterTags is more tags than are compared with each other.
func reporterTags() (b []byte) {
	for c := range distinct + 2 {
		b = protoBytes(b, 4, protoBytes(nil, 1, []byte{'A' + byte(c)}))
	}
	return b
}

// components is n spans, each of a component of its own.
func components(n int) (body []byte) {
	for i := range n {
		sp := protoBytes(nil, 1, protoUint(protoUint(nil, 1, 1), 2, uint64(i)+1))
		name := []byte{byte(i), byte(i >> 8), byte(i >> 16)}
		sp = protoBytes(sp, 6, protoBytes(protoBytes(nil, 1, []byte(tagComponent)), 2, name))
		body = protoBytes(body, 3, sp)
	}
	return body
}
