package ingest

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"clew/internal/signal"
)

// This file serves what is neither HTTP nor gRPC: datagrams, and messages that
// follow each other on a TCP connection. What arrives so carries no token and
// belongs to the default tenant; who may send it is the listener's address's business.

const (
	packetWorkers = 32               // datagrams decoded and made durable at once; one fsync serves them all
	packetBuffer  = 4 << 20          // of the kernel, while all workers are busy
	connsMax      = 256              // TCP connections at a socket
	connIdle      = 10 * time.Minute // without a message, until a connection is closed
)

// ServePackets takes the datagrams of s, a socket of the receiver named protocol,
// until ctx ends. What finds no room is waited for as for a route whose clients
// never send again, while the kernel buffers what follows.
func (d *Door) ServePackets(ctx context.Context, conn net.PacketConn, protocol string, s *Socket) error {
	if u, ok := conn.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(packetBuffer) // the kernel may grant less
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	rt := s.route()
	var workers sync.WaitGroup
	defer workers.Wait()
	slots := make(chan struct{}, packetWorkers)
	for {
		x := &exchange{protocol: protocol, route: rt, lease: lease{of: &d.budget}}
		b, err := x.newBuffer()
		for err != nil { // another request frees memory before long
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(patiencePause):
			}
			b, err = x.newBuffer()
		}
		n, from, err := conn.ReadFrom((*b.p)[:cap(*b.p)])
		if err != nil {
			x.free()
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			continue // an ICMP message of an earlier answer, for example
		}
		*b.p = (*b.p)[:n]
		slots <- struct{}{}
		workers.Go(func() {
			defer func() { <-slots }()
			defer x.free()
			d.message(context.WithoutCancel(ctx), x, s, *b.p, from)
		})
	}
}

// Handler returns what an HTTP or gRPC socket serves, of senders, which has the
// routes of all protocols: "/" stands for what s says.
func (s *Socket) Handler(senders http.Handler) http.Handler {
	if s.Slash == "" {
		return senders
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			r = r.Clone(r.Context())
			r.URL.Path = s.Slash
		}
		senders.ServeHTTP(w, r)
	})
}

// ServeConns takes the messages of every connection of ln until ctx ends.
func (d *Door) ServeConns(ctx context.Context, ln net.Listener, protocol string, s *Socket) error {
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	var conns sync.WaitGroup
	defer conns.Wait()
	slots := make(chan struct{}, connsMax)
	for {
		slots <- struct{}{}
		conn, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		conns.Go(func() {
			defer func() { <-slots }()
			d.serveConn(ctx, conn, protocol, s)
		})
	}
}

func (d *Door) serveConn(ctx context.Context, conn net.Conn, protocol string, s *Socket) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	rt := s.route()
	in := bufio.NewScanner(conn)
	in.Buffer(nil, int(d.opt.MaxBody))
	in.Split(s.Split)
	for {
		conn.SetReadDeadline(time.Now().Add(connIdle))
		if !in.Scan() {
			break
		}
		x := &exchange{protocol: protocol, route: rt, lease: lease{of: &d.budget}}
		a := d.message(context.WithoutCancel(ctx), x, s, in.Bytes(), conn.RemoteAddr())
		x.free()
		if len(a.Body) > 0 {
			if _, err := conn.Write(a.Body); err != nil {
				return
			}
		}
	}
	if err := in.Err(); err != nil && ctx.Err() == nil && !errors.Is(err, net.ErrClosed) {
		x := &exchange{protocol: protocol, route: rt}
		f := &Fault{Status: http.StatusBadRequest, Reason: err.Error()}
		if errors.Is(err, bufio.ErrTooLong) {
			f = d.readFault(errTooLarge)
		}
		d.done(x, d.opt.Now(), s.Name, conn.RemoteAddr().String(), f.Status, f)
	}
}

// message takes one message and returns what its sender is told.
func (d *Door) message(ctx context.Context, x *exchange, s *Socket, body []byte, from net.Addr) Answer {
	start := d.opt.Now()
	x.wireBytes, x.body = int64(len(body)), body
	x.tenant = signal.DefaultTenant
	f := d.take(ctx, x, Header{})
	told := d.told(x, f)
	d.done(x, start, s.Name, from.String(), f.status(), f)
	if s.Reply == nil {
		return Answer{}
	}
	return s.Reply(Outcome{Fault: told, Refused: x.batch.Refused}, Header{Body: body})
}

// route is what s says, in the words of the door.
func (s *Socket) route() *Route {
	return &Route{Path: s.Name, Signal: s.Signal, Unretried: true, Decode: s.Decode, Reply: s.Reply}
}
