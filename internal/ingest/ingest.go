// Package ingest is the one door through which telemetry enters, whatever
// protocol it speaks: it checks the token, bounds and inflates the body, has the
// protocol decode it, runs the rules that hold for every protocol, appends the
// batch to the store, counts, and answers as that protocol's client expects. It
// knows no protocol itself (each has its folder and is a Receiver), it never
// answers "taken" before the store has made the rows durable, and it does
// nothing clever: what a transaction is, is worked out after the reply.
package ingest

import (
	"bufio"
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

	Sockets []Socket // its conventional addresses, besides the main port
	Line    *Line    // how its spans stand in log lines; nil: they do not
}

// Route is one endpoint: how bytes become a batch, and the answer its client
// expects.
type Route struct {
	Path   string
	Method string      // the only method taken; empty is POST
	GRPC   bool        // a unary gRPC method: Path is /package.Service/Method
	Signal signal.Type // what it mostly carries: the label of request metrics

	// Public routes need no token: their clients send none, and what they answer
	// is no secret.
	Public bool

	// Unretried says that the clients of this route never send again what was
	// refused. They are not asked to: the door waits for room itself, then drops
	// the request, counts it, and answers as if it had been taken.
	Unretried bool

	// TokenInURL says that some clients of this route can set nothing but a URL:
	// its query parameter "token" counts where no header carries one.
	TokenInURL bool

	// Resent says that the clients of this route send again, for ever, what was
	// refused for whatever reason. What can never be taken, broken or too large, is
	// dropped, counted, and answered as if it had been taken: it would come back
	// until the client ends, and hold up everything behind it. Some of these clients
	// lose what was refused all the same, so the door waits for room for them, too.
	Resent bool

	// Media lists the media types taken, without parameters. A request without a
	// Content-Type counts as the first. Empty takes everything. gRPC ignores it.
	Media []string

	// Decode appends what body says to b. It is pure: no clock, no I/O. What it
	// puts into b may point into body and be cut from h.Arena. A part that cannot be taken is noted with
	// b.Refuse; an error refuses the request as a whole (400, or what a *Fault says).
	Decode func(b *signal.Batch, body []byte, h Header) error

	// Open, instead of Decode, is for gRPC methods that a client streams to: it
	// makes the Decode of one call's messages, which may remember what earlier
	// messages of the call said. The answer is a stream too: one message of Reply
	// for each, or none if Reply is nil.
	Open func() func(b *signal.Batch, message []byte, h Header) error

	// Reply makes the answer. For gRPC it is called on success only and Body is
	// the message: the door frames it and writes the status.
	Reply func(o Outcome, h Header) Answer
}

// Header is what a decoder may know of a request besides its body.
type Header struct {
	Media string // lower case, without parameters; empty for gRPC
	HTTP  http.Header
	Host  string // as the sender calls us
	Query url.Values
	Arena *Arena // memory for the batch; nil in tests of decoders, which make their own
	Body  []byte // the request, for Reply: a call's number may have to be repeated; nil before
}

// Rows returns the memory to cut rows from.
func (h Header) Rows() *Arena {
	if h.Arena == nil {
		return NewArena(0)
	}
	return h.Arena
}

// Socket is an address where a protocol's clients look for a server unless they
// are told otherwise. HTTP and gRPC sockets answer as the main port does; those
// with a Decode take datagrams or a stream of messages, which carry no token.
type Socket struct {
	Name    string // of the listener, e.g. "jaeger-compact"
	Network string // "tcp" or "udp"
	Port    int
	Signal  signal.Type // as Route's

	// Slash is the path that "/" means at an HTTP socket; empty is "/".
	Slash string

	// Decode is as Route's, of one datagram or one message. nil: HTTP and gRPC.
	Decode func(b *signal.Batch, message []byte, h Header) error

	// Split cuts the stream of a TCP socket into messages.
	Split bufio.SplitFunc

	// Reply is as Route's: Body goes back to the sender, unless it is empty or
	// the message came as a datagram. nil says nothing.
	Reply func(o Outcome, h Header) Answer
}

// Tokenless reports whether what arrives at s cannot carry a token.
func (s *Socket) Tokenless() bool { return s.Decode != nil }

// Line is a log line that carries spans: what a client prints where it cannot
// send.
type Line struct {
	Prefix string // what such a line begins with

	// Decode appends the spans in text, the line without its prefix and without
	// space around it, to b. After an error the line stays a log record.
	Decode func(b *signal.Batch, text string, h Header) error
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
