package jaeger

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/story"
)

const (
	defaultLimit = 100  // Jaeger's own
	maxLimit     = 1500 // as much as Jaeger's own UI offers
)

// searchParams are the query parameters of GET /traces.
type searchParams struct {
	ids   []signal.TraceID
	where *query.Expr
	span  signal.Range
	limit int
}

// parseSearch reads the parameters as Jaeger's query service does: times in
// microseconds, tags as a JSON object or repeated key:value, durations as "1.2s".
// now is where a lookback without a start counts from.
func parseSearch(f url.Values, now time.Time) (p searchParams, err error) {
	for _, s := range f["traceID"] {
		id, err := signal.ParseTraceID(s)
		if err != nil {
			return p, invalid("traceID %q is not 1 to 32 hex digits", s)
		}
		if !slices.Contains(p.ids, id) && len(p.ids) < maxLimit {
			p.ids = append(p.ids, id)
		}
	}
	p.limit = defaultLimit
	if s := f.Get("limit"); s != "" {
		if p.limit, err = strconv.Atoi(s); err != nil || p.limit < 1 {
			return p, invalid("limit %q is not a positive number", s)
		}
		p.limit = min(p.limit, maxLimit)
	}
	if len(p.ids) > 0 {
		return p, nil
	}
	service := f.Get("service")
	if service == "" {
		return p, invalid("parameter 'service' is required")
	}
	if p.span.From, err = micros(f, "start"); err != nil {
		return p, err
	}
	if p.span.To, err = micros(f, "end"); err != nil {
		return p, err
	}
	if f.Get("start") == "" {
		p.span.From = lookback(f.Get("lookback"), p.span.To, now)
	}
	p.where, err = searchCondition(f, service)
	return p, err
}

// lookback reads Jaeger UI's "1h", "2d" or "2w" before end. The UI sends start
// and end as well, and "custom" when only those count: anything else is no bound.
func lookback(s string, end signal.Time, now time.Time) signal.Time {
	if end == 0 {
		end = signal.TimeOf(now)
	}
	units := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	for suffix, unit := range units {
		text, ok := strings.CutSuffix(s, suffix)
		n, err := strconv.ParseInt(text, 10, 32)
		if ok && err == nil && n > 0 && n < int64(math.MaxInt64/unit) {
			return max(0, end.Add(-time.Duration(n)*unit))
		}
	}
	return 0
}

func micros(f url.Values, key string) (signal.Time, error) {
	s := f.Get(key)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > 1<<53 {
		return 0, invalid("%s %q is not a time in microseconds", key, s)
	}
	return signal.Time(n) * 1000, nil
}

func searchCondition(f url.Values, service string) (*query.Expr, error) {
	terms := []*query.Expr{query.Is(query.FieldService, query.Eq, signal.Str(service))}
	if op := f.Get("operation"); op != "" && op != "all" {
		terms = append(terms, query.Is(query.FieldName, query.Eq, signal.Str(op)))
	}
	var durations []time.Duration
	for _, bound := range []struct {
		key string
		op  query.Op
	}{{"minDuration", query.Ge}, {"maxDuration", query.Le}} {
		s := f.Get(bound.key)
		if s == "" {
			continue
		}
		d, err := time.ParseDuration(s)
		if err != nil {
			return nil, invalid("%s %q is not a duration such as 1.2s or 100ms", bound.key, s)
		}
		terms = append(terms, query.Is(query.FieldDuration, bound.op, signal.Int(int64(d))))
		durations = append(durations, d)
	}
	if len(durations) == 2 && durations[1] < durations[0] {
		return nil, invalid("maxDuration %v is less than minDuration %v", durations[1], durations[0])
	}
	tags := map[string]string{}
	for _, s := range f["tag"] {
		k, v, ok := strings.Cut(s, ":")
		if !ok {
			return nil, invalid("tag %q is not key:value", s)
		}
		tags[k] = v
	}
	for _, s := range f["tags"] {
		var raw map[string]any
		if err := json.Unmarshal([]byte(s), &raw); err != nil {
			return nil, invalid("tags is not a JSON object of texts: %v", err)
		}
		for k, v := range raw {
			text, ok := v.(string)
			if !ok {
				b, _ := json.Marshal(v) // it was just parsed
				text = string(b)
			}
			tags[k] = text
		}
	}
	for k, v := range tags {
		terms = append(terms, tagCondition(k, v))
	}
	return query.All(terms...), nil
}

