package api

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/story"
	"clew/internal/transaction"
	"clew/internal/transaction/bill"
	"clew/internal/transaction/cause"
)

type transactionInput struct {
	ID string `path:"id" doc:"trace id: 1 to 32 hex digits, padded on the left"`
}

// telling is a transaction with all that was gathered on the one way through the
// rows of its story.
type telling struct {
	*transaction.Transaction
	story  *story.Story
	bill   *bill.Bill
	prices string // day of the list that bill was made with
}

// named loads the transaction that a path names, by any id of its story. Each of
// also sees all of its batches on the way.
func (a *API) named(ctx context.Context, text string, also ...func(*signal.Batch)) (*telling, error) {
	id, err := parseTrace(text)
	if err != nil {
		return nil, err
	}
	var facts bill.Facts
	t := &telling{prices: a.Prices.Date}
	t.story, err = story.Find(ctx, a.Store, TenantOf(ctx), id, signal.Range{})
	if err == nil {
		t.Transaction, err = build(ctx, t.story, func(b *signal.Batch) {
			facts.Add(b)
			for _, f := range also {
				f(b)
			}
		})
	}
	if err != nil {
		return nil, a.failed(ctx, "read the transaction", err)
	}
	if len(t.Rows) == 0 {
		return nil, huma.Error404NotFound(fmt.Sprintf("there is no transaction %s: it may not have arrived yet, or its time is over", id))
	}
	t.bill = bill.Of(t.Transaction, &facts, a.Prices)
	return t, nil
}

func parseTrace(text string) (signal.TraceID, error) {
	id, err := signal.ParseTraceID(text)
	if err != nil {
		return id, huma.Error400BadRequest(fmt.Sprintf("%q is not a trace id: give 1 to 32 hex digits", text))
	}
	return id, nil
}

func (a *API) getTransaction(ctx context.Context, in *transactionInput) (*body[Transaction], error) {
	begin := a.Now()
	var evidence cause.Evidence
	tx, err := a.named(ctx, in.ID, evidence.Add)
	if err != nil {
		return nil, err
	}
	out := &body[Transaction]{Body: Transaction{
		TransactionRow: transactionRow(tx.Transaction, tx.story, tx.bill), Functions: tx.Functions, Logs: tx.Logs, Notes: append(tx.Notes, storyNotes(tx.story)...),
		Services: []ServiceRef{}, Nodes: []Node{}, Edges: []Edge{}, Story: tx.tell(&evidence),
	}}
	t := &out.Body
	if tx.Failure >= 0 {
		t.Failure = &tx.Failure
	}
	for _, s := range tx.Services {
		ref, err := a.serviceRef(ctx, s)
		if err != nil {
			return nil, a.failed(ctx, "number services", err)
		}
		t.Services = append(t.Services, ref)
	}
	for i := range tx.Nodes {
		t.Nodes = append(t.Nodes, wireNode(&tx.Nodes[i]))
	}
	tx.priceNodes(t.Nodes)
	for _, e := range tx.Edges {
		t.Edges = append(t.Edges, Edge{From: e.From, To: e.To, Async: e.Async, Calls: e.Calls, Errors: e.Errors, TotalNS: int64(e.Total), WaitNS: int64(e.Wait), Retries: e.Retries, Attempts: e.Attempts, LastWaitNS: int64(e.LastWait)})
	}
	t.Scanned, t.TookMS = tx.Spans+tx.Logs, a.took(begin)
	return out, nil
}

func (a *API) serviceRef(ctx context.Context, name string) (ServiceRef, error) {
	n, err := a.Ordinals.Ordinal(ctx, TenantOf(ctx), name)
	return ServiceRef{Name: name, Ordinal: n}, err
}

func wireNode(n *transaction.Node) Node {
	return Node{
		Kind: string(n.Kind), Name: n.Name, Account: n.Account, Region: n.Region, Instrumented: n.Instrumented, Service: n.Service,
		Calls: n.Calls, Errors: n.Errors, DurationNS: int64(n.Busy), Cold: n.Cold, Outcome: string(n.Outcome), Error: n.Error, Row: n.Row,
	}
}

// storyNotes says of what s was put together.
func storyNotes(s *story.Story) (notes []string) {
	lows := map[[8]byte]bool{}
	for _, id := range s.Traces {
		if !transaction.IsHalf(id) {
			lows[id.Low()] = true
		}
	}
	whole := 0
	for _, id := range s.Traces {
		if transaction.IsHalf(id) && lows[id.Low()] {
			notes = append(notes, "spans of trace "+id.String()+" joined: their tracers report only half of the id")
		} else {
			whole++
		}
	}
	if whole > 1 {
		notes = append(notes, fmt.Sprintf("%d traces are told as one: ids of messages and requests, or links, lead from one to the other", whole))
	}
	if s.Cut {
		notes = append(notes, fmt.Sprintf("there is more of it than is told: a story is followed through %d traces, and an id to %d spans that hold it", story.MaxTraces, store.MaxHolders))
	}
	return notes
}

// transactionRow is tx, the transaction of s, which costs b, as lists show it.
func transactionRow(tx *transaction.Transaction, s *story.Story, b *bill.Bill) TransactionRow {
	entry := &tx.Rows[tx.Entry]
	r := TransactionRow{
		ID: tx.ID.String(), Start: rfc3339(tx.T0), DurationNS: int64(tx.Duration()), ToUserNS: int64(tx.ToUser), QueueWaitNS: int64(tx.QueueWait),
		Entry:   Entry{Service: tx.Services[entry.Service], Operation: entry.Name, Kind: string(entryKind(tx, entry))},
		Outcome: string(tx.Outcome), Error: tx.Error, Spans: tx.Spans, Errors: tx.Errors, ColdStarts: tx.ColdStarts, Hops: []Hop{},
		ColdToUserNS: int64(tx.ColdToUser(b.Init)),
	}
	if len(b.Items) > 0 {
		r.USD = &b.USD
	}
	for _, id := range s.Maybe {
		r.Ambiguous = append(r.Ambiguous, id.String())
	}
	for i := range tx.Nodes {
		n := &tx.Nodes[i]
		r.Hops = append(r.Hops, Hop{Kind: string(n.Kind), Name: n.Name, Failed: n.Errors > 0, Async: n.Async})
	}
	return r
}

// entryKind is the kind of the resource the entry ran on, even where the entry
// span itself is about a peer.
func entryKind(tx *transaction.Transaction, entry *transaction.Row) signal.ResourceKind {
	if n := &tx.Nodes[entry.Node]; n.Instrumented {
		return n.Kind
	}
	for i := range tx.Nodes {
		if tx.Nodes[i].Service == entry.Service {
			return tx.Nodes[i].Kind
		}
	}
	return signal.Unknown
}
