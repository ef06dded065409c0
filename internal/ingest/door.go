package ingest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"clew/internal/normalise"
	"clew/internal/pipeline"
	"clew/internal/signal"
	"clew/internal/store"
)

// Appender is the one thing the door needs of a store; see store.Store.
type Appender interface {
	Append(ctx context.Context, b *signal.Batch) error
}

// Options says how a Door works. Store is required; every other zero value works.
type Options struct {
	Receivers []Receiver
	Store     Appender
	Stages    []pipeline.Stage

	// Authorize says whose a token is; any error is a 401, unless it wraps
	// ErrAuthDown. nil takes everything into signal.DefaultTenant, which is
	// right on loopback only.
	Authorize func(token string) (signal.Tenant, error)

	MaxBody     int64         // largest body as sent; 0 is 16 MiB
	MaxInflated int64         // largest body after decompression; 0 is 64 MiB
	MaxRows     int64         // memory that the rows of one request may take; 0 is twice MaxInflated
	MaxInFlight int64         // memory of the bodies and rows of all requests; at least (and by default) MaxBody + MaxInflated + MaxRows
	BodyTimeout time.Duration // time a sender has for its body; 0 is 30 s
	Patience    time.Duration // how long the door waits for room for a sender that never sends again; 0 is 5 s

	Now        func() time.Time // nil is time.Now
	Logger     *slog.Logger     // nil discards
	Registerer prometheus.Registerer
}

const defaultInflated = 64 << 20

// How long a sender should wait before it tries again.
const (
	retryBusy = time.Second
	retryFull = 30 * time.Second
	retryFail = 5 * time.Second
)

// Door takes requests of all protocols. It is safe for concurrent use.
type Door struct {
	opt     Options
	budget  budget
	count   *counters
	refused refusedRing
	paths   map[string]bool // of gRPC routes
	lines   []*Line
}

// New returns a door for opt.Receivers.
func New(opt Options) *Door {
	orDefault := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	orDefault(&opt.MaxBody, 16<<20)
	orDefault(&opt.MaxInflated, defaultInflated)
	orDefault(&opt.MaxRows, 2*opt.MaxInflated)
	// One request of the largest size must always fit, with a buffer's rounding.
	opt.MaxInFlight = max(opt.MaxInFlight, opt.MaxBody+opt.MaxInflated+opt.MaxRows+2*largeBuffer)
	if opt.BodyTimeout <= 0 {
		opt.BodyTimeout = 30 * time.Second
	}
	if opt.Patience <= 0 {
		opt.Patience = 5 * time.Second
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Door{opt: opt, budget: budget{max: opt.MaxInFlight}, paths: map[string]bool{}}
	for _, rc := range opt.Receivers {
		for i := range rc.Routes {
			if rc.Routes[i].GRPC {
				d.paths[rc.Routes[i].Path] = true
			}
		}
		if rc.Line != nil {
			d.lines = append(d.lines, rc.Line)
		}
	}
	d.count = newCounters(opt.Registerer, func() float64 { return float64(d.budget.used.Load()) })
	return d
}

// Register adds every route to mux. The routes take all methods: the answer to
// a wrong one is the protocol's.
func (d *Door) Register(mux *http.ServeMux) {
	for _, rc := range d.opt.Receivers {
		for i := range rc.Routes {
			rt := &rc.Routes[i]
			mux.Handle(rt.Path, d.handler(rc.Name, rc.Tokens, rt))
		}
	}
}

// exchange is one request on its way through the door.
type exchange struct {
	protocol  string
	tokens    []string
	route     *Route
	decode    func(*signal.Batch, []byte, Header) error // nil: the route's
	tenant    signal.Tenant
	lease     lease
	buffers   []*buffer
	wireBytes int64
	body      []byte // inflated
	arena     *Arena // nil until the body is decoded
	batch     signal.Batch
}

func (x *exchange) free() {
	if x.arena != nil {
		x.arena.free()
	}
	for _, b := range x.buffers {
		b.free()
	}
	x.lease.release()
}

func (x *exchange) newBuffer() (*buffer, error) {
	b, err := newBuffer(&x.lease)
	if err == nil {
		x.buffers = append(x.buffers, b)
	}
	return b, err
}

func (d *Door) handler(protocol string, tokens []string, rt *Route) http.Handler {
	serve := d.serveHTTP
	switch {
	case rt.Open != nil:
		return d.streamHandler(protocol, tokens, rt)
	case rt.GRPC:
		serve = d.serveGRPC
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := d.opt.Now()
		x := &exchange{protocol: protocol, tokens: tokens, route: rt, lease: lease{of: &d.budget}}
		bound(w, d.opt.BodyTimeout)
		defer x.free() // after the reply: the batch, the body and the arena die together
		status, f := serve(w, r, x)
		d.done(x, start, r.URL.Path, r.RemoteAddr, status, f)
	})
}

