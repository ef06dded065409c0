package zipkin

import (
	"math"
	"strconv"
	"strings"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

func (d *decoder) jsonSpans() {
	r := d.wireReader()
	for range r.Array() {
		d.jsonSpan(&r)
		if d.arena.Err() != nil {
			r.Fail("no memory for more spans")
		}
	}
	r.End()
	if err := d.arena.Err(); err != nil {
		d.err = err
	}
}

// jsonSpan reads a span of either version: they have no member of one name and
// two meanings.
func (d *decoder) jsonSpan(r *wire.JSON) {
	var s span
	d.begin()
	named, signed := false, false // by localEndpoint, by the endpoints of annotations
	for key := range r.Object() {
		switch key {
		case "traceId":
			id, err := signal.ParseTraceID(r.Text())
			s.Trace = id
			s.bad(err, refuseTrace)
		case "id":
			id, err := signal.ParseSpanID(r.Text())
			s.ID = id
			s.bad(err, refuseID)
		case "parentId":
			if text := r.Text(); text != "" {
				id, err := signal.ParseSpanID(text)
				s.Parent = id
				s.bad(err, refuseParent)
			}
		case "name":
			s.Name = r.Text()
		case "kind":
			s.Kind = kindOf(r.Text())
		case "timestamp":
			s.stamp = jsonMicros(r)
		case "duration":
			s.took = jsonMicros(r)
		case "localEndpoint":
			s.local, named = jsonEndpoint(r), true
		case "remoteEndpoint":
			s.remote = jsonEndpoint(r)
		case "annotations":
			for range r.Array() {
				signed = d.jsonNote(r) || signed
			}
		case "tags":
			d.jsonTags(r, &s)
		case "binaryAnnotations":
			for range r.Array() {
				d.jsonTag(r)
			}
		default: // debug and shared say what the tracer did, not what happened
			r.Skip()
		}
	}
	s.one = len(d.tags) > 0 || signed && !named
	d.add(&s)
}

// bad notes why s cannot be kept.
func (s *span) bad(err error, reason string) {
	if err != nil && s.why == "" {
		s.why = reason
	}
}

func kindOf(name string) signal.SpanKind {
	switch name {
	case "CLIENT":
		return signal.Client
	case "SERVER":
		return signal.Server
	case "PRODUCER":
		return signal.Producer
	case "CONSUMER":
		return signal.Consumer
	}
	return signal.KindUnset
}

// jsonMicros reads microseconds. Scripts send fractions and exponents; what is
// no time is none.
func jsonMicros(r *wire.JSON) signal.Time {
	text := r.Number()
	if us, err := strconv.ParseUint(text, 10, 64); err == nil {
		return micros(us)
	}
	if us, err := strconv.ParseFloat(text, 64); err == nil && us > 0 {
		return micros(uint64(min(us, math.MaxInt64/1000)))
	}
	return 0
}

func jsonEndpoint(r *wire.JSON) (e endpoint) {
	for key := range r.Object() {
		switch key {
		case "serviceName":
			e.service = r.Text()
		case "ipv4":
			if v := jsonText(r); v != "" {
				e.addr = plainAddr(v)
			}
		case "ipv6":
			if v := jsonText(r); v != "" && e.addr == "" {
				e.addr = plainAddr(v)
			}
		case "port":
			e.port = jsonPort(r)
		default:
			r.Skip()
		}
	}
	return e
}

// jsonText reads a string and passes over anything else.
func jsonText(r *wire.JSON) string {
	if r.Peek() == '"' {
		return r.Str()
	}
	r.Skip()
	return ""
}

func jsonPort(r *wire.JSON) int64 {
	if n, err := strconv.ParseUint(r.Number(), 10, 16); err == nil {
		return int64(n)
	}
	return 0
}

// plainAddr writes an IPv4 address that was mapped into IPv6 as what it is, and
// the address of nobody as none.
func plainAddr(s string) string {
	switch {
	case s == "0.0.0.0" || s == "::":
		return ""
	case len(s) > 7 && strings.EqualFold(s[:7], "::ffff:") && strings.IndexByte(s, '.') > 0:
		return s[7:]
	}
	return s
}

// jsonNote reads an annotation and reports whether it says who wrote it.
func (d *decoder) jsonNote(r *wire.JSON) (signed bool) {
	var n note
	for key := range r.Object() {
		switch key {
		case "timestamp":
			n.at = jsonMicros(r)
		case "value":
			n.value = d.jsonValue(r).String()
		case "endpoint":
			signed = r.Peek() == '{'
			n.by = jsonEndpoint(r)
		default:
			r.Skip()
		}
	}
	d.notes = scratch(d, d.notes, n)
	return signed
}

// jsonTags reads {"key":"value",…}.
func (d *decoder) jsonTags(r *wire.JSON, s *span) {
	for key := range r.Object() {
		var v signal.Value
		if r.Peek() == '"' {
			v = signal.Str(r.Str())
		} else {
			v = signal.Str(d.jsonValue(r).String())
		}
		s.Attrs = d.arena.Attrs.Push(s.Attrs, signal.Attr{Key: key, Value: v})
	}
}

// jsonTag reads a binary annotation. Addresses have the value true, as a boolean.
func (d *decoder) jsonTag(r *wire.JSON) {
	var t tag
	for key := range r.Object() {
		switch key {
		case "key":
			t.key = r.Text()
		case "value":
			t.value = d.jsonValue(r)
		case "endpoint":
			t.by = jsonEndpoint(r)
		default:
			r.Skip()
		}
	}
	switch {
	case t.value.Kind() == signal.KindString && t.value.Text() == "true" && (t.key == "sa" || t.key == "ca" || t.key == "ma"):
		t.value = signal.Bool(true)
	case t.value.Kind() != signal.KindBool:
		t.value = signal.Str(t.value.String())
	}
	d.tags = scratch(d, d.tags, t)
}

// jsonValue reads any value: booleans as they are, everything else as its text.
func (d *decoder) jsonValue(r *wire.JSON) signal.Value {
	switch c := r.Peek(); c {
	case '"':
		return signal.Str(r.Str())
	case 't', 'f':
		return signal.Bool(r.Bool())
	case 'n':
		r.Null()
		return signal.Str("")
	}
	from := r.Mark()
	r.Skip()
	to := r.Mark()
	if d.err != nil {
		return signal.Value{}
	}
	return signal.Str(strings.TrimSpace(wire.View(d.body[from:to])))
}
