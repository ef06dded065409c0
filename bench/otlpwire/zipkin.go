package otlpwire

import (
	"strconv"
	"strings"

	"clew/internal/signal"
)

// Append appends b as AppendZipkin does, or else as AppendTraces does.
func Append(dst []byte, b *signal.Batch, zipkin bool) []byte {
	if zipkin {
		return AppendZipkin(dst, b)
	}
	return AppendTraces(dst, b)
}

// AppendZipkin appends b as a Zipkin v2 JSON list of spans: what its reporters
// send. Resource attributes become tags of every span, as the collector's
// exporter makes them.
func AppendZipkin(dst []byte, b *signal.Batch) []byte {
	dst = append(dst, '[')
	first := true
	for i := range b.Groups {
		g := &b.Groups[i]
		for j := range g.Spans {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = zipkinSpan(dst, g, &g.Spans[j])
		}
	}
	return append(dst, ']')
}

func zipkinSpan(dst []byte, g *signal.Group, s *signal.Span) []byte {
	dst = append(dst, `{"traceId":"`...)
	dst = append(dst, s.Trace.String()...)
	dst = append(dst, `","id":"`...)
	dst = append(dst, s.ID.String()...)
	if !s.Parent.IsZero() {
		dst = append(dst, `","parentId":"`...)
		dst = append(dst, s.Parent.String()...)
	}
	dst = append(dst, `","name":`...)
	dst = signal.AppendJSONString(dst, s.Name)
	if s.Kind > signal.Internal {
		dst = append(dst, `,"kind":"`...)
		dst = append(dst, strings.ToUpper(s.Kind.String())...)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"timestamp":`...)
	dst = strconv.AppendInt(dst, int64(s.Start)/1000, 10)
	dst = append(dst, `,"duration":`...)
	dst = strconv.AppendInt(dst, max(1, s.Duration().Microseconds()), 10)
	dst = append(dst, `,"localEndpoint":{"serviceName":`...)
	dst = signal.AppendJSONString(dst, g.Resource.ServiceName())
	dst = append(dst, `},"annotations":[`...)
	for i := range s.Events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"timestamp":`...)
		dst = strconv.AppendInt(dst, int64(s.Events[i].At)/1000, 10)
		dst = append(dst, `,"value":`...)
		dst = signal.AppendJSONString(dst, s.Events[i].Name)
		dst = append(dst, '}')
	}
	dst = append(dst, `],"tags":{`...)
	at := len(dst)
	dst = zipkinTags(zipkinTags(dst, at, s.Attrs), at, g.Resource)
	if s.Status.Code == signal.StatusError {
		dst = zipkinTags(dst, at, signal.Attrs{{Key: "error", Value: signal.Str("true")}})
	}
	return append(dst, `}}`...)
}

func zipkinTags(dst []byte, at int, attrs signal.Attrs) []byte {
	for _, a := range attrs {
		if len(dst) > at {
			dst = append(dst, ',')
		}
		dst = signal.AppendJSONString(dst, a.Key)
		dst = append(dst, ':')
		dst = signal.AppendJSONString(dst, a.Value.String())
	}
	return dst
}
