package jaeger

import (
	"context"
	"net/http"
	"strconv"
	"time"

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

// countCalls counts in whole minutes: those that the window touches. Engines have
// their sums, while a part of a minute has to be read.
func (h *Handler) countCalls(ctx context.Context, window signal.Range) ([]dependency, error) {
	window.From -= window.From % signal.Time(time.Minute)
	if rest := window.To % signal.Time(time.Minute); rest > 0 {
		window.To += signal.Time(time.Minute) - rest
	}
	calls, err := h.opt.Store.Calls(ctx, h.opt.Tenant(ctx), window)
	if err != nil {
		return nil, err
	}
	deps := make([]dependency, 0, len(calls))
	for _, c := range calls {
		deps = append(deps, dependency{Parent: c.Caller, Child: c.Callee, CallCount: c.Count})
	}
	return deps, nil
}
