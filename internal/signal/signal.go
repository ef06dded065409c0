// Package signal is Clew's vocabulary: the spans, log records and metric points
// that every room passes along, and the ids, times and values they are made of.
// It holds data and nothing else: no I/O, no clock, no knowledge of any wire
// format, and no import outside the standard library.
package signal

// Tenant names whose data a row is. Every row and every query carries one.
type Tenant string

// DefaultTenant owns what arrives without a token (loopback only).
const DefaultTenant Tenant = "default"

// Type tells the three signals apart.
type Type uint8

// The three signals.
const (
	Spans Type = iota
	Logs
	Points
)

// Types lists every signal, in storage order.
var Types = [...]Type{Spans, Logs, Points}

func (t Type) String() string {
	switch t {
	case Spans:
		return "spans"
	case Logs:
		return "logs"
	case Points:
		return "points"
	}
	return "unknown"
}

// Batch is what one request carried. Strings and byte slices may point into the
// request body: a batch and its body live and die together, so decoding copies
// nothing. Whoever keeps a piece beyond that life clones it.
type Batch struct {
	Tenant  Tenant
	Groups  []Group
	Refused []Refusal
}

// Group is what one resource said through one instrumentation scope. Groups of
// the same resource may share the Resource slice; nobody changes it in place.
type Group struct {
	Resource Attrs
	Scope    Scope
	Spans    []Span
	Logs     []Log
	Points   []Point
}

// Scope is the instrumentation library that produced a group.
type Scope struct {
	Name, Version string
	Attrs         Attrs
}

// Refusal says that part of a request was not taken, and why, in words the
// sender can act on.
type Refusal struct {
	Type   Type
	Count  int
	Reason string
}

// Len returns how many spans, logs and points b holds.
func (b *Batch) Len() (spans, logs, points int) {
	for i := range b.Groups {
		g := &b.Groups[i]
		spans += len(g.Spans)
		logs += len(g.Logs)
		points += len(g.Points)
	}
	return spans, logs, points
}

// Empty reports whether b holds no row at all.
func (b *Batch) Empty() bool {
	s, l, p := b.Len()
	return s+l+p == 0
}

// Refuse notes that n rows of type t were not taken.
func (b *Batch) Refuse(t Type, n int, reason string) {
	for i := range b.Refused {
		if r := &b.Refused[i]; r.Type == t && r.Reason == reason {
			r.Count += n
			return
		}
	}
	b.Refused = append(b.Refused, Refusal{Type: t, Count: n, Reason: reason})
}
