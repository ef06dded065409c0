// Package transaction turns the spans of the traces that belong together into
// the story a person reads: rows in tree order with repaired clocks, the graph of
// resources that took part, the lives of messages, the waits between, and the
// failure that showed. It is pure: no I/O, no clock, and the same spans in any
// order give the same Transaction. It does not decide what is stored and repairs
// for reading only.
package transaction

import (
	"time"

	"clew/internal/signal"
)

// Transaction is one story. Indices refer to its own slices.
type Transaction struct {
	ID       signal.TraceID   // of the trace its entry is in
	Traces   []signal.TraceID // whose spans it tells: ID first, then as their first rows stand
	T0, End  signal.Time      // first start and last end, corrected for reading
	Rows     []Row            // preorder: a parent before its children, siblings by start
	Services []string         // in the order their first rows stand
	Nodes    []Node           // in the order they were entered
	Edges    []Edge
	Messages []Message // in the order of their first attempts, those never delivered as they were sent
	Entry    int       // row of the span it began with; -1 without spans
	Failure  int       // row of the visible failure; -1 without one
	Outcome  Outcome
	Error    string // the visible failure in one line

	Spans, Errors, ColdStarts, Functions, Logs int
	ToUser                                     time.Duration
	QueueWait                                  time.Duration // while at least one message waited
	Notes                                      []string      // what was repaired
}

// Duration returns the time from the first start to the last end.
func (t *Transaction) Duration() time.Duration { return t.End.Sub(t.T0) }

// Row is one span, or the placeholder of a parent that never arrived.
type Row struct {
	ID      signal.SpanID
	Trace   int // index into Traces
	Name    string
	Error   string // one line, of failed spans
	Kind    signal.SpanKind
	Flags   Flags
	Parent  int // row; -1 for roots
	Size    int // rows of its subtree, itself included
	Service int
	Node    int
	Start   signal.Time // corrected for reading
	Dur     time.Duration
	Wait    time.Duration // how long its message waited
	Outcome Outcome
}

// Flags say what is special about a row.
type Flags uint16

// The flags of a row.
const (
	FlagError Flags = 1 << iota
	FlagOpen
	FlagCold
	FlagAsync
	FlagMissing
	FlagShifted
	FlagTimeout
	FlagShared    // of a batch, and of none of its messages alone
	FlagAmbiguous // joined by what others say alike, or not joined because of that
	FlagAttempt   // a further attempt at what was tried before
	FlagTwin      // tells once more what another tracer's row tells
)

// Node is a resource that took part.
type Node struct {
	signal.Resource
	Instrumented bool
	Service      int // -1 when not instrumented
	Calls        int // times it was entered
	Errors       int // failed entries
	Busy         time.Duration
	Cold         bool
	Async        bool // first entered by a message
	Outcome      Outcome
	Error        string
	Row          int // its first row
	Laps         int // times that one path enters it by messages, where that is more than once
}

// Edge is what went from one node to another. A message that is delivered again
// after a failure is one message tried more than once: its wait is the one before
// the first attempt.
type Edge struct {
	From, To int
	Async    bool
	Calls    int
	Errors   int
	Total    time.Duration
	Wait     time.Duration // of messages before their first attempts, summed
	Retries  int           // calls that were further attempts
	Attempts int           // at the message tried most; 0 without retries
	LastWait time.Duration // of that message, from sent to its last attempt
	Laps     int           // times that one path goes over it, where that is more than once
}

// Build gives the story of what was added. The builder must not be used again.
func (b *Builder) Build() *Transaction {
	t := &Transaction{Entry: -1, Failure: -1, Outcome: OK, Logs: b.logs}
	if len(b.items) == 0 {
		return t
	}
	b.mergeTraces()
	b.mergeKeys()
	b.mergeResources()
	items := b.only(b.canonical())
	tree := newTree(items, b)
	tree.correctClocks()
	tree.order()
	tree.stays()
	t.fill(tree, b.traces)
	g := newGraph(t, tree, b.resources)
	g.build()
	t.conclude(tree)
	t.Notes = tree.notes(t.Services)
	return t
}

