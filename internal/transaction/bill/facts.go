// Package bill says what a transaction costs: its runs, the requests it made and
// the hops between, each priced once, with the arithmetic. It is pure. It does not
// know what is billed by the hour, and where something was not told it says so
// instead of guessing.
package bill

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"clew/internal/lambda"
	"clew/internal/price"
	"clew/internal/signal"
)

// Facts gathers what prices depend on and a Transaction does not keep: sizes,
// regions, operations, and what platforms said of runs. The zero Facts is empty and
// ready. It keeps no more than maxFacts spans.
type Facts struct {
	spans   map[key]*fact
	reports map[string]lambda.Line // by request id
	words   map[string]string
	cut     int // spans beyond the bound
}

const maxFacts = 100_000

// key finds the facts of a row, under the id that its tracer sent.
type key struct {
	trace signal.TraceID
	span  signal.SpanID
	kind  signal.SpanKind
}

// fact is what one span says.
type fact struct {
	place   *place
	request string // id of a run
	trigger string // what invoked it: sqs, gateway_rest, …
	run     runFact
	call    *call // of a request to AWS
	status  int   // of an HTTP call; 0: none
	http    bool  // an HTTP call, be it part of another's
	bytes   int64 // of its payload; 0: not told
}

// runFact is what was told of how a run is billed.
type runFact struct {
	billed, init, restore time.Duration
	memory, storage       int64 // bytes
	start                 price.Start
}

// place is what one sender says of where it runs.
type place struct {
	region, arch, platform, runtime string
	memory, storage                 int64
}

// call is a request to a service of AWS.
type call struct {
	price.Request
	target string // name of the queue, topic, …
	api    string // for calls of one of API Gateway's APIs
	raw    bool   // only its HTTP call tells of it
}

// Add gathers from b, which may be changed afterwards.
func (f *Facts) Add(b *signal.Batch) {
	if f.spans == nil {
		f.spans, f.reports, f.words = map[key]*fact{}, map[string]lambda.Line{}, map[string]string{}
	}
	for i := range b.Groups {
		g := &b.Groups[i]
		if len(g.Spans) > 0 {
			p := f.placeOf(g.Resource)
			for j := range g.Spans {
				f.addSpan(&g.Spans[j], p)
			}
		}
		for j := range g.Logs {
			f.addLog(&g.Logs[j])
		}
	}
}

func (f *Facts) placeOf(a signal.Attrs) *place {
	return &place{
		region: f.word(a.Text("cloud.region")), arch: f.word(a.Text("host.arch")), platform: f.word(a.Text("cloud.platform")),
		runtime: f.word(a.First("process.runtime.name", "telemetry.sdk.language", "aws.lambda.runtime")),
		memory:  megabytes(a, "faas.max_memory"), storage: megabytes(a, "aws.lambda.ephemeral_storage"),
	}
}

func (f *Facts) addSpan(s *signal.Span, p *place) {
	k := key{s.Trace, s.ID, s.Kind}
	if _, again := f.spans[k]; again {
		return
	}
	if len(f.spans) >= maxFacts {
		f.cut++
		return
	}
	it := &fact{place: p}
	if isCall(s.Kind) || s.Kind == signal.KindUnset || s.Kind == signal.Consumer && s.Attrs.Text("rpc.system") == "aws-api" {
		it.call = f.callOf(s)
		it.http = s.Attrs.First("http.request.method", "http.method", "url.full", "http.url") != ""
		it.status = int(count(s.Attrs, "http.response.status_code", "http.status_code"))
	}
	if !isCall(s.Kind) {
		f.readRun(it, s)
	}
	it.bytes = sizeOf(s.Attrs)
	f.spans[k] = it
}

func isCall(k signal.SpanKind) bool { return k == signal.Client || k == signal.Producer }

func (f *Facts) readRun(it *fact, s *signal.Span) {
	a := s.Attrs
	it.request = f.word(a.First("faas.invocation_id", "faas.execution", "aws.request_id"))
	it.trigger = f.word(triggerOf(s))
	it.run = runFact{
		billed:  millis(a, "aws.lambda.billed_duration_ms"),
		init:    max(millis(a, "aws.lambda.init_duration_ms"), time.Duration(amount(a, "aws.lambda.cold_start_duration")*float64(time.Second))), // the latter is Epsagon's
		restore: millis(a, "aws.lambda.billed_restore_duration_ms"), memory: megabytes(a, "faas.max_memory"), storage: megabytes(a, "aws.lambda.ephemeral_storage"),
	}
	switch a.First("aws.lambda.initialization_type", "faas.initialization_type") {
	case "provisioned-concurrency":
		it.run.start = price.Provisioned
	case "snap-start":
		it.run.start = price.SnapStart
	}
}

