// Package server runs listeners from their opening to a graceful stop: those of
// HTTP, on which HTTP/1.1, HTTP/2 without TLS and so gRPC are spoken side by
// side, and plain TCP and UDP ones. It knows nothing of what is served.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Endpoint is one address and what answers there.
type Endpoint struct {
	Name string
	Addr string // HOST:PORT

	// One of these takes what arrives. Packets makes it a UDP address. Both
	// others run until their context ends and return the failure that ended them.
	Handler http.Handler
	Conns   func(ctx context.Context, l net.Listener) error
	Packets func(ctx context.Context, conn net.PacketConn) error

	// Optional endpoints whose port is taken are left out with a warning.
	Optional bool
}

// Group is a set of open listeners.
type Group struct {
	log     *slog.Logger
	open    []listener
	servers []*http.Server
}

type listener struct {
	Endpoint
	tcp net.Listener
	udp net.PacketConn // instead of tcp
}

func listen(e Endpoint) (l listener, err error) {
	l.Endpoint = e
	if e.Packets != nil {
		l.udp, err = net.ListenPacket("udp", e.Addr)
	} else {
		l.tcp, err = net.Listen("tcp", e.Addr)
	}
	return l, err
}

func (l *listener) close() {
	if l.udp != nil {
		l.udp.Close()
		return
	}
	l.tcp.Close()
}

// Listen opens every endpoint, or none: a port that is taken is known before
// anything else starts.
func Listen(endpoints []Endpoint, log *slog.Logger) (*Group, error) {
	g := &Group{log: log}
	for _, e := range endpoints {
		l, err := listen(e)
		if err != nil && e.Optional {
			log.Warn("port not opened", "listener", e.Name, "addr", e.Addr, "err", err)
			continue
		}
		if err != nil {
			g.Close()
			return nil, fmt.Errorf("server: listen for %s: %w", e.Name, err)
		}
		g.open = append(g.open, l)
	}
	return g, nil
}

// Addr returns the address that the named endpoint got, or "" if it is not open.
func (g *Group) Addr(name string) string {
	for _, l := range g.open {
		if l.Name == name {
			return l.addr().String()
		}
	}
	return ""
}

// Names lists the open listeners.
func (g *Group) Names() []string {
	names := make([]string, len(g.open))
	for i := range g.open {
		names[i] = g.open[i].Name
	}
	return names
}

// addr is the socket's, not the one that was asked for.
func (l *listener) addr() net.Addr {
	if l.udp != nil {
		return l.udp.LocalAddr()
	}
	return l.tcp.Addr()
}

// Close closes the listeners of a group that is not run.
func (g *Group) Close() {
	for i := range g.open {
		g.open[i].close()
	}
}

// Limits of every connection. There is no overall write timeout: large answers
// stream, and each handler watches its client through the request's context.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// Run serves until ctx ends, then takes no new request, gives those under way
// drain to finish, and cuts the rest off. It returns the first failure.
func (g *Group) Run(ctx context.Context, drain time.Duration) error {
	// Requests outlive ctx: they are drained, not cut.
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range g.open {
		group.Go(g.runner(ctx, base, l))
	}
	group.Go(func() error {
		<-ctx.Done()
		g.stop(drain, cut)
		return nil
	})
	return group.Wait()
}

// runner returns what serves l.
func (g *Group) runner(ctx, base context.Context, l listener) func() error {
	var run func() error
	switch {
	case l.Packets != nil:
		run = func() error { return l.Packets(ctx, l.udp) }
	case l.Conns != nil:
		run = func() error { return l.Conns(ctx, l.tcp) }
	default:
		s := newServer(l.Handler, base, g.log)
		g.servers = append(g.servers, s)
		run = func() error {
			if err := s.Serve(l.tcp); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		}
	}
	return func() error {
		if err := run(); err != nil {
			return fmt.Errorf("server: serve %s: %w", l.Name, err)
		}
		return nil
	}
}

func newServer(h http.Handler, base context.Context, log *slog.Logger) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler: h, Protocols: &protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 250, MaxReceiveBufferPerConnection: 4 << 20, MaxReceiveBufferPerStream: 1 << 20},
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return base },
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// stop shuts all servers down at once; what is not done after drain is cut.
func (g *Group) stop(drain time.Duration, cut context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	var group errgroup.Group
	for _, s := range g.servers {
		group.Go(func() error {
			if err := s.Shutdown(ctx); err != nil {
				cut()
				s.Close()
				g.log.Warn("requests cut off at stop", "after", drain)
			}
			return nil
		})
	}
	group.Wait()
}
