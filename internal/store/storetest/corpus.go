package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"clew/internal/signal"
)

// Corpus generates the batches that exporters of a serverless application send:
// 40 services (8 gateways, 28 functions, 4 containers), 6 to 25 spans a trace,
// about 18 attributes a span and 10 a resource, one span in nine with a JSON
// payload, one in fifty failed with a stack trace, one in twelve cold; a fifth of
// the spans arrive about 20 batches after the rest of their trace. The same seed
// gives the same batches for ever.
type Corpus struct {
	rnd      *rand.Rand
	now      signal.Time
	services []corpusService
	late     []lateGroup
	batches  int
	tenant   signal.Tenant
}

type corpusService struct {
	name      string
	kind      int // 0 gateway, 1 function, 2 container
	ops       []string
	instances []signal.Attrs
	scope     signal.Scope
}

type lateGroup struct {
	due   int
	group signal.Group
}

// NewCorpus returns a generator whose first trace starts at start.
func NewCorpus(t signal.Tenant, seed uint64, start signal.Time) *Corpus {
	c := &Corpus{rnd: rand.New(rand.NewPCG(seed, 1)), now: start, tenant: t}
	for i := range 40 {
		c.services = append(c.services, c.newService(i))
	}
	return c
}

var corpusKinds = [...]string{"gateway", "function", "container"}

func (c *Corpus) newService(i int) corpusService {
	s := corpusService{kind: 1}
	switch {
	case i < 8:
		s.kind = 0
	case i >= 36:
		s.kind = 2
	}
	s.name = fmt.Sprintf("%s-%s-%d", [...]string{"orders", "users", "billing", "search", "media"}[i%5], corpusKinds[s.kind], i)
	for j := range 2 + i%4 {
		s.ops = append(s.ops, fmt.Sprintf("%s /%s/v%d/{id}", [...]string{"GET", "POST", "PUT", "DELETE"}[j%4], s.name, j))
	}
	s.scope = signal.Scope{Name: "@opentelemetry/instrumentation-aws-lambda", Version: fmt.Sprintf("0.%d.0", 40+i%3)}
	for j := range 3 + i%6 {
		s.instances = append(s.instances, c.resource(&s, i, j))
	}
	return s
}

func (c *Corpus) resource(s *corpusService, i, j int) signal.Attrs {
	as := signal.Attrs{
		attr("service.name", s.name), attr("telemetry.sdk.language", "nodejs"), attr("telemetry.sdk.name", "opentelemetry"), attr("telemetry.sdk.version", "2.1.0"),
		attr("cloud.provider", "aws"), attr("cloud.region", [...]string{"eu-west-1", "us-east-1"}[i%2]), attr("cloud.account.id", fmt.Sprint(123456789000+i%3)),
		attr("deployment.environment", "production"), attr("service.version", fmt.Sprintf("1.%d.%d", i, j%2)),
	}
	if s.kind == 1 {
		as = append(as, attr("faas.name", s.name), attr("faas.version", "$LATEST"), attr("faas.instance", fmt.Sprintf("2026/11/21/[$LATEST]%016x%016x", c.rnd.Uint64(), c.rnd.Uint64())))
	}
	return as
}

func attr(k, v string) signal.Attr { return signal.Attr{Key: k, Value: signal.Str(v)} }

func num(k string, n int64) signal.Attr { return signal.Attr{Key: k, Value: signal.Int(n)} }

// Next returns the next batch, of at least n spans in whole groups. The batch
// shares nothing that later batches change.
func (c *Corpus) Next(n int) *signal.Batch {
	c.batches++
	b := &signal.Batch{Tenant: c.tenant}
	have := 0
	keep := c.late[:0]
	for _, l := range c.late {
		if l.due > c.batches {
			keep = append(keep, l)
			continue
		}
		b.Groups = append(b.Groups, l.group)
		have += len(l.group.Spans)
	}
	c.late = keep
	for have < n {
		for _, g := range c.trace() {
			if len(g.Spans) > 0 && g.Spans[0].Kind == signal.Consumer {
				c.late = append(c.late, lateGroup{due: c.batches + 15 + c.rnd.IntN(10), group: g})
				continue
			}
			b.Groups = append(b.Groups, g)
			have += len(g.Spans)
		}
	}
	return b
}

// trace makes one trace: a gateway, then services called or sent messages.
func (c *Corpus) trace() []signal.Group {
	var id signal.TraceID
	c.random(id[:])
	c.now = c.now.Add(nanos(1 + c.rnd.IntN(2_000_000)))
	at := c.now
	var groups []signal.Group
	var parent signal.SpanID
	for hop, left := 0, 6+min(c.rnd.IntN(9), c.rnd.IntN(20)); left > 0; hop++ {
		s := &c.services[8+c.rnd.IntN(32)]
		if hop == 0 {
			s = &c.services[c.rnd.IntN(8)]
		}
		g := signal.Group{Resource: s.instances[c.rnd.IntN(len(s.instances))], Scope: s.scope}
		late := hop > 1 && c.rnd.IntN(2) == 0
		op := s.ops[c.rnd.IntN(len(s.ops))]
		for i := range min(left, 1+c.rnd.IntN(4)) {
			sp := c.span(s, id, parent, at, op, i)
			if late && i == 0 {
				sp.Kind = signal.Consumer
			}
			parent, at = sp.ID, at.Add(nanos(c.rnd.IntN(1_000_000)))
			g.Spans = append(g.Spans, sp)
		}
		left -= len(g.Spans)
		groups = append(groups, g)
	}
	return groups
}

