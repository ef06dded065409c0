// Command send reports spans with the published tracer and prints, as JSON, what
// they must be where they arrive. Usage: send <http|grpc> <host:port> <token>
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/lightstep/lightstep-tracer-go"
	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/log"
)

type object = map[string]any

// memory keeps what was recorded.
type memory struct{ spans []lightstep.RawSpan }

func (m *memory) RecordSpan(s lightstep.RawSpan) { m.spans = append(m.spans, s) }

func value(v any) any {
	switch v := v.(type) {
	case bool:
		return object{"bool": v}
	case int, int64, uint16:
		return object{"int": v}
	case float64:
		return object{"double": v}
	}
	return v
}

func values(tags opentracing.Tags) object {
	out := object{}
	for k, v := range tags {
		out[k] = value(v)
	}
	return out
}

func ledger(s lightstep.RawSpan, more object) object {
	out := object{
		"trace": fmt.Sprintf("%032x", s.Context.TraceID), "id": fmt.Sprintf("%016x", s.Context.SpanID), "name": s.Operation,
		"start": fmt.Sprint(s.Start.UnixNano()), "end": fmt.Sprint(s.Start.UnixNano() + s.Duration.Truncate(time.Microsecond).Nanoseconds()),
		"attrs": values(s.Tags),
	}
	if s.ParentSpanID != 0 {
		out["parent"] = fmt.Sprintf("%016x", s.ParentSpanID)
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func main() {
	transport, address, token := os.Args[1], os.Args[2], os.Args[3]
	host, text, _ := net.SplitHostPort(address)
	port, err := strconv.Atoi(text)
	if err != nil {
		fail(err)
	}
	errors := []string{}
	lightstep.SetGlobalEventHandler(func(e lightstep.Event) {
		if e, ok := e.(lightstep.EventFlushError); ok {
			errors = append(errors, e.Error())
		}
	})
	mem := &memory{}
	tracer := lightstep.NewTracer(lightstep.Options{
		AccessToken: token,
		Collector:   lightstep.Endpoint{Host: host, Port: port, Plaintext: true},
		UseHttp:     transport == "http", UseGRPC: transport == "grpc",
		Tags:            opentracing.Tags{lightstep.ComponentNameKey: "go-orders", "service.version": "1.2.3"},
		ReportingPeriod: time.Hour, MinReportingPeriod: time.Hour,
		Recorder: mem,
	})
	root := tracer.StartSpan("POST /orders", opentracing.Tags{"span.kind": "server", "http.status_code": uint16(200), "express": true, "ratio": 2.5, "api_key": "hunter2"})
	root.SetBaggageItem("customer", "c-17")
	call := tracer.StartSpan("reserve žluť 🧵", opentracing.ChildOf(root.Context()), opentracing.Tags{"span.kind": "client", "peer.service": "stock", "error": true})
	headers := map[string]string{}
	if err := tracer.Inject(call.Context(), opentracing.TextMap, opentracing.TextMapCarrier(headers)); err != nil {
		fail(err)
	}
	call.LogFields(log.String("event", "error"), log.String("message", "stock did not answer"), log.Int("attempt", 2), log.Object("order", object{"id": 7}))
	late := tracer.StartSpan("send mail", opentracing.FollowsFrom(root.Context()))
	call.Finish()
	root.Finish()
	late.Finish() // after its parent

	for i := 0; i < 3 && len(errors) == i; i++ {
		lightstep.Flush(context.Background(), tracer)
	}
	root_, call_, late_ := mem.spans[1], mem.spans[0], mem.spans[2]
	masked := values(root_.Tags)
	masked["api_key"] = "***"
	out, err := json.Marshal(object{
		"service": "go-orders", "language": "go", "errors": errors, "headers": headers,
		"spans": []object{
			ledger(root_, object{"kind": "server", "attrs": masked}),
			ledger(call_, object{"kind": "client", "status": "error", "events": []object{{
				"at": fmt.Sprint(call_.Logs[0].Timestamp.UnixNano()), "name": "error",
				"attrs": object{"message": "stock did not answer", "attempt": object{"int": 2}, "order": `{"id":7}`},
			}}}),
			ledger(late_, nil),
		},
	})
	if err != nil {
		fail(err)
	}
	fmt.Println(string(out))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
