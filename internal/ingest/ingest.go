// Package ingest is the one door through which telemetry enters, whatever
// protocol it speaks: it checks the token, bounds and inflates the body, has the
// protocol decode it, runs the rules that hold for every protocol, appends the
// batch to the store, counts, and answers as that protocol's client expects. It
// knows no protocol itself (each has its folder and is a Receiver), it never
// answers "taken" before the store has made the rows durable, and it does
// nothing clever: what a transaction is, is worked out after the reply.
package ingest

import (
	"net/http"
	"net/url"
	"time"

	"clew/internal/signal"
)

// Receiver is one protocol.
type Receiver struct {
	Name   string   // label of metrics and of what is stored, e.g. "otlp"
	Tokens []string // headers that may carry the token, besides Authorization
	Routes []Route
}

// Route is one endpoint: how bytes become a batch, and the answer its client
// expects.
type Route struct {
	Path   string
	Method string      // the only method taken; empty is POST
	GRPC   bool        // a unary gRPC method: Path is /package.Service/Method
	Signal signal.Type // what it mostly carries: the label of request metrics

	// Media lists the media types taken, without parameters. A request without a
	// Content-Type counts as the first. Empty takes everything. gRPC ignores it.
	Media []string

	// Decode appends what body says to b. It is pure: no clock, no I/O. What it
	// puts into b may point into body and be cut from h.Arena. A part that cannot be taken is noted with
	// b.Refuse; an error refuses the request as a whole (400, or what a *Fault says).
	Decode func(b *signal.Batch, body []byte, h Header) error

	// Reply makes the answer. For gRPC it is called on success only and Body is
	// the message: the door frames it and writes the status.
	Reply func(o Outcome, h Header) Answer
}

// Header is what a decoder may know of a request besides its body.
type Header struct {
	Media string // lower case, without parameters; empty for gRPC
	HTTP  http.Header
	Query url.Values
	Arena *Arena // memory for the batch; nil in tests of decoders, which make their own
}

// Outcome is how a request ended.
type Outcome struct {
	Fault   *Fault           // nil: what was not refused in part is durable
	Refused []signal.Refusal // parts not taken
}

// Answer is what goes back to the client.
type Answer struct {
	Status int // 0 is 200, or the fault's status
	Media  string
	Body   []byte
	Header [][2]string // further headers
}

// Fault is why a request was refused as a whole.
type Fault struct {
	Status     int           // HTTP status; gRPC's code follows from it
	Reason     string        // for the sender: what to do about it
	RetryAfter time.Duration // 0: do not ask for a retry
	Err        error         // the cause, for our own log; nil when it is the sender's fault
}

func (f *Fault) Error() string { return f.Reason }

func (f *Fault) Unwrap() error { return f.Err }
