package api

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"clew/internal/transaction"
	"clew/internal/transaction/bill"
	"clew/internal/transaction/cause"
)

// This file says what was found out about a transaction in the shapes of
// wire_story.go, within bounds: a page shows no more, and what is left out is said.

// The bounds of an answer, in entries.
const (
	maxSegments = 1000
	maxIdle     = 1000
	maxMessages = 1000
	maxItems    = 1000
	maxUnknown  = 100
)

// tell analyses t, of which e was gathered.
func (t *telling) tell(e *cause.Evidence) Story {
	s := Story{Traces: t.traces()}
	report := cause.Find(t.Transaction, e)
	s.Cause = wireCause(report.Cause)
	for _, f := range report.Silent {
		s.Silent = append(s.Silent, Silent{Row: f.Row, Kind: string(f.Kind), Text: f.Text})
	}
	cut := func(n int, what string) {
		if n > 0 {
			s.Cut = append(s.Cut, fmt.Sprintf("%d %s", n, what))
		}
	}
	segments, short := shorten(t.Critical(), maxSegments)
	for _, c := range segments {
		s.Critical = append(s.Critical, Segment{Row: c.Row, FromNS: int64(c.From.Sub(t.T0)), ToNS: int64(c.To.Sub(t.T0)), Wait: c.Wait})
	}
	cut(short, "of the shortest stretches of the critical path are told as part of those before them")
	idle, less := longest(t.Transaction.Idle(), maxIdle, func(i *transaction.Idle) float64 { return float64(i.Idle) })
	for _, i := range idle {
		s.Idle = append(s.Idle, t.wireIdle(&i))
	}
	cut(less, "further runs waited, each for less time than those told")
	s.Messages, s.MessagesCut = wireMessages(t.Transaction)
	s.Cost = wireCost(t.bill, t.prices)
	return s
}

func (t *telling) traces() []string {
	ids := make([]string, len(t.Traces))
	for i, id := range t.Traces {
		ids[i] = id.String()
	}
	return ids
}

func wireCause(c *cause.Cause) *Cause {
	if c == nil {
		return nil
	}
	w := &Cause{
		Row: c.Row, Failure: c.Failure, Headline: c.Headline, Confidence: string(c.Confidence), Hops: c.Hops,
		Evidence: []Note{}, Rows: orEmpty(c.Rows), Nodes: orEmpty(c.Nodes),
	}
	for _, e := range c.Evidence {
		w.Evidence = append(w.Evidence, Note(e))
	}
	for _, o := range c.Others {
		w.Others = append(w.Others, Candidate{Row: o.Row, Text: o.Text, Confidence: string(o.Confidence)})
	}
	for _, v := range c.Values {
		w.Values = append(w.Values, Value(v))
	}
	return w
}

// orEmpty makes a list of what may be nil.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// shorten leaves at most about n segments, which still follow each other without
// gaps: the shortest become part of the one before. It says how many did.
func shorten(all []transaction.Segment, n int) ([]transaction.Segment, int) {
	if len(all) <= n {
		return all, 0
	}
	length := func(s *transaction.Segment) time.Duration { return s.To.Sub(s.From) }
	lengths := make([]time.Duration, len(all))
	for i := range all {
		lengths[i] = length(&all[i])
	}
	slices.Sort(lengths)
	least := lengths[len(all)-n]
	out := all[:1:1]
	for i := 1; i < len(all); i++ {
		if length(&all[i]) > least || length(&all[i]) == least && len(out)+len(all)-i <= n {
			out = append(out, all[i])
		} else {
			out[len(out)-1].To = all[i].To
		}
	}
	return out, len(all) - len(out)
}

// longest leaves the n largest of all, in their order, and says how many it left out.
func longest[T any](all []T, n int, size func(*T) float64) ([]T, int) {
	if len(all) <= n {
		return all, 0
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size(&all[b]), size(&all[a])) })
	order = order[:n]
	slices.Sort(order)
	out := make([]T, n)
	for i, o := range order {
		out[i] = all[o]
	}
	return out, len(all) - n
}

func (t *telling) wireIdle(i *transaction.Idle) Idle {
	w := Idle{Row: i.Row, BilledNS: int64(i.Billed), IdleNS: int64(i.Idle), By: []IdleBy{}}
	if told := t.bill.Run(i.Row).Billed; told > 0 {
		w.BilledNS = int64(told)
	}
	for _, by := range i.By {
		w.By = append(w.By, IdleBy{Node: by.Node, IdleNS: int64(by.Idle)})
	}
	return w
}

func wireMessages(t *transaction.Transaction) (out []Message, cut int) {
	all := t.Messages[:min(len(t.Messages), maxMessages)]
	for i := range all {
		m := &all[i]
		out = append(out, Message{
			Key: m.Key.Value, Kind: m.Key.Kind, Sender: m.Sender, Attempts: orEmpty(m.Attempts), Batch: m.Batch, DLQ: m.DLQ, Redriven: m.Redriven, Fate: string(m.Fate),
		})
	}
	return out, len(t.Messages) - len(all)
}

func wireCost(b *bill.Bill, prices string) *Cost {
	if len(b.Items) == 0 && len(b.Unknown) == 0 {
		return nil
	}
	w := &Cost{USD: b.USD, Prices: prices, Items: []CostItem{}, Notes: b.Notes}
	items, cut := longest(b.Items, maxItems, func(i *bill.Item) float64 { return i.USD })
	for _, i := range items {
		w.Items = append(w.Items, CostItem(i))
	}
	w.ItemsCut = cut
	at := map[bill.Unknown]int{}
	for _, u := range b.Unknown {
		kind := u
		kind.Row = 0
		if i, ok := at[kind]; ok {
			w.Unknown[i].Times++
		} else if len(w.Unknown) < maxUnknown {
			at[kind] = len(w.Unknown)
			w.Unknown = append(w.Unknown, Unpriced{Row: u.Row, Node: u.Node, What: u.What, Why: u.Why, Times: 1})
		}
	}
	return w
}

// priceNodes adds to nodes what each costs and how long it waited.
func (t *telling) priceNodes(nodes []Node) {
	for n, usd := range t.bill.Nodes(len(nodes)) {
		if usd >= 0 {
			nodes[n].USD = &usd
		}
	}
	for _, i := range t.Transaction.Idle() {
		nodes[t.Rows[i.Row].Node].IdleNS += int64(i.Idle)
	}
}
