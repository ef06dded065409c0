package cause

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// Evidence gathers what the rows of a transaction say beyond their times: bounded
// copies of captured payloads, exceptions, statuses and log lines. The zero
// Evidence is empty and ready.
type Evidence struct {
	rows map[key]*facts
	logs map[place][]line
	room int // bytes of text kept so far
	cut  int // texts that were left out for want of room
}

// key finds the facts of a row, under the id that its tracer sent: a Transaction
// tells rows that were sent under half an id under the whole.
type key struct {
	trace signal.TraceID
	span  signal.SpanID
	kind  signal.SpanKind
}

// place is what log lines know of where they were written.
type place struct {
	trace   signal.TraceID
	span    signal.SpanID // zero where only the service is known
	service string        // only without a span
}

// The bounds of Evidence.
const (
	maxText       = 64 << 10 // of one payload, bytes
	maxMessage    = 1 << 10  // of one exception or log line, bytes
	maxRoom       = 16 << 20 // of all texts, bytes
	maxRows       = 100_000
	maxPayloads   = 8  // of one row
	maxExceptions = 4  // of one row
	maxLines      = 16 // of one place
)

// facts is what is known of one row beyond the Transaction.
type facts struct {
	payloads   []payload
	exceptions []exception
	message    string // of the status
	status     int    // HTTP status that the span tells; 0 unknown
	system     string // of messages
	code       string // gRPC status in words, of a bad one
	target     string // what a failed call asked for
	memory     int64  // of the function, bytes; 0 unknown
	init       float64
}

// payload is one captured text.
type payload struct {
	role, text string
	truncated  bool
}

// exception is one that was recorded, be it handled or not.
type exception struct {
	at            signal.Time
	kind, message string
	code          string // the source line that threw, where the stack quotes it
}

// line is a log line of a warning or worse.
type line struct {
	at    signal.Time
	level signal.Level
	text  string
}

// roles are the attributes that carry captured content, by what it is.
var roles = map[string]string{
	"clew.payload.event": "event", "faas.event": "event", "aws.lambda.event": "event", "lambda.event": "event", "trigger.record": "event",
	"clew.payload.response": "response", "http.response.body": "response", "http.response.body.text": "response", "faas.response": "response", "rpc.response.body": "response", "aws.lambda.response": "response", "redis.response": "response",
	"clew.payload.request": "request", "http.request.body": "request", "http.request.body.text": "request", "rpc.request.body": "request",
	"clew.payload.message": "message", "messaging.message.body": "message", "messaging.message.payload": "message", "messaging.payload": "message", "messaging.request.payload": "message",
}

// Add gathers from b, which may be changed afterwards.
func (e *Evidence) Add(b *signal.Batch) {
	if e.rows == nil {
		e.rows, e.logs = map[key]*facts{}, map[place][]line{}
	}
	for i := range b.Groups {
		g := &b.Groups[i]
		memory, _ := g.Resource.Find("faas.max_memory")
		for j := range g.Spans {
			if f, ok := e.factsOf(&g.Spans[j]); ok {
				f.memory = memory.Int()
				e.put(key{g.Spans[j].Trace, g.Spans[j].ID, g.Spans[j].Kind}, f)
			}
		}
		for j := range g.Logs {
			if g.Logs[j].Level > 12 {
				e.addLog(&g.Logs[j], g.Resource)
			}
		}
	}
}

// factsOf reads s; ok is false where it tells nothing of interest.
func (e *Evidence) factsOf(s *signal.Span) (f facts, ok bool) {
	for i := range s.Attrs {
		a := &s.Attrs[i]
		switch a.Key {
		case "http.response.status_code", "http.status_code", "rpc.http.status_code":
			f.status = statusOf(a.Value)
		case "rpc.grpc.status_code", "rpc.response.status_code":
			f.code = grpcName(a.Value)
		case "messaging.system":
			f.system = e.keep(a.Value.Text(), 64)
		case "faas.init_duration_ms":
			f.init, _ = a.Value.Number()
		case "aws.lambda.cold_start_duration": // seconds
			f.init, _ = a.Value.Number()
			f.init *= 1000
		default:
			if role := roles[a.Key]; role != "" && len(f.payloads) < maxPayloads {
				e.addPayload(&f, role, a.Value.String(), s.Attrs.Text(a.Key+".truncated") == "true")
			}
		}
	}
	for i := range s.Events {
		if ev := &s.Events[i]; ev.Name == "exception" && len(f.exceptions) < maxExceptions {
			f.exceptions = append(f.exceptions, e.exception(ev.At, ev.Attrs.Text("exception.type"), ev.Attrs.Text("exception.message"), ev.Attrs.Text("exception.stacktrace")))
		}
	}
	if len(f.exceptions) == 0 {
		if typ, message, stack, ok := transaction.Exception(s); ok {
			f.exceptions = append(f.exceptions, e.exception(s.End, typ, message, stack))
		}
	}
	if s.Status.Code == signal.StatusError || f.status >= 400 {
		f.target = e.keep(s.Attrs.First("url.full", "http.url", "url.path", "http.target", "http.route", "db.query.text", "db.statement"), 256)
	}
	if s.Status.Code == signal.StatusError {
		f.message = e.keep(s.Status.Message, maxMessage)
	}
	return f, len(f.payloads)+len(f.exceptions)+f.status > 0 || f.message+f.target+f.code != "" || f.system != "" || f.init > 0
}

