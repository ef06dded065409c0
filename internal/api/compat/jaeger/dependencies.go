package jaeger

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
)

// dependency is how often one service called another.
type dependency struct {
	Parent    string `json:"parent"`
	Child     string `json:"child"`
	CallCount uint64 `json:"callCount"`
}

// dependencies answers GET /dependencies?endTs&lookback, both in milliseconds.
func (h *Handler) dependencies(w http.ResponseWriter, r *http.Request) {
	end, err := millis(r, "endTs", h.opt.Now().UnixMilli())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	lookback, err := millis(r, "lookback", (24 * time.Hour).Milliseconds())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	window := signal.Range{From: signal.Time(max(end-lookback, 0) * 1e6), To: signal.Time(end * 1e6)}
	deps, err := h.countCalls(r.Context(), window)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.reply(w, deps, len(deps))
}

func millis(r *http.Request, key string, absent int64) (int64, error) {
	s := r.FormValue(key)
	if s == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > 1<<43 {
		return 0, invalid("%s %q is not a time in milliseconds", key, s)
	}
	return n, nil
}

// spanKey is a span's place: ids of different traces may be the same.
type spanKey struct {
	trace signal.TraceID
	span  signal.SpanID
}

// countCalls joins the spans of a window to their parents. Rows come newest
// first, so most children are seen before their parents and wait for them.
func (h *Handler) countCalls(ctx context.Context, window signal.Range) ([]dependency, error) {
	var names []string
	numbers := map[string]uint32{}
	at := map[spanKey]uint32{}        // service of each span
	waiting := map[spanKey][]uint32{} // services of children whose parent was not seen yet
	calls := map[[2]uint32]uint64{}
	count := func(parent, child uint32) {
		if parent != child {
			calls[[2]uint32{parent, child}]++
		}
	}
	q := &query.Query{Tenant: h.opt.Tenant(ctx), Type: signal.Spans, Range: window, Head: true}
	for rows, err := range h.opt.Store.Scan(ctx, q) {
		if err != nil {
			return nil, err
		}
		for i := range rows.Rows {
			r := &rows.Rows[i]
			name := r.Resource.ServiceName()
			n, ok := numbers[name]
			if !ok {
				name = strings.Clone(name)
				n = uint32(len(names))
				names, numbers[name] = append(names, name), n
			}
			key := spanKey{r.Span.Trace, r.Span.ID}
			at[key] = n
			for _, child := range waiting[key] {
				count(n, child)
			}
			delete(waiting, key)
			if r.Span.Parent.IsZero() {
				continue
			}
			up := spanKey{r.Span.Trace, r.Span.Parent}
			if parent, ok := at[up]; ok {
				count(parent, n)
			} else {
				waiting[up] = append(waiting[up], n)
			}
		}
	}
	deps := make([]dependency, 0, len(calls))
	for pair, n := range calls {
		deps = append(deps, dependency{Parent: names[pair[0]], Child: names[pair[1]], CallCount: n})
	}
	slices.SortFunc(deps, func(a, b dependency) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child))
	})
	return deps, nil
}
