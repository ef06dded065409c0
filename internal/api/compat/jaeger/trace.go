package jaeger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"

	"clew/internal/signal"
	"clew/internal/story"
)

// traceJSON writes one story as a trace in Jaeger's JSON model while it is read:
// spans are encoded as they come and put in order at the end, so that nothing of
// a batch is kept and no tree of values is built. All spans get the story's id:
// Jaeger's clients look for parents in one trace only.
type traceJSON struct {
	story     *story.Story
	spans     []piece
	buf       []byte         // encoded spans
	processes map[string]int // by encoded process
	order     []string       // encoded processes, p1 first
}

// piece is one encoded span.
type piece struct {
	start    signal.Time
	id       signal.SpanID
	from, to int // in buf
}

// readTrace returns a story as JSON, or nil when there is none.
func (h *Handler) readTrace(ctx context.Context, s *story.Story) ([]byte, error) {
	t := &traceJSON{story: s, processes: map[string]int{}}
	for b, err := range s.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		for i := range b.Groups {
			t.add(&b.Groups[i])
		}
	}
	if len(t.spans) == 0 {
		return nil, nil
	}
	return t.encode(), nil
}

func (t *traceJSON) add(g *signal.Group) {
	if len(g.Spans) == 0 {
		return
	}
	p := string(appendProcess(nil, g.Resource))
	n, ok := t.processes[p]
	if !ok {
		t.order = append(t.order, p)
		n = len(t.order)
		t.processes[p] = n
	}
	for i := range g.Spans {
		s := &g.Spans[i]
		from := len(t.buf)
		t.buf = t.appendSpan(t.buf, s, g.Scope, n)
		t.spans = append(t.spans, piece{s.Start, s.ID, from, len(t.buf)})
	}
}

func (t *traceJSON) encode() []byte {
	slices.SortStableFunc(t.spans, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.start, b.start), bytes.Compare(a.id[:], b.id[:]))
	})
	dst := make([]byte, 0, len(t.buf)+len(t.spans)+512*len(t.order)+128)
	dst = append(dst, `{"traceID":"`...)
	dst = append(dst, traceText(t.story.ID)...)
	dst = append(dst, `","spans":[`...)
	for i, p := range t.spans {
		dst = append(comma(dst, i), t.buf[p.from:p.to]...)
	}
	dst = append(dst, `],"processes":{`...)
	for i, p := range t.order {
		dst = append(comma(dst, i), `"p`...)
		dst = strconv.AppendInt(dst, int64(i+1), 10)
		dst = append(append(dst, `":`...), p...)
	}
	return append(appendWarnings(append(dst, `},"warnings":`...), t.story), '}')
}

