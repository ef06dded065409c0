package story

import (
	"slices"
	"time"

	"clew/internal/signal"
	"clew/internal/store"
)

// edges are the traces next to one in a story.
type edges struct {
	up    []signal.TraceID // that set it off
	with  []signal.TraceID // that sent other messages of a batch that it sent to itself
	own   bool             // it did: it begins by itself
	down  []signal.TraceID // that it set off
	side  []signal.TraceID // that tell the same as it: halves, other tracers, other attempts
	maybe []signal.TraceID
	sent  []sent // that it was handed
	cut   bool   // there are more
}

// sent is one message, or call, and the other traces that sent it.
type sent struct {
	key signal.JoinKey
	by  []signal.TraceID
}

// A hop is looked for this long before and after a span that tells of it. Messages
// wait in queues, and in the queues of the dead: what they set off may come days
// later, and what sent them is looked for as far back when it is not near.
const (
	window     = 15 * time.Minute
	retries    = 6 * time.Hour // of a call that nobody waits for
	waiting    = 14 * 24 * time.Hour
	maxSenders = 16 // of one key; with more it is no id
)

// reach is how far a key reaches.
type reach struct {
	weak bool          // things that have nothing to do with each other may share it
	call bool          // one call, or one run of a function
	long time.Duration // how long what holds it may wait; 0: window
}

var reaches = map[string]reach{
	signal.KeySQSMessage: {long: waiting}, signal.KeySNSMessage: {long: waiting}, signal.KeyAzureMessage: {long: waiting}, signal.KeyPubSubMessage: {long: waiting},
	signal.KeyKinesisRecord: {long: waiting}, signal.KeyEvent: {long: waiting}, signal.KeyKafkaRecord: {long: waiting}, signal.KeyCloudEvent: {long: waiting}, signal.KeyExecution: {long: waiting, call: true},
	signal.KeyRequest: {call: true, long: retries}, signal.KeyGatewayRequest: {call: true}, signal.KeyEpsagonHeader: {call: true}, signal.KeyEpsagonEvent: {call: true}, signal.KeyStep: {call: true},
	signal.KeyDynamoDBItem: {weak: true}, signal.KeyS3Object: {weak: true}, signal.KeyXRayTrace: {weak: true},
}

// end is a holder of a key, and on which side of the hop it stands.
type end struct {
	store.Holder
	sends bool
}

// ends returns the holders of what k joins by, around a span at that time. Until all
// was asked ok is false.
func (s *search) ends(k signal.JoinKey, at signal.Time) (out []end, cut, ok bool) {
	kinds := []string{k.Kind}
	if k.Kind == signal.KeyStep || k.Kind == signal.KeyStepDone {
		kinds = []string{signal.KeyStep, signal.KeyStepDone}
	}
	r := reaches[kinds[0]]
	gather := func(before, after time.Duration) (senders bool) {
		out, cut, ok = nil, false, true
		for _, kind := range kinds {
			k.Kind = kind
			held, more, known := s.holders(store.Joint{Key: k}, at, before, after)
			ok, cut = ok && known, cut || more
			for _, h := range held {
				_, sends := k.Side(h.Kind)
				out = append(out, end{h, sends})
				senders = senders || sends
			}
		}
		return senders
	}
	before := window
	if r.call {
		before = max(window, r.long)
	}
	if senders := gather(before, max(window, r.long)); !senders && ok && before < r.long {
		gather(r.long, r.long)
	}
	return out, cut, ok
}

// tracesOf returns the traces of ends of one side, but not that of the span that asks.
func tracesOf(ends []end, sends bool, but signal.TraceID) (out []signal.TraceID) {
	var seen map[signal.TraceID]bool
	for _, e := range ends {
		switch {
		case e.sends != sends || e.Trace == but || e.Trace.IsZero() || seen[e.Trace]:
		case len(out) > 0 && e.Trace == out[len(out)-1]:
		default:
			if seen == nil {
				seen = map[signal.TraceID]bool{}
			}
			seen[e.Trace] = true
			out = append(out, e.Trace)
		}
	}
	return out
}

