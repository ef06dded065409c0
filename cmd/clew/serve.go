package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"clew/internal/api"
	"clew/internal/api/compat/jaeger"
	"clew/internal/auth"
	"clew/internal/backup"
	"clew/internal/config"
	"clew/internal/function"
	"clew/internal/ingest"
	"clew/internal/meta"
	"clew/internal/pipeline"
	"clew/internal/server"
	"clew/internal/signal"
	"clew/internal/store/columnar"
	"clew/internal/tail"
	"clew/internal/weave"
	"clew/internal/web"
	"clew/ui"
)

// drain is what requests under way get at a stop; the store's close follows.
const drain = 700 * time.Millisecond

type serveCmd struct {
	config.Serve `embed:""`
}

// Run opens the ports, then the data, then answers until ctx ends.
func (c *serveCmd) Run(ctx context.Context) error {
	if err := c.Check(); err != nil {
		return err
	}
	prices, err := c.prices()
	if err != nil {
		return err
	}
	began := time.Now()
	log := newLogger(c.LogLevel, c.LogFormat)
	debug.SetMemoryLimit(int64(c.Memory) * 9 / 10)
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("serve: make data directory: %w", err)
	}

	var health server.Health
	main, senders := http.NewServeMux(), http.NewServeMux()
	var door *ingest.Door // set before anything is served
	ports, err := server.Listen(append(c.endpoints(main, senders), c.legacy(senders, &door)...), log)
	if err != nil {
		return err
	}
	defer ports.Close()

	db, err := meta.Open(ctx, filepath.Join(c.Data, metaFile))
	if err != nil {
		return err
	}
	defer db.Close()
	st, err := columnar.Open(columnar.Options{
		Dir: filepath.Join(c.Data, "store"), MemoryLimit: int64(c.Memory) / 4,
		RetainAge: c.RetainAge, RetainBoring: c.RetainBoring, RetainBytes: int64(c.RetainBytes),
		RetainType: [len(signal.Types)]time.Duration{signal.Logs: c.RetainLogs, signal.Points: c.RetainMetrics}, Logger: log,
	})
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); err != nil {
			log.Error("store did not close cleanly", "err", err)
		}
	}()

	maskKey, err := secretFile(filepath.Join(c.Data, "mask.key"))
	if err != nil {
		return err
	}
	gate := auth.New(db, time.Now)
	open := config.Loopback(c.Listen)
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), storeMetrics{st.Stats})

	follow := tail.NewHub(api.EncodeLogRow)
	context.AfterFunc(ctx, follow.Close)
	functions := function.NewReader(st, function.Priced(prices), time.Now)
	weaver := weave.New(weave.Options{Store: st, Keeper: db, Now: time.Now, Logger: log, Retain: c.RetainAge})
	metrics.MustRegister(weaver)
	alerts, err := c.alerts(ctx, st, db, ports.Addr("main"), log)
	if err != nil {
		return err
	}
	door = ingest.New(ingest.Options{
		Receivers: receivers, Stages: pipeline.Default(pipeline.Options{
			Mask: pipeline.MaskOptions{Allow: c.MaskAllow, Deny: c.MaskAlso, Key: maskKey}, Registerer: metrics,
		}), Store: weaver.Watch(follow.Watch(functions.Watch(st))),
		Authorize: c.authorize(gate, open), MaxBody: int64(c.MaxRequest), MaxInflated: int64(c.MaxInflated),
		Now: time.Now, Logger: log, Registerer: metrics,
	})
	door.Register(main)
	door.Register(senders)

	reads := http.NewServeMux()
	api.New(api.Options{
		Store: st, Functions: functions, Tail: follow, Prices: prices, Ordinals: db, Issues: db, Alerts: alerts, Now: time.Now, Version: buildVersion(), Started: began, TokenAuth: !open, Logger: log,
		Refused: func() []api.RefusedNote { return refusedNotes(door.Refused()) },
	}).Register(reads)
	jaeger.New(jaeger.Options{Store: st, Now: time.Now, Logger: log, Tenant: api.TenantOf}).Register(reads)
	index, err := ui.Index(c.Base())
	if err != nil {
		return fmt.Errorf("serve: read the built-in page: %w", err)
	}
	files, built := ui.FS()
	if !built {
		log.Warn("this build has no UI; `make build` makes one that has")
	}
	reads.Handle("/", web.Handler(files, "/", index))
	main.Handle("/", door.Unknown(c.readers(gate, open, reads)))
	c.admin(main, gate, open, backup.Handler(st, db, time.Now, log))
	health.Register(main)
	main.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))

	if err := c.announce(ctx, gate, ports, open, log, began); err != nil {
		return err
	}
	health.SetReady(true)
	context.AfterFunc(ctx, func() { health.SetReady(false) })
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return ports.Run(ctx, drain) })
	group.Go(func() error { weaver.Run(ctx); return nil })
	group.Go(func() error { alerts.Run(ctx); return nil })
	return group.Wait()
}

