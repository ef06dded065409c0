package weave

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"clew/internal/signal"
)

// errorLevel is the first severity number of errors.
const errorLevel = 17

// key finds a trace.
func (w *Weaver) key(t signal.Tenant, id signal.TraceID) uint64 {
	return wholeKey(xxhash.Sum64String(string(t)), id)
}

// wholeKey tells ids apart that end alike: half an id is one of its own here.
func wholeKey(tenant uint64, id signal.TraceID) uint64 {
	return traceKey(tenant, id) ^ binary.BigEndian.Uint64(id[:8])*0x9e3779b97f4a7c15
}

// traceKey finds a trace by the half of its id that every tracer reports. Ids that
// end alike are asked once too often, which does no harm.
func traceKey(tenant uint64, id signal.TraceID) uint64 {
	low := binary.BigEndian.Uint64(id[8:])
	if low == 0 {
		low = binary.BigEndian.Uint64(id[:8])
	}
	return low ^ tenant
}

// joinKey finds what else knows k. Accounts and regions are left out: one side
// often does not know them, and being asked once too often does no harm.
func joinKey(tenant uint64, k *signal.JoinKey) uint64 {
	return tenant ^ xxhash.Sum64String(k.Value)*31 ^ xxhash.Sum64String(k.Kind)
}

