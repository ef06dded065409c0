// Package cause says, of a finished transaction, which hop went bad first: it
// walks from the visible failure back along calls, messages and the values in
// captured payloads, ranks what it finds and keeps the evidence. It also lists
// failures that nobody saw. It is pure: the same rows in any order give the same
// Report. It does not decide what failed (transaction does) and keeps nothing.
package cause

import (
	"cmp"
	"slices"

	"clew/internal/transaction"
)

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

// Find explains t by what e gathered of the same rows. It changes neither; e may
// be nil.
func Find(t *transaction.Transaction, e *Evidence) *Report {
	if e == nil {
		e = &Evidence{}
	}
	f := newFinder(t, e)
	r := &Report{Silent: f.silent()}
	if failure := f.visible(r.Silent); failure >= 0 {
		r.Cause = f.conclude(failure)
	}
	return r
}

func newFinder(t *transaction.Transaction, e *Evidence) *finder {
	return &finder{index: newIndex(t, e), busy: map[int]bool{}, done: map[int][]found{}, said: map[string][]mention{}}
}

// visible is the row of the failure to explain: what the transaction failed of,
// else a silent failure that reached somebody; -1 without one.
func (f *finder) visible(silent []Silent) int {
	if f.t.Failure >= 0 {
		return f.t.Failure
	}
	row := -1
	for _, s := range silent {
		switch {
		case s.Kind == ErrorBody && s.Row == f.t.Entry:
			return s.Row
		case s.Kind == PartialBatch && row < 0:
			row = s.Row
		}
	}
	return row
}

// conclude makes the best candidate the cause.
func (f *finder) conclude(failure int) *Cause {
	list := f.explain(f.stay[failure])
	if len(list) == 0 {
		list = []found{f.self(f.stay[failure], nil, nil)}
	}
	first := &list[0]
	c := &Cause{
		Row: first.row, Failure: failure, Confidence: first.confidence(), Evidence: first.notes, Values: first.values,
	}
	c.Rows = slices.Clone(first.chain)
	slices.Reverse(c.Rows)
	c.Rows = slices.Compact(c.Rows)
	if f.stay[c.Row] == f.stay[failure] { // it went out and came back
		c.Rows = slices.Compact([]int{c.Row, failure})
	}
	c.Nodes = f.nodesOf(c.Rows)
	c.Hops = len(c.Nodes) - 1
	c.Headline = f.headline(first, c.Nodes, c.Rows)
	c.Evidence = f.withFailure(c)
	for _, o := range append(list[1:], f.unrelated(list)...) {
		if len(c.Others) < maxOthers && o.row != c.Row {
			c.Others = append(c.Others, Candidate{o.row, o.text, o.confidence()})
		}
	}
	return c
}

const maxOthers = 10

// confidence says how sure a candidate is; high needs evidence that connects.
func (c *found) confidence() Confidence {
	switch {
	case c.score >= 0.6 && c.linked:
		return High
	case c.score >= 0.4:
		return Medium
	}
	return Low
}

// unrelated are the causes of other failures of the story that list does not tell.
func (f *finder) unrelated(list []found) (out []found) {
	told := map[int]bool{}
	for _, c := range list {
		for _, r := range c.chain {
			told[f.stay[r]] = true
		}
	}
	tried := 0
	for _, r := range f.failing {
		s := f.stay[r]
		if told[s] || tried >= maxOthers {
			continue
		}
		told[s] = true
		tried++
		if subs := f.explain(s); len(subs) > 0 && f.failed(s) {
			for _, x := range subs[0].chain {
				told[f.stay[x]] = true
			}
			subs[0].score = min(subs[0].score, 0.2)
			out = append(out, subs[0])
		}
	}
	return best(out)
}

// withFailure adds what the visible failure said and puts the notes in the order
// of the path.
func (f *finder) withFailure(c *Cause) []Note {
	said := Note{c.Failure, short(f.lastWords(c.Failure, f.texts(f.stay[c.Failure])))}
	var out []Note
	for _, n := range append(c.Evidence, said) {
		if !slices.Contains(out, n) && n.Text != "" {
			out = append(out, n)
		}
	}
	place := map[int]int{} // of stays on the path
	for i, r := range c.Rows {
		if _, ok := place[f.stay[r]]; !ok {
			place[f.stay[r]] = i
		}
	}
	slices.SortStableFunc(out, func(a, b Note) int { return cmp.Compare(place[f.stay[a.Row]], place[f.stay[b.Row]]) })
	return out
}

// nodesOf are the nodes that rows lead through, and what lay between a topic and
// who took its messages from a queue.
func (f *finder) nodesOf(rows []int) (nodes []int) {
	for _, r := range rows {
		n := f.t.Rows[r].Node
		if len(nodes) > 0 {
			last := nodes[len(nodes)-1]
			if last == n {
				continue
			}
			if between := f.between(last, n); f.t.Rows[r].Flags&transaction.FlagAsync != 0 && between >= 0 {
				nodes = append(nodes, between)
			}
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// between is the node through which messages went from a to b, where no edge leads
// there straight; -1 for none.
func (f *finder) between(a, b int) int {
	var after []int
	for _, e := range f.t.Edges {
		if e.From == a && e.Async {
			if e.To == b {
				return -1
			}
			after = append(after, e.To)
		}
	}
	for _, e := range f.t.Edges {
		if e.To == b && e.Async && slices.Contains(after, e.From) {
			return e.From
		}
	}
	return -1
}
