package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/issue"
	"clew/internal/lambda"
	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/transaction"
)

// maxBody bounds the text of one line in a list, in bytes.
const maxBody = 16 << 10

type logsInput struct {
	Q      string `query:"q" doc:"as docs/query.md describes; words are looked for in the whole line" example:"level:error \"timed out\" service:checkout"`
	From   string `query:"from" doc:"RFC 3339, unix time or now-15m; the last hour when absent"`
	To     string `query:"to" doc:"as from; open when absent"`
	Limit  string `query:"limit" doc:"1 to 500, 50 when absent"`
	Cursor string `query:"cursor" doc:"next of the page before"`
}

func (a *API) listLogs(ctx context.Context, in *logsInput) (*body[LogList], error) {
	begin := a.Now()
	r, err := parseRange(in.From, in.To, begin)
	if err != nil {
		return nil, badRequest(err)
	}
	q, err := logQuery(ctx, in.Q, r)
	if err != nil {
		return nil, badRequest(err)
	}
	limit, err := parseLimit(in.Limit)
	if err != nil {
		return nil, badRequest(err)
	}
	if q.Before, err = decodeLogCursor(in.Cursor); err != nil {
		return nil, badRequest(err)
	}
	q.Limit = limit + 1
	out := &body[LogList]{Body: LogList{Lines: []LogRow{}}}
	list := &out.Body
	var at query.Cursor // of the last line
	limited, cancel := context.WithTimeout(ctx, a.Budget)
	defer cancel()
	for rows, err := range a.Store.Scan(limited, q) {
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			list.Partial = fmt.Sprintf("stopped after %v; continue, or narrow the time range or the query", a.Budget)
			break
		}
		if err != nil {
			return nil, a.failed(ctx, "list log lines", err)
		}
		list.Scanned += rows.Scanned
		list.Partial = cmp.Or(list.Partial, rows.Partial)
		for i := range rows.Rows {
			if len(list.Lines) == limit {
				list.Next = encodeLogCursor(at)
				break
			}
			list.Lines = append(list.Lines, logRow(&rows.Rows[i]))
			at = after(at, rows.Rows[i].Position(), q.Before)
		}
	}
	if list.Partial != "" && list.Next == "" && len(list.Lines) > 0 {
		list.Next = encodeLogCursor(at)
	}
	if len(list.Lines) == 0 && in.Cursor == "" && list.Partial == "" {
		if list.Empty, err = a.whyNoLines(ctx, q); err != nil {
			return nil, a.failed(ctx, "explain an empty list", err)
		}
	}
	list.TookMS = a.took(begin)
	return out, nil
}

func logQuery(ctx context.Context, text string, r signal.Range) (*query.Query, error) {
	where, err := query.Parse(text)
	if err != nil {
		return nil, err
	}
	return &query.Query{Tenant: TenantOf(ctx), Type: signal.Logs, Range: r, Where: where}, nil
}

// after returns the position behind a line at next, where last is the one before
// it: lines that the position does not tell apart are counted.
func after(last, next query.Cursor, begin *query.Cursor) query.Cursor {
	next.Skip = 1
	switch {
	case last.Skip > 0 && last.Compare(next) == 0:
		next.Skip = last.Skip + 1
	case last.Skip == 0 && begin != nil && begin.Compare(next) == 0:
		next.Skip = begin.Skip + 1
	}
	return next
}

const logCursorVersion = 3

