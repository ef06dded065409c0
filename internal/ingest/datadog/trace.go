package datadog

import (
	"cmp"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"

	"clew/internal/signal"
)

// sender is what a tracer says of itself in headers.
type sender struct{ language, version, container string }

func senderOf(h http.Header) sender {
	return sender{h.Get("Datadog-Meta-Lang"), h.Get("Datadog-Meta-Tracer-Version"), h.Get("Datadog-Container-Id")}
}

// chunk is a trace, or the part of one that is sent together: the spans of one
// process.
type chunk struct {
	first    int      // index of its first group in the batch
	services []string // of its groups
	process  process
	low      uint64 // half of the trace id of the span that tells the high half
	high     uint64
	function function
}

// process is what the first span of a chunk, its local root, says for all.
type process struct {
	service, env, version, host, runtime string
	pid                                  int64
}

// function is what the span of an invocation says of the function it ran in.
type function struct{ name, version, arn string }

// failure is what the tags say of an error.
type failure struct{ message, typ, stack string }

// span is a span while it is read.
type span struct {
	signal.Span
	low                    uint64 // of the trace id
	service, resource, typ string
	duration               int64
	failed                 bool
	kind                   string // span.kind
	base                   string // the service of the process, where the span's is another
	high                   uint64 // of the trace id
	inferred               bool   // told by who was called, about what called it
	failure                failure
}

func (d *decoder) begin() {
	d.chunk = chunk{first: len(d.batch.Groups), services: d.chunk.services[:0]}
}

// span04 reads {"trace_id":…,"span_id":…,"name":…,"meta":{…},"metrics":{…},…}.
func (d *decoder) span04() {
	var s span
	r := &d.r
	for key := range r.Map() {
		switch key {
		case "service":
			s.service = r.Text()
		case "name":
			s.Name = r.Text()
		case "resource":
			s.resource = r.Text()
		case "type":
			s.typ = r.Text()
		case "trace_id":
			s.low = r.Uint64()
		case "span_id":
			s.ID = spanID(r.Uint64())
		case "parent_id":
			s.Parent = spanID(r.Uint64())
		case "start":
			s.Start = signal.Time(max(0, r.Int64()))
		case "duration":
			s.duration = r.Int64()
		case "error":
			s.failed = r.Int64() != 0
		case "meta":
			for key := range r.Map() {
				d.meta(&s, key, r.Text())
			}
		case "metrics":
			for key := range r.Map() {
				d.metric(&s, key, r.Double())
			}
		case "span_links":
			for range r.Array() {
				d.link(&s)
			}
		case "span_events":
			for range r.Array() {
				d.event(&s)
			}
		default:
			r.Skip()
		}
	}
	d.add(&s)
}

// readStrings reads the texts that the spans of v0.5 point to.
func (d *decoder) readStrings() {
	n := d.r.ArrayLen()
	if n > 0 && !d.charge(16*n) {
		return
	}
	d.strings = make([]string, 0, max(n, 0))
	for range d.r.Array() {
		d.strings = append(d.strings, d.r.Text())
	}
}

// indexed reads the number of a text.
func (d *decoder) indexed() string {
	i := d.r.Uint64()
	if i < uint64(len(d.strings)) {
		return d.strings[i]
	}
	d.r.Fail("a text that is not in the list")
	return ""
}

// span05 reads [service, name, resource, trace_id, span_id, parent_id, start,
// duration, error, meta, metrics, type].
func (d *decoder) span05() {
	var s span
	r := &d.r
	if r.ArrayLen() != 12 {
		r.Fail("want a span of 12 elements")
	}
	for i := range r.Array() {
		switch i {
		case 0:
			s.service = d.indexed()
		case 1:
			s.Name = d.indexed()
		case 2:
			s.resource = d.indexed()
		case 3:
			s.low = r.Uint64()
		case 4:
			s.ID = spanID(r.Uint64())
		case 5:
			s.Parent = spanID(r.Uint64())
		case 6:
			s.Start = signal.Time(max(0, r.Int64()))
		case 7:
			s.duration = r.Int64()
		case 8:
			s.failed = r.Int64() != 0
		case 9:
			for range r.Pairs() {
				key := d.indexed()
				d.meta(&s, key, d.indexed())
			}
		case 10:
			for range r.Pairs() {
				key := d.indexed()
				d.metric(&s, key, r.Double())
			}
		case 11:
			s.typ = d.indexed()
		}
	}
	d.add(&s)
}