// endpoints lists the listeners: the main one and the two conventional OTLP ports.
func (c *serveCmd) endpoints(main, senders http.Handler) []server.Endpoint {
	all := []server.Endpoint{{Name: "main", Addr: c.Listen, Handler: main}}
	host, _, _ := net.SplitHostPort(c.Listen) // checked by Check
	for _, e := range []struct{ name, addr, port string }{
		{"otlp-grpc", c.OTLPGRPC, "4317"}, {"otlp-http", c.OTLPHTTP, "4318"},
	} {
		switch e.addr {
		case config.Off:
		case config.Auto:
			all = append(all, server.Endpoint{Name: e.name, Addr: net.JoinHostPort(host, e.port), Handler: senders, Optional: true})
		default:
			all = append(all, server.Endpoint{Name: e.name, Addr: e.addr, Handler: senders})
		}
	}
	return all
}

// authorize returns the door's check of a sender's token: none on loopback.
func (c *serveCmd) authorize(gate *auth.Gate, open bool) func(token string) (signal.Tenant, error) {
	if open {
		return nil
	}
	return func(token string) (signal.Tenant, error) {
		t, err := gate.Check(context.Background(), token, auth.Ingest)
		if err != nil && !errors.Is(err, auth.ErrDenied) && !errors.Is(err, auth.ErrScope) {
			err = fmt.Errorf("%w: %w", ingest.ErrAuthDown, err)
		}
		return t, err
	}
}

// readers guards the UI and the API and takes the base path off.
func (c *serveCmd) readers(gate *auth.Gate, open bool, reads http.Handler) http.Handler {
	foreign := http.NewCrossOriginProtection()
	if open {
		return foreign.Handler(stripBase(c.Base(), auth.LocalHost(reads)))
	}
	mux := http.NewServeMux()
	mux.Handle(c.Base()+"login", gate.Login(c.Base()))
	mux.Handle("/", gate.Readers(c.Base(), stripBase(c.Base(), reads), func(r *http.Request, t signal.Tenant) *http.Request {
		return r.WithContext(api.WithTenant(r.Context(), t))
	}))
	return foreign.Handler(mux)
}

// admin serves what concerns all tenants: on loopback to everybody, elsewhere to
// tokens made for it.
func (c *serveCmd) admin(main *http.ServeMux, gate *auth.Gate, open bool, h http.Handler) {
	if open {
		h = auth.LocalHost(h)
	} else {
		h = gate.Require(auth.Admin, h)
	}
	main.Handle("GET /"+backup.Path, h)
	if c.Base() != "/" {
		main.Handle("GET "+c.Base()+backup.Path, h)
	}
}

// stripBase serves h under base and also without it, for proxies that strip it.
func stripBase(base string, h http.Handler) http.Handler {
	if base == "/" {
		return h
	}
	stripped := http.StripPrefix(strings.TrimSuffix(base, "/"), h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, base) {
			stripped.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func refusedNotes(refused []ingest.RefusedRequest) []api.RefusedNote {
	notes := make([]api.RefusedNote, len(refused))
	for i, r := range refused {
		notes[i] = api.RefusedNote{Time: r.At.UTC().Format(time.RFC3339Nano), Protocol: r.Protocol, Status: r.Status, Reason: r.Reason}
	}
	return notes
}

// announce prints where Clew answers, and on an address that others can reach
// the first token, once.
func (c *serveCmd) announce(ctx context.Context, gate *auth.Gate, ports *server.Group, open bool, log *slog.Logger, began time.Time) error {
	for _, name := range ports.Names() {
		log.Info("listening", "listener", name, "addr", ports.Addr(name))
	}
	fmt.Printf("Clew is at http://%s%s (started in %d ms)\n", ports.Addr("main"), c.Base(), time.Since(began).Milliseconds())
	if open {
		fmt.Println("It listens on this machine only, so senders and readers need no token.")
		return nil
	}
	token, err := gate.FirstToken(ctx)
	if err != nil {
		return err
	}
	if token == "" {
		fmt.Println("Senders and readers need a token; make one with: clew token add NAME --scope ingest,read")
		return nil
	}
	fmt.Printf("Others can reach this address, so senders and readers need a token.\nThis is the first one, for both. It is shown only now:\n\n    %s\n\n", token)
	return nil
}

// secretFile returns the 32 random bytes in the file at path, which it makes where
// there is none.
func secretFile(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	switch {
	case err == nil && len(key) == 32:
		return key, nil
	case err == nil:
		return nil, fmt.Errorf("serve: %s has %d bytes, want 32: remove it to have a new one made", path, len(key))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("serve: read the key of masks: %w", err)
	}
	key = make([]byte, 32)
	rand.Read(key) // never fails: crypto/rand ends the process instead
	if err := os.WriteFile(path, key, 0o600); err != nil {
		return nil, fmt.Errorf("serve: write the key of masks: %w", err)
	}
	return key, nil
}