// next returns the edges of a trace, or nil until all that decides them is known.
func (s *search) next(k *known) *edges {
	if k.edges != nil {
		return k.edges
	}
	e, ok := &edges{side: k.half, maybe: k.maybe}, true
	linked := map[signal.TraceID]bool{}
	if k.there {
		held, cut, known := s.holders(store.Joint{To: k.Trace}, k.First, window, k.Last.Sub(k.First)+waiting)
		ok, e.cut = known, cut
		for _, h := range held {
			if h.Trace != k.Trace && !linked[h.Trace] {
				linked[h.Trace] = true
				e.down = append(e.down, h.Trace)
			}
		}
	}
	if k.there {
		rooted, known := s.rooted(k)
		ok = ok && known
		add(&e.side, rooted...)
	}
	for i := range k.Tied {
		if !s.follow(k, &k.Tied[i], e) || !s.root(k, &k.Tied[i], e) {
			ok = false
		}
	}
	if !ok && !s.enough {
		return nil
	}
	k.edges = e
	return e
}

// follow adds to e where a span leads. It returns false until that is known.
func (s *search) follow(k *known, t *store.Tied, e *edges) bool {
	up := len(e.up)
	ok, own := s.followAll(k, t, e)
	if own {
		e.own = true
		add(&e.with, e.up[up:]...)
		e.up = e.up[:up]
	}
	return ok
}

// followAll also reports whether the span was handed a batch with something that its
// own trace sent.
func (s *search) followAll(k *known, t *store.Tied, e *edges) (ok, own bool) {
	own = len(t.Links) > 1 && slices.ContainsFunc(t.Links, func(l signal.Link) bool { return l.Trace == k.Trace })
	for _, l := range t.Links {
		if l.Trace != k.Trace && !l.Trace.IsZero() {
			add(&e.up, l.Trace)
		}
	}
	joined, one := false, messages(t.Keys) < 2
	ok = true
	for _, key := range t.Keys {
		r := reachOf(key)
		if r.weak {
			continue
		}
		ends, cut, known := s.ends(key, t.At)
		if !known {
			ok = false
			continue
		}
		e.cut = e.cut || cut
		_, sends := key.Side(t.Kind)
		senders := tracesOf(ends, true, k.Trace)
		if len(senders) > maxSenders {
			add(&e.maybe, senders[:maxSenders]...)
			continue
		}
		joined = joined || slices.ContainsFunc(ends, func(o end) bool { return o.sends != sends })
		if !sends {
			own = own || !one && slices.ContainsFunc(ends, func(o end) bool { return o.sends && o.Trace == k.Trace })
			key.Kind, _ = key.Side(t.Kind)
			e.sent = append(e.sent, sent{key, senders})
		}
		switch {
		case sends:
			add(&e.side, senders...)
			add(&e.down, tracesOf(ends, false, k.Trace)...)
		case r.call:
			add(&e.up, senders...)
			add(&e.side, tracesOf(ends, false, k.Trace)...)
		default:
			add(&e.up, senders...)
			if len(senders) == 0 && one {
				ok = s.others(k, ends, e) && ok
			}
		}
	}
	if !ok || joined && !sendsAny(t) {
		return ok, own
	}
	for _, key := range t.Keys {
		if reachOf(key).weak && !s.guess(k, t, key, e) {
			ok = false
		}
	}
	return ok, own
}

// rooted returns the traces with spans that say that k is the X-Ray trace they are of:
// it is told by another tracer, or by X-Ray itself. That is more than a weak key says,
// but a root that many traces name is one that somebody failed to renew.
func (s *search) rooted(k *known) (out []signal.TraceID, ok bool) {
	key := store.Joint{Key: signal.JoinKey{Kind: signal.KeyXRayTrace, Value: k.Trace.String()}}
	held, _, ok := s.holders(key, k.First, window, k.Last.Sub(k.First)+window)
	for _, h := range held {
		if h.Trace == k.Trace || h.Trace.IsZero() {
			continue
		}
		t, known := s.tied(end{Holder: h})
		ok = ok && known
		if t != nil && len(rootsOf(t)) == 1 {
			add(&out, h.Trace)
		}
		if len(out) > maxSenders {
			return nil, ok
		}
	}
	return out, ok
}