// appendWarnings says what the story may lack, or null.
func appendWarnings(dst []byte, s *story.Story) []byte {
	if len(s.Maybe) == 0 {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i, id := range s.Maybe {
		dst = signal.AppendJSONString(comma(dst, i), "trace "+traceText(id)+" may belong to this one: their ids end alike, and nothing tells")
	}
	return append(dst, ']')
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

// traceText prints an id as Jaeger does: 16 digits when the high half is zero.
func traceText(id signal.TraceID) string {
	s := id.String()
	if strings.HasPrefix(s, "0000000000000000") {
		return s[16:]
	}
	return s
}

func appendProcess(dst []byte, resource signal.Attrs) []byte {
	dst = signal.AppendJSONString(append(dst, `{"serviceName":`...), resource.ServiceName())
	dst = append(dst, `,"tags":[`...)
	n := 0
	for i := range resource {
		if resource[i].Key != "service.name" {
			dst = appendTag(comma(dst, n), resource[i].Key, resource[i].Value)
			n++
		}
	}
	return append(dst, "]}"...)
}

func (t *traceJSON) appendSpan(dst []byte, s *signal.Span, scope signal.Scope, process int) []byte {
	dst = append(dst, `{"traceID":"`...)
	dst = append(dst, traceText(t.story.ID)...)
	dst = append(dst, `","spanID":"`...)
	dst = append(dst, s.ID.String()...)
	if flags := s.Flags & 0xff; flags != 0 {
		dst = strconv.AppendUint(append(dst, `","flags":`...), uint64(flags), 10)
		dst = append(dst, `,"operationName":`...)
	} else {
		dst = append(dst, `","operationName":`...)
	}
	dst = signal.AppendJSONString(dst, s.Name)
	dst = t.appendReferences(append(dst, `,"references":[`...), s)
	dst = strconv.AppendInt(append(dst, `],"startTime":`...), int64(s.Start)/1000, 10)
	dst = strconv.AppendInt(append(dst, `,"duration":`...), s.Duration().Microseconds(), 10)
	dst = append(dst, `,"tags":[`...)
	for i := range s.Attrs {
		dst = appendTag(comma(dst, i), s.Attrs[i].Key, s.Attrs[i].Value)
	}
	dst = appendFieldTags(dst, s, scope)
	dst = append(dst, `],"logs":[`...)
	for i := range s.Events {
		dst = appendLog(comma(dst, i), &s.Events[i])
	}
	dst = strconv.AppendInt(append(dst, `],"processID":"p`...), int64(process), 10)
	if s.End == 0 {
		return append(dst, `","warnings":["this span has not ended"]}`...)
	}
	return append(dst, `","warnings":null}`...)
}

func (t *traceJSON) appendReferences(dst []byte, s *signal.Span) []byte {
	n := 0
	add := func(kind string, trace signal.TraceID, span signal.SpanID) {
		if slices.Contains(t.story.Traces, trace) {
			trace = t.story.ID
		}
		dst = append(append(comma(dst, n), `{"refType":"`...), kind...)
		dst = append(append(dst, `","traceID":"`...), traceText(trace)...)
		dst = append(append(dst, `","spanID":"`...), span.String()...)
		dst = append(dst, `"}`...)
		n++
	}
	if !s.Parent.IsZero() {
		add("CHILD_OF", s.Trace, s.Parent)
	}
	for i := range s.Links {
		kind := "FOLLOWS_FROM"
		if s.Links[i].Attrs.Text("opentracing.ref_type") == "child_of" {
			kind = "CHILD_OF"
		}
		add(kind, s.Links[i].Trace, s.Links[i].Span)
	}
	return dst
}

// appendFieldTags adds the tags that stand for fields Jaeger's model lacks, with
// the names its own OTLP receiver gives them.
func appendFieldTags(dst []byte, s *signal.Span, scope signal.Scope) []byte {
	n := len(s.Attrs)
	add := func(key string, v signal.Value) {
		dst = appendTag(comma(dst, n), key, v)
		n++
	}
	text := func(key, value string) {
		if value != "" {
			add(key, signal.Str(value))
		}
	}
	text("otel.scope.name", scope.Name)
	text("otel.scope.version", scope.Version)
	text("span.kind", kindTag(s.Kind))
	switch s.Status.Code {
	case signal.StatusOK:
		text("otel.status_code", "OK")
	case signal.StatusError:
		text("otel.status_code", "ERROR")
		if _, ok := s.Attrs.Find("error"); !ok {
			add("error", signal.Bool(true))
		}
	}
	text("otel.status_description", s.Status.Message)
	text("w3c.tracestate", s.TraceState)
	return dst
}

func appendLog(dst []byte, e *signal.Event) []byte {
	dst = strconv.AppendInt(append(dst, `{"timestamp":`...), int64(e.At)/1000, 10)
	dst = append(dst, `,"fields":[`...)
	n := 0
	if _, ok := e.Attrs.Find("event"); !ok && e.Name != "" {
		dst = appendTag(dst, "event", signal.Str(e.Name))
		n++
	}
	for i := range e.Attrs {
		dst = appendTag(comma(dst, n), e.Attrs[i].Key, e.Attrs[i].Value)
		n++
	}
	return append(dst, "]}"...)
}

// maxSafe is the largest integer JavaScript keeps exactly; Jaeger sends larger
// ones as text.
const maxSafe = 1<<53 - 1

func appendTag(dst []byte, key string, v signal.Value) []byte {
	dst = signal.AppendJSONString(append(dst, `{"key":`...), key)
	value := func(kind string) []byte {
		return append(append(append(dst, `,"type":"`...), kind...), `","value":`...)
	}
	switch v.Kind() {
	case signal.KindBool:
		dst = strconv.AppendBool(value("bool"), v.Bool())
	case signal.KindInt:
		n := v.Int()
		if dst = value("int64"); n > maxSafe || n < -maxSafe {
			dst = append(strconv.AppendInt(append(dst, '"'), n, 10), '"')
		} else {
			dst = strconv.AppendInt(dst, n, 10)
		}
	case signal.KindDouble:
		f := v.Double()
		if dst = value("float64"); math.IsNaN(f) || math.IsInf(f, 0) {
			dst = signal.AppendJSONString(dst, v.String()) // JSON has no such numbers
		} else {
			dst = strconv.AppendFloat(dst, f, 'g', -1, 64)
		}
	case signal.KindBytes:
		dst = append(value("binary"), '"')
		dst = append(base64.StdEncoding.AppendEncode(dst, []byte(v.Text())), '"')
	default:
		dst = signal.AppendJSONString(value("string"), v.Text())
	}
	return append(dst, '}')
}
