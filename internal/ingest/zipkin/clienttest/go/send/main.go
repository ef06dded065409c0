// Command send sends spans with zipkin-go and prints, as JSON, what it sent.
//
// Usage: send <json|proto> <url> <token>
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/openzipkin/zipkin-go"
	"github.com/openzipkin/zipkin-go/model"
	"github.com/openzipkin/zipkin-go/propagation/b3"
	"github.com/openzipkin/zipkin-go/proto/zipkin_proto3"
	"github.com/openzipkin/zipkin-go/reporter"
	zipkinhttp "github.com/openzipkin/zipkin-go/reporter/http"
)

type span map[string]any

type ledger struct {
	Service  string            `json:"service"`
	From     int64             `json:"from"` // ms
	To       int64             `json:"to"`
	Spans    []span            `json:"spans"`
	Injected map[string]string `json:"injected"`
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(mode, url, token string) error {
	var encoding reporter.SpanSerializer = reporter.JSONSerializer{}
	if mode == "proto" {
		encoding = zipkin_proto3.SpanSerializer{}
	}
	rep := zipkinhttp.NewReporter(url+"/api/v2/spans", zipkinhttp.Serializer(encoding), zipkinhttp.RequestCallback(func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+token)
	}))
	self, err := zipkin.NewEndpoint("go-client", "127.0.0.1:8080")
	if err != nil {
		return err
	}
	tracer, err := zipkin.NewTracer(rep, zipkin.WithLocalEndpoint(self), zipkin.WithTraceID128Bit(true), zipkin.WithSharedSpans(true))
	if err != nil {
		return err
	}
	out := ledger{Service: "go-client", From: time.Now().UnixMilli(), Injected: map[string]string{}}
	record := func(s zipkin.Span, name, kind string, more span) {
		c := s.Context()
		row := span{"trace": c.TraceID.String(), "id": c.ID.String(), "name": name, "kind": kind}
		if c.ParentID != nil {
			row["parent"] = c.ParentID.String()
		}
		for k, v := range more {
			row[k] = v
		}
		out.Spans = append(out.Spans, row)
	}

	incoming := &http.Request{Header: http.Header{}}
	incoming.Header.Set(b3.TraceID, "463ac35c9f6413ad48485a3953bb6124")
	incoming.Header.Set(b3.SpanID, "0020000000000001")
	incoming.Header.Set(b3.Sampled, "1")
	root := tracer.StartSpan("post /new_post", zipkin.Kind(model.Server), zipkin.Parent(tracer.Extract(b3.ExtractHTTP(incoming))),
		zipkin.RemoteEndpoint(&model.Endpoint{IPv6: net.ParseIP("2001:db8::1"), Port: 4711}))
	root.Tag("http.status_code", "200")
	root.Tag("http.path", "/new_post?token=hunter2")
	record(root, "post /new_post", "server", span{"attrs": span{"http.status_code": "200", "network.peer.address": "2001:db8::1", "network.peer.port": span{"int": 4711}}})

	call, ctx := tracer.StartSpanFromContext(zipkin.NewContext(context.Background(), root), "get žluť 🧵", zipkin.Kind(model.Client),
		zipkin.RemoteEndpoint(&model.Endpoint{ServiceName: "redis", IPv4: net.IPv4(10, 1, 2, 3), Port: 6379}))
	call.Tag("numeric", "42")
	zipkin.TagError.Set(call, "it failed")
	at := time.Now().Truncate(time.Microsecond) // JSON rounds, protobuf cuts
	call.Annotate(at, "an event")
	outgoing := &http.Request{Header: http.Header{}}
	if err := b3.InjectHTTP(outgoing, b3.WithSingleAndMultiHeader())(call.Context()); err != nil {
		return err
	}
	for k := range outgoing.Header {
		out.Injected[k] = outgoing.Header.Get(k)
	}
	record(call, "get žluť 🧵", "client", span{"status": "error", "message": "it failed", "attrs": span{
		"numeric": "42", "error": "it failed", "peer.service": "redis", "network.peer.address": "10.1.2.3", "network.peer.port": span{"int": 6379},
	}, "events": []span{{"at": at.UnixNano(), "name": "an event"}}})
	time.Sleep(2 * time.Millisecond)
	call.Finish()

	late, _ := tracer.StartSpanFromContext(ctx, "work")
	record(late, "work", "internal", nil)
	root.Finish() // before its child
	time.Sleep(2 * time.Millisecond)
	late.Finish()

	apart := tracer.StartSpan("another trace")
	record(apart, "another trace", "internal", nil)
	apart.FinishedWithDuration(time.Millisecond)

	out.To = time.Now().UnixMilli() + 1
	return errors.Join(rep.Close(), json.NewEncoder(os.Stdout).Encode(out))
}
