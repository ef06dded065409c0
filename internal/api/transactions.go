package api

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/story"
	"clew/internal/transaction"
	"clew/internal/transaction/bill"
)

type listInput struct {
	Q      string `query:"q" doc:"query text; empty matches everything" example:"service:checkout dur>1s"`
	From   string `query:"from" doc:"RFC 3339, unix time or now-15m; the last hour when absent"`
	To     string `query:"to" doc:"as from; open when absent"`
	Limit  string `query:"limit" doc:"1 to 500, 50 when absent"`
	Cursor string `query:"cursor" doc:"next of the page before"`
}

const (
	defaultLimit = 50
	maxLimit     = 500
)

func parseLimit(s string) (int, error) {
	if s == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxLimit {
		return 0, fmt.Errorf("api: limit is a number from 1 to %d, not %q", maxLimit, s)
	}
	return n, nil
}

func (a *API) listTransactions(ctx context.Context, in *listInput) (*body[TransactionList], error) {
	begin := a.Now()
	l, err := a.newListing(ctx, in)
	if err != nil {
		return nil, badRequest(err)
	}
	out := &body[TransactionList]{Body: TransactionList{Transactions: []TransactionRow{}}}
	list := &out.Body
	if err := l.run(ctx); err != nil {
		return nil, a.failed(ctx, "list transactions", err)
	}
	for _, f := range l.found {
		list.Transactions = append(list.Transactions, f.row)
	}
	list.Next, list.Partial = l.next(), l.partial
	if len(l.found) == 0 && l.partial == "" && in.Cursor == "" {
		if list.Empty, err = l.explain(ctx); err != nil {
			return nil, a.failed(ctx, "explain an empty list", err)
		}
	}
	list.Scanned, list.TookMS = l.scanned, a.took(begin)
	return out, nil
}

func (a *API) took(begin time.Time) float64 {
	return float64(a.Now().Sub(begin).Microseconds()) / 1e3
}

// listing is one walk from the newest matching span to older ones, gathering
// each transaction at its newest matching span in range.
type listing struct {
	api      *API
	tenant   signal.Tenant
	where    *query.Expr // on spans
	post     *query.Expr // on whole transactions
	rng      signal.Range
	limit    int
	first    *cursor       // where this page begins
	at       *query.Cursor // how far the walk is
	deadline time.Time

	found   []found
	seen    map[signal.TraceID]bool // traces that a story was looked for
	told    map[signal.TraceID]bool // stories that were loaded, by their ids
	again   *query.Cursor           // where the page before ended, among the stories of one span
	more    bool                    // there is something behind the last of found
	scanned int
	partial string
}

type found struct {
	row TransactionRow
	at  cursor
}

func (a *API) newListing(ctx context.Context, in *listInput) (*listing, error) {
	now := a.Now()
	l := &listing{api: a, tenant: TenantOf(ctx), seen: map[signal.TraceID]bool{}, told: map[signal.TraceID]bool{}, deadline: now.Add(a.Budget)}
	e, err := query.Parse(in.Q)
	if err != nil {
		return nil, err
	}
	if l.where, l.post, err = split(e); err != nil {
		return nil, err
	}
	if l.rng, err = parseRange(in.From, in.To, now); err != nil {
		return nil, err
	}
	if l.limit, err = parseLimit(in.Limit); err != nil {
		return nil, err
	}
	if l.first, err = decodeCursor(in.Cursor); l.first != nil {
		l.at = &l.first.Cursor
		if !l.first.story.IsZero() {
			l.again = l.at
		}
	}
	return l, err
}

// run alternates between a scan for candidates and loading their stories: a store
// is never asked a second question in the middle of the first one's answer.
func (l *listing) run(ctx context.Context) error {
	if l.again != nil {
		l.seen[l.again.Trace] = true
		if _, err := l.load(ctx, []query.Cursor{*l.again}); err != nil {
			return err
		}
	}
	for len(l.found) <= l.limit && l.partial == "" {
		// Several traces may be one story: ask for some more than are missing rather
		// than for the last ones one by one.
		candidates, exhausted, err := l.scan(ctx, max(l.limit+1-len(l.found), min(l.limit/2, 64)))
		if err != nil {
			return err
		}
		done, err := l.load(ctx, candidates)
		if err != nil {
			return err
		}
		if exhausted && done {
			break
		}
	}
	if len(l.found) > l.limit {
		l.found, l.more = l.found[:l.limit], true
	}
	return nil
}

