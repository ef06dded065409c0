package signal

import "time"

// SpanKind is OpenTelemetry's span kind, with its numbers.
type SpanKind uint8

// The kinds of span.
const (
	KindUnset SpanKind = iota
	Internal
	Server
	Client
	Producer
	Consumer
)

var kindNames = [...]string{"unset", "internal", "server", "client", "producer", "consumer"}

func (k SpanKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unset"
}

// ParseSpanKind reads a kind's lower-case name; anything else is KindUnset.
func ParseSpanKind(s string) SpanKind {
	for i, n := range kindNames {
		if n == s {
			return SpanKind(i)
		}
	}
	return KindUnset
}

// StatusCode is OpenTelemetry's span status, with its numbers.
type StatusCode uint8

// The statuses of a span.
const (
	StatusUnset StatusCode = iota
	StatusOK
	StatusError
)

var statusNames = [...]string{"unset", "ok", "error"}

func (s StatusCode) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "unset"
}

// Status is how a span ended.
type Status struct {
	Code    StatusCode
	Message string
}

// Span is one timed operation. End 0 means it has not ended (yet).
type Span struct {
	Trace      TraceID
	ID, Parent SpanID
	Kind       SpanKind
	Status     Status
	Flags      uint32 // W3C trace flags and OTLP's remote bits
	Name       string
	TraceState string
	Start, End Time
	Attrs      Attrs
	Events     []Event
	Links      []Link
	Keys       []JoinKey
	Dropped    Dropped
}

// Dropped counts what the sender's SDK cut off before sending.
type Dropped struct{ Attrs, Events, Links uint32 }

// Duration returns End-Start, or 0 when the span has not ended or ends before
// it starts. Stores keep the times as told; readers decide.
func (s *Span) Duration() time.Duration {
	if s.End <= s.Start {
		return 0
	}
	return s.End.Sub(s.Start)
}

// Event is something that happened at one instant of a span.
type Event struct {
	At      Time
	Name    string
	Attrs   Attrs
	Dropped uint32
}

// Link points from a span to another span, often in another trace.
type Link struct {
	Trace      TraceID
	Span       SpanID
	Flags      uint32
	TraceState string
	Attrs      Attrs
	Dropped    uint32
}

// JoinKey is an id seen on both sides of a hop, such as an SNS message id.
type JoinKey struct{ Kind, Account, Region, Value string }
