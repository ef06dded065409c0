package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/signal"
)

// message is one that was sent.
type message struct {
	id     string
	to     *party
	body   string
	sender context // zero where no context travelled
	keys   []signal.JoinKey
	sent   float64 // ms
	clock  time.Duration
	kind   string // detail-type, subject, key of the object
}

// send NAME {json}: a message; ids=m1,m2 or ids=m1..m9 for a batch of them.
func (b *teller) send(l *line, in scene) error {
	p, err := b.party(l)
	if err != nil {
		return err
	}
	next := scene{who: in.who, at: in.at, entry: in.entry}
	if in.who.traced() {
		next.span = b.span(in.who, l, signal.Producer, p.name+" send", in.at)
		next.call = next.span
		in.who.describeSend(next.span, l, p)
	}
	next.sends = b.post(l, in.who, p, next.span)
	if next.span != nil && len(next.sends) == 1 {
		add(next.span, text("messaging.message.id", next.sends[0]))
	} else if next.span != nil {
		add(next.span, number("messaging.batch.message_count", int64(len(next.sends))))
	}
	return b.kids(l, next)
}

// post remembers the messages of l and gives their sender its keys.
func (b *teller) post(l *line, who, to *party, sender *signal.Span) (ids []string) {
	ids = listed(l.opts["ids"])
	if id := l.opts["id"]; id != "" {
		ids = []string{id}
	}
	if len(ids) == 0 {
		ids = []string{b.request()}
	}
	for _, id := range ids {
		m := &message{id: id, to: to, body: strings.ReplaceAll(l.json, "$id", id), sent: l.to, kind: l.word(1)}
		if who != nil {
			m.clock = who.clock
		}
		if l.opts["context"] != "none" {
			m.keys = messageKeys(to, m)
		}
		if sender != nil {
			if who.carries() && l.opts["context"] == "" {
				m.sender = context{sender.Trace, sender.ID}
			}
			sender.Keys = append(sender.Keys, m.keys...)
		}
		b.messages[id] = m
	}
	return ids
}

// listed reads a,b,c and p1..p9.
func listed(s string) (out []string) {
	if from, to, ok := strings.Cut(s, ".."); ok {
		stem := strings.TrimRight(from, "0123456789")
		lo, err1 := strconv.Atoi(from[len(stem):])
		hi, err2 := strconv.Atoi(strings.TrimPrefix(to, stem))
		for i := lo; err1 == nil && err2 == nil && i <= hi; i++ {
			out = append(out, stem+strconv.Itoa(i))
		}
		return out
	}
	for part := range strings.SplitSeq(s, ",") {
		if part != "" {
			out = append(out, part)
		}
	}
	return out
}

// deliver NAME: what messages invoke. of=m1,m2: which, else those of the line
// above; via=QUEUE: through it; attempt=N; context=keys|none; links: not a parent.
func (b *teller) deliver(l *line, in scene) error {
	p, err := b.party(l)
	if err != nil {
		return err
	}
	var ms []*message
	ids := in.sends
	if l.opts["of"] != "" {
		ids = listed(l.opts["of"])
	}
	for _, id := range ids {
		m := b.messages[id]
		if m == nil {
			return fmt.Errorf("line %d: no message %q was sent", l.number, id)
		}
		ms = append(ms, m)
	}
	if len(ms) == 0 {
		return fmt.Errorf("line %d: deliver what?", l.number)
	}
	from := ms[0].to
	if via := l.opts["via"]; via != "" {
		if from = b.parties[via]; from == nil {
			return fmt.Errorf("line %d: %q was not declared", l.number, via)
		}
	}
	event := b.eventOf(ms, from, l)
	if !p.traced() {
		return b.kids(l, scene{who: p, at: ms[0].sender, raw: event})
	}
	c, links := b.received(l, p, ms)
	s := b.span(p, l, signal.Consumer, p.name, c)
	if p.kind != signal.Function {
		s.Name = "process " + from.name
	}
	s.Links = links
	if l.opts["context"] != "none" {
		for _, m := range ms {
			s.Keys = append(s.Keys, m.keys...)
			if from != m.to && from.kind == signal.Queue {
				s.Keys = append(s.Keys, queueKey(m))
			}
		}
	}
	for _, m := range ms {
		s.Events = append(s.Events, record(m, from, s.Keys, l).Event())
	}
	p.describe(s, l, b)
	p.describeDelivery(s, from, ms)
	if p.opts["payloads"] != "no" {
		p.capture(s, "event", event, l)
	}
	return b.kids(l, scene{who: p, at: context{c.trace, s.ID}, span: s, entry: s, raw: event})
}

// received finds the place of a delivery: one message is a parent, several are links.
func (b *teller) received(l *line, p *party, ms []*message) (context, []signal.Link) {
	var links []signal.Link
	for _, m := range ms {
		if m.sender.trace != (signal.TraceID{}) && p.carries() && l.opts["context"] == "" {
			links = append(links, signal.Link{Trace: m.sender.trace, Span: m.sender.span, Attrs: signal.Attrs{text("messaging.message.id", m.id)}})
		}
	}
	if len(ms) == 1 && len(links) == 1 && !l.has("links") {
		c := ms[0].sender
		if p.tracer == "instana" {
			clear(c.trace[:8])
		}
		return c, nil
	}
	return context{trace: b.traceID(p)}, links
}

// record is what the receiver is told of m.
func record(m *message, from *party, known []signal.JoinKey, l *line) *signal.Record {
	r := &signal.Record{Sent: At(m.sent).Add(m.clock), Attempts: int(l.num("attempt", 1)), From: from.identity()}
	for _, k := range append(slices.Clone(m.keys), queueKey(m)) {
		if slices.Contains(known, k) {
			r.Keys = append(r.Keys, signal.JoinKey{Kind: k.Kind, Value: k.Value})
		}
	}
	if l.opts["context"] == "" {
		r.Parent = signal.Link{Trace: m.sender.trace, Span: m.sender.span}
	}
	if from != m.to {
		r.Via = []signal.Resource{m.to.identity()}
	}
	return r
}

// queueKey is the id that a message gets in a queue behind its topic or bus.
func queueKey(m *message) signal.JoinKey {
	return signal.JoinKey{Kind: signal.KeySQSMessage, Value: "q-" + m.id}
}

func (p *party) identity() signal.Resource {
	return signal.Resource{Kind: p.kind, Name: p.name, Account: p.account(), Region: p.region()}
}
