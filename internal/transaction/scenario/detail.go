package scenario

import (
	"fmt"
	"strings"

	"clew/internal/signal"
)

// log LEVEL "text": a line of the code that runs here; spanless for one that
// knows no more than its trace.
func (b *teller) log(l *line, in scene) error {
	levels := map[string]signal.Level{"debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}
	level, ok := levels[l.word(0)]
	if !ok {
		return fmt.Errorf("line %d: no level %q", l.number, l.word(0))
	}
	if in.who == nil || !in.who.traced() {
		return nil
	}
	record := signal.Log{At: At(l.from).Add(in.who.clock), Trace: in.at.trace, Span: in.at.span, Level: level, LevelText: strings.ToUpper(l.word(0)), Body: signal.Str(l.word(1))}
	if l.has("spanless") {
		record.Span = signal.SpanID{}
	}
	in.who.logs = append(in.who.logs, record)
	return nil
}

// throw TYPE "message": an exception that ends the span, unless it is handled;
// code="…" is the line that threw, as Python's tracebacks quote it.
// fail "message": a bad end without an exception.
func (b *teller) throw(l *line, in scene) error {
	s := in.span
	if s == nil {
		return nil
	}
	if l.verb == "fail" {
		s.Status = signal.Status{Code: signal.StatusError, Message: l.word(0)}
		return nil
	}
	typ, message := l.word(0), l.word(1)
	at := s.End
	if l.timed {
		at = At(l.from).Add(in.who.clock)
	}
	stack := typ + ": " + message + "\n    at handler (/var/task/index.js:12:7)"
	if code := l.opts["code"]; code != "" {
		stack = "Traceback (most recent call last):\n  File \"/var/task/app.py\", line 12, in handler\n    " + code + "\n" + typ + ": " + message
	}
	s.Events = append(s.Events, signal.Event{At: at, Name: "exception", Attrs: signal.Attrs{
		text("exception.type", typ), text("exception.message", message), text("exception.stacktrace", stack),
	}})
	if !l.has("handled") {
		s.Status = signal.Status{Code: signal.StatusError, Message: message}
	}
	return nil
}

// attr KEY VALUE.
func (b *teller) attr(l *line, in scene) error {
	if in.span != nil {
		add(in.span, text(l.word(0), l.word(1)))
	}
	return nil
}

// payload keeps what was captured. On the side that was entered: event {…}, or
// event alone for what the caller sent, "event http {…}" as API Gateway hands it over, response {…}, "response http 200
// {…}"; on the caller's side: sent {…} and got {…}.
func (b *teller) payload(l *line, in scene) error {
	var p *party
	s, role, body := in.entry, l.verb, l.json
	if body == "" {
		body = in.raw
	}
	switch l.verb {
	case "sent", "got":
		s, role = in.call, map[string]string{"sent": "request", "got": "answer"}[l.verb]
	case "event", "response":
		if p = in.who; p == nil {
			return fmt.Errorf("line %d: nobody is there to keep it", l.number)
		}
		if p.kind != signal.Function { // HTTP servers keep bodies
			role = map[string]string{"event": "request", "response": "answer"}[l.verb]
		} else if l.word(0) == "http" {
			body = httpJSON(l)
		}
	}
	if s == nil {
		return nil
	}
	if p == nil {
		p = b.owner(s)
	}
	if p.opts["payloads"] == "no" {
		return nil
	}
	p.capture(s, role, body, l)
	return nil
}

func (b *teller) owner(s *signal.Span) *party {
	for _, p := range b.order {
		for _, o := range p.spans {
			if o == s {
				return p
			}
		}
	}
	return nil
}