// load lists the stories of candidates, found all at once; done is false when the
// budget did not suffice for all of them.
func (l *listing) load(ctx context.Context, candidates []query.Cursor) (done bool, err error) {
	ids := make([]signal.TraceID, len(candidates))
	for i, c := range candidates {
		ids[i] = c.Trace
	}
	stories, err := story.Told(ctx, l.api.Store, l.tenant, ids, l.rng)
	if err != nil {
		return false, err
	}
	for i, c := range candidates {
		if len(l.found) > l.limit {
			return false, nil
		}
		if i > 0 && l.overBudget() {
			l.at = &candidates[i-1]
			return false, nil
		}
		for _, s := range stories[i] {
			at := cursor{Cursor: c}
			if len(stories[i]) > 1 {
				at.story = s.ID
			}
			if err := l.consider(ctx, s, at); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

func (l *listing) overBudget() bool {
	if l.api.Now().Before(l.deadline) {
		return false
	}
	l.partial = fmt.Sprintf("read %d spans in %v; continue, or narrow the time range or the query", l.scanned, l.api.Budget)
	return true
}

// scan returns the next positions of up to n traces not seen before.
func (l *listing) scan(ctx context.Context, n int) (candidates []query.Cursor, exhausted bool, err error) {
	left := l.deadline.Sub(l.api.Now())
	limited, cancel := context.WithTimeout(ctx, max(left, time.Millisecond))
	defer cancel()
	q := &query.Query{Tenant: l.tenant, Type: signal.Spans, Range: l.rng, Where: l.where, Before: l.at, Head: true}
	for rows, err := range l.api.Store.Scan(limited, q) {
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			l.partial = fmt.Sprintf("stopped after %v; continue, or narrow the time range or the query", l.api.Budget)
			return candidates, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		l.scanned += rows.Scanned
		for i := range rows.Rows {
			at := rows.Rows[i].Position()
			l.at = &at
			if l.seen[at.Trace] {
				continue
			}
			l.seen[at.Trace] = true
			if candidates = append(candidates, at); len(candidates) == n {
				return candidates, false, nil
			}
		}
		if rows.Partial != "" {
			l.partial = rows.Partial
		}
		if l.overBudget() {
			return candidates, false, nil
		}
	}
	return candidates, l.partial == "", nil
}

// consider lists a story, whose newest span that matches is at c, unless it stood on
// an earlier page, was found by another of its traces, or the conditions on whole
// transactions refuse it.
func (l *listing) consider(ctx context.Context, s *story.Story, c cursor) error {
	if l.told[s.ID] {
		return nil
	}
	l.told[s.ID] = true
	s.Beside = nil // a row tells nothing of single messages
	earlier := false
	var facts bill.Facts
	tx, err := build(ctx, s, func(b *signal.Batch) {
		facts.Add(b)
		earlier = earlier || l.first != nil && l.onEarlierPage(b, s.ID)
	})
	if err != nil || earlier || len(tx.Rows) == 0 {
		return err
	}
	if !l.post.Matches(wholeFacts(tx)) {
		return nil
	}
	l.found = append(l.found, found{row: transactionRow(tx, s, bill.Of(tx, &facts, l.api.Prices)), at: c})
	return nil
}

// onEarlierPage reports whether any span of b put its story, of that id, on a page
// before.
func (l *listing) onEarlierPage(b *signal.Batch, id signal.TraceID) bool {
	for i := range b.Groups {
		g := &b.Groups[i]
		for j := range g.Spans {
			r := query.Row{Resource: g.Resource, Scope: &g.Scope, Span: &g.Spans[j]}
			n := r.Position().Compare(l.first.Cursor)
			if n == 0 && !l.first.story.IsZero() {
				n = bytes.Compare(id[:], l.first.story[:])
			}
			if n <= 0 && l.rng.Contains(r.Span.Start) && l.where.Matches(&r) {
				return true
			}
		}
	}
	return false
}

func (l *listing) next() string {
	switch {
	case l.more:
		return encodeCursor(l.found[len(l.found)-1].at)
	case l.partial != "" && l.at != nil && (l.first == nil || *l.at != l.first.Cursor):
		return encodeCursor(cursor{Cursor: *l.at})
	}
	return ""
}

// build makes the transaction of one story; each sees every batch of it on the way.
func build(ctx context.Context, s *story.Story, each func(*signal.Batch)) (*transaction.Transaction, error) {
	var b transaction.Builder
	s.Focus(&b)
	for batch, err := range s.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		b.Add(batch)
		each(batch)
	}
	return b.Build(), nil
}