func (c *Corpus) span(s *corpusService, id signal.TraceID, parent signal.SpanID, at signal.Time, op string, depth int) signal.Span {
	sp := signal.Span{Trace: id, Parent: parent, Start: at, Flags: 0x101, Name: op, Kind: signal.Server}
	c.random(sp.ID[:])
	sp.End = at.Add(nanos(200_000 + c.rnd.IntN(1<<(10+c.rnd.IntN(18)))))
	if depth == 0 {
		sp.Attrs = c.entryAttrs(s, op)
	} else {
		sp.Kind = signal.Client
		sp.Name, sp.Attrs = c.callAttrs(s)
	}
	if c.rnd.IntN(9) == 0 {
		sp.Attrs = append(sp.Attrs, signal.Attr{Key: "faas.payload", Value: signal.JSON(c.payload())})
	}
	if c.rnd.IntN(55) == 0 {
		sp.Status = signal.Status{Code: signal.StatusError, Message: "Cannot read properties of undefined"}
		sp.Events = []signal.Event{{At: sp.End, Name: "exception", Attrs: signal.Attrs{attr("exception.type", "TypeError"),
			attr("exception.message", sp.Status.Message), attr("exception.stacktrace", c.stack(s))}}}
	}
	return sp
}

func (c *Corpus) entryAttrs(s *corpusService, op string) signal.Attrs {
	status := int64(200)
	if c.rnd.IntN(60) == 0 {
		status = 500
	}
	method, route, _ := strings.Cut(op, " ")
	return signal.Attrs{
		attr("faas.trigger", "http"), attr("faas.invocation_id", c.uuid()), attr("faas.id", "arn:aws:lambda:eu-west-1:123456789012:function:"+s.name),
		{Key: "faas.coldstart", Value: signal.Bool(c.rnd.IntN(12) == 0)}, num("faas.max_memory", 512<<20), num("faas.memory_used", int64(90+c.rnd.IntN(60))<<20),
		attr("http.method", method), attr("http.route", route), attr("http.target", strings.Replace(route, "{id}", fmt.Sprint(c.rnd.IntN(100_000)), 1)), num("http.status_code", status),
		attr("http.scheme", "https"), attr("http.host", "api.example.com"), attr("http.user_agent", "Mozilla/5.0 (X11; Linux x86_64)"), num("http.request_content_length", int64(c.rnd.IntN(900))),
		attr("net.peer.ip", fmt.Sprintf("10.0.%d.%d", c.rnd.IntN(8), c.rnd.IntN(256))), num("net.host.port", 443), attr("aws.request_id", c.uuid()), num("thread.id", int64(c.rnd.IntN(4))),
		{Key: "sampling.rate", Value: signal.Double(1)},
	}
}

func (c *Corpus) callAttrs(s *corpusService) (string, signal.Attrs) {
	table := fmt.Sprintf("table-%d", c.rnd.IntN(6))
	op := [...]string{"GetItem", "PutItem", "Query"}[c.rnd.IntN(3)]
	return "DynamoDB." + op, signal.Attrs{
		attr("rpc.system", "aws-api"), attr("rpc.service", "DynamoDB"), attr("rpc.method", op), attr("aws.region", "eu-west-1"), attr("db.system", "dynamodb"), attr("db.name", table),
		attr("db.operation", op), attr("aws.dynamodb.table_names", table), attr("aws.request.id", c.requestID()), num("http.status_code", 200), num("aws.retries", 0),
		attr("net.peer.name", "dynamodb.eu-west-1.amazonaws.com"), num("net.peer.port", 443), attr("http.method", "POST"), attr("http.url", "https://dynamodb.eu-west-1.amazonaws.com/"),
		attr("http.flavor", "1.1"), num("http.response_content_length", int64(c.rnd.IntN(4000))), attr("caller", s.name),
	}
}

func (c *Corpus) payload() string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"requestContext":{"accountId":"123456789012","stage":"prod","requestId":%q},"items":[`, c.uuid())
	for i := range 4 + c.rnd.IntN(8) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sku":"sku-%d","quantity":%d,"price":%d.5}`, c.rnd.IntN(500), c.rnd.IntN(9), c.rnd.IntN(90))
	}
	b.WriteString("]}")
	return b.String()
}

func (c *Corpus) stack(s *corpusService) string {
	var b strings.Builder
	b.WriteString("TypeError: Cannot read properties of undefined\n")
	for i := range 8 + c.rnd.IntN(8) {
		fmt.Fprintf(&b, "    at handler%d (/var/task/%s/index.js:%d:%d)\n", i, s.name, 10*i+c.rnd.IntN(3), 13)
	}
	return b.String()
}

func (c *Corpus) uuid() string {
	a, b := c.rnd.Uint64(), c.rnd.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a), uint16(a>>32), a>>52, uint16(b), b>>16)
}

func (c *Corpus) requestID() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	out := make([]byte, 52)
	for i := range out {
		out[i] = letters[c.rnd.IntN(len(letters))]
	}
	return string(out)
}

func (c *Corpus) random(dst []byte) {
	for i := range dst {
		dst[i] = byte(c.rnd.Uint32())
	}
}

func nanos(n int) time.Duration { return time.Duration(n) }
