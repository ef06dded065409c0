// Package issue tells which faults a transaction holds, as occurrences of issues:
// one file a type of issue, and fingerprint.go for what makes two occurrences the
// same issue. It is pure: no I/O, no clock, no memory of other transactions but
// what it is handed. Keeping issues and their states is meta's, finding the
// transactions worth a look is weave's.
package issue

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"clew/internal/signal"
)

// Type says what sort of fault an issue is.
type Type string

// The types, worst first where two describe one failure.
const (
	OOM        Type = "oom"
	Timeout    Type = "timeout"
	Crash      Type = "crash"
	Throttle   Type = "throttle"
	Loop       Type = "loop"           // a message that came round for the third time
	Poison     Type = "poison-message" // one message that failed at least three attempts
	Partial    Type = "partial-batch"
	Error      Type = "error"
	AsyncDrop  Type = "async-drop" // sent, accepted, and never run
	Silent     Type = "silent"     // said it was well when it was not
	Slow       Type = "slow"       // a resource against its own earlier durations
	ColdStarts Type = "cold-starts"
)

// Types lists every type.
var Types = [...]Type{OOM, Timeout, Crash, Throttle, Loop, Poison, Partial, Error, AsyncDrop, Silent, Slow, ColdStarts}

// State is what people, or a new occurrence, made of an issue.
type State string

// The states. An ignored issue is open again once its time is over; a resolved one
// that occurs again is regressed.
const (
	Open      State = "open"
	Ignored   State = "ignored"
	Resolved  State = "resolved"
	Regressed State = "regressed"
)

// States lists every state.
var States = [...]State{Open, Ignored, Resolved, Regressed}

// ID names an issue: what all its occurrences have in common, hashed.
type ID [8]byte

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// ParseID reads the 16 hex digits that String writes.
func ParseID(s string) (id ID, err error) {
	if len(s) != 2*len(id) {
		return id, fmt.Errorf("issue: %q is not an id: give 16 hex digits", s)
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return id, fmt.Errorf("issue: %q is not an id: give 16 hex digits", s)
	}
	return id, nil
}

// Occurrence is one time that an issue showed: at one row of one transaction.
type Occurrence struct {
	ID       ID
	Type     Type
	Title    string // of the issue, e.g. "KeyError: 'user' in Post Analysis"
	Resource signal.Resource
	Version  string // of the code that ran; "" where nobody said

	At          signal.Time
	Transaction signal.TraceID
	Trace       signal.TraceID // of the row: the transaction may have several
	Span        signal.SpanID
	Row         int           // of the transaction as it was then
	Times       int           // how many rows of the transaction show it
	Duration    time.Duration // of the row
	Error       string        // what this one said, in one line
	Stack       string
	User        string // whom it hit, hashed; "" where nobody said
	Cause       *Cause // nil: none was found
	Values      []Value
	Shared      bool // by all messages of a batch: each of their stories has it; not kept
}

// Story is all that was found in one transaction, which replaces what was found
// in any of its traces before. No occurrence is something to say, too.
type Story struct {
	Tenant      signal.Tenant
	ID          signal.TraceID
	Traces      []signal.TraceID // ID among them
	Occurrences []Occurrence
}

// Cause is where the root cause of an occurrence lies.
type Cause struct {
	Headline string
	Resource signal.Resource
	Hops     int `json:"-"` // crossings from it to the failure; not kept
}

// Value is one field of the payload an occurrence was given.
type Value struct{ Path, Text string }

// Issue is a fault seen many times, over some range of time.
type Issue struct {
	ID          ID
	Type        Type
	Title       string
	Resource    signal.Resource
	State       State
	Until       signal.Time // end of being ignored; 0: for good
	Count       int         // occurrences in the range
	Total       int         // occurrences ever
	Users       int         // different users among those kept
	First, Last signal.Time // ever
	Version     string      // that brought it
	LastVersion string      // it was seen in last
	Latest      signal.TraceID
	Spark       []int   // Count over equal parts of the range
	Causes      []Tally // by count, most first
}

// Settle opens an ignored issue whose time is over.
func (i *Issue) Settle(now signal.Time) {
	if i.State == Ignored && i.Until != 0 && i.Until <= now {
		i.State, i.Until = Open, 0
	}
}

// Tally is how many occurrences have one root cause.
type Tally struct {
	Cause
	Count int
}

// Detail is all that is known of one issue.
type Detail struct {
	Issue
	Occurrences []Occurrence // those kept, newest first
	Oldest      *Occurrence  // samples among those kept; nil without any
	Newest      *Occurrence
	Slowest     *Occurrence
	Stack       string // of the newest kept occurrence that has one
	Common      []Common
	Timeline    []Point
}

// Common is a value that many of the kept occurrences were given.
type Common struct {
	Value
	Count int
}

// Point is how often an issue occurred in one version from At on.
type Point struct {
	At      signal.Time
	Count   int
	Version string
}

// ErrNotFound is returned for issues that are not there.
var ErrNotFound = errors.New("issue: not found")
