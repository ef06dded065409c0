package jaeger

import (
	"math"
	"strings"
	"time"

	"clew/internal/normalise"
	"clew/internal/signal"
)

// This file is what thrift and protobuf say alike of a span and of a process.

// The types that a tag's value may have, in thrift; protobuf's are the same in
// another order.
const (
	typeString = iota
	typeDouble
	typeBool
	typeLong
	typeBinary
)

// tag takes a tag of the span. OpenTelemetry's exporters write into tags what
// spans have no place for here.
func (d *decoder) tag(sp *signal.Span, key string, v signal.Value) {
	switch key {
	case "otel.library.name", "otel.scope.name":
		d.of.scope.Name = v.Text()
	case "otel.library.version", "otel.scope.version":
		d.of.scope.Version = v.Text()
	case "otel.status_code":
		switch v.Text() {
		case "OK":
			sp.Status.Code = signal.StatusOK
		case "ERROR":
			sp.Status.Code = signal.StatusError
		}
	case "status.code": // of OpenCensus, where 1 is cancelled, and of early OpenTelemetry, where it is ok
		if v.Int() > 1 {
			sp.Status.Code = signal.StatusError
		}
	case "otel.status_description", "status.message":
		sp.Status.Message = v.Text()
	case "w3c.tracestate":
		sp.TraceState = v.Text()
	case "internal.span.format": // says that a Jaeger client made the span
	default:
		key, v = normalise.Tag(key, v)
		d.of.bus = d.of.bus || key == "messaging.destination.name"
		d.of.flat = d.of.flat || key == "telemetry.sdk.name"
		d.attr(&sp.Attrs, key, v)
	}
}

// system says which message bus sp talks to: OpenTracing has no tag for it, but
// instrumentations name themselves after it.
func (d *decoder) system(sp *signal.Span) {
	if _, told := sp.Attrs.Find("messaging.system"); told {
		return
	}
	if by, ok := sp.Attrs.Find("component"); ok {
		d.attr(&sp.Attrs, "messaging.system", by)
	}
}

// process takes a tag of a process.
func (d *decoder) process(resource *signal.Attrs, key string, v signal.Value) {
	switch key {
	case "jaeger.version": // such as Go-2.30.0
		d.client(resource, v.Text())
		return
	case "hostname":
		key = "host.name"
	case "client-uuid":
		key = "service.instance.id"
	}
	d.set(resource, key, v)
}

// distinct is how many attributes of a resource are compared with each other.
// OpenTelemetry's exporters send some of them twice.
const distinct = 64

// set is attr for a key that may be there already.
func (d *decoder) set(resource *signal.Attrs, key string, v signal.Value) {
	list := *resource
	for i := range list[:min(len(list), distinct)] {
		if list[i].Key == key {
			list[i].Value = v
			return
		}
	}
	d.attr(resource, key, v)
}

// The kinds of reference, as attributes of links that nobody changes.
const refType = "opentracing.ref_type"

var (
	childOf     = signal.Attrs{{Key: refType, Value: signal.Str("child_of")}}
	followsFrom = signal.Attrs{{Key: refType, Value: signal.Str("follows_from")}}
)

// reference takes a reference of the span to another.
func (d *decoder) reference(sp *signal.Span, l signal.Link, kind int64) {
	l.Attrs = childOf
	if kind != 0 {
		l.Attrs = followsFrom
	}
	list, e := next(d, &d.arena.Links, sp.Links)
	sp.Links, *e = list, l
}

// micros reads microseconds, saturating.
func micros(us int64) time.Duration {
	const most = math.MaxInt64 / 1000
	return time.Duration(max(-most, min(us, most))) * time.Microsecond
}

// parent finds the parent of sp among its references, if it was not named, and
// leaves those that say more as links.
func (d *decoder) parent(sp *signal.Span) {
	own := -1
	for i := range sp.Links {
		l := &sp.Links[i]
		if l.Trace.IsZero() {
			l.Trace = sp.Trace
		}
		if l.Trace != sp.Trace || !sp.Parent.IsZero() && l.Span != sp.Parent {
			continue
		}
		if own < 0 || same(l.Attrs, childOf) && same(sp.Links[own].Attrs, followsFrom) {
			own = i
		}
	}
	if own < 0 {
		return
	}
	l := sp.Links[own]
	if sp.Parent = l.Span; same(l.Attrs, followsFrom) {
		d.attr(&sp.Attrs, refType, followsFrom[0].Value)
	}
	copy(sp.Links[own:], sp.Links[own+1:])
	sp.Links = d.arena.Links.Drop(sp.Links)
}

// languages are those that clients name otherwise than OpenTelemetry does.
var languages = map[string]string{"node": "nodejs", "csharp": "dotnet", "c++": "cpp"}

// client says which client sent, such as Go-2.30.0.
func (d *decoder) client(resource *signal.Attrs, version string) {
	language, version, _ := strings.Cut(version, "-")
	language = strings.ToLower(language)
	if name := languages[language]; name != "" {
		language = name
	}
	d.set(resource, "telemetry.sdk.name", signal.Str("jaeger"))
	d.set(resource, "telemetry.sdk.language", signal.Str(language))
	if version != "" {
		d.set(resource, "telemetry.sdk.version", signal.Str(version))
	}
}