// add puts a span into the group of its service.
func (d *decoder) add(s *span) {
	if d.checkMemory(); d.err != nil {
		return
	}
	c := &d.chunk
	if c.process.service == "" || s.base != "" {
		c.process.service = cmp.Or(s.base, s.service)
	}
	if s.high != 0 {
		c.low, c.high = s.low, s.high
	}
	if s.Name == "aws.lambda.import" { // hundreds at every cold start, one for each module
		return
	}
	if s.low == 0 || s.ID.IsZero() {
		d.batch.Refuse(signal.Spans, 1, "trace_id or span_id is missing or zero")
		return
	}
	d.conclude(s)
	binary.BigEndian.PutUint64(s.Trace[8:], s.low)
	if g := d.group(s.service); g != nil {
		g.Spans = d.arena.Spans.Push(g.Spans, s.Span)
	}
}

// servicesMax bounds the search for a service's group.
const servicesMax = 64

func (d *decoder) group(service string) *signal.Group {
	for i, have := range d.chunk.services {
		if have == service {
			return &d.batch.Groups[d.chunk.first+i]
		}
	}
	if len(d.chunk.services) == servicesMax { // what follows begins again
		d.finish()
		d.chunk.first, d.chunk.services = len(d.batch.Groups), d.chunk.services[:0]
	}
	list, g := d.arena.Groups.Next(d.batch.Groups)
	if g == nil {
		d.checkMemory()
		return nil
	}
	d.batch.Groups = list
	d.chunk.services = append(d.chunk.services, service)
	return g
}

// finish tells all spans of a chunk what one of them said: the high half of the
// trace id and whose process it was.
func (d *decoder) finish() {
	c := &d.chunk
	for i, service := range c.services {
		g := &d.batch.Groups[c.first+i]
		g.Resource = d.resource(service)
		for j := range g.Spans {
			if id := &g.Spans[j].Trace; binary.BigEndian.Uint64(id[8:]) == c.low {
				binary.BigEndian.PutUint64(id[:8], c.high)
			}
		}
	}
}

// resource is what is known of a service of the chunk.
func (d *decoder) resource(service string) (a signal.Attrs) {
	p, own := &d.chunk.process, service == d.chunk.process.service
	d.setText(&a, "service.name", service)
	if own {
		d.setText(&a, "service.version", p.version)
	}
	d.setText(&a, "deployment.environment.name", p.env)
	d.setText(&a, "service.instance.id", p.runtime)
	d.setText(&a, "host.name", p.host)
	if p.pid > 0 {
		d.set(&a, "process.pid", signal.Int(p.pid))
	}
	d.set(&a, "telemetry.sdk.name", signal.Str("datadog"))
	d.setText(&a, "telemetry.sdk.language", d.sender.language)
	d.setText(&a, "telemetry.sdk.version", d.sender.version)
	d.setText(&a, "container.id", d.sender.container)
	if f := d.chunk.function; f.name != "" && own {
		d.set(&a, "cloud.provider", signal.Str("aws"))
		d.set(&a, "cloud.platform", signal.Str("aws_lambda"))
		d.set(&a, "faas.name", signal.Str(f.name))
		d.setText(&a, "faas.version", f.version)
		if p := strings.SplitN(f.arn, ":", 7); len(p) == 7 && p[0] == "arn" {
			d.setText(&a, "cloud.region", p[3])
			d.setText(&a, "cloud.account.id", p[4])
			d.set(&a, "cloud.resource_id", signal.Str(f.arn))
		}
	}
	return a
}

func spanID(n uint64) (id signal.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// highHalf reads _dd.p.tid: 16 hexadecimal digits.
func highHalf(s string) uint64 {
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil || len(s) != 16 {
		return 0
	}
	return n
}
