package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/transaction"
)

// The first chunk is small: it fills a screen, and a page draws it while the rest
// is still on its way.
const (
	rowsFirst    = 500
	rowsPerChunk = 10_000
)

// streamSpans sends the rows in chunks, so that the first are on screen before
// the last are written.
func (a *API) streamSpans(ctx context.Context, in *transactionInput) (*huma.StreamResponse, error) {
	tx, err := a.named(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", "application/x-ndjson")
		h.SetStatus(http.StatusOK)
		w := h.BodyWriter()
		if err := writeSpans(ctx, w, tx); err != nil {
			a.Logger.DebugContext(ctx, "span stream ended early", "request_id", requestOf(ctx).id, "err", err)
		}
	}}, nil
}

func writeSpans(ctx context.Context, w io.Writer, tx *telling) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(SpanHead{ID: tx.ID.String(), T0: rfc3339(tx.T0), Total: len(tx.Rows), Traces: tx.traces()}); err != nil {
		return err
	}
	names := map[string]int{}
	usd := tx.bill.Rows(len(tx.Rows))
	for at, n := 0, rowsFirst; at < len(tx.Rows); at, n = at+n, rowsPerChunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := enc.Encode(columns(tx.Transaction, usd, at, min(at+n, len(tx.Rows)), names)); err != nil {
			return err
		}
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
	return nil
}

// columns makes the chunk of rows [from, to), which cost usd; names is the table so far.
func columns(tx *transaction.Transaction, usd []float64, from, to int, names map[string]int) *SpanColumns {
	n := to - from
	c := &SpanColumns{
		Offset: from, Names: []string{}, ID: make([]string, n), Parent: make([]int, n), Name: make([]int, n), Svc: make([]int, n),
		Node: make([]int, n), Start: make([]int64, n), Dur: make([]int64, n), Wait: make([]int64, n), Flags: make([]int, n),
		Trace: make([]int, n), USD: usd[from:to],
	}
	for i := range n {
		r := &tx.Rows[from+i]
		name, ok := names[r.Name]
		if !ok {
			name = len(names)
			names[r.Name] = name
			c.Names = append(c.Names, r.Name)
		}
		c.ID[i], c.Parent[i], c.Name[i], c.Svc[i], c.Node[i] = r.ID.String(), r.Parent, name, r.Service, r.Node
		c.Trace[i] = r.Trace
		c.Start[i], c.Dur[i], c.Wait[i] = int64(r.Start.Sub(tx.T0)), int64(r.Dur), int64(r.Wait)
		c.Flags[i] = wireFlags(r.Flags) | int(r.Kind)<<8
		if r.Flags&transaction.FlagError != 0 && r.Error != "" {
			if c.Errors == nil {
				c.Errors = map[int]string{}
			}
			c.Errors[from+i] = r.Error
		}
	}
	return c
}

// wireFlags says flags with the wire's own numbers, which must never change.
func wireFlags(f transaction.Flags) int {
	wire := 0
	for _, m := range [...]struct {
		is  transaction.Flags
		say int
	}{
		{transaction.FlagError, FlagError}, {transaction.FlagOpen, FlagOpen}, {transaction.FlagCold, FlagCold}, {transaction.FlagAsync, FlagAsync},
		{transaction.FlagMissing, FlagMissing}, {transaction.FlagShifted, FlagShifted}, {transaction.FlagTimeout, FlagTimeout},
		{transaction.FlagShared, FlagShared}, {transaction.FlagAmbiguous, FlagAmbiguous}, {transaction.FlagAttempt, FlagAttempt}, {transaction.FlagTwin, FlagTwin},
	} {
		if f&m.is != 0 {
			wire |= m.say
		}
	}
	return wire
}