func (e *Evidence) exception(at signal.Time, typ, message, stack string) exception {
	return exception{at, e.keep(typ, 256), e.keep(message, maxMessage), e.keep(codeOf(stack), 256)}
}

// codeOf is the source line that a Python traceback ends with, cut to what it marks
// below the line where it marks something.
func codeOf(stack string) string {
	i := strings.LastIndex(stack, "\n  File \"")
	if i < 0 {
		return ""
	}
	lines := strings.SplitN(stack[i+1:], "\n", 4)
	if len(lines) < 3 || !strings.HasPrefix(lines[1], "    ") {
		return ""
	}
	code, marks := lines[1], lines[2]
	from, to := strings.IndexAny(marks, "~^"), strings.LastIndexAny(marks, "~^")+1
	if from < 0 || to > len(code) || strings.Trim(marks, " ~^") != "" {
		return strings.TrimSpace(code)
	}
	return code[from:to]
}

// grpcNames are the words for gRPC's status codes.
var grpcNames = [...]string{"", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
	"FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}

func grpcName(v signal.Value) string {
	n, err := strconv.Atoi(v.String())
	if err == nil && n >= 0 && n < len(grpcNames) {
		return grpcNames[n]
	}
	for _, name := range grpcNames {
		if name == v.Text() {
			return name
		}
	}
	return ""
}

func statusOf(v signal.Value) int {
	if n, ok := v.Number(); ok && n >= 100 && n < 1000 {
		return int(n)
	}
	n, _ := strconv.Atoi(v.Text())
	if n < 100 || n > 999 {
		return 0
	}
	return n
}

// put keeps f; of two copies of a span the one that tells more.
func (e *Evidence) put(k key, f facts) {
	switch old := e.rows[k]; {
	case old != nil:
		if f.weight() > old.weight() {
			*old = f
		}
	case len(e.rows) < maxRows:
		e.rows[k] = &f
	default:
		e.cut++
	}
}

func (f *facts) weight() int {
	n := len(f.message) + len(f.exceptions)
	for i := range f.payloads {
		n += len(f.payloads[i].text)
	}
	return n
}

func (e *Evidence) addPayload(f *facts, role, text string, truncated bool) {
	if kept := e.keep(text, maxText); kept != "" {
		truncated = truncated || len(kept) < len(text)
		f.payloads = append(f.payloads, payload{role: role, text: kept, truncated: truncated})
	}
}

func (e *Evidence) addLog(l *signal.Log, resource signal.Attrs) {
	at := place{l.Trace, l.Span, ""}
	if l.Span.IsZero() {
		at.service = resource.ServiceName()
	}
	lines, known := e.logs[at]
	if !known {
		if len(e.logs) >= maxRows {
			e.cut++
			return
		}
		at.service = strings.Clone(at.service)
	}
	lines = append(lines, line{l.At, l.Level, e.keep(l.Body.String(), maxMessage)})
	if len(lines) > 2*maxLines {
		lines = firstLines(lines)
	}
	e.logs[at] = lines
}

// firstLines keeps the worst lines, of equal ones the first.
func firstLines(lines []line) []line {
	slices.SortFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(b.level, a.level), cmp.Compare(a.at, b.at), strings.Compare(a.text, b.text))
	})
	return lines[:min(len(lines), maxLines)]
}

// keep copies at most n bytes of s, nothing once there is no room.
func (e *Evidence) keep(s string, n int) string {
	s = s[:min(len(s), n)]
	if e.room+len(s) > maxRoom {
		e.cut++
		return ""
	}
	e.room += len(s)
	return strings.Clone(s)
}
