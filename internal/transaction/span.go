package transaction

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/signal"
)

// Builder gathers the rows of one story: of the traces that belong together. It
// keeps the little of each span that the story needs, never its attributes: a
// transaction of 50,000 spans is small.
type Builder struct {
	traces    []signal.TraceID
	traceAt   map[signal.TraceID]int32
	numbers   traceNumbers // of traces, once they are merged
	keys      []signal.JoinKey
	keyAt     map[signal.JoinKey]int32
	about     signal.TraceID
	elsewhere elsewhere
	items     []item
	logs      int
	strings   map[string]string
	resources []signal.Resource
	known     map[signal.Resource]int
	rank      []int // of resources, by what they say
}

// item is what the story needs of one span.
type item struct {
	trace      int32 // index into Builder.traces
	id, parent signal.SpanID
	ties       *ties // what it says of its hops; nil for most
	kind       signal.SpanKind
	failed     bool
	cold       bool
	message    bool // entered by a message, whatever its kind says
	receive    bool // a client span that takes messages rather than sending them
	missing    bool // stands for a parent that never arrived
	vague      bool // names of its peer only the messaging system
	name       string
	service    string
	host       string // which of the service's; "" where it does not say
	line       string // of a failed span
	outcome    Outcome
	start, end signal.Time
	sent       signal.Time // when its message was sent, where told
	own        int         // resource it ran on
	peer       int         // resource it talked to or took a message from; -1
}

// Add takes the spans and logs of b, which may be changed afterwards.
func (b *Builder) Add(batch *signal.Batch) {
	if b.strings == nil {
		b.strings = map[string]string{}
		b.traceAt, b.keyAt = map[signal.TraceID]int32{}, map[signal.JoinKey]int32{}
		b.known = map[signal.Resource]int{}
	}
	for i := range batch.Groups {
		g := &batch.Groups[i]
		b.logs += len(g.Logs)
		if len(g.Spans) == 0 {
			continue
		}
		service := b.intern(g.Resource.ServiceName())
		host := b.intern(g.Resource.First("host.id", "host.name", "faas.instance", "service.instance.id", "k8s.pod.name", "container.id"))
		cold := g.Resource.Text("faas.coldstart") == "true"
		for j := range g.Spans {
			b.add(&g.Spans[j], g.Resource, origin{service, host, cold})
		}
	}
}

// origin is what the spans of a group have in common.
type origin struct {
	service, host string
	cold          bool
}

func (b *Builder) add(s *signal.Span, resource signal.Attrs, from origin) {
	it := item{
		trace: b.traceNumber(s.Trace), id: s.ID, parent: s.Parent, kind: s.Kind, start: s.Start, end: s.End,
		name: b.intern(s.Name), service: from.service, host: from.host, failed: s.Status.Code == signal.StatusError,
		cold:    from.cold || s.Attrs.First("faas.coldstart", "faas.cold_start") == "true",
		message: s.Kind == signal.Consumer || s.Attrs.Text("faas.trigger") == "pubsub",
		receive: s.Kind == signal.Client && isReceive(s.Attrs),
		own:     b.resource(ownResource(s, resource)), peer: -1, sent: sentAt(s.Attrs),
	}
	if it.failed {
		it.line = b.intern(failureLine(s))
		it.outcome = outcomeOf(s, it.line)
	}
	it.ties = b.tiesOf(s, it.receive)
	peer := peerOf(s)
	if s.Kind == signal.Server && b.resources[it.own].Kind == signal.Function {
		peer = causeOf(s.Attrs)
	}
	if peer.Kind != "" {
		it.peer, it.vague = b.resource(peer), isVague(s, peer)
	}
	b.items = append(b.items, it)
}

func isReceive(a signal.Attrs) bool {
	switch a.First("messaging.operation.type", "messaging.operation", "messaging.operation.name") {
	case "receive", "process", "poll", "settle":
		return true
	}
	return false
}