// triggerOf tells what handed s its event, where that is charged.
func triggerOf(s *signal.Span) string {
	for i := range s.Keys {
		if k := s.Keys[i].Kind; k == signal.KeyExecution || k == signal.KeyStep {
			return "states"
		}
	}
	a := s.Attrs
	for i := range s.Events {
		r, ok := signal.ReadRecord(&s.Events[i])
		switch {
		case !ok:
			continue
		case r.From.Kind == signal.Queue:
			return "sqs"
		case r.From.Kind == signal.Gateway:
			return gatewayKind(a.First("clew.payload.event", "faas.event", "aws.lambda.event"))
		}
		break
	}
	switch system := strings.ToLower(a.Text("messaging.system")); {
	case strings.HasSuffix(system, "sqs"):
		return "sqs"
	case strings.HasSuffix(system, "sns"):
		return "sns"
	}
	switch t := a.First("clew.trigger", "faas.trigger.type", "lambda.trigger"); {
	case strings.Contains(t, "websocket"):
		return "websocket"
	case strings.Contains(t, "gateway_http") || t == "apigateway_v2" || t == "api_gateway_http2":
		return "http"
	case strings.Contains(t, "gateway_rest") || t == "apigateway" || t == "api_gateway" || t == "aws:api.gateway":
		return "rest"
	}
	switch {
	case a.Text("aws.xray.origin") == "AWS::ApiGateway::Stage" || s.Name == "aws.apigateway.rest" || s.Name == "aws.apigateway":
		return "rest"
	case s.Name == "aws.httpapi" || s.Name == "aws.apigateway.http":
		return "http"
	case s.Name == "aws.apigateway.websocket":
		return "websocket"
	case a.First("aws.api_gateway.api_id", "aws.api_gateway.stage", "aws.api_gateway.request_id") != "":
		return "gateway" // of which kind is not told
	}
	return ""
}

// gatewayKind tells which kind of API made an event; "gateway" where it does not say.
func gatewayKind(event string) string {
	switch {
	case strings.Contains(event, `"connectionId"`):
		return "websocket"
	case strings.Contains(event, `"routeKey"`) || strings.Contains(event, `"version":"2.0"`):
		return "http"
	case strings.Contains(event, `"resourcePath"`) || strings.Contains(event, `"resource"`):
		return "rest"
	}
	return "gateway"
}

// addLog keeps what the platform reports of a run.
func (f *Facts) addLog(l *signal.Log) {
	text := l.Body.Text()
	if !strings.HasPrefix(text, "REPORT ") && !strings.Contains(text, "platform.report") {
		return
	}
	if line := lambda.ReadLine(text); line.Type == lambda.Report && len(f.reports) < maxFacts {
		line.Message, line.Status, line.ErrorType, line.XRayTrace, line.XRaySegment = "", "", "", "", ""
		line.RequestID = strings.Clone(line.RequestID)
		f.reports[line.RequestID] = line
	}
}

func (f *Facts) word(s string) string {
	if s == "" {
		return ""
	}
	if w, ok := f.words[s]; ok {
		return w
	}
	s = strings.Clone(s)
	f.words[s] = s
	return s
}

// amount reads a number, however it was sent; 0 where there is none.
func amount(a signal.Attrs, keys ...string) float64 {
	for _, k := range keys {
		v, ok := a.Find(k)
		if !ok {
			continue
		}
		n, ok := v.Number()
		if !ok {
			n, _ = strconv.ParseFloat(v.Text(), 64)
		}
		if n > 0 && n < 1<<53 {
			return n
		}
	}
	return 0
}

func count(a signal.Attrs, keys ...string) int64 { return int64(amount(a, keys...)) }

func millis(a signal.Attrs, key string) time.Duration {
	return time.Duration(min(amount(a, key), 1e12) * float64(time.Millisecond))
}

// megabytes reads a size in bytes; older senders say it in megabytes.
func megabytes(a signal.Attrs, key string) int64 {
	n := count(a, key)
	if n < 1<<20 {
		n <<= 20
	}
	return n
}

// sizeOf is the size of what a span sent: as told, else of the captured payload.
func sizeOf(a signal.Attrs) int64 {
	if n := count(a, "messaging.message.body.size", "messaging.message.envelope.size", "messaging.message.payload_size_bytes", "messaging.message_payload_size_bytes",
		"http.request.body.size", "http.request_content_length"); n > 0 {
		return n
	}
	for _, k := range [...]string{"clew.payload.message", "clew.payload.request", "messaging.message.body", "http.request.body"} {
		if v, ok := a.Find(k); ok {
			return int64(len(v.Text()))
		}
	}
	return 0
}

// capacity adds up what DynamoDB says that a request took, in the list of JSON
// texts that SDKs make of it. A total is of the operation's own kind.
func capacity(a signal.Attrs, writes bool) (read, write float64) {
	v, ok := a.Find("aws.dynamodb.consumed_capacity")
	if !ok {
		return 0, 0
	}
	var list []json.RawMessage
	text := v.Text()
	if json.Unmarshal([]byte(text), &list) != nil {
		list = []json.RawMessage{json.RawMessage(text)}
	}
	for _, raw := range list {
		var inner string
		if json.Unmarshal(raw, &inner) == nil {
			raw = json.RawMessage(inner)
		}
		var c struct{ CapacityUnits, ReadCapacityUnits, WriteCapacityUnits float64 }
		if json.Unmarshal(raw, &c) != nil {
			continue
		}
		switch {
		case c.ReadCapacityUnits > 0 || c.WriteCapacityUnits > 0:
			read, write = read+max(0, c.ReadCapacityUnits), write+max(0, c.WriteCapacityUnits)
		case writes:
			write += max(0, c.CapacityUnits)
		default:
			read += max(0, c.CapacityUnits)
		}
	}
	return read, write
}
