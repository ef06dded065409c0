// Send sends the scenario of clienttest_test.go with jaeger-client-go and prints what it sent.
// Arguments: udp HOST:PORT | http URL, then TOKEN, and the URL of a sampling server for the client's default sampler.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/log"
	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/config"
)

type span struct {
	Trace  string `json:"trace"`
	ID     string `json:"id"`
	Parent string `json:"parent"`
}

type ledger struct {
	Service string            `json:"service"`
	Spans   map[string]span   `json:"spans"`
	Headers map[string]string `json:"headers"`
}

var base = time.UnixMilli(1700000000000)

func at(ms int) time.Time { return base.Add(time.Duration(ms) * time.Millisecond) }

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	c := config.Configuration{
		ServiceName: "shop-go", Gen128Bit: true,
		Tags:     []opentracing.Tag{{Key: "service.version", Value: "1.2.3"}},
		Sampler:  &config.SamplerConfig{Type: jaeger.SamplerTypeConst, Param: 1},
		Reporter: &config.ReporterConfig{BufferFlushInterval: 100 * time.Millisecond},
	}
	if args[0] == "udp" {
		c.Reporter.LocalAgentHostPort = args[1]
	} else {
		c.Reporter.CollectorEndpoint, c.Reporter.User, c.Reporter.Password = args[1], "clew", args[2]
	}
	remote := len(args) > 3
	if remote {
		c.Sampler = &config.SamplerConfig{SamplingServerURL: args[3], SamplingRefreshInterval: 100 * time.Millisecond}
	}
	tracer, closer, err := c.NewTracer()
	if err != nil {
		return err
	}
	// The default sampler starts at one in a thousand and asks at once for its strategy.
	for remote && !tracer.StartSpan("probe").Context().(jaeger.SpanContext).IsSampled() {
		time.Sleep(20 * time.Millisecond)
	}
	out := ledger{Service: "shop-go", Spans: map[string]span{}, Headers: map[string]string{}}
	if err := scenario(tracer, &out); err != nil {
		return err
	}
	if err := closer.Close(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

func scenario(tracer opentracing.Tracer, out *ledger) error {
	spans := map[string]opentracing.Span{}
	start := func(name string, ms int, o ...opentracing.StartSpanOption) opentracing.Span {
		spans[name] = tracer.StartSpan(name, append(o, opentracing.StartTime(at(ms)))...)
		return spans[name]
	}
	end := func(s opentracing.Span, ms int, logs ...opentracing.LogRecord) {
		s.FinishWithOptions(opentracing.FinishOptions{FinishTime: at(ms), LogRecords: logs})
	}
	root := start("GET /orders", 0, opentracing.Tags{
		"span.kind": "server", "http.method": "GET", "http.url": "http://shop/orders", "http.status_code": 200, "ratio": 1.5, "cached": true,
	})
	charge := start("charge", 10, opentracing.ChildOf(root.Context()), opentracing.Tags{
		"span.kind": "client", "peer.service": "payments", "peer.hostname": "pay.internal", "peer.port": uint16(8443), "error": true,
	})
	headers := http.Header{}
	if err := tracer.Inject(charge.Context(), opentracing.HTTPHeaders, opentracing.HTTPHeadersCarrier(headers)); err != nil {
		return err
	}
	for k := range headers {
		out.Headers[k] = headers.Get(k)
	}
	end(charge, 40, opentracing.LogRecord{Timestamp: at(30), Fields: []log.Field{
		log.String("event", "error"), log.String("error.kind", "Declined"), log.String("message", "card declined"), log.String("stack", "at charge"),
	}})
	far, err := tracer.Extract(opentracing.TextMap, opentracing.TextMapCarrier{"uber-trace-id": "abc:def:0:1"})
	if err != nil {
		return err
	}
	end(start("audit", 50, opentracing.ChildOf(root.Context()), opentracing.FollowsFrom(far)), 60)
	publish := start("publish", 90, opentracing.ChildOf(root.Context()), opentracing.Tags{
		"span.kind": "producer", "component": "kafka", "message_bus.destination": "orders", "authorization": "Bearer hush-hush",
	})
	end(root, 100)
	end(publish, 150, opentracing.LogRecord{Timestamp: at(95), Fields: []log.Field{log.String("event", "sent"), log.Int("size", 3)}}) // after its parent
	for name, s := range spans {
		c := s.Context().(jaeger.SpanContext)
		id := span{Trace: c.TraceID().String(), ID: c.SpanID().String()}
		if c.ParentID() != 0 {
			id.Parent = c.ParentID().String()
		}
		out.Spans[name] = id
	}
	return nil
}
