package lightstep

import (
	"math"
	"strings"
	"time"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// This file is what a report means, whatever it is written in.

// Tags that are about reporting.
const (
	tagComponent = "lightstep.component_name" // of the reporter: the service. Of a span: another one
	tagMeta      = "lightstep.meta_event"     // the tracer reports about itself
	tagParent    = "parent_span_guid"         // hexadecimal; protobuf has a reference besides
	tagGUID      = "lightstep.guid"           // of the reporter: its id once more
)

// Why a span is refused.
const (
	refuseTrace = "trace id is missing, zero or not hexadecimal"
	refuseSpan  = "span id is missing, zero or not hexadecimal"
)

// report is the state of one report. The first error ends it. Spans are gathered
// in one group; what is said about all of them may come after them.
type report struct {
	batch *signal.Batch
	arena *ingest.Arena
	err   error

	spans    []signal.Span
	resource signal.Attrs
	reporter string // id: hexadecimal
	offset   int64  // microseconds to add to every time
	dropped  int64  // spans that the client had to throw away
	dropAt   signal.Time

	meta, strayed bool // of the span being read, of any
}

// open begins a span. It ends with close.
func (r *report) open() *signal.Span {
	if r.err == nil {
		r.err = r.arena.Err() // a hostile report is not read to its end
	}
	var sp *signal.Span
	r.spans, sp = r.arena.Spans.Add(r.spans)
	r.meta = false
	return sp
}

func (r *report) close(sp *signal.Span) {
	why := ""
	switch {
	case r.err != nil || r.arena.Err() != nil || len(r.spans) == 0:
		return
	case r.meta:
	case sp.Trace.IsZero():
		why = refuseTrace
	case sp.ID.IsZero():
		why = refuseSpan
	default:
		settle(sp)
		return
	}
	r.spans = r.arena.Spans.Drop(r.spans)
	if why != "" {
		r.batch.Refuse(signal.Spans, 1, why)
	}
}

// settle completes the links of sp. Without a parent it is the child of what it
// follows.
func settle(sp *signal.Span) {
	for i := range sp.Links {
		l := &sp.Links[i]
		if l.Trace.IsZero() {
			l.Trace = sp.Trace
		}
		if sp.Parent.IsZero() && l.Trace == sp.Trace {
			sp.Parent = l.Span
		}
	}
}

// tag takes a tag of sp.
func (r *report) tag(sp *signal.Span, key string, v signal.Value) {
	switch key {
	case tagParent:
		if id, err := signal.ParseSpanID(v.Text()); err == nil && sp.Parent.IsZero() {
			sp.Parent = id
		}
		return
	case tagMeta:
		r.meta = r.meta || v.Bool() || strings.EqualFold(v.Text(), "true")
	case tagComponent:
		r.strayed = true
	}
	sp.Attrs = r.arena.Attrs.Push(sp.Attrs, signal.Attr{Key: key, Value: v})
}

// reference takes a span that sp is the child of, or follows. The first one it is
// the child of is its parent, and links to the others say what they are. A
// trace of zeros is that of sp.
func (r *report) reference(sp *signal.Span, trace, span signal.SpanID, follows bool) {
	if span.IsZero() {
		return
	}
	var l signal.Link
	copy(l.Trace[8:], trace[:])
	l.Span = span
	here := trace.IsZero() || l.Trace == sp.Trace
	if !follows && here && sp.Parent.IsZero() {
		sp.Parent = span
		return
	}
	kind := "child_of"
	if follows {
		kind = "follows_from"
	}
	l.Attrs = r.arena.Attrs.Push(nil, signal.Attr{Key: "opentracing.ref_type", Value: signal.Str(kind)})
	sp.Links = r.arena.Links.Push(sp.Links, l)
}

// count takes a counter of the client.
func (r *report) count(name string, n int64) {
	if name == "spans.dropped" && n > 0 {
		r.dropped = n
	}
}

// field takes a field of a log of a span.
func (r *report) field(e *signal.Event, key string, v signal.Value) {
	if key == "event" && e.Name == "" {
		e.Name = v.Text()
		return
	}
	e.Attrs = r.arena.Attrs.Push(e.Attrs, signal.Attr{Key: key, Value: v})
}

// old takes what a log record said before it had fields.
func (r *report) old(e *signal.Event, key, text string) {
	switch {
	case text == "":
	case key == "stable_name":
		r.field(e, "event", signal.Str(text))
	case key == "payload_json":
		r.field(e, "payload", signal.Str(text))
	default:
		r.field(e, key, signal.Str(text))
	}
}

func (r *report) oldError(e *signal.Event, is bool) {
	if is {
		r.field(e, "error", signal.Bool(true))
	}
}

// named gives e a name if no field said one.
func named(e *signal.Event) {
	if e.Name == "" {
		if e.Name = e.Attrs.First("message"); e.Name == "" {
			e.Name = "log"
		}
	}
}

// known are the reporter's tags that OpenTelemetry has names for.
var known = map[string]string{
	tagComponent:                        "service.name",
	"lightstep.hostname":                "host.name",
	"hostname":                          "host.name", // Java
	"lightstep.command_line":            "process.command_line",
	"lightstep.tracer_platform":         "telemetry.sdk.language",
	"lightstep.tracer_platform_version": "process.runtime.version",
	"lightstep.tracer_version":          "telemetry.sdk.version",
}

// languages are the platforms that OpenTelemetry calls otherwise.
var languages = map[string]string{"node": "nodejs", "browser": "webjs", "jre": "java"}

// distinct is how many tags of a reporter are compared with each other. Node
// sends most of its tags twice.
const distinct = 64

// about takes a tag of the reporter.
func (r *report) about(key string, v signal.Value) {
	if key == "" || key == tagGUID {
		return
	}
	if name := known[key]; name != "" {
		key = name
	}
	if key == "telemetry.sdk.language" && languages[v.Text()] != "" {
		v = signal.Str(languages[v.Text()])
	}
	if len(r.resource) <= distinct {
		for i := range r.resource {
			if r.resource[i].Key == key {
				r.resource[i].Value = v
				return
			}
		}
	}
	r.resource = r.arena.Attrs.Push(r.resource, signal.Attr{Key: key, Value: v})
}

// end gives the spans what was said about all of them, and puts them into the
// batch. It returns what was wrong with the report.
func (r *report) end() error {
	if r.err == nil {
		r.err = r.arena.Err()
	}
	if r.err != nil || len(r.spans) == 0 && r.dropped == 0 {
		return r.err
	}
	r.about("telemetry.sdk.name", signal.Str("lightstep"))
	if r.reporter != "" {
		r.about("service.instance.id", signal.Str(r.reporter))
	}
	r.shift()
	first := len(r.batch.Groups)
	var g *signal.Group
	r.batch.Groups, g = r.arena.Groups.Add(r.batch.Groups)
	g.Resource, g.Spans = r.resource, r.spans
	if r.dropped > 0 {
		g.Points = r.arena.Points.Push(g.Points, signal.Point{Metric: droppedSpans, At: r.dropAt, Value: signal.Int(r.dropped)})
	}
	if r.strayed {
		r.part(first)
	}
	return r.arena.Err()
}

// droppedSpans is the loss that a client tells of: its buffer was full.
var droppedSpans = signal.Metric{
	Name: "clew.client.spans.dropped", Unit: "{span}", Description: "Spans that a tracer threw away before it could send them.",
	Kind: signal.Sum, Temporality: signal.Delta, Monotonic: true,
}

// noise is what the clocks of a client and a server may seem to differ by because
// of the network between them: offsets up to it are not believed.
const noise = 100 * time.Millisecond

// shift corrects all times by the offset that the client measured.
func (r *report) shift() {
	by := micros(r.offset)
	if -noise <= by && by <= noise {
		return
	}
	for i := range r.spans {
		sp := &r.spans[i]
		move(&sp.Start, by)
		move(&sp.End, by)
		for j := range sp.Events {
			move(&sp.Events[j].At, by)
		}
	}
}

func move(t *signal.Time, by time.Duration) {
	if *t != 0 {
		*t = t.Add(by)
	}
}

// micros is us microseconds, saturating.
func micros(us int64) time.Duration {
	switch most := int64(math.MaxInt64) / 1000; {
	case us > most:
		return math.MaxInt64
	case us < -most:
		return math.MinInt64
	}
	return time.Duration(us) * time.Microsecond
}

// parted is how many groups are looked through for a service's.
const parted = 16

// part moves the spans that name a service of their own out of the group at
// first, into one for each service.
func (r *report) part(first int) {
	service := r.resource.Text("service.name")
	spans := r.batch.Groups[first].Spans
	stay := spans[:0]
	for i := range spans {
		own := spans[i].Attrs.Text(tagComponent)
		if own == "" || own == service {
			stay = append(stay, spans[i])
			continue
		}
		g := r.groupOf(own, first)
		g.Spans = r.arena.Spans.Push(g.Spans, spans[i])
	}
	r.batch.Groups[first].Spans = stay
}

// groupOf returns the group of a service, which is not the one at first.
func (r *report) groupOf(service string, first int) *signal.Group {
	for i := len(r.batch.Groups) - 1; i > max(first, len(r.batch.Groups)-1-parted); i-- {
		if g := &r.batch.Groups[i]; g.Resource.Text("service.name") == service {
			return g
		}
	}
	var resource signal.Attrs
	for _, a := range r.resource {
		if a.Key == "service.name" {
			continue
		}
		resource = r.arena.Attrs.Push(resource, a)
	}
	var g *signal.Group
	r.batch.Groups, g = r.arena.Groups.Add(r.batch.Groups)
	g.Resource = r.arena.Attrs.Push(resource, signal.Attr{Key: "service.name", Value: signal.Str(service)})
	return g
}
