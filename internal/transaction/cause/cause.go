// Package cause says, of a finished transaction, which hop went bad first: it
// walks from the visible failure back along calls, messages and the values in
// captured payloads, ranks what it finds and keeps the evidence. It also lists
// failures that nobody saw. It is pure: the same rows in any order give the same
// Report. It does not decide what failed (transaction does) and keeps nothing.
package cause

import "clew/internal/transaction"

// Report is what Find says of a transaction.
type Report struct {
	Cause  *Cause   // nil: nothing failed
	Silent []Silent // by row
}

// Confidence says how sure a cause is.
type Confidence string

// The confidences. High needs evidence that connects the cause with the failure.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Cause is the first bad hop and how it led to the visible failure.
type Cause struct {
	Row        int // the first bad hop
	Failure    int // row of the visible failure
	Headline   string
	Confidence Confidence
	Hops       int         // crossings between resources from the cause to the failure
	Evidence   []Note      // why, in the order of the story
	Rows       []int       // path from the cause to the failure, both included
	Nodes      []int       // the same as nodes, without repetition
	Others     []Candidate // ranked rest, best first
	Values     []Value     // where bad fields came from, from the failure upstream
}

// Note is one piece of evidence.
type Note struct {
	Row  int
	Text string
}

// Candidate is another row that may have been the cause.
type Candidate struct {
	Row        int
	Text       string
	Confidence Confidence
}

// Value says that a field of a payload came from another one. FromRow is -1
// where it is not known.
type Value struct {
	Row      int
	Role     string // event, response, request or message
	Path     string // "$.user"
	FromRow  int
	FromRole string
	FromPath string
	Missing  bool // the field is not there, rather than wrong
}

// Silent is a failure that nobody was told of.
type Silent struct {
	Row  int
	Kind SilentKind
	Text string
}

// SilentKind is a way to fail silently.
type SilentKind string

// The ways.
const (
	PartialBatch SilentKind = "partial-batch" // succeeded and handed messages back
	ErrorBody    SilentKind = "error-body"    // a good status with an error in its body
	Swallowed    SilentKind = "swallowed"     // a call or exception failed below what went well
	AsyncDrop    SilentKind = "async-drop"    // a message that nobody took
	Lost         SilentKind = "lost"          // fewer arrived than were sent
)

// Find explains t by what e gathered of the same rows. It changes neither.
func Find(t *transaction.Transaction, e *Evidence) *Report {
	r := &Report{}
	if t.Failure >= 0 {
		r.Cause = deepest(t)
	}
	return r
}