// root adds to e the X-Ray trace that a span says it is of.
func (s *search) root(k *known, t *store.Tied, e *edges) bool {
	roots := rootsOf(t)
	if len(roots) != 1 || roots[0] == k.Trace {
		return true
	}
	o := s.load(roots[0])
	if o == nil || !o.there {
		return o != nil
	}
	rooted, ok := s.rooted(o)
	if slices.Contains(rooted, k.Trace) {
		add(&e.side, o.Trace)
	}
	return ok
}

// rootsOf returns the X-Ray traces that a span names: one for each record of a batch.
func rootsOf(t *store.Tied) (out []signal.TraceID) {
	for _, key := range t.Keys {
		if id, err := signal.ParseTraceID(key.Value); key.Kind == signal.KeyXRayTrace && err == nil {
			add(&out, id)
		}
	}
	return out
}

// others adds to e the other attempts at the only message of a span, which nobody is
// known to have sent. Of those that were handed it in a batch nobody can tell what
// else they are part of.
func (s *search) others(k *known, ends []end, e *edges) bool {
	ok := true
	for _, o := range ends {
		if o.Trace == k.Trace || o.Trace.IsZero() {
			continue
		}
		t, known := s.tied(o)
		ok = ok && known
		if t != nil && messages(t.Keys) < 2 {
			add(&e.side, o.Trace)
		}
	}
	return ok
}

// tied returns the span at o, or nil; ok is false until its trace was read.
func (s *search) tied(o end) (t *store.Tied, ok bool) {
	k := s.load(o.Trace)
	if k == nil {
		return nil, false
	}
	for i := range k.Tied {
		if t := &k.Tied[i]; t.Span == o.Span && t.Kind == o.Kind && t.At == o.At {
			return t, true
		}
	}
	return nil, true
}

// guess adds to e where a weak key leads: to the only sender of what nothing else
// says where it came from, and back from there.
func (s *search) guess(k *known, t *store.Tied, key signal.JoinKey, e *edges) bool {
	ends, _, ok := s.ends(key, t.At)
	if !ok {
		return false
	}
	_, sends := key.Side(t.Kind)
	senders := tracesOf(ends, true, signal.TraceID{})
	switch {
	case !sends && len(senders) == 1:
		add(&e.up, tracesOf(ends, true, k.Trace)...)
	case !sends:
		add(&e.maybe, senders[:min(len(senders), maxSenders)]...)
	case len(senders) == 1:
		for _, o := range ends {
			if o.sends || o.Trace == k.Trace || o.Trace.IsZero() {
				continue
			}
			strong, known := s.joinedElsewhere(o)
			ok = ok && known
			if known && !strong {
				add(&e.down, o.Trace)
			}
		}
	}
	return ok
}

// joinedElsewhere reports whether a strong key says what set off the receiver at o.
func (s *search) joinedElsewhere(o end) (strong, ok bool) {
	t, ok := s.tied(o)
	if t == nil {
		return false, ok
	}
	for _, key := range t.Keys {
		if reachOf(key).weak {
			continue
		}
		ends, _, known := s.ends(key, t.At)
		ok = ok && known
		strong = strong || slices.ContainsFunc(ends, func(e end) bool { return e.sends })
	}
	return strong, ok
}

func reachOf(k signal.JoinKey) reach {
	kind, _ := k.Side(signal.Server)
	return reaches[kind]
}

func sendsAny(t *store.Tied) bool {
	return slices.ContainsFunc(t.Keys, func(k signal.JoinKey) bool { _, sends := k.Side(t.Kind); return sends })
}

// messages counts the messages that keys tell of: those of the kind with most.
func messages(keys []signal.JoinKey) (most int) {
	count := map[string]int{}
	for _, k := range keys {
		if r := reachOf(k); !r.weak && !r.call {
			count[k.Kind]++
			most = max(most, count[k.Kind])
		}
	}
	return most
}

// add appends those of ids that are not there yet. No id comes twice in ids.
func add(to *[]signal.TraceID, ids ...signal.TraceID) {
	if len(*to) == 0 && len(ids) > 1 {
		*to = slices.Clone(ids) // which are all different
		return
	}
	for _, id := range ids {
		if !slices.Contains(*to, id) {
			*to = append(*to, id)
		}
	}
}
