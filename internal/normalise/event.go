package normalise

import (
	"slices"
	"strings"

	"clew/internal/lambda/trigger"
	"clew/internal/signal"
)

// This file reads the events that invocations were handed, where tracers captured
// them: before anything is masked or cut, for what they say of each message. Only
// ids, times and contexts are taken out of them.

const (
	eventBytes  = 512 << 10 // of one event; what is longer is read up to there
	eventBudget = 8 << 20   // bytes of events of one batch
	maxRecords  = 1000      // that are told one by one; all have their keys
)

// trigger adds what the event of an invocation says, unless its tracer did.
func (k *keying) trigger(budget *int) {
	v := k.hop.value(wordTrigger)
	text := v.Text()
	if text = strings.TrimLeft(text, " \t\r\n"); !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") || *budget <= 0 || k.told() {
		return
	}
	text = text[:min(len(text), eventBytes)]
	if !tells(text) {
		return
	}
	*budget -= len(text)
	e, _ := trigger.Parse([]byte(text))
	c := trigger.Read(e)
	for i := range c.Records {
		for _, key := range c.Records[i].Keys {
			k.addKey(key)
		}
		if c.Async {
			k.record(&c, &c.Records[i], i)
		}
	}
}

// told reports whether the span has its records already.
func (k *keying) told() bool {
	return slices.ContainsFunc(k.s.Events, func(e signal.Event) bool { return e.Name == signal.RecordEvent })
}

// marks are members of which every event has one that says more than its payload.
var marks = [...]string{"Records", "records", "requestContext", "request-id", "detail-type", "specversion", "Epsagon", "Execution", "ecutionId", "headers", "awslogs", "Queue", "essageId", "traceparent", "deviceEvent", "clickType"}

// tells reports whether reading an event may be worth it.
func tells(text string) bool {
	for _, m := range marks {
		if strings.Contains(text, m) {
			return true
		}
	}
	return false
}

// record adds the context that record number n came with, and tells of it as an
// event of the span.
func (k *keying) record(c *trigger.Cause, r *trigger.Record, n int) {
	if n >= maxRecords {
		return
	}
	if n == 0 { // lists of decoders share their memory
		k.s.Links, k.s.Events = slices.Clip(k.s.Links), slices.Clip(k.s.Events)
	}
	if p := r.Parent; !p.Trace.IsZero() && p.Trace != k.s.Trace && !slices.ContainsFunc(k.s.Links, func(l signal.Link) bool { return l.Trace == p.Trace && l.Span == p.Span }) {
		k.s.Links = append(k.s.Links, signal.Link{Trace: p.Trace, Span: p.Span})
	}
	said := signal.Record{Sent: r.Sent, Attempts: r.Attempts, Parent: r.Parent, Keys: r.Keys, From: c.Resource, Via: r.Via, DeadFrom: r.DeadFrom}
	k.s.Events = append(k.s.Events, said.Event())
}
