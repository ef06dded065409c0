//go:build clients

package clienttest

import (
	"encoding/json"
	"fmt"
	"testing"
)

// expected is what must reach the store of the scenario, beside ids.
type expected struct {
	resource map[string]string // that differs between clients; an empty value is any
	headers  bool              // the client injects uber-trace-id
	spans    map[string]string // by name, as ingesttest.Dump prints them
}

// opentracing is what Jaeger's own clients mean. sampler is what they say of it
// on the first span.
func opentracing(language, version, sampler string) expected {
	return expected{
		headers: true,
		resource: map[string]string{
			"telemetry.sdk.name": "jaeger", "telemetry.sdk.language": language, "telemetry.sdk.version": version,
			"service.version": "1.2.3", "host.name": "",
		},
		spans: map[string]string{
			"GET /orders": span("server", "", 0, 100, sampler+`"http.method": "GET", "http.url": "http://shop/orders",
				"http.status_code": {"int": 200}, "ratio": {"double": 1.5}, "cached": {"bool": true}`, ""),
			"charge": span("client", "error", 10, 40, `"peer.service": "payments", "net.peer.name": "pay.internal",
				"network.peer.port": {"int": 8443}, "error": {"bool": true}`, declined),
			"audit": `{"start": 1700000000050000000, "end": 1700000000060000000, "flags": 1, ` + farLink + `}`,
			"publish": span("producer", "", 90, 150, `"component": "kafka", "messaging.system": "kafka",
				"messaging.destination.name": "orders", "authorization": "***"`, sentEvent),
		},
	}
}

// Node, Java and Python say how the first span of a trace was sampled; Go says it
// of sampled remote parents only.
const sampled = `"sampler.type": "const", "sampler.param": {"bool": true}, `

// opentelemetry is what its Jaeger exporters mean.
func opentelemetry() expected {
	scope := `, "scope": {"name": "client-test", "version": "0.1"}`
	return expected{
		resource: map[string]string{
			"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "python", "telemetry.sdk.version": "1.21.0", "service.version": "1.2.3",
		},
		spans: map[string]string{
			"GET /orders": span("server", "", 0, 100, `"http.method": "GET", "http.url": "http://shop/orders",
				"http.status_code": {"int": 200}, "ratio": {"double": 1.5}, "cached": {"bool": true}`, scope),
			"charge": span("client", "error", 10, 40, `"peer.service": "payments", "net.peer.name": "pay.internal",
				"network.peer.port": {"int": 8443}, "error": {"bool": true}`, declined+`, "message": "card declined"`+scope),
			"audit": span("internal", "", 50, 60, "", `, `+farLink+scope),
			"publish": span("producer", "", 90, 150, `"messaging.system": "kafka",
				"messaging.destination.name": "orders", "authorization": "***"`, sentEvent+scope),
		},
	}
}

const (
	declined = `, "events": [{"at": 1700000000030000000, "name": "exception", "attrs": {
		"exception.type": "Declined", "exception.message": "card declined", "exception.stacktrace": "at charge"}}]`
	sentEvent = `, "events": [{"at": 1700000000095000000, "name": "sent", "attrs": {"size": {"int": 3}}}]`
	farLink   = `"links": [{"trace": "00000000000000000000000000000abc", "span": "0000000000000def", "attrs": {"opentracing.ref_type": "follows_from"}}]`
)

// span prints a span that lasts from start to end, in milliseconds of the scenario.
func span(kind, status string, start, end int, attrs, more string) string {
	if attrs != "" {
		attrs += ", "
	}
	if status != "" {
		more = `, "status": "` + status + `"` + more
	}
	return fmt.Sprintf(`{"kind": %q, "start": 1700000000%03d000000, "end": 1700000000%03d000000, "flags": 1, "attrs": {%s"span.kind": %q}%s}`,
		kind, start, end, attrs, kind, more)
}

func (e expected) compareResource(t *testing.T, service string, got map[string]any) {
	t.Helper()
	if got["service.name"] != service {
		t.Errorf("service.name %v, want %s", got["service.name"], service)
	}
	for k, want := range e.resource {
		if v, ok := got[k].(string); !ok || want != "" && v != want {
			t.Errorf("resource: %s is %v, want %q", k, got[k], want)
		}
	}
}

// canonical prints JSON with the members of objects in order of their names.
// Times are as exact as a double, 256 ns: the gRPC exporter computes with those.
func canonical(raw []byte) string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err.Error()
	}
	out, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(out)
}
