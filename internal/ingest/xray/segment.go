package xray

import (
	"math"
	"strconv"
	"strings"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// segment is a segment or subsegment while it is read.
type segment struct {
	signal.Span
	resource  signal.Attrs // what it says of its service
	nested    bool
	sub       bool   // a subsegment: what a segment does, not one of its own
	namespace string // "aws" and "remote": a call to somebody else
	url       bool
	fault     bool // 5xx or an exception
	failed    bool // "error": 4xx
	origin    string
	aws       awsBlock
}

// segment reads a segment, or a subsegment nested in the span with index parent.
func (d *decoder) segment(r *wire.JSON, parent int) {
	at := d.next(parent)
	if at < 0 {
		return
	}
	s := segment{nested: parent >= 0, sub: parent >= 0}
	for key := range r.Object() {
		switch key {
		case "subsegments":
			for range r.Array() {
				d.segment(r, at)
			}
		case "id":
			s.ID, _ = signal.ParseSpanID(d.text(r)) // settle refuses a zero id
		case "trace_id":
			s.Trace = parseTrace(d.text(r))
		case "parent_id":
			s.Parent, _ = signal.ParseSpanID(d.text(r)) // what is no id is no parent
		case "name":
			s.Name = d.text(r)
		case "type":
			s.sub = d.text(r) == "subsegment" || s.nested
		case "namespace":
			s.namespace = d.text(r)
		case "start_time":
			s.Start = parseEpochSeconds(r.Number())
		case "end_time":
			s.End = parseEpochSeconds(r.Number())
		case "fault":
			s.fault = d.isTrue(r)
		case "error":
			s.failed = d.isTrue(r)
		default:
			d.detail(r, &s, key)
		}
	}
	if d.err != nil {
		return
	}
	d.places[at].vague = d.conclude(&s)
	d.group.Spans[at] = s.Span
	if !s.nested {
		d.group.Resource = s.resource
	}
}

// detail reads what tells more of a segment.
func (d *decoder) detail(r *wire.JSON, s *segment, key string) {
	switch key {
	case "throttle", "traced":
		if d.isTrue(r) {
			d.set(&s.Attrs, "aws.xray."+key, signal.Bool(true))
		}
	case "http":
		d.http(r, s)
	case "aws":
		d.aws(r, s)
	case "sql":
		d.sql(r, s)
	case "service":
		d.service(r, s)
	case "cause":
		d.cause(r, s)
	case "links":
		d.links(r, s)
	case "annotations":
		d.members(r, &s.Attrs, "")
	case "metadata":
		d.members(r, &s.Attrs, "aws.xray.metadata.")
	case "user":
		d.setText(&s.Attrs, "enduser.id", d.text(r))
	case "resource_arn":
		d.setText(&s.Attrs, "cloud.resource_id", d.text(r))
	case "origin":
		s.origin = d.text(r)
		d.setText(&s.Attrs, "aws.xray.origin", s.origin)
	default:
		r.Skip()
	}
}

// conclude sets what follows from a segment as a whole. It returns true if the
// kind it chose may be another once the segment has ended.
func (d *decoder) conclude(s *segment) (vague bool) {
	switch {
	case !s.sub:
		s.Kind = signal.Server
		d.concludePlace(s)
	case s.namespace == "aws":
		s.Kind = d.concludeCall(s)
		vague = s.aws.operation == ""
	case s.namespace == "remote":
		s.Kind = signal.Client
		if !s.url { // its name is the host's, or that of a database at a host
			database, host, ok := strings.Cut(s.Name, "@")
			if !ok {
				database, host = "", s.Name
			}
			d.setText(&s.Attrs, "db.namespace", database)
			d.setText(&s.Attrs, "server.address", host)
		}
	default:
		s.Kind = signal.Internal
		vague = s.namespace == ""
	}
	if s.failed {
		d.set(&s.Attrs, "aws.xray.error", signal.Bool(true))
	}
	if s.fault || s.failed && (s.Kind == signal.Client || s.Kind == signal.Producer) {
		s.Status.Code = signal.StatusError
	} else {
		s.Status.Message = ""
	}
	for i := range s.Events { // of the cause, which may stand before the time
		s.Events[i].At = max(s.Start, s.End)
	}
	return vague
}

// links reads the spans that a segment points to.
func (d *decoder) links(r *wire.JSON, s *segment) {
	for range r.Array() {
		var l signal.Link
		for key := range r.Object() {
			switch key {
			case "trace_id":
				l.Trace = parseTrace(d.text(r))
			case "id":
				l.Span, _ = signal.ParseSpanID(d.text(r)) // without one it points to the trace
			case "attributes":
				d.members(r, &l.Attrs, "")
			default:
				r.Skip()
			}
		}
		if !l.Trace.IsZero() {
			s.Links = d.arena.Links.Push(s.Links, l)
		}
	}
}

// parseTrace reads 1-8hex-24hex or 32 hex; anything else is the zero id.
func parseTrace(s string) (id signal.TraceID) {
	if len(s) == 35 && s[:2] == "1-" && s[10] == '-' {
		var digits [32]byte
		copy(digits[copy(digits[:], s[2:10]):], s[11:])
		s = string(digits[:])
	}
	if len(s) == 32 {
		id, _ = signal.ParseTraceID(s)
	}
	return id
}

// parseEpochSeconds reads seconds since 1970. A double does not hold nanoseconds
// of this century, its text may: the digits are read as they are where there is
// no exponent.
func parseEpochSeconds(s string) signal.Time {
	whole, part, _ := strings.Cut(s, ".")
	if len(part) > 9 && isDigits(part) {
		part = part[:9]
	}
	if len(part) <= 9 && isDigits(whole) && isDigits(part) {
		ns, err := strconv.ParseInt(whole+(part + "000000000")[:9], 10, 64)
		if err == nil {
			return signal.Time(ns)
		}
	}
	f, _ := strconv.ParseFloat(s, 64)
	if !(f > 0 && f < math.MaxInt64/1e9) {
		return 0
	}
	return signal.Time(math.Round(f*1e6)) * 1e3 // no double of this century's seconds knows more
}

func isDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
