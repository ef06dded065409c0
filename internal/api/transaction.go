package api

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/signal"
	"clew/internal/story"
	"clew/internal/transaction"
)

type transactionInput struct {
	ID string `path:"id" doc:"trace id: 1 to 32 hex digits, padded on the left"`
}

// named loads the transaction that a path names, by any id of its story.
func (a *API) named(ctx context.Context, text string) (*transaction.Transaction, *story.Story, error) {
	id, err := parseTrace(text)
	if err != nil {
		return nil, nil, err
	}
	var tx *transaction.Transaction
	s, err := story.Find(ctx, a.Store, TenantOf(ctx), id, signal.Range{})
	if err == nil {
		tx, err = build(ctx, s, nil)
	}
	if err != nil {
		return nil, nil, a.failed(ctx, "read the transaction", err)
	}
	if len(tx.Rows) == 0 {
		return nil, nil, huma.Error404NotFound(fmt.Sprintf("there is no transaction %s: it may not have arrived yet, or its time is over", id))
	}
	return tx, s, nil
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
	tx, s, err := a.named(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &body[Transaction]{Body: Transaction{
		TransactionRow: transactionRow(tx, s), Functions: tx.Functions, Logs: tx.Logs, Notes: append(tx.Notes, storyNotes(s)...),
		Services: []ServiceRef{}, Nodes: []Node{}, Edges: []Edge{}, Story: Story{Traces: traceIDs(s)},
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
	for _, e := range tx.Edges {
		t.Edges = append(t.Edges, Edge{From: e.From, To: e.To, Async: e.Async, Calls: e.Calls, Errors: e.Errors, TotalNS: int64(e.Total), WaitNS: int64(e.Wait), Retries: e.Retries, Attempts: e.Attempts, LastWaitNS: int64(e.LastWait)})
	}
	t.Scanned, t.TookMS = tx.Spans+tx.Logs, a.took(begin)
	return out, nil
}

func traceIDs(s *story.Story) []string {
	ids := make([]string, len(s.Traces))
	for i, id := range s.Traces {
		ids[i] = id.String()
	}
	return ids
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
func storyNotes(s *story.Story) []string {
	if len(s.Traces) < 2 {
		return nil
	}
	return []string{"spans of trace " + s.Traces[1].String() + " joined: their tracers report only half of the id"}
}

// transactionRow is tx, the transaction of s, as lists show it.
func transactionRow(tx *transaction.Transaction, s *story.Story) TransactionRow {
	entry := &tx.Rows[tx.Entry]
	r := TransactionRow{
		ID: tx.ID.String(), Start: rfc3339(tx.T0), DurationNS: int64(tx.Duration()), ToUserNS: int64(tx.ToUser), QueueWaitNS: int64(tx.QueueWait),
		Entry:   Entry{Service: tx.Services[entry.Service], Operation: entry.Name, Kind: string(entryKind(tx, entry))},
		Outcome: string(tx.Outcome), Error: tx.Error, Spans: tx.Spans, Errors: tx.Errors, ColdStarts: tx.ColdStarts, Hops: []Hop{},
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
