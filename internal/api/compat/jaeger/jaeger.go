// Package jaeger answers Jaeger's HTTP query API (/api/services, /api/traces …)
// from the store, as Jaeger's own UI, Grafana's data source and scripts call it.
// It translates and nothing more: no tracing logic, no state.
package jaeger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"clew/internal/api"
	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
)

// Prefix is where the API lives; a data source's URL is the server's plus "/jaeger".
const Prefix = "/jaeger/api/"

// Options are what a Handler needs.
type Options struct {
	Store  store.Store
	Now    func() time.Time
	Logger *slog.Logger
	// Tenant tells whose data a request may read; nil is api.TenantOf.
	Tenant func(context.Context) signal.Tenant
}

// Handler serves the API.
type Handler struct{ opt Options }

// New returns a Handler.
func New(o Options) *Handler {
	if o.Tenant == nil {
		o.Tenant = api.TenantOf
	}
	return &Handler{opt: o}
}

// Register adds the routes to mux.
func (h *Handler) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET "+Prefix+"services", h.services)
	mux.HandleFunc("GET "+Prefix+"services/{service}/operations", h.operationNames)
	mux.HandleFunc("GET "+Prefix+"operations", h.operations)
	mux.HandleFunc("GET "+Prefix+"traces", h.search)
	mux.HandleFunc("GET "+Prefix+"traces/{id}", h.trace)
	mux.HandleFunc("GET "+Prefix+"dependencies", h.dependencies)
	mux.HandleFunc(Prefix, func(w http.ResponseWriter, r *http.Request) {
		h.fail(w, r, &badRequest{http.StatusNotFound, "no such endpoint: " + r.URL.Path})
	})
}

// badRequest is an error of the caller, with the status it gets.
type badRequest struct {
	status int
	msg    string
}

func (e *badRequest) Error() string { return e.msg }

func invalid(format string, args ...any) error {
	return &badRequest{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// envelope is the frame of every answer of Jaeger's.
type envelope struct {
	Data   any        `json:"data"`
	Total  int        `json:"total"`
	Limit  int        `json:"limit"`
	Offset int        `json:"offset"`
	Errors []apiError `json:"errors"`
}

type apiError struct {
	Code    int    `json:"code"`
	Msg     string `json:"msg"`
	TraceID string `json:"traceID,omitempty"`
}

func (h *Handler) reply(w http.ResponseWriter, data any, total int) {
	writeJSON(w, http.StatusOK, envelope{Data: data, Total: total})
}

func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	var bad *badRequest
	switch {
	case errors.As(err, &bad):
		writeJSON(w, bad.status, envelope{Errors: []apiError{{Code: bad.status, Msg: bad.msg}}})
	case r.Context().Err() != nil: // nobody reads the answer
	default:
		h.opt.Logger.Error("jaeger query failed", "path", r.URL.Path, "err", err)
		writeJSON(w, http.StatusInternalServerError, envelope{Errors: []apiError{{Code: 500, Msg: "the store could not answer; see the server's log"}}})
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // an error here means the client went away
}

// buckets runs an aggregate query over all of time.
func (h *Handler) buckets(ctx context.Context, where *query.Expr, by ...string) ([]query.Bucket, error) {
	var all []query.Bucket
	q := &query.Query{Tenant: h.opt.Tenant(ctx), Type: signal.Spans, Where: where, By: by}
	for rows, err := range h.opt.Store.Scan(ctx, q) {
		if err != nil {
			return nil, err
		}
		for _, b := range rows.Buckets {
			key := make([]signal.Value, len(b.Key))
			for i, k := range b.Key {
				key[i] = signal.Str(strings.Clone(k.String()))
			}
			b.Key = key
			all = append(all, b)
		}
	}
	return all, nil
}

func (h *Handler) services(w http.ResponseWriter, r *http.Request) {
	bs, err := h.buckets(r.Context(), nil, query.FieldService)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	names := make([]string, len(bs))
	for i, b := range bs {
		names[i] = b.Key[0].Text()
	}
	slices.Sort(names)
	h.reply(w, names, len(names))
}

func (h *Handler) operationNames(w http.ResponseWriter, r *http.Request) {
	ops, err := h.listOperations(r.Context(), r.PathValue("service"), "")
	if err != nil {
		h.fail(w, r, err)
		return
	}
	names := make([]string, len(ops))
	for i, o := range ops {
		names[i] = o.Name
	}
	names = slices.Compact(names)
	h.reply(w, names, len(names))
}

type operation struct {
	Name string `json:"name"`
	Kind string `json:"spanKind"`
}

func (h *Handler) operations(w http.ResponseWriter, r *http.Request) {
	service := r.FormValue("service")
	if service == "" {
		h.fail(w, r, invalid("parameter 'service' is required"))
		return
	}
	ops, err := h.listOperations(r.Context(), service, r.FormValue("spanKind"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.reply(w, ops, len(ops))
}

// listOperations returns the operations of service, by name and kind.
func (h *Handler) listOperations(ctx context.Context, service, kind string) ([]operation, error) {
	where := query.Is(query.FieldService, query.Eq, signal.Str(service))
	if kind != "" {
		where = query.All(where, query.Is(query.FieldKind, query.Eq, signal.Str(kind)))
	}
	bs, err := h.buckets(ctx, where, query.FieldName, query.FieldKind)
	if err != nil {
		return nil, err
	}
	ops := make([]operation, len(bs))
	for i, b := range bs {
		ops[i] = operation{Name: b.Key[0].Text(), Kind: kindTag(signal.ParseSpanKind(b.Key[1].Text()))}
	}
	slices.SortFunc(ops, func(a, b operation) int {
		return strings.Compare(a.Name+"\x00"+a.Kind, b.Name+"\x00"+b.Kind)
	})
	return ops, nil
}

// kindTag is the value of the span.kind tag, "" for unset.
func kindTag(k signal.SpanKind) string {
	if k == signal.KindUnset {
		return ""
	}
	return k.String()
}