// sentAt reads when a message was sent, in the forms brokers give it.
func sentAt(a signal.Attrs) signal.Time {
	s := a.First("messaging.message.timestamp", "messaging.kafka.message.timestamp", "messaging.aws.sqs.sent_timestamp", "aws.sqs.sent_timestamp", "aws.sns.timestamp")
	if s == "" {
		return 0
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && ms > 0 && ms < 1<<43 {
		return signal.Time(ms * int64(time.Millisecond))
	}
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return signal.TimeOf(at)
	}
	return 0
}

func (b *Builder) intern(s string) string {
	if k, ok := b.strings[s]; ok {
		return k
	}
	s = strings.Clone(s)
	b.strings[s] = s
	return s
}

// traceNumber numbers traces as they come; spans of one mostly come together.
func (b *Builder) traceNumber(id signal.TraceID) int32 {
	if n := len(b.items); n > 0 && b.traces[b.items[n-1].trace] == id {
		return b.items[n-1].trace
	}
	n, ok := b.traceAt[id]
	if !ok {
		n = int32(len(b.traces))
		b.traces = append(b.traces, id)
		b.traceAt[id] = n
	}
	return n
}

// key numbers a join key; it keeps no string of k's.
func (b *Builder) key(k signal.JoinKey) int32 {
	n, ok := b.keyAt[k]
	if !ok {
		k.Kind, k.Account, k.Region, k.Value = b.intern(k.Kind), b.intern(k.Account), b.intern(k.Region), strings.Clone(k.Value)
		n = int32(len(b.keys))
		b.keys = append(b.keys, k)
		b.keyAt[k] = n
	}
	return n
}

// mention numbers a resource that a record names; -1 when it names none.
func (b *Builder) mention(r signal.Resource) int {
	if r.Kind == "" {
		return -1
	}
	r.Kind = signal.ResourceKind(b.intern(string(r.Kind)))
	return b.resource(r)
}

func (b *Builder) resource(r signal.Resource) int {
	if i, ok := b.known[r]; ok {
		return i
	}
	r.Name, r.Account, r.Region = b.intern(r.Name), b.intern(r.Account), b.intern(r.Region)
	b.known[r] = len(b.resources)
	b.resources = append(b.resources, r)
	return len(b.resources) - 1
}

// canonical sorts items by what they say, so that no later step depends on the
// order of arrival, and drops second copies (same trace, id, kind and service).
func (b *Builder) canonical() []item {
	items := b.items
	slices.SortFunc(items, func(x, y item) int {
		if c := x.same(&y); c != 0 {
			return c
		}
		return b.compareCopies(&x, &y)
	})
	items = slices.CompactFunc(items, func(a, b item) bool { return a.same(&b) == 0 })
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.start, b.start) })
	return items
}

// compareCopies puts the copy of a span first that is to stay: the one that ended
// last, and of others any, but always the same.
func (b *Builder) compareCopies(x, y *item) int {
	place := func(resource int) int {
		if resource < 0 {
			return -1
		}
		return b.rank[resource]
	}
	return cmp.Or(cmp.Compare(y.end, x.end), cmp.Compare(x.start, y.start), bytes.Compare(x.parent[:], y.parent[:]),
		cmp.Compare(x.name, y.name), cmp.Compare(x.line, y.line), cmp.Compare(x.outcome, y.outcome), cmp.Compare(x.sent, y.sent), cmp.Compare(x.host, y.host),
		cmp.Compare(place(x.own), place(y.own)), cmp.Compare(place(x.peer), place(y.peer)), cmp.Compare(x.marks(), y.marks()), x.ties.compare(y.ties, place))
}

// marks are what is either so or not.
func (it *item) marks() int {
	return btoi(it.failed) + btoi(it.cold)<<1 + btoi(it.message)<<2 + btoi(it.receive)<<3 + btoi(it.vague)<<4
}

func (it *item) same(o *item) int {
	return cmp.Or(cmp.Compare(it.trace, o.trace), bytes.Compare(it.id[:], o.id[:]), cmp.Compare(it.kind, o.kind), cmp.Compare(it.service, o.service))
}
