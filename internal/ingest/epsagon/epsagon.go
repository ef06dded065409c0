// Package epsagon reads the traces of Epsagon's libraries: one JSON object for
// each invocation, posted to the collector's address or printed as a log line.
// The wire has no trace id, no span ids and no parents. The decoder derives ids
// from the ids of the events, so that what is sent twice ends as one span, and
// gives spans the join keys by which invocations find each other; joining them
// is not done here.
package epsagon

import (
	"encoding/base64"
	"errors"
	"strings"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// Receiver is the protocol for the door. Clients post to exactly the URL they
// were given, which is mostly that of a host.
var Receiver = ingest.Receiver{
	Name:   "epsagon",
	Routes: []ingest.Route{route("POST /{$}"), route("/epsagon")},
	Line:   &ingest.Line{Prefix: "EPSAGON_TRACE:", Decode: decodeLine},
}

func route(path string) ingest.Route {
	return ingest.Route{Path: path, Signal: signal.Spans, Unretried: true, Decode: decode}
}

var errNoTrace = errors.New("epsagon: decode: not a trace: want an object with events, a list of such objects or one in a string")

func decode(b *signal.Batch, body []byte, h ingest.Header) error {
	d := &decoder{batch: b, arena: h.Rows()}
	d.document(body, false)
	return d.err
}

// decodeLine reads what follows EPSAGON_TRACE: in a log line, base64 of the body.
func decodeLine(b *signal.Batch, text string, h ingest.Header) error {
	a := h.Rows()
	if !a.Charge(len(text)) {
		return a.Err()
	}
	body, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return errNoTrace
	}
	h.Arena = a
	return decode(b, body, h)
}

// decoder is the state of one request. The first error ends it.
type decoder struct {
	batch *signal.Batch
	arena *ingest.Arena
	err   error

	// Of the trace being read:
	group   *signal.Group
	app     string
	runner  event
	trigger event
	calls   []call // beside group.Spans
	faults  int    // of the tracer itself

	sdkLanguage string // telemetry.sdk.language
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// document reads a trace, a list of traces, or (the .NET client's) one within a
// string.
func (d *decoder) document(body []byte, quoted bool) {
	r := wire.NewJSON(body, &d.err)
	switch r.Peek() {
	case '{':
		d.trace(&r)
	case '[':
		for range r.Array() {
			d.trace(&r)
		}
	case '"':
		inner := r.Str()
		if quoted || !d.arena.Charge(len(inner)) {
			d.fail(errNoTrace)
			return
		}
		d.document([]byte(inner), true)
	default:
		d.fail(errNoTrace)
	}
	r.End()
}

func (d *decoder) trace(r *wire.JSON) {
	if r.Peek() != '{' {
		d.fail(errNoTrace)
		return
	}
	d.batch.Groups, d.group = d.arena.Groups.Add(d.batch.Groups)
	d.app, d.runner, d.trigger, d.calls, d.faults = "", event{}, event{}, d.calls[:0], 0
	var version, platform string
	known := false
	for key := range r.Object() {
		switch key {
		case "app_name":
			d.app = d.text(r)
		case "version":
			version = d.text(r)
		case "platform":
			platform = d.text(r)
		case "exceptions":
			for range r.Array() {
				r.Skip()
				d.faults++
			}
		case "events":
			known = true
			for range r.Array() {
				d.event(r)
			}
		default: // the token among them, which is nobody's to keep
			r.Skip()
		}
	}
	if !known {
		d.fail(errNoTrace)
	}
	if d.fail(d.arena.Err()); d.err == nil {
		d.settle(version, platform)
	}
}
