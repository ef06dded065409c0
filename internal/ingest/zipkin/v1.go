package zipkin

import "clew/internal/signal"

// This file reads version 1: a span is what everybody noted about it, each note
// with the endpoint of who wrote it.

// The core annotations, in the order in which they happen to a call.
const (
	cs = iota // client send
	sr        // server receive
	ss        // server send
	cr        // client receive
	ms        // message send
	mr        // message receive
	cores
)

var coreNames = [cores]string{"cs", "sr", "ss", "cr", "ms", "mr"}

func coreOf(value string) int {
	if len(value) == 2 {
		for i, n := range coreNames {
			if n == value {
				return i
			}
		}
	}
	return -1
}

// story is what the notes and tags of one span of version 1 mean.
type story struct {
	has        [cores]bool
	at         [cores]signal.Time
	by         [cores]endpoint
	sa, ca, ma endpoint // addresses of the server, the client and the broker
	first      endpoint // of whoever wrote anything
	from, to   signal.Time
}

func (d *decoder) story() (w story) {
	meet := func(e endpoint) {
		if w.first == (endpoint{}) {
			w.first = e
		}
	}
	for _, n := range d.notes {
		meet(n.by)
		if w.from == 0 || n.at < w.from && n.at != 0 {
			w.from = n.at
		}
		w.to = max(w.to, n.at)
		if c := coreOf(n.value); c >= 0 && !w.has[c] {
			w.has[c], w.at[c], w.by[c] = true, n.at, n.by
		}
	}
	for _, t := range d.tags {
		if a := w.address(t); a != nil {
			*a = t.by
		} else {
			meet(t.by)
		}
	}
	return w
}

// address returns where the address in t belongs, or nil if t is a tag like any
// other. Addresses are booleans that are true.
func (w *story) address(t tag) *endpoint {
	if !t.value.Bool() {
		return nil
	}
	switch t.key {
	case "sa":
		return &w.sa
	case "ca":
		return &w.ca
	case "ma":
		return &w.ma
	}
	return nil
}

// addOne takes a span of version 1. It holds both halves of a call where a
// client and a server of different services wrote into it.
func (d *decoder) addOne(s *span) {
	w := d.story()
	client, server := w.has[cs] || w.has[cr], w.has[sr] || w.has[ss]
	switch {
	case client && server && w.clientBy().service != w.serverBy().service:
		d.half(*s, &w, signal.Client)
		s.stamp, s.took = 0, 0 // were the client's
		d.half(*s, &w, signal.Server)
	case client && server:
		s.local, s.remote = w.clientBy(), w.sa
		d.whole(s, &w, signal.Internal, w.from, w.to)
	case client:
		s.local, s.remote = w.clientBy(), w.sa
		d.whole(s, &w, signal.Client, w.at[cs], w.at[cr])
	case server:
		s.local, s.remote = w.serverBy(), w.ca
		d.whole(s, &w, signal.Server, w.at[sr], w.at[ss])
	case w.has[ms]:
		s.local, s.remote = w.by[ms], w.ma
		d.whole(s, &w, signal.Producer, w.at[ms], d.wired("ws"))
	case w.has[mr]:
		s.local, s.remote = w.by[mr], w.ma
		if from := d.wired("wr"); from != 0 {
			d.whole(s, &w, signal.Consumer, from, w.at[mr])
		} else {
			d.whole(s, &w, signal.Consumer, w.at[mr], 0)
		}
	default:
		d.vague(s, &w)
	}
}

// wired returns when a message was on the wire, by the note "ws" or "wr": the end
// of sending it, and the begin of receiving it.
func (d *decoder) wired(value string) signal.Time {
	for _, n := range d.notes {
		if n.value == value {
			return n.at
		}
	}
	return 0
}

// isEdge reports whether a note says no more than a span's kind and times do.
func isEdge(value string, kind signal.SpanKind) bool {
	return coreOf(value) >= 0 || kind == signal.Producer && value == "ws" || kind == signal.Consumer && value == "wr"
}

// vague takes a span that nobody sent or received; an address tells which side of
// a call it is all the same.
func (d *decoder) vague(s *span, w *story) {
	s.local = w.first
	kind := signal.Internal
	switch none := (endpoint{}); {
	case w.sa != none:
		s.remote, kind = w.sa, signal.Client
	case w.ca != none:
		s.remote, kind = w.ca, signal.Server
	case w.ma != none:
		s.remote = w.ma
	}
	d.whole(s, w, kind, w.from, 0)
}

func (w *story) clientBy() endpoint { return w.either(cs, cr) }
func (w *story) serverBy() endpoint { return w.either(sr, ss) }

func (w *story) either(a, b int) endpoint {
	if w.by[a] != (endpoint{}) {
		return w.by[a]
	}
	return w.by[b]
}

// whole takes s with all notes and tags.
func (d *decoder) whole(s *span, w *story, kind signal.SpanKind, from, to signal.Time) {
	d.told(s, w, kind, from, to, func(endpoint) bool { return true })
}

// half takes one half of a call. Notes and tags belong to the server where its
// service wrote them, and to the client otherwise.
func (d *decoder) half(s span, w *story, kind signal.SpanKind) {
	server := w.serverBy()
	if kind == signal.Client {
		s.local, s.remote = w.clientBy(), server
		d.told(&s, w, kind, w.at[cs], w.at[cr], func(e endpoint) bool { return e.service != server.service })
		return
	}
	s.local, s.remote = server, w.clientBy()
	d.told(&s, w, kind, w.at[sr], w.at[ss], func(e endpoint) bool { return e.service == server.service })
}

// told takes s as kind, from when to when its core annotations say unless it says
// so itself, with the notes and tags of those that mine accepts.
func (d *decoder) told(s *span, w *story, kind signal.SpanKind, from, to signal.Time, mine func(endpoint) bool) {
	s.Kind = kind
	s.Start, s.End = s.stamp, 0
	switch {
	case s.Start != 0:
	case from != 0:
		s.Start = from
	default:
		s.Start = w.from
	}
	if s.End = endOf(s); to > s.Start && s.took == 0 {
		s.End = to
	}
	for _, n := range d.notes {
		if !isEdge(n.value, kind) && mine(n.by) {
			s.Events = d.arena.Events.Push(s.Events, signal.Event{At: n.at, Name: n.value})
		}
	}
	for _, t := range d.tags {
		if w.address(t) == nil && mine(t.by) && !(t.key == "lc" && t.value.Text() == "") {
			s.Attrs = d.arena.Attrs.Push(s.Attrs, signal.Attr{Key: t.key, Value: t.value})
		}
	}
	d.push(s)
}
