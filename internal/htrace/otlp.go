package htrace

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// These are the parts of OTLP's JSON that HTrace has words for.
type (
	otlpSpan struct {
		Trace  string      `json:"traceId"`
		ID     string      `json:"spanId"`
		Parent string      `json:"parentSpanId,omitempty"`
		Name   string      `json:"name"`
		Kind   int         `json:"kind"`
		Start  string      `json:"startTimeUnixNano"`
		End    string      `json:"endTimeUnixNano,omitempty"`
		Attrs  []otlpAttr  `json:"attributes,omitempty"`
		Events []otlpEvent `json:"events,omitempty"`
		Links  []otlpLink  `json:"links,omitempty"`
	}
	otlpAttr struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpValue struct {
		Text string `json:"stringValue"`
	}
	otlpEvent struct {
		At   string `json:"timeUnixNano"`
		Name string `json:"name"`
	}
	otlpLink struct {
		Trace string     `json:"traceId"`
		Span  string     `json:"spanId"`
		Attrs []otlpAttr `json:"attributes,omitempty"`
	}
	otlpGroup struct {
		Resource struct {
			Attrs []otlpAttr `json:"attributes"`
		} `json:"resource"`
		Scopes [1]struct {
			Spans []otlpSpan `json:"spans"`
		} `json:"scopeSpans"`
	}
)

// internal is OTLP's kind of a span that is neither a client's nor a server's:
// HTrace knows no kinds.
const internal = 1

// otlp says s, whose id is self, in OTLP's words. The first parent of the same
// trace is the parent, all others are links.
func (s *span) otlp(self id) (otlpSpan, error) {
	out := otlpSpan{Trace: self.trace.String(), ID: self.span.String(), Name: s.Name, Kind: internal, Start: nanos(s.Begin)}
	if s.End > 0 {
		out.End = nanos(s.End)
	}
	for _, p := range s.Parents {
		parent, err := parseID(p)
		switch {
		case err != nil:
			return out, err
		case out.Parent == "" && parent.trace == self.trace:
			out.Parent = parent.span.String()
		default:
			out.Links = append(out.Links, otlpLink{
				Trace: parent.trace.String(), Span: parent.span.String(), Attrs: []otlpAttr{attr("opentracing.ref_type", "child_of")},
			})
		}
	}
	for k, v := range s.Notes {
		out.Attrs = append(out.Attrs, attr(k, v))
	}
	slices.SortFunc(out.Attrs, func(a, b otlpAttr) int { return strings.Compare(a.Key, b.Key) })
	for _, e := range s.Events {
		out.Events = append(out.Events, otlpEvent{At: nanos(e.At), Name: e.Text})
	}
	return out, nil
}

func attr(key, value string) otlpAttr { return otlpAttr{key, otlpValue{value}} }

// nanos writes milliseconds as nanoseconds.
func nanos(ms int64) string {
	if ms <= 0 {
		return "0"
	}
	return strconv.FormatUint(uint64(ms)*1e6, 10)
}

// resource is what is known of a tracer. HTrace's default name of one has the
// host's address behind a slash.
func resource(tracer string) []otlpAttr {
	attrs := []otlpAttr{attr("telemetry.sdk.name", "htrace"), attr("telemetry.sdk.language", "java")}
	name, host, _ := strings.Cut(tracer, "/")
	if _, err := netip.ParseAddr(host); err == nil && name != "" {
		return append(attrs, attr("service.name", name), attr("network.local.address", host))
	}
	if tracer != "" {
		attrs = append(attrs, attr("service.name", tracer))
	}
	return attrs
}
