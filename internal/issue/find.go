package issue

import (
	"cmp"
	"slices"
	"strings"

	"clew/internal/signal"
	"clew/internal/transaction"
	"clew/internal/transaction/cause"
)

// found is a fault at one row, before it is an occurrence.
type found struct {
	typ      Type
	run      int // row of the run it is a fault of
	row      int // that shows it best
	resource signal.Resource
	title    string   // without the resource
	parts    []string // of the fingerprint
	stack    string
	itself   bool // it is its own root cause
}

// finders are all that there is to find in one transaction, in the order of Types.
var finders = []func(*scene) []found{
	outOfMemory, timeouts, crashes, throttles, loops, poisons, partials, failures, drops, silences,
}

// Find lists the occurrences in t, each issue once: at the first row that shows it.
// The same rows in any order give the same list.
func Find(t *transaction.Transaction, n *Notes, r *cause.Report) []Occurrence {
	if len(t.Rows) == 0 {
		return nil
	}
	s := newScene(t, n, r)
	var all []Occurrence
	for _, find := range finders {
		for _, f := range find(s) {
			o := s.occurrence(&f)
			at := slices.IndexFunc(all, func(x Occurrence) bool { return x.ID == o.ID })
			if at >= 0 { // a root cause is told of one of several attempts
				o.Cause = cmp.Or(o.Cause, all[at].Cause)
				all[at].Cause = o.Cause
			}
			switch {
			case at < 0:
				all = append(all, o)
			case o.At < all[at].At || o.At == all[at].At && o.Row < all[at].Row:
				o.Times = all[at].Times + 1
				all[at] = o
			default:
				all[at].Times++
			}
		}
	}
	slices.SortFunc(all, func(a, b Occurrence) int { return cmp.Or(cmp.Compare(a.At, b.At), slices.Compare(a.ID[:], b.ID[:])) })
	return all
}

func (s *scene) occurrence(f *found) Occurrence {
	row, note := &s.t.Rows[f.row], s.notes.of(s.t, f.run)
	o := Occurrence{
		ID: fingerprint(f.typ, f.resource, f.parts...), Type: f.typ, Title: f.title, Resource: f.resource, Version: note.version, Times: 1,
		At: s.t.Rows[f.run].Start, Transaction: s.t.ID, Trace: s.t.Traces[row.Trace], Span: row.ID, Row: f.row,
		Duration: s.t.Rows[f.run].Dur, Error: cmp.Or(row.Error, f.title), Stack: f.stack, User: s.notes.user, Cause: s.causeOf(f), Values: values(note.event),
		Shared: row.Flags&transaction.FlagShared != 0,
	}
	if name := f.resource.Name; name != "" && !strings.Contains(o.Title, name) {
		o.Title += " in " + name
	}
	return o
}

// causeOf is the root cause of f, where the transaction has one that f is part of.
func (s *scene) causeOf(f *found) *Cause {
	if f.itself {
		return &Cause{Headline: f.title, Resource: f.resource}
	}
	c := s.report.Cause
	if c == nil {
		return nil
	}
	on := s.run[c.Failure] == f.run || s.run[c.Row] == f.run
	for _, r := range c.Rows {
		on = on || s.run[r] == f.run
	}
	if !on {
		return nil
	}
	resource := s.t.Nodes[s.t.Rows[c.Row].Node].Resource
	if len(c.Nodes) > 0 {
		resource = s.t.Nodes[c.Nodes[0]].Resource
	}
	return &Cause{Headline: template(c.Headline), Resource: resource, Hops: c.Hops}
}
