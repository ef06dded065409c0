// Command send uses OpenCensus for Go and its agent exporter as an application
// would, and prints as JSON what it recorded, once its standard input ends.
//
// Usage: send ADDRESS TOKEN
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"contrib.go.opencensus.io/exporter/ocagent"
	"go.opencensus.io/plugin/ochttp/propagation/b3"
	"go.opencensus.io/plugin/ochttp/propagation/tracecontext"
	"go.opencensus.io/stats"
	"go.opencensus.io/stats/view"
	"go.opencensus.io/tag"
	"go.opencensus.io/trace"
	"go.opencensus.io/trace/propagation"
	"go.opencensus.io/trace/tracestate"
	"google.golang.org/grpc"
)

// bearer puts a token on every call: the exporter's own headers reach its
// streams of spans only.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

// ledger keeps what was recorded, as the application saw it.
type ledger struct {
	mu    sync.Mutex
	Spans []map[string]any
}

func (l *ledger) ExportSpan(s *trace.SpanData) {
	attrs := map[string]any{}
	for k, v := range s.Attributes {
		if _, ok := v.(float64); !ok { // the exporter leaves these out
			attrs[k] = typed(v)
		}
	}
	row := map[string]any{
		"trace": s.TraceID.String(), "id": s.SpanID.String(), "name": s.Name, "attrs": attrs,
		"start": strconv.FormatInt(s.StartTime.UnixNano(), 10), "end": strconv.FormatInt(s.EndTime.UnixNano(), 10),
		"kind": map[int]string{trace.SpanKindServer: "server", trace.SpanKindClient: "client"}[s.SpanKind], "events": len(s.Annotations) + len(s.MessageEvents), "links": len(s.Links),
	}
	if s.ParentSpanID != (trace.SpanID{}) {
		row["parent"] = s.ParentSpanID.String()
	}
	if s.Status.Code != 0 {
		row["status"], row["message"] = "error", s.Status.Message
		attrs["census.status_code"] = typed(int64(s.Status.Code))
	}
	l.mu.Lock()
	l.Spans = append(l.Spans, row)
	l.mu.Unlock()
}

func typed(v any) any {
	switch v.(type) {
	case bool:
		return map[string]any{"bool": v}
	case int64:
		return map[string]any{"int": v}
	}
	return v
}

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	os.Setenv("HOSTNAME", "checkout-7")
	os.Setenv("OC_RESOURCE_TYPE", "container")
	os.Setenv("OC_RESOURCE_LABELS", `container.name="checkout-7"`)
	exporter, err := ocagent.NewExporter(ocagent.WithInsecure(), ocagent.WithAddress(os.Args[1]), ocagent.WithServiceName("oc-go"),
		ocagent.WithReconnectionPeriod(time.Hour), ocagent.WithGRPCDialOption(grpc.WithPerRPCCredentials(bearer(os.Args[2]))))
	fatal(err)
	told := new(ledger)
	trace.RegisterExporter(exporter)
	trace.RegisterExporter(told)
	trace.ApplyConfig(trace.Config{DefaultSampler: trace.AlwaysSample()})
	headers := record()
	measure(exporter)
	exporter.Flush()
	io.Copy(io.Discard, os.Stdin)
	fatal(json.NewEncoder(os.Stdout).Encode(map[string]any{"spans": told.Spans, "headers": headers}))
}

// record makes four spans, one of which ends before its child, and returns what
// the formats inject for the call between services.
func record() map[string]string {
	state, err := tracestate.New(nil, tracestate.Entry{Key: "acme", Value: "blue"})
	fatal(err)
	remote := trace.SpanContext{TraceID: trace.TraceID{0xab, 15: 1}, SpanID: trace.SpanID{1, 7: 9}, TraceOptions: 1, Tracestate: state}
	ctx, server := trace.StartSpanWithRemoteParent(context.Background(), "POST /order", remote, trace.WithSpanKind(trace.SpanKindServer))
	server.AddAttributes(trace.StringAttribute("http.method", "POST"), trace.StringAttribute("http.path", "/order"), trace.Int64Attribute("http.status_code", 500),
		trace.BoolAttribute("vip", true), trace.Float64Attribute("total", 12.5), trace.StringAttribute("http.request.header.authorization", "Bearer s3cr3t-token"))
	server.Annotate([]trace.Attribute{trace.Int64Attribute("items", 3)}, "cart read")
	server.AddMessageReceiveEvent(1, 512, 256)
	server.AddMessageSendEvent(2, 90, 0)
	server.AddLink(trace.Link{TraceID: trace.TraceID{7, 15: 7}, SpanID: trace.SpanID{7, 7: 7}, Type: trace.LinkTypeParent})

	callCtx, call := trace.StartSpan(ctx, "pay", trace.WithSpanKind(trace.SpanKindClient))
	call.AddAttributes(trace.StringAttribute("http.host", "pay.example"), trace.StringAttribute("http.method", "GET"), trace.StringAttribute("http.path", "/card"))
	call.SetStatus(trace.Status{Code: trace.StatusCodeUnavailable, Message: "card service is down"})
	req, err := http.NewRequestWithContext(callCtx, http.MethodGet, "http://pay.example/card", nil)
	fatal(err)
	(&b3.HTTPFormat{}).SpanContextToRequest(call.SpanContext(), req)
	(&tracecontext.HTTPFormat{}).SpanContextToRequest(call.SpanContext(), req)
	headers := map[string]string{"grpc-trace-bin": base64.RawStdEncoding.EncodeToString(propagation.Binary(call.SpanContext())), "span": call.SpanContext().SpanID.String()}
	for k := range req.Header {
		headers[k] = req.Header.Get(k)
	}
	_, late := trace.StartSpan(callCtx, "write the receipt")
	call.End()
	late.SetStatus(trace.Status{Code: trace.StatusCodeNotFound})
	server.End()
	late.End()
	return headers
}

// measure sends a count, a sum, a last value and a distribution.
func measure(exporter *ocagent.Exporter) {
	size := stats.Int64("order/size", "items of an order", stats.UnitDimensionless)
	price := stats.Float64("order/price", "price of an order", "EUR")
	country, err := tag.NewKey("country")
	fatal(err)
	view.RegisterExporter(exporter)
	views := []*view.View{
		{Name: "orders", Measure: size, Aggregation: view.Count(), TagKeys: []tag.Key{country}},
		{Name: "revenue", Measure: price, Aggregation: view.Sum(), TagKeys: []tag.Key{country}},
		{Name: "last_price", Measure: price, Aggregation: view.LastValue()},
		{Name: "sizes", Measure: size, Aggregation: view.Distribution(1, 2, 4, 8), TagKeys: []tag.Key{country}},
	}
	fatal(view.Register(views...))
	ctx, err := tag.New(context.Background(), tag.Insert(country, "de"))
	fatal(err)
	stats.Record(ctx, size.M(3), price.M(12.5))
	stats.Record(ctx, size.M(9), price.M(20))
	view.Unregister(views...) // reports what is left
}