// tagCondition maps the tags that Jaeger makes from span fields back to them.
func tagCondition(key, value string) *query.Expr {
	plain := query.Is(key, query.Eq, signal.Str(value))
	switch key {
	case "error":
		failed := query.Any(query.Is(query.FieldStatus, query.Eq, signal.Str("error")), query.Is(key, query.Eq, signal.Str("true")))
		switch value {
		case "true":
			return failed
		case "false":
			return &query.Expr{Op: query.Not, Args: []*query.Expr{failed}}
		}
	case "span.kind":
		return query.Any(query.Is(query.FieldKind, query.Eq, signal.Str(value)), plain)
	case "otel.status_code":
		return query.Any(query.Is(query.FieldStatus, query.Eq, signal.Str(strings.ToLower(value))), plain)
	case "otel.status_description":
		return query.Any(query.Is(query.FieldMessage, query.Eq, signal.Str(value)), plain)
	}
	return plain
}

func (h *Handler) search(w http.ResponseWriter, r *http.Request) {
	p, err := parseSearch(r.URL.Query(), h.opt.Now())
	if err == nil && len(p.ids) == 0 {
		p.ids, err = h.matching(r.Context(), p)
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.writeTraces(w, r, p.ids, signal.Range{})
}

// matching returns the traces with a span that fulfils p, newest first.
func (h *Handler) matching(ctx context.Context, p searchParams) ([]signal.TraceID, error) {
	seen := map[signal.TraceID]bool{}
	var ids []signal.TraceID
	q := &query.Query{Tenant: h.opt.Tenant(ctx), Type: signal.Spans, Range: p.span, Where: p.where, Head: true}
	for rows, err := range h.opt.Store.Scan(ctx, q) {
		if err != nil {
			return nil, err
		}
		for i := range rows.Rows {
			id := rows.Rows[i].Span.Trace
			if seen[id] {
				continue
			}
			seen[id] = true
			if ids = append(ids, id); len(ids) == p.limit {
				return ids, nil
			}
		}
	}
	return ids, nil
}

func (h *Handler) trace(w http.ResponseWriter, r *http.Request) {
	id, err := signal.ParseTraceID(r.PathValue("id"))
	if err != nil {
		h.fail(w, r, invalid("trace id %q is not 1 to 32 hex digits", r.PathValue("id")))
		return
	}
	var near signal.Range
	if near.From, err = micros(r.URL.Query(), "start"); err == nil {
		near.To, err = micros(r.URL.Query(), "end")
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	var found []byte
	s, err := story.Whole(r.Context(), h.opt.Store, h.opt.Tenant(r.Context()), id, near)
	if err == nil {
		found, err = h.readTrace(r.Context(), s)
	}
	switch {
	case err != nil:
		h.fail(w, r, err)
	case found == nil:
		// Clients index data[0] without looking, so "no such trace" is a 404.
		writeJSON(w, http.StatusNotFound, envelope{Errors: []apiError{{Code: 404, Msg: "trace not found", TraceID: traceText(id)}}})
	default:
		w.Header().Set("Content-Type", "application/json")
		w.Write(slices.Concat([]byte(frameOpen), found, []byte(frameClose)))
	}
}

// The envelope around traces that are encoded one by one.
const (
	frameOpen  = `{"data":[`
	frameClose = `],"total":0,"limit":0,"offset":0,"errors":null}` + "\n"
)

// writeTraces answers with the stories of ids, each once and written before the
// next is read.
func (h *Handler) writeTraces(w http.ResponseWriter, r *http.Request, ids []signal.TraceID, near signal.Range) {
	written := 0
	told := map[signal.TraceID]bool{}
	for _, id := range ids {
		var t []byte
		s, err := story.Whole(r.Context(), h.opt.Store, h.opt.Tenant(r.Context()), id, near)
		if err == nil && !told[s.ID] {
			told[s.ID] = true
			t, err = h.readTrace(r.Context(), s)
		}
		switch {
		case err != nil && written == 0:
			h.fail(w, r, err)
			return
		case err != nil:
			h.opt.Logger.Error("jaeger search broke off", "trace", id, "err", err)
			panic(http.ErrAbortHandler) // half an answer must not look whole
		case t == nil:
			continue
		}
		sep := ","
		if written == 0 {
			w.Header().Set("Content-Type", "application/json")
			sep = frameOpen
		}
		w.Write([]byte(sep))
		w.Write(t)
		written++
	}
	if written == 0 {
		h.reply(w, []any{}, 0)
		return
	}
	w.Write([]byte(frameClose))
}
