// Package zipkin reads Zipkin's spans in all of their encodings: JSON and
// protobuf of version 2, JSON and thrift of version 1. Version 1 has no kind and
// no remote endpoint: what it says by the annotations cs, sr, ss, cr, ms, mr and
// by the addresses sa, ca, ma is read as version 2 would say it.
//
// It does not repair ids: the client and the server of a call may share one
// ("shared" spans), and are kept so. Readers tell the halves apart by their kind.
package zipkin

import (
	"bytes"
	"errors"
	"net/http"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// Receiver is the protocol for the door. Every route takes every encoding: what
// a client sends and where it sends it are set apart from each other.
var Receiver = ingest.Receiver{
	Name:   "zipkin",
	Routes: []ingest.Route{route("/api/v2/spans"), route("/api/v1/spans")},
	Sockets: []ingest.Socket{
		{Name: "zipkin", Network: "tcp", Port: 9411},
	},
}

func route(path string) ingest.Route {
	return ingest.Route{
		Path: path, Signal: signal.Spans, Unretried: true, TokenInURL: true,
		Decode: func(b *signal.Batch, body []byte, h ingest.Header) error { return Decode(b, body, h.Media, h.Rows()) },
		Reply: func(o ingest.Outcome, _ ingest.Header) ingest.Answer {
			if o.Fault != nil {
				return ingest.Answer{}
			}
			return ingest.Answer{Status: http.StatusAccepted}
		},
	}
}

var errEncoding = errors.New("zipkin: decode: neither JSON, nor protobuf, nor thrift")

// Decode appends the spans in body to b. The media type says how they are
// encoded; where it says nothing known, the first byte does. b borrows body and
// what it cuts from a.
func Decode(b *signal.Batch, body []byte, media string, a *ingest.Arena) error {
	d := decoder{batch: b, arena: a, body: body}
	switch encodingOf(body, media) {
	case encodingJSON:
		d.jsonSpans()
	case encodingProto:
		d.protoSpans()
	case encodingThrift:
		d.thriftSpans()
	default:
		return errEncoding
	}
	return d.end()
}

// end completes the batch and returns why it cannot be taken, or nil.
func (d *decoder) end() error {
	if d.err == nil {
		d.err = d.arena.Err()
	}
	if d.err == nil {
		d.adopt()
	}
	return d.err
}

// adopt lets spans without a sender be those of the only sender of the request:
// version 1 has no place for it where a span has no notes and no tags.
func (d *decoder) adopt() {
	if d.seen != 2 {
		return
	}
	a, b := &d.batch.Groups[d.recent[0].group], &d.batch.Groups[d.recent[1].group]
	switch none := (endpoint{}); {
	case d.recent[0].endpoint == none:
		a.Resource = b.Resource
	case d.recent[1].endpoint == none:
		b.Resource = a.Resource
	}
}

type encoding uint8

const (
	encodingUnknown encoding = iota
	encodingJSON
	encodingProto
	encodingThrift
)

func encodingOf(body []byte, media string) encoding {
	switch media {
	case "application/json":
		return encodingJSON
	case "application/x-protobuf":
		return encodingProto
	case "application/x-thrift":
		return encodingThrift
	}
	switch {
	case len(body) == 0 || body[0] == 0x0a && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")): // ListOfSpans.spans
		return encodingProto
	case body[0] == thriftStruct:
		return encodingThrift
	case bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")):
		return encodingJSON
	}
	return encodingUnknown
}

// decoder is the state of one request. The first error ends it.
type decoder struct {
	batch *signal.Batch
	arena *ingest.Arena
	body  []byte
	err   error

	notes []note // of the span at hand, used again
	tags  []tag

	recent [8]sender // the last senders seen: one request has one, as a rule
	seen   int

	last    endpoint
	lastRaw []byte // how the last endpoint that many share was encoded
}

// sender is an endpoint that has a group in the batch.
type sender struct {
	endpoint
	group int
}

// endpoint is one side of a call.
type endpoint struct {
	service string
	addr    string // of the network
	port    int64
}

// span is what all encodings say of one span. Version 1 says the rest in notes
// and tags.
type span struct {
	signal.Span
	local, remote endpoint
	stamp, took   signal.Time // as sent, in nanoseconds
	one           bool        // version 1
	why           string      // it cannot be kept, or ""
}

// note is an annotation. Version 1 says who wrote it.
type note struct {
	at    signal.Time
	value string
	by    endpoint
}

// tag is a binary annotation of version 1.
type tag struct {
	key   string
	value signal.Value
	by    endpoint
}

// Why a span is refused.
const (
	refuseTrace  = "trace id is missing or not 1 to 32 hexadecimal digits"
	refuseID     = "span id is missing or not 1 to 16 hexadecimal digits"
	refuseParent = "parent id is not 1 to 16 hexadecimal digits"
)

// begin empties the scratch of the span before.
func (d *decoder) begin() { d.notes, d.tags = d.notes[:0], d.tags[:0] }

// scratchSize is at least the size of a note and of a tag.
const scratchSize = 96

// scratch is append to a list that a hostile span could make long.
func scratch[T any](d *decoder, list []T, v T) []T {
	if len(list) == cap(list) {
		n := 2*len(list) + 8
		if !d.arena.Charge(n * scratchSize) {
			return list
		}
		list = append(make([]T, 0, n), list...)
	}
	return append(list, v)
}

// add takes s, whose notes and tags were read, into the batch.
func (d *decoder) add(s *span) {
	switch {
	case d.err != nil:
	case s.why != "":
		d.batch.Refuse(signal.Spans, 1, s.why)
	case s.Trace.IsZero():
		d.batch.Refuse(signal.Spans, 1, refuseTrace)
	case s.ID.IsZero():
		d.batch.Refuse(signal.Spans, 1, refuseID)
	case s.one:
		d.addOne(s)
	default:
		d.addTwo(s)
	}
}

// addTwo takes a span of version 2.
func (d *decoder) addTwo(s *span) {
	if s.Kind == signal.KindUnset {
		s.Kind = signal.Internal
	}
	s.Start = s.stamp
	for _, n := range d.notes {
		if s.Start == 0 || s.stamp == 0 && n.at < s.Start {
			s.Start = n.at
		}
	}
	s.End = endOf(s)
	for _, n := range d.notes {
		if c := coreOf(n.value); c >= 0 && s.Kind != signal.Internal {
			if (c == ss || c == cr) && s.End == 0 {
				s.End = n.at
			}
			continue // Envoy says kind and times twice
		}
		s.Events = d.arena.Events.Push(s.Events, signal.Event{At: n.at, Name: n.value})
	}
	d.push(s)
}

// endOf returns when s ended, or 0. One-way messages are sent without a
// duration: they are moments.
func endOf(s *span) signal.Time {
	switch {
	case s.took > 0 || s.Kind == signal.Producer || s.Kind == signal.Consumer:
		return max(s.Start, s.Start+s.took)
	}
	return 0
}

// push completes s and puts it into its sender's group.
func (d *decoder) push(s *span) {
	d.names(&s.Span)
	d.peer(&s.Span, s.remote)
	g := d.group(s.local)
	if g == nil {
		return
	}
	g.Spans = d.arena.Spans.Push(g.Spans, s.Span)
}

// peer says what was called, or who called.
func (d *decoder) peer(s *signal.Span, e endpoint) {
	if e.service != "" {
		s.Attrs = d.arena.Attrs.Push(s.Attrs, signal.Attr{Key: "peer.service", Value: signal.Str(e.service)})
	}
	if e.addr != "" {
		s.Attrs = d.arena.Attrs.Push(s.Attrs, signal.Attr{Key: "network.peer.address", Value: signal.Str(e.addr)})
	}
	if e.port > 0 {
		s.Attrs = d.arena.Attrs.Push(s.Attrs, signal.Attr{Key: "network.peer.port", Value: signal.Int(e.port)})
	}
}

// group returns the group of e's spans. Of a batch with many senders only the
// last few are looked through: a sender may have more than one group.
func (d *decoder) group(e endpoint) *signal.Group {
	n := min(d.seen, len(d.recent))
	for i := range n {
		if r := &d.recent[i]; r.endpoint == e {
			return &d.batch.Groups[r.group]
		}
	}
	groups, g := d.arena.Groups.Next(d.batch.Groups)
	if g == nil {
		d.err = d.arena.Err()
		return nil
	}
	d.batch.Groups = groups
	d.recent[d.seen%len(d.recent)] = sender{e, len(groups) - 1}
	d.seen++
	if e.service != "" {
		g.Resource = d.arena.Attrs.Push(g.Resource, signal.Attr{Key: "service.name", Value: signal.Str(e.service)})
	}
	if e.addr != "" {
		g.Resource = d.arena.Attrs.Push(g.Resource, signal.Attr{Key: "network.local.address", Value: signal.Str(e.addr)})
	}
	if e.port > 0 {
		g.Resource = d.arena.Attrs.Push(g.Resource, signal.Attr{Key: "network.local.port", Value: signal.Int(e.port)})
	}
	return g
}

// micros reads a time or a duration in microseconds; the year 2262 is the end of time.
func micros(us uint64) signal.Time { return signal.Time(min(us, (1<<63-1)/1000) * 1000) }

// wireReader is a reader of JSON that notes its error in d.
func (d *decoder) wireReader() wire.JSON { return wire.NewJSON(d.body, &d.err) }
