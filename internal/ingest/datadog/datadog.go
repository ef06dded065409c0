// Package datadog reads what Datadog's tracers and the dogstatsd clients send to
// an agent: traces as MessagePack in the two shapes tracers use (v0.4 and v0.5),
// and metrics, events and service checks as dogstatsd datagrams. The tracers are
// told to keep everything.
//
// It is not an agent: what tracers tell besides (statistics, profiles, their own
// telemetry) has no route here, and they do without when /info does not list it.
package datadog

import (
	"net/http"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// Receiver is the protocol for the door. Tracers send traces with POST or PUT.
var Receiver = ingest.Receiver{
	Name: "datadog", Tokens: []string{"DD-API-KEY"},
	Routes: []ingest.Route{
		{Path: "GET /info", Method: http.MethodGet, Signal: signal.Spans, Public: true, Decode: decodeNothing, Reply: replyInfo},
		{Path: "/v0.4/traces", Signal: signal.Spans, Decode: decode04, Reply: replyTraces},
		{Path: "/v0.5/traces", Signal: signal.Spans, Decode: decode05, Reply: replyTraces},
		{Path: "PUT /v0.4/traces", Method: http.MethodPut, Signal: signal.Spans, Decode: decode04, Reply: replyTraces},
		{Path: "PUT /v0.5/traces", Method: http.MethodPut, Signal: signal.Spans, Decode: decode05, Reply: replyTraces},
	},
	Sockets: []ingest.Socket{
		{Name: "datadog", Network: "tcp", Port: 8126},
		{Name: "dogstatsd", Network: "udp", Port: 8125, Signal: signal.Points, Decode: decodeStats},
	},
}

const mediaJSON = "application/json"

// info lists what is served, which is what tracers restrict themselves to.
const info = `{"version":"7.60.0","endpoints":["/v0.4/traces","/v0.5/traces"],"client_drop_p0s":false,"span_meta_structs":false,"long_running_spans":false}`

func decodeNothing(*signal.Batch, []byte, ingest.Header) error { return nil }

func replyInfo(o ingest.Outcome, _ ingest.Header) ingest.Answer {
	if o.Fault != nil {
		return ingest.Answer{}
	}
	return ingest.Answer{Media: mediaJSON, Body: []byte(info)}
}

// replyTraces tells no rates for services: tracers keep everything then.
func replyTraces(o ingest.Outcome, _ ingest.Header) ingest.Answer {
	if o.Fault != nil {
		return ingest.Answer{} // as text, which tracers log
	}
	return ingest.Answer{Media: mediaJSON, Body: []byte(`{"rate_by_service":{}}`)}
}

// decode04 reads traces of spans that are maps.
func decode04(b *signal.Batch, body []byte, h ingest.Header) error {
	d := newDecoder(b, body, h)
	for range d.r.Array() {
		d.begin()
		for range d.r.Array() {
			d.span04()
		}
		d.finish()
	}
	return d.end()
}

// decode05 reads the strings of all spans, and then spans that are lists of 12.
func decode05(b *signal.Batch, body []byte, h ingest.Header) error {
	d := newDecoder(b, body, h)
	if d.r.ArrayLen() != 2 {
		d.r.Fail("want two elements, strings and traces")
	}
	for i := range d.r.Array() {
		if i == 0 {
			d.readStrings()
			continue
		}
		for range d.r.Array() {
			d.begin()
			for range d.r.Array() {
				d.span05()
			}
			d.finish()
		}
	}
	return d.end()
}

// decoder is the state of one request.
type decoder struct {
	batch   *signal.Batch
	arena   *ingest.Arena
	err     error
	r       wire.Msgpack
	strings []string // v0.5
	sender  sender
	chunk   chunk
}

func newDecoder(b *signal.Batch, body []byte, h ingest.Header) *decoder {
	d := &decoder{batch: b, arena: h.Rows(), sender: senderOf(h.HTTP)}
	d.r = wire.NewMsgpack(body, &d.err)
	return d
}

func (d *decoder) end() error {
	d.r.End()
	d.checkMemory()
	return d.err
}

// checkMemory ends decoding where memory was refused.
func (d *decoder) checkMemory() {
	if err := d.arena.Err(); err != nil && d.err == nil {
		d.err = err
	}
}

// charge reports whether n bytes are there.
func (d *decoder) charge(n int) bool {
	ok := d.arena.Charge(n)
	d.checkMemory()
	return ok
}

func (d *decoder) set(attrs *signal.Attrs, key string, v signal.Value) {
	*attrs = d.arena.Attrs.Push(*attrs, signal.Attr{Key: key, Value: v})
}

func (d *decoder) setText(attrs *signal.Attrs, key, text string) {
	if text != "" {
		d.set(attrs, key, signal.Str(text))
	}
}