// done counts a request that was answered with status, and notes why it was refused.
func (d *Door) done(x *exchange, start time.Time, path, remote string, status int, f *Fault) {
	d.count.done(x, status, f == nil, d.opt.Now().Sub(start))
	if f == nil || status == statusGone {
		return
	}
	d.refused.add(RefusedRequest{At: start, Protocol: x.protocol, Path: path, Remote: remote, Status: f.Status, Reason: f.Reason})
	if f.Err != nil {
		d.opt.Logger.Error("request refused", "protocol", x.protocol, "path", path, "status", f.Status, "err", f.Err)
	}
}

// serveHTTP answers one plain HTTP request and returns the status it ended with.
func (d *Door) serveHTTP(w http.ResponseWriter, r *http.Request, x *exchange) (int, *Fault) {
	h := Header{Media: mediaOf(r, x.route), HTTP: r.Header, Host: r.Host, Query: r.URL.Query()}
	f := d.admit(r, x, h)
	if f == nil {
		f = d.readHTTP(w, r, x)
	}
	if f == nil {
		f = d.take(r.Context(), x, h)
	}
	told := d.told(x, f)
	var a Answer
	if x.route.Reply != nil {
		h.Body = x.body
		a = x.route.Reply(Outcome{Fault: told, Refused: x.batch.Refused}, h)
	}
	return writeAnswer(w, x.route, a, told), f
}

// admit refuses what can be refused without reading the body.
func (d *Door) admit(r *http.Request, x *exchange, h Header) (f *Fault) {
	if want := cmp.Or(x.route.Method, http.MethodPost); r.Method != want {
		return &Fault{Status: http.StatusMethodNotAllowed, Reason: "use " + want + ", not " + r.Method}
	}
	if x.tenant, f = d.authorize(h, x); f != nil {
		return f
	}
	if len(x.route.Media) > 0 && !slices.Contains(x.route.Media, h.Media) {
		return &Fault{Status: http.StatusUnsupportedMediaType, Reason: "content type " + quoted(h.Media) + " is not taken here (known: " + strings.Join(x.route.Media, ", ") + ")"}
	}
	if r.ContentLength > d.opt.MaxBody {
		return d.readFault(errTooLarge)
	}
	return d.patiently(r.Context(), x, func() *Fault {
		if r.ContentLength > d.budget.max-d.budget.used.Load() {
			return d.readFault(errNoRoom)
		}
		return nil
	})
}

func (d *Door) readHTTP(w http.ResponseWriter, r *http.Request, x *exchange) *Fault {
	wire, err := x.newBuffer()
	if err == nil && r.ContentLength > 0 {
		// One byte more lets the end be seen without growing. The announced
		// length is not believed beyond a megabyte.
		err = wire.reserve(min(r.ContentLength+1, 1<<20))
	}
	if err != nil {
		return d.readFault(err)
	}
	err = wire.fill(r.Body, d.opt.MaxBody)
	x.wireBytes = int64(len(*wire.p))
	if err != nil {
		return d.wireFault(r, err)
	}
	unbound(w)
	return d.inflate(x, *wire.p, r.Header.Get("Content-Encoding"))
}

// inflate makes raw, as sent in an encoding, the body of x.
func (d *Door) inflate(x *exchange, raw []byte, encoding string) *Fault {
	if encoding == "" || strings.EqualFold(encoding, "identity") || len(raw) == 0 {
		x.body = raw
		return nil
	}
	plain, err := x.newBuffer()
	if err != nil {
		return d.readFault(err)
	}
	err = inflate(plain, raw, encoding, d.opt.MaxInflated)
	x.body = *plain.p
	if err != nil {
		return d.readFault(err)
	}
	return nil
}

