package trigger

import (
	"strconv"
	"strings"

	"clew/internal/signal"
)

// This file is the trace contexts that events carry.

// carrier gives the value of a header or attribute, "" when it is absent.
type carrier func(name string) string

// headers is the carrier of an object of texts, or of lists of texts.
func headers(e Event) carrier {
	return func(name string) string {
		v := e.fold(name)
		if s := v.text(); s != "" {
			return s
		}
		return v.first().text()
	}
}

// parent reads the first context that is there, most exact first: W3C, B3,
// Jaeger, Lightstep, X-Ray.
func (get carrier) parent() signal.Link {
	for _, read := range []func(carrier) signal.Link{w3c, b3Single, b3Multi, uber, otTracer, xray} {
		if l := read(get); !l.Trace.IsZero() {
			return l
		}
	}
	return signal.Link{}
}

// w3c reads a traceparent: version-32 hex-16 hex-flags (W3C Trace Context).
func w3c(get carrier) (l signal.Link) {
	p := strings.Split(get("traceparent"), "-")
	if len(p) < 4 || len(p[0]) != 2 || p[0] == "ff" || len(p[1]) != 32 || len(p[2]) != 16 || len(p[3]) != 2 || p[0] == "00" && len(p) > 4 {
		return l
	}
	l = link(p[1], p[2])
	if flags, err := strconv.ParseUint(p[3], 16, 8); err == nil && !l.Trace.IsZero() {
		l.Flags, l.TraceState = uint32(flags), get("tracestate")
	}
	return l
}

func b3Single(get carrier) signal.Link {
	p := strings.Split(get("b3"), "-")
	if len(p) < 2 {
		return signal.Link{}
	}
	return link(p[0], p[1])
}

func b3Multi(get carrier) signal.Link { return link(get("x-b3-traceid"), get("x-b3-spanid")) }

// uber reads trace:span:parent:flags, whose ids may lack leading zeros.
func uber(get carrier) signal.Link {
	p := strings.Split(strings.ReplaceAll(get("uber-trace-id"), "%3A", ":"), ":")
	if len(p) != 4 {
		return signal.Link{}
	}
	return link(p[0], p[1])
}

func otTracer(get carrier) signal.Link {
	return link(get("ot-tracer-traceid"), get("ot-tracer-spanid"))
}

// xray reads Root=1-8 hex-24 hex;Parent=16 hex;…, fields in any order.
func xray(get carrier) signal.Link {
	root, parent := xrayFields(get("x-amzn-trace-id"))
	return link(root, parent)
}

func xrayFields(header string) (root, parent string) {
	for _, field := range strings.Split(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Root":
			if p := strings.Split(value, "-"); len(p) == 3 && p[0] == "1" && len(p[1]) == 8 && len(p[2]) == 24 {
				root = p[1] + p[2]
			}
		case "Parent":
			parent = value
		}
	}
	return root, parent
}

// link is zero unless both ids are good and not all zero.
func link(trace, span string) (l signal.Link) {
	t, err := signal.ParseTraceID(trace)
	s, err2 := signal.ParseSpanID(span)
	if err != nil || err2 != nil || t.IsZero() || s.IsZero() {
		return l
	}
	l.Trace, l.Span = t, s
	return l
}

// keys of what a request or message carries besides its context.
func (get carrier) keys() (keys []signal.JoinKey) {
	if root, _ := xrayFields(get("x-amzn-trace-id")); root != "" {
		keys = append(keys, key(signal.KeyXRayTrace, root))
	}
	if id := get("epsagon-trace-id"); id != "" {
		keys = append(keys, key(signal.KeyEpsagonHeader, id))
	}
	return keys
}

func key(kind, value string) signal.JoinKey { return signal.JoinKey{Kind: kind, Value: value} }

// arn is the parts of arn:partition:service:region:account:resource.
type arn struct{ service, region, account, resource string }

func parseARN(s string) (a arn, ok bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" {
		return a, false
	}
	return arn{p[2], p[3], p[4], p[5]}, true
}

// resourceOf names the resource of an ARN: the last part of its path.
func resourceOf(kind signal.ResourceKind, s string) signal.Resource {
	a, ok := parseARN(s)
	if !ok {
		return signal.Resource{Kind: kind, Name: s}
	}
	name := a.resource
	if i := strings.LastIndexAny(name, ":/"); i >= 0 {
		name = name[i+1:]
	}
	return signal.Resource{Kind: kind, Name: name, Account: a.account, Region: a.region}
}
