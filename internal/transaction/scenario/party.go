package scenario

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"clew/internal/signal"
)

// party is who or what takes part: code with a tracer, or a resource without.
type party struct {
	kind   signal.ResourceKind
	name   string
	opts   map[string]string
	tracer string // otel, epsagon, instana; none: no spans
	clock  time.Duration
	spans  []*signal.Span
	logs   []signal.Log
}

var kinds = map[string]signal.ResourceKind{
	"function": signal.Function, "service": signal.Service, "gateway": signal.Gateway, "queue": signal.Queue, "topic": signal.Topic,
	"stream": signal.Stream, "bus": signal.Bus, "table": signal.Table, "database": signal.Database, "cache": signal.Cache,
	"bucket": signal.Bucket, "http": signal.HTTPHost,
}

func isCode(k signal.ResourceKind) bool {
	return k == signal.Function || k == signal.Service || k == signal.Gateway
}

// teller turns lines into spans.
type teller struct {
	parties  map[string]*party
	order    []*party
	messages map[string]*message
	ids      uint64 // of spans, traces, requests
}

func newTeller() *teller {
	return &teller{parties: map[string]*party{}, messages: map[string]*message{}}
}

// declare reads "function NAME key=value …".
func (b *teller) declare(l *line) error {
	kind, ok := kinds[l.verb]
	if !ok {
		return fmt.Errorf("%q is neither a kind of resource nor has it a time", l.verb)
	}
	if len(l.words) == 0 {
		return fmt.Errorf("%s without a name", l.verb)
	}
	for _, name := range l.words {
		if b.parties[name] != nil {
			return fmt.Errorf("%s is declared twice", name)
		}
		p := &party{kind: kind, name: name, opts: l.opts, tracer: l.opts["tracer"]}
		if p.tracer == "" {
			p.tracer = "otel"
		}
		if !isCode(kind) {
			p.tracer = "none"
		}
		if c := l.opts["clock"]; c != "" {
			ms, err := strconv.ParseFloat(c, 64)
			if err != nil {
				return fmt.Errorf("bad clock %q", c)
			}
			p.clock = time.Duration(ms * 1e6)
		}
		b.parties[name] = p
		b.order = append(b.order, p)
	}
	return nil
}

func (p *party) traced() bool { return p != nil && p.tracer != "none" }

// carries reports whether p's tracer hands on W3C contexts and takes them.
func (p *party) carries() bool { return p.tracer == "otel" || p.tracer == "instana" }

func (p *party) region() string {
	if r := p.opts["region"]; r != "" {
		return r
	}
	return "eu-west-1"
}

func (p *party) account() string {
	if a := p.opts["account"]; a != "" {
		return a
	}
	return "123456789012"
}

func (p *party) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + p.region() + ":" + p.account() + ":" + resource
}

// resource is what p's tracer says of its process.
func (p *party) resource() signal.Attrs {
	a := signal.Attrs{text("service.name", p.name)}
	switch p.tracer {
	case "epsagon":
		a = append(a, text("service.namespace", "app"), text("telemetry.sdk.name", "epsagon"))
	case "instana":
		a = append(a, text("telemetry.sdk.name", "instana"))
	default:
		a = append(a, text("telemetry.sdk.name", "opentelemetry"))
	}
	if p.kind == signal.Function {
		a = append(a, text("cloud.provider", "aws"), text("cloud.platform", "aws_lambda"), text("cloud.region", p.region()),
			text("cloud.account.id", p.account()), text("faas.name", p.name))
		if mb, err := strconv.ParseInt(p.opts["memory"], 10, 64); err == nil {
			a = append(a, number("faas.max_memory", mb<<20))
		}
	}
	return a
}

// batches is one of each process, in the order in which they were declared.
func (b *teller) batches() (out []*signal.Batch) {
	for _, p := range b.order {
		if len(p.spans)+len(p.logs) == 0 {
			continue
		}
		g := signal.Group{Resource: p.resource(), Logs: p.logs}
		for _, s := range p.spans {
			g.Spans = append(g.Spans, *s)
		}
		out = append(out, &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{g}})
	}
	return out
}

func (b *teller) next() uint64 {
	b.ids++
	return b.ids
}

func (b *teller) spanID() (id signal.SpanID) {
	binary.BigEndian.PutUint64(id[:], 0xc1e0<<48|b.next())
	return id
}

// traceID is new; tracers of 64 bits have no more.
func (b *teller) traceID(p *party) (id signal.TraceID) {
	if p.tracer != "instana" {
		binary.BigEndian.PutUint64(id[:8], 0x1abe11ed<<32)
	}
	binary.BigEndian.PutUint64(id[8:], 0x5701<<48|b.next())
	return id
}

func (b *teller) request() string {
	return fmt.Sprintf("%08x-0000-4000-8000-000000000000", b.next())
}

// span begins a span of p.
func (b *teller) span(p *party, l *line, kind signal.SpanKind, name string, c context) *signal.Span {
	s := &signal.Span{Trace: c.trace, ID: b.spanID(), Parent: c.span, Kind: kind, Name: name, Start: At(l.from).Add(p.clock)}
	if !l.open {
		s.End = At(l.to).Add(p.clock)
	}
	p.spans = append(p.spans, s)
	return s
}

func text(key, value string) signal.Attr     { return signal.Attr{Key: key, Value: signal.Str(value)} }
func number(key string, n int64) signal.Attr { return signal.Attr{Key: key, Value: signal.Int(n)} }
func flag(key string, b bool) signal.Attr    { return signal.Attr{Key: key, Value: signal.Bool(b)} }

func add(s *signal.Span, attrs ...signal.Attr) { s.Attrs = append(s.Attrs, attrs...) }