// take is the straight line from bytes to durable rows.
func (d *Door) take(ctx context.Context, x *exchange, h Header) *Fault {
	x.arena = newArena(&x.lease, d.opt.MaxRows)
	h.Arena = x.arena
	if x.decode == nil {
		x.decode = x.route.Decode
	}
	if err := x.decode(&x.batch, x.body, h); err != nil {
		var f *Fault
		if errors.As(err, &f) {
			return f
		}
		return &Fault{Status: http.StatusBadRequest, Reason: err.Error()}
	}
	d.readLines(&x.batch, h)
	x.batch.Tenant = x.tenant
	normalise.Batch(&x.batch)
	a := pipeline.Arrival{Tenant: x.tenant, At: signal.TimeOf(d.opt.Now()), Protocol: x.protocol}
	for _, s := range d.opt.Stages {
		s.Run(&x.batch, a)
	}
	if x.batch.Empty() {
		return nil
	}
	if x.route.Unretried { // they may hang up once they have sent: that takes nothing back
		ctx = context.WithoutCancel(ctx)
	}
	return d.patiently(ctx, x, func() *Fault { return storeFault(d.opt.Store.Append(ctx, &x.batch)) })
}

// storeFault chooses statuses that senders retry: of these, OTLP's exporters
// send again after 429 and 503 only (not after 507 or 500).
func storeFault(err error) *Fault {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrBusy):
		return &Fault{Status: http.StatusTooManyRequests, Reason: "too much data at once, try again shortly", RetryAfter: retryBusy}
	case errors.Is(err, store.ErrFull):
		return &Fault{Status: http.StatusServiceUnavailable, Reason: "the server's disk is full", RetryAfter: retryFull, Err: err}
	case errors.Is(err, store.ErrClosed):
		return &Fault{Status: http.StatusServiceUnavailable, Reason: "the server is stopping", RetryAfter: retryBusy}
	case errors.Is(err, context.Canceled):
		return &Fault{Status: statusGone, Reason: "the sender hung up"}
	case errors.Is(err, context.DeadlineExceeded):
		return &Fault{Status: http.StatusGatewayTimeout, Reason: "not durable within the sender's time limit", RetryAfter: retryBusy}
	}
	return &Fault{Status: http.StatusServiceUnavailable, Reason: "the server could not keep the data", RetryAfter: retryFail, Err: err}
}

// wireFault is readFault for reading from the network, where the sender may be
// gone. A timeout ends the context, too, and is looked for first.
func (d *Door) wireFault(r *http.Request, err error) *Fault {
	if !errors.Is(err, os.ErrDeadlineExceeded) && (r.Context().Err() != nil || errors.Is(err, io.ErrUnexpectedEOF)) {
		return &Fault{Status: statusGone, Reason: "the sender hung up"}
	}
	return d.readFault(err)
}

// readFault says why a body could not be read.
func (d *Door) readFault(err error) *Fault {
	switch {
	case errors.Is(err, errNoRoom):
		return &Fault{Status: http.StatusTooManyRequests, Reason: "too many requests at once, try again shortly", RetryAfter: retryBusy}
	case errors.Is(err, errTooLarge):
		return &Fault{Status: http.StatusRequestEntityTooLarge, Reason: "the body is larger than " + bytesText(d.opt.MaxBody) + " as sent or " + bytesText(d.opt.MaxInflated) + " inflated: send smaller batches"}
	case errors.Is(err, errBomb):
		return &Fault{Status: http.StatusRequestEntityTooLarge, Reason: "the body inflates to more than 250 times its size"}
	case errors.Is(err, errEncoding):
		return &Fault{Status: http.StatusUnsupportedMediaType, Reason: err.Error()}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Fault{Status: http.StatusRequestTimeout, Reason: "the body did not arrive within " + d.opt.BodyTimeout.String()}
	}
	return &Fault{Status: http.StatusBadRequest, Reason: "the body cannot be read: " + err.Error()}
}

// mediaOf returns the media type of a request without its parameters.
func mediaOf(r *http.Request, rt *Route) string {
	v := r.Header.Get("Content-Type")
	if v == "" && len(rt.Media) > 0 {
		return rt.Media[0]
	}
	if m, _, err := mime.ParseMediaType(v); err == nil {
		return m
	}
	m, _, _ := strings.Cut(v, ";")
	return strings.ToLower(strings.TrimSpace(m))
}
