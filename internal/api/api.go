// Package api is Clew's own REST API: transactions, spans, services, issues and
// status, read from a store and shown in the shapes of wire.go. OpenAPI comes from the
// code; errors are RFC 9457 problems. It changes nothing but what people made of
// issues, and it decides nothing about access: the tenant comes in the request's
// context.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"clew/internal/function"
	"clew/internal/price"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/tail"
	"clew/internal/watch"
)

// Ordinals numbers services in the order they were first seen, for ever.
type Ordinals interface {
	Ordinal(ctx context.Context, tenant signal.Tenant, service string) (int, error)
}

// Options are what the API needs. Store is required; the zero values of the
// others work.
type Options struct {
	Store     store.Store
	Functions Functions   // nil: counted from Store
	Tail      *tail.Hub   // of log lines; nil: nobody can follow them
	Ordinals  Ordinals    // nil: numbered in memory, from the first request on
	Issues    Issues      // nil: there are none
	Prices    *price.Book // nil: the list that is part of the program
	Now       func() time.Time
	Version   string
	Started   time.Time    // zero: when New was called
	Alerts    *watch.Watch // nil: there are none
	TokenAuth bool
	Refused   func() []RefusedNote
	Logger    *slog.Logger
	// Budget bounds the time one list may scan before it answers with what it
	// has; 0 is 2 s.
	Budget time.Duration
}

// API answers requests. Use New, then Register.
type API struct {
	Options
}

// New prepares the API.
func New(o Options) *API {
	if o.Ordinals == nil {
		o.Ordinals = NewOrdinals()
	}
	if o.Issues == nil {
		o.Issues = NoIssues{}
	}
	if o.Prices == nil {
		o.Prices = price.Default()
	}
	if o.Functions == nil {
		o.Functions = function.NewReader(o.Store, function.Priced(o.Prices), o.Now)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Started.IsZero() {
		o.Started = o.Now()
	}
	if o.Refused == nil {
		o.Refused = func() []RefusedNote { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Budget == 0 {
		o.Budget = 2 * time.Second
	}
	return &API{o}
}

// Register puts everything under /api/ on mux.
func (a *API) Register(mux *http.ServeMux) {
	inner := http.NewServeMux()
	inner.HandleFunc("/api/", unknown)
	h := humago.New(inner, a.config())
	register(h, "list-transactions", "/api/transactions", "Transactions with a matching span, newest first", a.listTransactions)
	register(h, "get-transaction", "/api/transactions/{id}", "One transaction: its graph and facts, without its spans", a.getTransaction)
	register(h, "stream-spans", "/api/transactions/{id}/spans", "The spans of a transaction as columns, newline-delimited", a.streamSpans)
	describeStream(h.OpenAPI())
	register(h, "get-transaction-logs", "/api/transactions/{id}/logs", "The log lines of a transaction beside its spans", a.getTransactionLogs)
	register(h, "get-heat", "/api/transactions/heat", "How many transactions began when and took how long", a.getHeat)
	register(h, "get-differ", "/api/transactions/differ", "What sets the transactions of a box of the heat map apart", a.getDiffer)
	register(h, "get-span", "/api/spans/{trace}/{span}", "One span with attributes, payloads and logs", a.getSpan)
	register(h, "list-services", "/api/services", "Services over a time range", a.listServices)
	register(h, "list-issues", "/api/issues", "Issues that occurred in a time range", a.listIssues)
	register(h, "get-issue", "/api/issues/{id}", "One issue: its causes, occurrences and timeline", a.getIssue)
	registerChange[IssueStateChange](h, "set-issue-state", "/api/issues/{id}/state", "Open, ignore or resolve an issue", a.setIssueState)
	register(h, "list-logs", "/api/logs", "Log lines that match, newest first", a.listLogs)
	register(h, "count-logs", "/api/logs/histogram", "How many log lines match, over time and by who wrote them", a.countLogs)
	register(h, "list-log-patterns", "/api/logs/patterns", "What kinds of line there are", a.listPatterns)
	register(h, "list-functions", "/api/functions", "What functions did over a time range", a.listFunctions)
	register(h, "get-function", "/api/functions/{account}/{region}/{name}", "One function: over time, by version, what it waits for and costs, its newest invocations", a.getFunction)
	a.registerAlerts(h)
	register(h, "get-status", "/api/status", "What this server is and holds", a.getStatus)
	register(h, "get-connect", "/api/connect", "What to set so that a client reports to this server", a.getConnect)
	mux.HandleFunc("GET /api/logs/tail", a.tailLogs)
	mux.Handle("/api/", a.wrap(inner))
}

func (a *API) config() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0", Info: &huma.Info{Title: "Clew", Version: a.Version},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
		},
		OpenAPIPath: "/api/openapi", Formats: huma.DefaultFormats, DefaultFormat: "application/json",
	}
}

// register adds one GET. Handlers read parameters as text and answer 400
// themselves, so the 422 that huma documents never happens.
func register[I, O any](h huma.API, id, path, summary string, handler func(context.Context, *I) (*O, error)) {
	huma.Register(h, huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Summary: summary,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusServiceUnavailable},
	}, handler)
	delete(h.OpenAPI().Paths[path].Get.Responses, "422")
}

// describeStream documents what huma cannot see: the lines of the span stream.
func describeStream(o *huma.OpenAPI) {
	line := func(t reflect.Type) *huma.Schema { return o.Components.Schemas.Schema(t, true, "") }
	o.Paths["/api/transactions/{id}/spans"].Get.Responses["200"] = &huma.Response{
		Description: "One SpanHead, then SpanColumns until all rows are sent, each on its own line",
		Content: map[string]*huma.MediaType{"application/x-ndjson": {Schema: &huma.Schema{
			OneOf: []*huma.Schema{line(reflect.TypeFor[SpanHead]()), line(reflect.TypeFor[SpanColumns]())},
		}}},
	}
}

type body[T any] struct{ Body T }

type contextKey int

const (
	tenantKey contextKey = iota
	requestKey
)

// WithTenant returns a context whose requests read t's data.
func WithTenant(ctx context.Context, t signal.Tenant) context.Context {
	return context.WithValue(ctx, tenantKey, t)
}

// TenantOf returns the tenant of a request, or the default one.
func TenantOf(ctx context.Context) signal.Tenant {
	if t, ok := ctx.Value(tenantKey).(signal.Tenant); ok {
		return t
	}
	return signal.DefaultTenant
}

// memoryOrdinals numbers services for as long as the process lives.
type memoryOrdinals struct {
	mu sync.Mutex // guards m
	m  map[signal.Tenant]map[string]int
}

// NewOrdinals returns Ordinals that forget everything with the process.
func NewOrdinals() Ordinals { return &memoryOrdinals{m: map[signal.Tenant]map[string]int{}} }

func (o *memoryOrdinals) Ordinal(_ context.Context, t signal.Tenant, service string) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.m[t] == nil {
		o.m[t] = map[string]int{}
	}
	n, ok := o.m[t][service]
	if !ok {
		n = len(o.m[t])
		o.m[t][service] = n
	}
	return n, nil
}
