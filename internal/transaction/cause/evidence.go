package cause

import (
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

// key finds the facts of a row.
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
	maxText       = 32 << 10 // of one payload, bytes
	maxMessage    = 1 << 10  // of one exception or log line, bytes
	maxRoom       = 16 << 20 // of all texts, bytes
	maxRows       = 100_000
	maxExceptions = 4  // of one row
	maxLines      = 16 // of one place
)

// facts is what is known of one row.
type facts struct {
	payloads   []payload
	exceptions []exception
	message    string // of the status
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
	handled       bool // told to be
}

// line is a warning or worse.
type line struct {
	at    signal.Time
	level signal.Level
	text  string
}

// roles are the attributes that carry captured content, by what it is. Later
// names of one role are asked only where the former are absent.
var roles = map[string]string{
	"clew.payload.event": "event", "faas.event": "event", "aws.lambda.event": "event", "lambda.event": "event",
	"clew.payload.response": "response", "http.response.body": "response", "http.response.body.text": "response", "faas.response": "response", "rpc.response.body": "response", "aws.lambda.response": "response",
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
		for j := range g.Spans {
			e.addSpan(&g.Spans[j])
		}
		for j := range g.Logs {
			e.addLog(&g.Logs[j], g.Resource)
		}
	}
}

func (e *Evidence) addSpan(s *signal.Span) {
	f := &facts{}
	for i := range s.Attrs {
		a := &s.Attrs[i]
		if role, ok := roles[a.Key]; ok {
			e.addPayload(f, role, a.Value.String(), s.Attrs.Text(a.Key+".truncated") == "true")
		}
	}
	for i := range s.Events {
		if ev := &s.Events[i]; ev.Name == "exception" && len(f.exceptions) < maxExceptions {
			f.exceptions = append(f.exceptions, exception{ev.At, e.keep(ev.Attrs.Text("exception.type"), maxMessage), e.keep(ev.Attrs.Text("exception.message"), maxMessage), false})
		}
	}
	if len(f.exceptions) == 0 {
		if typ, message, _, ok := transaction.Exception(s); ok {
			f.exceptions = append(f.exceptions, exception{s.End, e.keep(typ, maxMessage), e.keep(message, maxMessage), false})
		}
	}
	f.message = e.keep(s.Status.Message, maxMessage)
	k := key{s.Trace, s.ID, s.Kind}
	if _, again := e.rows[k]; !again && len(e.rows) < maxRows {
		e.rows[k] = f
	}
}

func (e *Evidence) addPayload(f *facts, role, text string, truncated bool) {
	kept := e.keep(text, maxText)
	if kept != "" {
		f.payloads = append(f.payloads, payload{role, kept, truncated || len(kept) < len(text)})
	}
}

func (e *Evidence) addLog(l *signal.Log, resource signal.Attrs) {
	if l.Level < 13 {
		return
	}
	at := place{l.Trace, l.Span, ""}
	if l.Span.IsZero() {
		at.service = strings.Clone(resource.ServiceName())
	}
	if len(e.logs[at]) < maxLines {
		e.logs[at] = append(e.logs[at], line{l.At, l.Level, e.keep(l.Body.String(), maxMessage)})
	}
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
