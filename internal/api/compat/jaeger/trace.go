package jaeger

import (
	"context"
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"

	"clew/internal/signal"
)

// trace is a trace as Jaeger's JSON model writes it.
type trace struct {
	TraceID   string             `json:"traceID"`
	Spans     []span             `json:"spans"`
	Processes map[string]process `json:"processes"`
	Warnings  []string           `json:"warnings"`
}

type span struct {
	TraceID       string      `json:"traceID"`
	SpanID        string      `json:"spanID"`
	Flags         uint32      `json:"flags,omitempty"`
	OperationName string      `json:"operationName"`
	References    []reference `json:"references"`
	StartTime     int64       `json:"startTime"` // microseconds since 1970
	Duration      int64       `json:"duration"`  // microseconds
	Tags          []tag       `json:"tags"`
	Logs          []logEntry  `json:"logs"`
	ProcessID     string      `json:"processID"`
	Warnings      []string    `json:"warnings"`
}

type reference struct {
	RefType string `json:"refType"`
	TraceID string `json:"traceID"`
	SpanID  string `json:"spanID"`
}

type tag struct {
	Key   string `json:"key"`
	Type  string `json:"type"`
	Value any    `json:"value"`
}

type logEntry struct {
	Timestamp int64 `json:"timestamp"`
	Fields    []tag `json:"fields"`
}

type process struct {
	ServiceName string `json:"serviceName"`
	Tags        []tag  `json:"tags"`
}

// readTrace loads a trace, or nil when there is none.
func (h *Handler) readTrace(ctx context.Context, id signal.TraceID, near signal.Range) (*trace, error) {
	t := &trace{TraceID: traceText(id), Spans: []span{}, Processes: map[string]process{}}
	processIDs := map[string]string{}
	for b, err := range h.opt.Store.Trace(ctx, h.opt.Tenant(ctx), id, near) {
		if err != nil {
			return nil, err
		}
		for i := range b.Groups {
			g := &b.Groups[i]
			if len(g.Spans) == 0 {
				continue
			}
			p := makeProcess(g.Resource)
			key := processKey(p)
			pid, ok := processIDs[key]
			if !ok {
				pid = "p" + strconv.Itoa(len(processIDs)+1)
				processIDs[key], t.Processes[pid] = pid, p
			}
			for j := range g.Spans {
				t.Spans = append(t.Spans, makeSpan(&g.Spans[j], g.Scope, pid))
			}
		}
	}
	if len(t.Spans) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(t.Spans, func(a, b span) int {
		if a.StartTime != b.StartTime {
			return int(min(max(a.StartTime-b.StartTime, -1), 1))
		}
		return strings.Compare(a.SpanID, b.SpanID)
	})
	return t, nil
}

// traceText prints an id as Jaeger does: 16 digits when the high half is zero.
func traceText(id signal.TraceID) string {
	s := id.String()
	if strings.HasPrefix(s, "0000000000000000") {
		return s[16:]
	}
	return s
}

func makeProcess(resource signal.Attrs) process {
	p := process{ServiceName: strings.Clone(resource.ServiceName()), Tags: []tag{}}
	for i := range resource {
		if resource[i].Key != "service.name" {
			p.Tags = append(p.Tags, makeTag(resource[i].Key, resource[i].Value))
		}
	}
	return p
}

func processKey(p process) string {
	var b strings.Builder
	b.WriteString(p.ServiceName)
	for _, t := range p.Tags {
		b.WriteString("\x00" + t.Key + "\x01" + t.Type + "\x01")
		b.WriteString(tagText(t.Value))
	}
	return b.String()
}

func tagText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

func makeSpan(s *signal.Span, scope signal.Scope, pid string) span {
	out := span{
		TraceID: traceText(s.Trace), SpanID: s.ID.String(), Flags: s.Flags & 0xff, OperationName: strings.Clone(s.Name),
		References: []reference{}, StartTime: int64(s.Start) / 1000, Duration: s.Duration().Microseconds(),
		Logs: []logEntry{}, ProcessID: pid, Tags: make([]tag, 0, len(s.Attrs)+6),
	}
	if !s.Parent.IsZero() {
		out.References = append(out.References, reference{"CHILD_OF", out.TraceID, s.Parent.String()})
	}
	for i := range s.Links {
		l := &s.Links[i]
		kind := "FOLLOWS_FROM"
		if l.Attrs.Text("opentracing.ref_type") == "child_of" {
			kind = "CHILD_OF"
		}
		out.References = append(out.References, reference{kind, traceText(l.Trace), l.Span.String()})
	}
	for i := range s.Attrs {
		out.Tags = append(out.Tags, makeTag(s.Attrs[i].Key, s.Attrs[i].Value))
	}
	out.Tags = appendFieldTags(out.Tags, s, scope)
	for i := range s.Events {
		out.Logs = append(out.Logs, makeLog(&s.Events[i]))
	}
	if s.End == 0 {
		out.Warnings = []string{"this span has not ended"}
	}
	return out
}

// appendFieldTags adds the tags that stand for fields Jaeger's model lacks, with
// the names its own OTLP receiver gives them.
func appendFieldTags(tags []tag, s *signal.Span, scope signal.Scope) []tag {
	add := func(key, value string) {
		if value != "" {
			tags = append(tags, tag{key, "string", strings.Clone(value)})
		}
	}
	add("otel.scope.name", scope.Name)
	add("otel.scope.version", scope.Version)
	add("span.kind", kindTag(s.Kind))
	switch s.Status.Code {
	case signal.StatusOK:
		add("otel.status_code", "OK")
	case signal.StatusError:
		add("otel.status_code", "ERROR")
		if _, ok := s.Attrs.Find("error"); !ok {
			tags = append(tags, tag{"error", "bool", true})
		}
	}
	add("otel.status_description", s.Status.Message)
	add("w3c.tracestate", s.TraceState)
	return tags
}

func makeLog(e *signal.Event) logEntry {
	l := logEntry{Timestamp: int64(e.At) / 1000, Fields: []tag{}}
	if _, ok := e.Attrs.Find("event"); !ok && e.Name != "" {
		l.Fields = append(l.Fields, tag{"event", "string", strings.Clone(e.Name)})
	}
	for i := range e.Attrs {
		l.Fields = append(l.Fields, makeTag(e.Attrs[i].Key, e.Attrs[i].Value))
	}
	return l
}

// maxSafe is the largest integer JavaScript keeps exactly; Jaeger sends larger
// ones as text.
const maxSafe = 1<<53 - 1

func makeTag(key string, v signal.Value) tag {
	t := tag{Key: strings.Clone(key), Type: "string"}
	switch v.Kind() {
	case signal.KindBool:
		t.Type, t.Value = "bool", v.Bool()
	case signal.KindInt:
		n := v.Int()
		t.Type, t.Value = "int64", n
		if n > maxSafe || n < -maxSafe {
			t.Value = strconv.FormatInt(n, 10)
		}
	case signal.KindDouble:
		t.Type, t.Value = "float64", v.Double()
		if f := v.Double(); math.IsNaN(f) || math.IsInf(f, 0) {
			t.Value = v.String() // JSON has no NaN or infinity
		}
	case signal.KindBytes:
		t.Type, t.Value = "binary", base64.StdEncoding.EncodeToString([]byte(v.Text()))
	default:
		t.Value = strings.Clone(v.Text())
	}
	return t
}