// fill makes the rows in preorder and the lists of services and traces.
func (t *Transaction) fill(tree *tree, traces []signal.TraceID) {
	t.T0, t.End = tree.bounds()
	t.Rows = make([]Row, len(tree.preorder))
	service := map[string]int{}
	place := make([]int, len(traces)) // 1 + index into t.Traces
	for r, n := range tree.preorder {
		trace := tree.items[n].trace
		if place[trace] == 0 {
			t.Traces = append(t.Traces, traces[trace])
			place[trace] = len(t.Traces)
		}
		s, ok := service[tree.items[n].service]
		if !ok {
			s = len(t.Services)
			service[tree.items[n].service] = s
			t.Services = append(t.Services, tree.items[n].service)
		}
		t.Rows[r] = tree.row(n, r, t.End)
		t.Rows[r].Service, t.Rows[r].Trace = s, place[trace]-1
	}
	t.ID = t.Traces[0]
	for r := len(t.Rows) - 1; r >= 0; r-- {
		row := &t.Rows[r]
		row.Size++
		if row.Parent >= 0 {
			t.Rows[row.Parent].Size += row.Size
		}
		t.count(r)
	}
}

func (t *Transaction) count(r int) {
	row := &t.Rows[r]
	if row.Flags&FlagMissing != 0 {
		return
	}
	t.Entry = r // rows are visited last to first
	t.Spans++
	if row.Flags&FlagError != 0 {
		t.Errors++
	}
	if row.Flags&FlagCold != 0 {
		t.ColdStarts++
	}
}

// conclude says how the transaction ended: by its entry's failure, else by the
// last function or consumer that failed where nobody could see it. A failure
// that its caller took well is not the transaction's.
func (t *Transaction) conclude(tree *tree) {
	for i := range t.Nodes {
		if t.Nodes[i].Kind == signal.Function {
			t.Functions++
		}
	}
	entry := &t.Rows[t.Entry]
	t.ToUser = entry.Dur
	if entry.Flags&FlagError != 0 {
		t.Failure = t.Entry
	} else {
		for r := range t.Rows {
			row := &t.Rows[r]
			failed := row.Flags&FlagError != 0 && tree.entered[r] && !tree.settled[r] &&
				(row.Kind == signal.Consumer || row.Flags&FlagAsync != 0 || t.Nodes[row.Node].Kind == signal.Function)
			if failed && (t.Failure < 0 || row.Start >= t.Rows[t.Failure].Start) {
				t.Failure = r
			}
		}
	}
	if t.Failure < 0 {
		for r := range t.Rows {
			if row := &t.Rows[r]; row.Outcome == Partial && !tree.settled[r] && (t.Failure < 0 || row.Start >= t.Rows[t.Failure].Start) {
				t.Failure = r
			}
		}
	}
	switch {
	case t.Failure >= 0:
		t.Outcome, t.Error = t.explain(t.Failure)
	case entry.Flags&FlagOpen != 0:
		t.Outcome = Running
	}
}

// explain describes the failure of row r. Where the row itself says no more than
// a status, the failed call below it that began last tells why.
func (t *Transaction) explain(r int) (Outcome, string) {
	outcome, line := t.Rows[r].Outcome, t.Rows[r].Error
	for isBland(t.Rows[r].Error) {
		cause := -1
		for c := r + 1; c < r+t.Rows[r].Size; c += t.Rows[c].Size {
			row := &t.Rows[c]
			if row.Flags&FlagError != 0 && row.Flags&FlagAsync == 0 && (cause < 0 || row.Start >= t.Rows[cause].Start) {
				cause = c
			}
		}
		if cause < 0 {
			return outcome, line
		}
		r = cause
	}
	if outcome == Failed {
		outcome = t.Rows[r].Outcome
	}
	return outcome, t.Rows[r].Error
}
