package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// maxPlacedLogs bounds the lines of one answer, maxLogBody the bytes of one line.
const (
	maxPlacedLogs = 5000
	maxLogBody    = 4 << 10
)

func (a *API) getTransactionLogs(ctx context.Context, in *transactionInput) (*body[TransactionLogs], error) {
	t, err := a.named(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	p := newLogPlacer(t.Transaction)
	for batch, err := range t.story.Rows(ctx) {
		if err != nil {
			return nil, a.failed(ctx, "read the log lines", err)
		}
		p.add(batch)
	}
	return &body[TransactionLogs]{Body: p.answer()}, nil
}

// spanKey finds a span of a story, whatever trace it came in.
type spanKey struct {
	trace signal.TraceID
	span  signal.SpanID
}

// logPlacer puts log lines beside the rows of a transaction. Rows may have been
// moved to correct a clock; their lines move with them.
type logPlacer struct {
	tx    *transaction.Transaction
	rows  map[spanKey]int
	told  map[spanKey]signal.Time // start as the sender told it
	lines []heldLog
	cut   int
}

type heldLog struct {
	key   spanKey
	at    signal.Time
	level signal.Level
	body  string
}

func newLogPlacer(tx *transaction.Transaction) *logPlacer {
	p := &logPlacer{tx: tx, rows: make(map[spanKey]int, len(tx.Rows)), told: map[spanKey]signal.Time{}}
	for i := range tx.Rows {
		r := &tx.Rows[i]
		k := spanKey{tx.Traces[r.Trace], r.ID}
		if at, twice := p.rows[k]; !twice || spanRank(r.Kind) > spanRank(tx.Rows[at].Kind) {
			p.rows[k] = i
		}
	}
	return p
}

func (p *logPlacer) add(b *signal.Batch) {
	for i := range b.Groups {
		g := &b.Groups[i]
		for j := range g.Spans {
			s := &g.Spans[j]
			k := spanKey{s.Trace, s.ID}
			if row, ok := p.rows[k]; ok && p.tx.Rows[row].Kind == s.Kind {
				p.told[k] = s.Start
			}
		}
		for j := range g.Logs {
			l := &g.Logs[j]
			text := l.Body.String()
			p.lines = append(p.lines, heldLog{key: spanKey{l.Trace, l.Span}, at: l.At, level: l.Level, body: strings.Clone(text[:min(len(text), maxLogBody)])})
		}
	}
	if len(p.lines) > 2*maxPlacedLogs {
		p.cutLines()
	}
}

// cutLines keeps the oldest lines, in order.
func (p *logPlacer) cutLines() {
	slices.SortStableFunc(p.lines, func(a, b heldLog) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.body, b.body))
	})
	if len(p.lines) > maxPlacedLogs {
		p.cut += len(p.lines) - maxPlacedLogs
		p.lines = p.lines[:maxPlacedLogs]
	}
}

func (p *logPlacer) answer() TransactionLogs {
	p.cutLines()
	out := TransactionLogs{Lines: make([]PlacedLog, 0, len(p.lines)), Cut: p.cut}
	for _, l := range p.lines {
		at := l.at
		row, ok := p.rows[l.key]
		if !ok {
			row = -1
		} else if told := p.told[l.key]; told != 0 {
			at = at.Add(p.tx.Rows[row].Start.Sub(told))
		}
		out.Lines = append(out.Lines, PlacedLog{Row: row, AtNS: int64(at.Sub(p.tx.T0)), Level: l.level.String(), Body: strings.ToValidUTF8(l.body, "�")})
	}
	return out
}