func encodeLogCursor(c query.Cursor) string {
	b := append(make([]byte, 0, 37), logCursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(c.At))
	b = append(b, c.Trace[:]...)
	b = append(b, c.Span[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(c.Skip))
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeLogCursor(s string) (*query.Cursor, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 37 || b[0] != logCursorVersion {
		return nil, errCursor
	}
	c := &query.Cursor{At: signal.Time(binary.BigEndian.Uint64(b[1:])), Skip: int(binary.BigEndian.Uint32(b[33:]))}
	copy(c.Trace[:], b[9:])
	copy(c.Span[:], b[25:])
	return c, nil
}

// logRow copies a line.
func logRow(r *query.Row) LogRow {
	l := r.Log
	of := transaction.Resource(r.Resource)
	row := LogRow{
		Time: rfc3339(l.At), Level: l.Level.String(), Service: strings.Clone(of.Name), Kind: string(of.Kind),
		Request: strings.Clone(requestOfLine(l)), Attributes: wireAttrs(l.Attrs), Resource: wireAttrs(r.Resource),
	}
	text := l.Body.String()
	if len(text) > maxBody {
		row.Cut = len(text) - maxBody
		text = strings.ToValidUTF8(text[:maxBody], "")
	}
	row.Body = strings.Clone(text)
	if !l.Trace.IsZero() {
		row.Trace = l.Trace.String()
	}
	if !l.Span.IsZero() {
		row.Span = l.Span.String()
	}
	if of.Kind == signal.Function {
		if x := lambda.ReadLine(text); x.Type > lambda.Metrics && x.Type != lambda.Insights {
			row.Platform = x.Type.String()
		}
	}
	return row
}

func requestOfLine(l *signal.Log) string {
	return l.Attrs.First("faas.invocation_id", "faas.execution", "aws.request_id")
}

// EncodeLogRow is a line as GET /api/logs/tail sends it.
func EncodeLogRow(r *query.Row) []byte {
	b, err := json.Marshal(logRow(r))
	if err != nil {
		panic(err) // texts and numbers
	}
	return b
}

// whyNoLines explains an empty list.
func (a *API) whyNoLines(ctx context.Context, q *query.Query) (*Empty, error) {
	limited, cancel := context.WithTimeout(ctx, a.Budget)
	defer cancel()
	newest := func(r signal.Range, where *query.Expr) (at signal.Time, err error) {
		ask := &query.Query{Tenant: q.Tenant, Type: signal.Logs, Range: r, Where: where, Limit: 1}
		for rows, err := range a.Store.Scan(limited, ask) {
			if err != nil {
				return 0, err
			}
			if len(rows.Rows) > 0 {
				return rows.Rows[0].Log.At, nil
			}
		}
		return 0, nil
	}
	e, err := explainLines(q, newest)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return &Empty{Reason: "no-match"}, nil
	}
	return e, err
}

func explainLines(q *query.Query, newest func(signal.Range, *query.Expr) (signal.Time, error)) (*Empty, error) {
	at, err := newest(signal.Range{}, nil)
	if err != nil || at == 0 {
		return &Empty{Reason: "no-data"}, err
	}
	if in, err := newest(q.Range, nil); err != nil || in == 0 {
		if before, err := newest(signal.Range{To: q.Range.From}, nil); err == nil && before != 0 {
			at = before
		}
		return &Empty{Reason: "no-data-in-range", Nearest: rfc3339(at)}, err
	}
	e := &Empty{Reason: "no-match"}
	ts := terms(q.Where)
	if len(ts) > maxTerms {
		return e, nil
	}
	for i := range ts {
		rest := query.All(slices.Delete(slices.Clone(ts), i, i+1)...)
		if in, err := newest(q.Range, rest); err != nil {
			return nil, err
		} else if in != 0 {
			e.Term = query.Print(ts[i])
			return e, nil
		}
	}
	return e, nil
}

type logsOverInput struct {
	Q    string `query:"q" doc:"as for /api/logs"`
	From string `query:"from" doc:"RFC 3339, unix time or now-15m; the last hour when absent"`
	To   string `query:"to" doc:"as from; now when absent"`
}

// query is what in asks for; its range has an end.
func (in *logsOverInput) query(ctx context.Context, now time.Time) (*query.Query, error) {
	r, err := closedRange(in.From, in.To, now)
	if err != nil {
		return nil, err
	}
	return logQuery(ctx, in.Q, r)
}

// eachLine reads matching lines newest first, within the budget.
func (a *API) eachLine(ctx context.Context, q *query.Query, answer *Answer, see func(*query.Row)) error {
	limited, cancel := context.WithTimeout(ctx, a.Budget)
	defer cancel()
	var last signal.Time
	for rows, err := range a.Store.Scan(limited, q) {
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			answer.Partial = fmt.Sprintf("stopped after %v at %s; narrow the time range or the query", a.Budget, rfc3339(last))
			return nil
		}
		if err != nil {
			return err
		}
		answer.Scanned += rows.Scanned
		answer.Partial = cmp.Or(answer.Partial, rows.Partial)
		for i := range rows.Rows {
			last = rows.Rows[i].Log.At
			see(&rows.Rows[i])
		}
	}
	return nil
}

// logBins is how many steps a histogram has.
const logBins = 60

