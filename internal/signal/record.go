package signal

import (
	"strconv"
	"strings"
)

// This file is how a span tells of the messages it was handed. Join keys find
// the ends of a hop; which of a batch's keys, contexts and times belong to one
// message only a record can say. A span without records tells less, not wrong:
// of its Keys those of one message then stand together, the one it was delivered
// under first.

// RecordEvent is the name of the event of a span that stands for one record of
// what the span was handed, in the order of the batch. At is when the message was
// sent, 0 where nobody said. Each join key of the message is an attribute, named
// by the key's kind; the other attributes are those below.
const RecordEvent = "clew.record"

// The attributes of a RecordEvent.
const (
	recordAttempts = "clew.record.attempts" // deliveries so far, this one included
	recordParent   = "clew.record.parent"   // TRACE-SPAN in hex: the context the message carried
	recordFrom     = "clew.record.from"     // KIND REGION ACCOUNT NAME of what delivered it
	recordVia      = "clew.record.via"      // the same of what it passed before, nearest first: one attribute each
	recordDeadFrom = "clew.record.dead_from"
)

// Record is one message that a span was handed.
type Record struct {
	Sent     Time      // 0 where nobody said
	Attempts int       // deliveries so far, this one included; 0 where nobody said
	Parent   Link      // the context it carried; only Trace and Span are kept
	Keys     []JoinKey // Account and Region are not kept: a span's Keys have them
	From     Resource  // what delivered it
	Via      []Resource
	DeadFrom Resource // whose dead-letter queue From is
}

// Event tells r as an event of a span.
func (r *Record) Event() Event {
	e := Event{At: r.Sent, Name: RecordEvent}
	add := func(key, text string) { e.Attrs = append(e.Attrs, Attr{Key: key, Value: Str(text)}) }
	for _, k := range r.Keys {
		add(k.Kind, k.Value)
	}
	if r.Attempts > 0 {
		e.Attrs = append(e.Attrs, Attr{Key: recordAttempts, Value: Int(int64(r.Attempts))})
	}
	if !r.Parent.Trace.IsZero() {
		add(recordParent, r.Parent.Trace.String()+"-"+r.Parent.Span.String())
	}
	if r.From.Kind != "" {
		add(recordFrom, r.From.text())
	}
	for _, v := range r.Via {
		add(recordVia, v.text())
	}
	if r.DeadFrom.Kind != "" {
		add(recordDeadFrom, r.DeadFrom.text())
	}
	return e
}

// ReadRecord is the inverse of Record.Event; ok is false for other events.
func ReadRecord(e *Event) (r Record, ok bool) {
	if e.Name != RecordEvent {
		return r, false
	}
	r.Sent = e.At
	for i := range e.Attrs {
		a := &e.Attrs[i]
		switch text := a.Value.Text(); a.Key {
		case recordAttempts:
			if n, ok := a.Value.Number(); ok && n > 0 && n < 1<<20 {
				r.Attempts = int(n)
			}
		case recordParent:
			trace, span, _ := strings.Cut(text, "-")
			t, err := ParseTraceID(trace)
			s, err2 := ParseSpanID(span)
			if err == nil && err2 == nil {
				r.Parent = Link{Trace: t, Span: s}
			}
		case recordFrom:
			r.From = readResource(text)
		case recordVia:
			r.Via = append(r.Via, readResource(text))
		case recordDeadFrom:
			r.DeadFrom = readResource(text)
		default:
			r.Keys = append(r.Keys, JoinKey{Kind: a.Key, Value: text})
		}
	}
	return r, true
}

func (r Resource) text() string {
	return string(r.Kind) + " " + strconv.Quote(r.Region) + " " + strconv.Quote(r.Account) + " " + r.Name
}

func readResource(s string) (r Resource) {
	kind, s, _ := strings.Cut(s, " ")
	r.Kind = ResourceKind(kind)
	for _, part := range []*string{&r.Region, &r.Account} {
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return Resource{}
		}
		*part, _ = strconv.Unquote(q)
		s = strings.TrimPrefix(s[len(q):], " ")
	}
	r.Name = s
	return r
}
