// Package instana reads what Instana's tracers for serverless functions send:
// bundles of spans and metrics as JSON. Ids, parents and kinds are on the wire.
// A parent may come with a later bundle, or never; what is missing is not made
// up here. Of the metrics only what describes the sender is taken.
package instana

import (
	"errors"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// Receiver is the protocol for the door. A path before these belongs to a proxy.
var Receiver = ingest.Receiver{
	Name:   "instana",
	Tokens: []string{"X-Instana-Key"},
	Routes: []ingest.Route{route("POST /bundle", signal.Spans), route("POST /traces", signal.Spans), route("POST /metrics", signal.Points)},
}

// The clients never send again, and Node's sends nothing more after one failure.
func route(path string, t signal.Type) ingest.Route {
	return ingest.Route{Path: path, Signal: t, Unretried: true, Decode: decode}
}

var errNoBundle = errors.New("instana: decode: not a bundle: want an object with spans, metrics or plugins, or a list of spans")

func decode(b *signal.Batch, body []byte, h ingest.Header) error {
	d := &decoder{batch: b, arena: h.Rows(), host: h.Host, at: -1}
	r := wire.NewJSON(body, &d.err)
	switch r.Peek() {
	case '{':
		d.bundle(&r)
	case '[':
		d.spans(&r)
	default:
		d.fail(errNoBundle)
	}
	r.End()
	if d.fail(d.arena.Err()); d.err == nil {
		d.settle()
		d.fail(d.arena.Err())
	}
	return d.err
}

// decoder is the state of one request. The first error ends it.
type decoder struct {
	batch *signal.Batch
	arena *ingest.Arena
	err   error
	host  string // as the sender calls us

	at      int // group of the last span; -1: none
	first   int // group of this request
	senders []sender
	plugin  plugin
	long    map[[8]byte]signal.TraceID // whole ids by their low half, which is all that most spans have
}

// sender is what the spans of a group say about who sent them.
type sender struct{ entity, provider, service, runtime, version string }

// plugin is what the metrics say about who sent them.
type plugin struct{ entity, name, sensor, node string }

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) bundle(r *wire.JSON) {
	known := false
	for key := range r.Object() {
		switch key {
		case "spans":
			known = true
			d.spans(r)
		case "metrics":
			known = true
			if r.Peek() != '{' {
				r.Skip()
				continue
			}
			for key := range r.Object() {
				if key == "plugins" {
					d.plugins(r)
				} else {
					r.Skip()
				}
			}
		case "plugins":
			known = true
			d.plugins(r)
		default:
			r.Skip()
		}
	}
	if !known {
		d.fail(errNoBundle)
	}
}

func (d *decoder) spans(r *wire.JSON) {
	for range r.Array() {
		if r.Peek() != '{' {
			r.Skip()
			d.batch.Refuse(signal.Spans, 1, "instana: a span is not an object")
			continue
		}
		d.span(r)
	}
}

// plugins keeps what the first plugin says about the sender. The others measure
// what runs beside it.
func (d *decoder) plugins(r *wire.JSON) {
	for i := range r.Array() {
		if i > 0 || r.Peek() != '{' {
			r.Skip()
			d.batch.Refuse(signal.Points, 1, "instana: the metrics of this plugin are not kept")
			continue
		}
		for key := range r.Object() {
			switch key {
			case "name":
				d.plugin.name = d.text(r)
			case "entityId":
				d.plugin.entity = d.text(r)
			case "data":
				d.pluginData(r)
			default:
				r.Skip()
			}
		}
	}
}

func (d *decoder) pluginData(r *wire.JSON) {
	if r.Peek() != '{' {
		r.Skip()
		return
	}
	for key := range r.Object() {
		switch {
		case key == "sensorVersion":
			d.plugin.sensor = d.text(r)
		case key == "versions" && r.Peek() == '{':
			for key := range r.Object() {
				if key == "node" {
					d.plugin.node = d.text(r)
				} else {
					r.Skip()
				}
			}
		default:
			r.Skip()
		}
	}
}

// value reads any value; the text of an object or a list is charged.
func (d *decoder) value(r *wire.JSON) signal.Value {
	v := r.Value(d.arena.Charge)
	d.fail(d.arena.Err())
	return v
}

// text reads a string, or another value as text.
func (d *decoder) text(r *wire.JSON) string {
	if r.Peek() == '"' {
		return r.Str()
	}
	return d.value(r).String()
}

func (d *decoder) set(as *signal.Attrs, key, text string) {
	if text != "" {
		*as = d.arena.Attrs.Push(*as, signal.Attr{Key: key, Value: signal.Str(text)})
	}
}

func (d *decoder) push(as *signal.Attrs, key string, v signal.Value) {
	*as = d.arena.Attrs.Push(*as, signal.Attr{Key: key, Value: v})
}

// join makes one text of two, in room that is charged.
func (d *decoder) join(a, b string) string {
	if !d.arena.Charge(len(a) + len(b)) {
		return ""
	}
	return a + b
}