func (a *API) countLogs(ctx context.Context, in *logsOverInput) (*body[LogHistogram], error) {
	begin := a.Now()
	q, err := in.query(ctx, begin)
	if err != nil {
		return nil, badRequest(err)
	}
	r := q.Range
	step := max(1, (r.To.Sub(r.From)+logBins-1)/logBins)
	out := &body[LogHistogram]{Body: LogHistogram{From: rfc3339(r.From), To: rfc3339(r.To), StepNS: int64(step), Bins: make([]LogBin, logBins), Top: []LogFrom{}}}
	top := map[string]*LogFrom{}
	err = a.eachLine(ctx, q, &out.Body.Answer, func(row *query.Row) {
		bin := &out.Body.Bins[min(int(row.Log.At.Sub(r.From)/step), logBins-1)]
		bin.Lines++
		of := top[row.Resource.ServiceName()]
		if of == nil && len(top) < maxBuckets {
			of = &LogFrom{Service: strings.Clone(row.Resource.ServiceName())}
			top[of.Service] = of
		}
		failed := uint64(0)
		switch l := row.Log.Level; {
		case l >= 17:
			failed = 1
		case l >= 13:
			bin.Warns++
		}
		bin.Errors += failed
		if of != nil {
			of.Lines++
			of.Errors += failed
		}
	})
	if err != nil {
		return nil, a.failed(ctx, "count log lines", err)
	}
	for _, of := range top {
		out.Body.Top = append(out.Body.Top, *of)
	}
	slices.SortFunc(out.Body.Top, func(x, y LogFrom) int {
		return cmp.Or(cmp.Compare(y.Lines, x.Lines), cmp.Compare(x.Service, y.Service))
	})
	out.Body.Top = out.Body.Top[:min(len(out.Body.Top), 20)]
	out.Body.TookMS = a.took(begin)
	return out, nil
}

const (
	mostPatterns = 200
	keptPatterns = 5000 // while counting; what is rarer than all of them is not told apart
	maxSample    = 500
)

// pattern is one that lines are still added to.
type pattern struct {
	LogPattern
	first signal.Time
}

func (a *API) listPatterns(ctx context.Context, in *logsOverInput) (*body[LogPatterns], error) {
	begin := a.Now()
	q, err := in.query(ctx, begin)
	if err != nil {
		return nil, badRequest(err)
	}
	r := q.Range
	out := &body[LogPatterns]{Body: LogPatterns{Patterns: []LogPattern{}}}
	part := max(1, (r.To.Sub(r.From)+sparkParts-1)/sparkParts)
	all := map[string]*pattern{}
	err = a.eachLine(ctx, q, &out.Body.Answer, func(row *query.Row) {
		out.Body.Lines++
		x := lambda.ReadLine(row.Log.Body.String())
		text := cmp.Or(x.Message, row.Log.Body.String())
		if len(text) > maxSample {
			text = strings.ToValidUTF8(text[:maxSample], "")
		}
		template := issue.Template(text)
		p := all[template]
		if p == nil {
			if len(all) == keptPatterns {
				return
			}
			p = &pattern{LogPattern: LogPattern{Template: template, Last: rfc3339(row.Log.At), Sample: strings.Clone(text), Services: []string{}, Spark: make([]uint64, sparkParts)}}
			all[template] = p
		}
		p.Lines++
		if row.Log.Level >= 17 {
			p.Errors++
		}
		p.first = row.Log.At
		p.Spark[min(int(row.Log.At.Sub(r.From)/part), sparkParts-1)]++
		if name := row.Resource.ServiceName(); len(p.Services) < 5 && !slices.Contains(p.Services, name) {
			p.Services = append(p.Services, strings.Clone(name))
		}
	})
	if err != nil {
		return nil, a.failed(ctx, "find patterns", err)
	}
	for _, p := range all {
		p.First = rfc3339(p.first)
		out.Body.Patterns = append(out.Body.Patterns, p.LogPattern)
	}
	slices.SortFunc(out.Body.Patterns, func(x, y LogPattern) int {
		return cmp.Or(cmp.Compare(y.Lines, x.Lines), cmp.Compare(x.Template, y.Template))
	})
	out.Body.Patterns = out.Body.Patterns[:min(len(out.Body.Patterns), mostPatterns)]
	out.Body.TookMS = a.took(begin)
	return out, nil
}