// observe notes which stories b touches. It is all that ordinary traffic costs.
func (w *Weaver) observe(b *signal.Batch) {
	now := w.Now()
	spans, _, _ := b.Len()
	w.budget.earn(spans)
	tenant := xxhash.Sum64String(string(b.Tenant))
	w.mu.Lock()
	defer w.mu.Unlock()
	o := observer{w: w, batch: b, tenant: tenant, now: now}
	for i := range b.Groups {
		g := &b.Groups[i]
		o.service = 0
		for j := range g.Spans {
			o.span(g, &g.Spans[j])
		}
		for j := range g.Logs {
			if l := &g.Logs[j]; l.Level >= errorLevel && !l.Trace.IsZero() {
				o.touch(wholeKey(tenant, l.Trace), l.Trace, marked, false, l.At)
			}
		}
	}
	w.seen = true
	if o.added {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// observer is one look at one batch.
type observer struct {
	w       *Weaver
	batch   *signal.Batch
	tenant  uint64
	now     time.Time
	service uint64 // hash of the group's service; 0 until it is asked for
	added   bool
}

func (o *observer) span(g *signal.Group, s *signal.Span) {
	if s.Trace.IsZero() {
		return
	}
	key := traceKey(o.tenant, s.Trace)
	r, cold := worth(s)
	if cold {
		o.coldStart(g)
	}
	if (s.Kind == signal.Consumer || s.Kind == signal.Producer) && r < marked {
		if o.service == 0 {
			o.service = xxhash.Sum64String(g.Resource.ServiceName())
		}
		if o.w.laps.add(key^o.service, s.Kind) {
			r = marked
		}
	}
	o.touch(wholeKey(o.tenant, s.Trace), s.Trace, r, o.isRelated(key, s), s.Start)
}

// coldStart counts a run that began cold.
func (o *observer) coldStart(g *signal.Group) {
	key := coldKey{o.batch.Tenant, g.Resource.ServiceName()}
	n, ok := o.w.cold[key]
	if !ok {
		if len(o.w.cold) >= maxCold {
			return
		}
		key = coldKey{signal.Tenant(strings.Clone(string(key.tenant))), strings.Clone(key.service)}
	}
	o.w.cold[key] = n + 1
}

// isRelated reports whether s may belong to a story that has issues already.
func (o *observer) isRelated(key uint64, s *signal.Span) bool {
	known := o.w.related.has(key)
	for i := 0; i < len(s.Keys) && !known; i++ {
		known = o.w.related.has(joinKey(o.tenant, &s.Keys[i]))
	}
	for i := 0; i < len(s.Links) && !known; i++ {
		known = o.w.related.has(traceKey(o.tenant, s.Links[i].Trace))
	}
	return known
}

// touch lets a story wait that has something to tell or had something to tell
// before, and waits longer for one that waits already.
func (o *observer) touch(key uint64, trace signal.TraceID, r rank, related bool, start signal.Time) {
	if p := o.w.pending[key]; p != nil {
		p.last = o.now
		p.rank = max(p.rank, r)
		p.from = min(p.from, start)
		return
	}
	if r > hint || related {
		o.added = o.w.pend(key, o.batch.Tenant, trace, r, start, o.now) || o.added
	}
}

// pend lets a story wait, unless there is no room and none that matters less. mu
// is held.
func (w *Weaver) pend(key uint64, t signal.Tenant, trace signal.TraceID, r rank, from signal.Time, now time.Time) bool {
	if w.pending[key] != nil {
		return false
	}
	if len(w.pending) >= w.MaxPending && !w.makeRoom(r) {
		w.count.dropped.Add(1)
		return false
	}
	w.pending[key] = &pending{tenant: signal.Tenant(strings.Clone(string(t))), trace: trace, from: from, first: now, last: now, notBefore: w.heavy[key], rank: r}
	return true
}

// makeRoom drops a story that has less to tell than r, if it finds one soon.
func (w *Weaver) makeRoom(r rank) bool {
	tries := 32
	for key, p := range w.pending {
		if p.rank < r {
			delete(w.pending, key)
			w.count.dropped.Add(1)
			return true
		}
		if tries--; tries == 0 {
			return false
		}
	}
	return false
}

// worth says how much a span tells by itself, and whether it began cold.
func worth(s *signal.Span) (r rank, cold bool) {
	if s.Status.Code == signal.StatusError {
		r = failed
	}
	for i := range s.Events {
		if s.Events[i].Name == "exception" {
			r = max(r, marked)
		}
	}
	for i := range s.Attrs {
		a := &s.Attrs[i]
		switch len(a.Key) {
		case len("faas.coldstart"):
			cold = cold || a.Key == "faas.coldstart" && a.Value.Bool()
		case len("clew.outcome"):
			if a.Key == "clew.outcome" && a.Value.Text() != "ok" {
				r = failed
			}
		case len("clew.payload.response"), len("http.response.body"), len("faas.response"):
			if r < marked && isResponse(a.Key) && tellsError(a.Value.Text()) {
				r = marked
			}
		}
	}
	return r, cold
}

func isResponse(key string) bool {
	switch key {
	case "clew.payload.response", "aws.lambda.response", "http.response.body", "rpc.response.body", "faas.response":
		return true
	}
	return false
}

// tellsError reports whether a captured response may tell of an error, or of
// messages that are handed back: that it has a field with error in its name, or
// batchItemFailures, that is not empty.
func tellsError(text string) bool {
	for _, name := range [...]string{"rror", "batchItemFailures"} {
		for rest, tries := text, 8; tries > 0; tries-- {
			i := strings.Index(rest, name)
			if i < 0 {
				break
			}
			rest = rest[i+len(name):]
			if isFilled(rest) {
				return true
			}
		}
	}
	return false
}

// isFilled reports whether what follows a part of a field's name is the rest of
// the name and a value that says something.
func isFilled(rest string) bool {
	rest = strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
	rest = strings.TrimLeft(rest, "\\\" ")
	if !strings.HasPrefix(rest, ":") {
		return false
	}
	rest = strings.TrimLeft(rest[1:], "\\ ")
	if rest == "" {
		return false
	}
	switch rest[0] {
	case 'n', 'f', '0', ',', '}':
		return false
	case '"':
		rest = strings.TrimLeft(rest[1:], "\\")
		return rest != "" && rest[0] != '"'
	case '[', '{':
		rest = strings.TrimLeft(rest[1:], " ")
		return rest != "" && rest[0] != ']' && rest[0] != '}'
	}
	return true
}
