package main

import (
	"context"
	"net"
	"net/http"
	"strconv"

	"clew/internal/ingest"
	"clew/internal/ingest/cloudwatch"
	"clew/internal/ingest/datadog"
	"clew/internal/ingest/epsagon"
	"clew/internal/ingest/firehose"
	"clew/internal/ingest/instana"
	"clew/internal/ingest/jaeger"
	"clew/internal/ingest/lightstep"
	"clew/internal/ingest/opencensus"
	"clew/internal/ingest/otlp"
	"clew/internal/ingest/scribe"
	"clew/internal/ingest/xray"
	"clew/internal/ingest/zipkin"
	"clew/internal/server"
)

// receivers are the protocols Clew takes, all on the main port.
var receivers = []ingest.Receiver{
	otlp.Receiver,
	opencensus.Receiver,
	zipkin.Receiver,
	scribe.Receiver,
	xray.Receiver,
	epsagon.Receiver,
	lightstep.Receiver,
	jaeger.Receiver,
	datadog.Receiver,
	instana.Receiver,
	firehose.Receiver,
	cloudwatch.Receiver,
}

// legacy lists the conventional addresses of all protocols. Those that carry
// tokens are on the host of --listen, the others on --legacy-host.
func (c *serveCmd) legacy(senders http.Handler, door **ingest.Door) []server.Endpoint {
	if !c.Legacy {
		return nil
	}
	host, _, _ := net.SplitHostPort(c.Listen) // checked by Check
	var all []server.Endpoint
	for _, rc := range receivers {
		for i := range rc.Sockets {
			s := &rc.Sockets[i]
			e := server.Endpoint{Name: s.Name, Addr: net.JoinHostPort(host, strconv.Itoa(s.Port)), Optional: true}
			if s.Tokenless() {
				e.Addr = net.JoinHostPort(c.LegacyHost, strconv.Itoa(s.Port))
			}
			switch {
			case !s.Tokenless():
				e.Handler = s.Handler(senders)
			case s.Network == "udp":
				e.Packets = func(ctx context.Context, conn net.PacketConn) error {
					return (*door).ServePackets(ctx, conn, rc.Name, s)
				}
			default:
				e.Conns = func(ctx context.Context, l net.Listener) error {
					return (*door).ServeConns(ctx, l, rc.Name, s)
				}
			}
			all = append(all, e)
		}
	}
	return all
}
