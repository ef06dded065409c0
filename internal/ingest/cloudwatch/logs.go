package cloudwatch

import (
	"encoding/json"
	"strings"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/lambda"
	"clew/internal/signal"
)

// Logs appends the log events of doc to b: one document of a subscription, or
// several behind each other. region is where they come from, or "". b borrows doc.
func Logs(b *signal.Batch, doc []byte, region string, a *ingest.Arena) error {
	d := &logs{batch: b, arena: a, region: region}
	r := wire.NewJSON(doc, &d.err)
	for first := true; d.err == nil && (first || r.Peek() != 0); first = false {
		d.document(&r)
	}
	if d.err == nil {
		d.err = a.Err()
	}
	return d.err
}

type logs struct {
	batch  *signal.Batch
	arena  *ingest.Arena
	err    error
	region string
}

// place is what a document says of where its events come from.
type place struct{ kind, owner, group, stream string }

func (d *logs) document(r *wire.JSON) {
	if r.Peek() != '{' {
		d.err = errNoEvent
		return
	}
	var p place
	events := -1
	for key := range r.Object() {
		switch key {
		case "messageType":
			p.kind = r.Str()
		case "owner":
			p.owner = r.Str()
		case "logGroup":
			p.group = r.Str()
		case "logStream":
			p.stream = r.Str()
		case "logEvents":
			events = r.Mark()
			r.Skip()
		default:
			r.Skip()
		}
	}
	end := r.Mark()
	switch {
	case d.err != nil:
	case p.kind == "CONTROL_MESSAGE": // asks whether somebody is here
	case p.kind != "DATA_MESSAGE" || events < 0:
		d.err = errNoEvent
	default:
		r.Rewind(events)
		d.events(r, p)
		r.Rewind(end)
	}
}

func (d *logs) events(r *wire.JSON, p place) {
	var g *signal.Group
	d.batch.Groups, g = d.arena.Groups.Add(d.batch.Groups)
	f := functionOf(p)
	g.Resource = d.resource(p, f)
	request := "" // that the lines of this stream belong to
	for range r.Array() {
		id, message := "", ""
		at := int64(0)
		for key := range r.Object() {
			switch key {
			case "id":
				id = r.Str()
			case "timestamp":
				at = int64(r.Double())
			case "message":
				message = r.Str()
			default:
				r.Skip()
			}
		}
		if d.err != nil {
			return
		}
		if at <= 0 || at > maxMillis {
			d.batch.Refuse(signal.Logs, 1, "a log event without a time")
			continue
		}
		var l *signal.Log
		g.Logs, l = d.arena.Logs.Add(g.Logs)
		l.At = signal.Time(at) * signal.Time(time.Millisecond)
		l.Body = signal.Str(strings.TrimRight(message, "\r\n"))
		if id != "" {
			l.Attrs = d.arena.Attrs.Push(l.Attrs, signal.Attr{Key: "log.record.uid", Value: signal.Str(id)})
		}
		if f.name != "" {
			d.line(l, &request)
		}
	}
	if len(g.Logs) == 0 {
		d.batch.Groups = d.arena.Groups.Drop(d.batch.Groups)
	}
}

// maxMillis is the latest time that nanoseconds can say.
const maxMillis = 1<<63/1_000_000 - 1

// line notes what a line of a function says of itself: the request it belongs to,
// its level and its trace. Lines without a request id belong to the one that
// started last in their stream, and did not end yet.
func (d *logs) line(l *signal.Log, request *string) {
	text := l.Body.Text()
	x := lambda.ReadLine(text)
	of := x.RequestID
	switch {
	case x.Type == lambda.Start:
		*request = of
	case of == "":
		of = *request
	}
	if of != "" {
		l.Attrs = d.arena.Attrs.Push(l.Attrs, signal.Attr{Key: "faas.invocation_id", Value: signal.Str(strings.Clone(of))})
	}
	if x.Type == lambda.End || x.Type == lambda.Report {
		*request = ""
	}
	l.Level, l.LevelText = levelOf(&x)
	if trace, ok := xrayTrace(x.XRayTrace); ok {
		l.Trace = trace
	} else if strings.HasPrefix(text, "{") {
		l.Trace, l.Span = idsIn(text)
	}
}

var levels = map[string]signal.Level{
	"TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "WARNING": 13, "ERROR": 17, "FATAL": 21, "CRITICAL": 21,
}

func levelOf(x *lambda.Line) (signal.Level, string) {
	if l, ok := levels[x.Level]; ok {
		return l, strings.Clone(x.Level)
	}
	switch x.Type {
	case lambda.Exception, lambda.Timeout, lambda.Crash:
		return 17, ""
	case lambda.Log, lambda.Metrics:
		return 0, ""
	}
	return 9, ""
}

// xrayTrace reads 1-8hex-24hex.
func xrayTrace(s string) (id signal.TraceID, ok bool) {
	p := strings.Split(s, "-")
	if len(p) != 3 || len(p[1]) != 8 || len(p[2]) != 24 {
		return id, false
	}
	id, err := signal.ParseTraceID(p[1] + p[2])
	return id, err == nil
}

// idsIn returns the ids that a line in JSON names, as OpenTelemetry's, Datadog's
// and Powertools' loggers write them.
func idsIn(text string) (trace signal.TraceID, span signal.SpanID) {
	var ids struct {
		Trace string `json:"trace_id"`
		Span  string `json:"span_id"`
		XRay  string `json:"xray_trace_id"`
	}
	if json.Unmarshal([]byte(text), &ids) != nil {
		return trace, span
	}
	if id, ok := xrayTrace(ids.XRay); ok {
		trace = id
	}
	if id, err := signal.ParseTraceID(ids.Trace); err == nil && !id.IsZero() {
		trace = id
	}
	if id, err := signal.ParseSpanID(ids.Span); err == nil && !trace.IsZero() {
		span = id
	}
	return trace, span
}

// functionName is what a log stream says of the function it belongs to.
type functionName struct{ name, version, instance string }

// functionOf reads /aws/lambda/NAME and 2026/11/21/[VERSION]INSTANCE; in groups of
// other names streams are called 2026/11/21/NAME[VERSION]INSTANCE.
func functionOf(p place) (f functionName) {
	stream := p.stream
	for range 3 {
		date, rest, ok := strings.Cut(stream, "/")
		if !ok || strings.Trim(date, "0123456789") != "" {
			break
		}
		stream = rest
	}
	before, rest, _ := strings.Cut(stream, "[")
	version, instance, ok := strings.Cut(rest, "]")
	name, isLambda := strings.CutPrefix(p.group, "/aws/lambda/")
	switch {
	case isLambda:
		f.name = name
	case ok && len(stream) < len(p.stream) && before != "":
		f.name = before
	}
	if ok && f.name != "" {
		f.version, f.instance = version, instance
	}
	return f
}

func (d *logs) resource(p place, f functionName) (as signal.Attrs) {
	set := func(key, value string) {
		if value != "" {
			as = d.arena.Attrs.Push(as, signal.Attr{Key: key, Value: signal.Str(value)})
		}
	}
	service := p.group
	if f.name != "" {
		service = f.name
	}
	set("service.name", service)
	set("cloud.provider", "aws")
	set("cloud.account.id", p.owner)
	set("cloud.region", d.region)
	if f.name != "" {
		set("cloud.platform", "aws_lambda")
		set("faas.name", f.name)
		set("faas.version", f.version)
		set("faas.instance", f.instance)
	}
	set("aws.log.group.names", p.group)
	set("aws.log.stream.names", p.stream)
	return as
}
