package scenario

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"clew/internal/signal"
)

// context is what a tracer puts into headers.
type context struct {
	trace signal.TraceID
	span  signal.SpanID
}

// scene is where a line happens.
type scene struct {
	who   *party
	at    context      // new spans are its children
	span  *signal.Span // innermost of who's; nil where who has no tracer
	entry *signal.Span // the span by which who was entered
	call  *signal.Span // the client span this scene answers, for sent and got
	sends []string     // ids of the messages this scene is below
	raw   string       // what was sent to it, for "event"
}

// verb finds what tells a line; nil for none.
func verb(name string) func(*teller, *line, scene) error {
	switch name {
	case "entry", "timer":
		return (*teller).entry
	case "deliver":
		return (*teller).deliver
	case "call", "invoke":
		return (*teller).call
	case "use":
		return (*teller).use
	case "send":
		return (*teller).send
	case "do":
		return (*teller).do
	case "log":
		return (*teller).log
	case "throw", "fail":
		return (*teller).throw
	case "attr":
		return (*teller).attr
	case "event", "response", "sent", "got":
		return (*teller).payload
	case "repeat":
		return (*teller).repeat
	}
	return nil
}

func (b *teller) story(l *line) error { return b.tell(l, scene{}) }

func (b *teller) tell(l *line, in scene) error {
	tell := verb(l.verb)
	if tell == nil {
		return fmt.Errorf("line %d: no verb %q", l.number, l.verb)
	}
	return tell(b, l, in)
}

func (b *teller) kids(l *line, in scene) error {
	for _, k := range l.kids {
		if err := b.tell(k, in); err != nil {
			return err
		}
	}
	return nil
}

func (b *teller) party(l *line) (*party, error) {
	p := b.parties[l.word(0)]
	if p == nil {
		return nil, fmt.Errorf("line %d: %q was not declared", l.number, l.word(0))
	}
	return p, nil
}

// repeat N: what is below, N times; # in words, ids and JSON is the number, and
// each round begins "every" ms later.
func (b *teller) repeat(l *line, in scene) error {
	n, err := strconv.Atoi(l.word(0))
	if err != nil {
		return fmt.Errorf("line %d: repeat %q", l.number, l.word(0))
	}
	for i := range n {
		for _, k := range l.kids {
			if err := b.tell(k.round(i+1, float64(i)*l.num("every", 0)), in); err != nil {
				return err
			}
		}
	}
	return nil
}

// round is l as it is told the n-th time.
func (l *line) round(n int, later float64) *line {
	c := *l
	fill := func(s string) string { return strings.ReplaceAll(s, "#", strconv.Itoa(n)) }
	c.from, c.to, c.json, c.status = l.from+later, l.to+later, fill(l.json), fill(l.status)
	c.words, c.opts, c.kids = nil, maps.Clone(l.opts), nil
	for _, w := range l.words {
		c.words = append(c.words, fill(w))
	}
	for k, v := range c.opts {
		c.opts[k] = fill(v)
	}
	for _, k := range l.kids {
		c.kids = append(c.kids, k.round(n, later))
	}
	return &c
}

// entry NAME "POST /path" -> STATUS: a request from outside. timer NAME: a schedule.
func (b *teller) entry(l *line, _ scene) error {
	p, err := b.party(l)
	if err != nil {
		return err
	}
	return b.serve(l, p, scene{}, context{}, nil)
}

// serve tells p's side of a call and what it does; parent is zero where nobody
// handed a context on.
func (b *teller) serve(l *line, p *party, in scene, parent context, keys []signal.JoinKey) error {
	next := scene{who: p, at: parent, span: in.call, call: in.call, raw: in.raw}
	if !p.traced() || l.has("unserved") {
		return b.kids(l, next)
	}
	c := parent
	if c.trace == (signal.TraceID{}) {
		c = context{trace: b.traceID(p)}
	} else if p.tracer == "instana" {
		clear(c.trace[:8])
	}
	name := l.word(1)
	if p.kind == signal.Function {
		name = p.name
	}
	s := b.span(p, l, signal.Server, name, c)
	s.Keys = keys
	p.describe(s, l, b)
	next.at, next.span, next.entry = context{c.trace, s.ID}, s, s
	return b.kids(l, next)
}

// call NAME "GET /path" -> STATUS: HTTP; invoke NAME: a Lambda function. Options:
// served=FROM-TO (the callee's times), answers=STATUS (the callee's, where the
// caller saw another), context=keys|none, unserved, timeout, "refused".
func (b *teller) call(l *line, in scene) error {
	p, err := b.party(l)
	if err != nil {
		return err
	}
	var client *signal.Span
	out := in.at // what code without a tracer hands on
	if in.who.traced() {
		client = b.span(in.who, l, signal.Client, callName(l, p), in.at)
		in.who.describeCall(client, l, p)
		out = context{client.Trace, client.ID}
		if !in.who.carries() {
			out = context{}
		}
	} else if in.who != nil && in.who.opts["passes"] == "" {
		out = context{}
	}
	keys := b.callKeys(l, p)
	if l.opts["context"] != "" || !p.carries() {
		out = context{}
	}
	if l.opts["context"] == "none" {
		keys = nil
	}
	if client != nil {
		client.Keys = keys
	}
	served := *l
	if served.from, served.to = l.from+1, l.to-1; l.opts["served"] != "" {
		if err := served.readTimes(l.opts["served"]); err != nil {
			return err
		}
	}
	if a := l.opts["answers"]; a != "" {
		served.status = a
	} else if l.has("timeout") {
		served.status = "200"
	}
	if !p.traced() && isCode(p.kind) {
		out.span, out.trace = b.through(in, client)
	}
	sc := scene{call: client, raw: sentJSON(l)}
	if p.kind == signal.Function || isCode(p.kind) {
		return b.serve(&served, p, sc, out, keys)
	}
	return b.kids(l, scene{who: p, call: client, span: client, at: out})
}

// through is the context that reaches code without a tracer, which may pass it on.
func (b *teller) through(in scene, client *signal.Span) (signal.SpanID, signal.TraceID) {
	if client != nil && in.who.carries() {
		return client.ID, client.Trace
	}
	return in.at.span, in.at.trace
}

// use NAME "GetItem": a call of a table, database, cache, bucket or host.
func (b *teller) use(l *line, in scene) error {
	p, err := b.party(l)
	if err != nil {
		return err
	}
	next := scene{who: in.who, at: in.at, span: in.span, entry: in.entry}
	if in.who.traced() {
		next.span = b.span(in.who, l, signal.Client, callName(l, p), in.at)
		in.who.describeCall(next.span, l, p)
		next.at, next.call = context{in.at.trace, next.span.ID}, next.span
	}
	if id := l.opts["id"]; id != "" { // a write that a stream or a notification tells of
		next.sends = b.post(l, in.who, p, next.span)
	}
	return b.kids(l, next)
}

// do "name": an internal span.
func (b *teller) do(l *line, in scene) error {
	next := in
	if in.who.traced() {
		next.span = b.span(in.who, l, signal.Internal, l.word(0), in.at)
		next.at = context{in.at.trace, next.span.ID}
	}
	return b.kids(l, next)
}
