package epsagon

import (
	"strings"

	"clew/internal/signal"
)

// call is what settling a trace needs to know of a span besides itself.
type call struct {
	id, origin string
	gateway    string // request id that an HTTP call was answered with
	http       bool
	unended    bool // when the trace was sent
}

// call adds the span of an event that is neither runner nor trigger.
func (d *decoder) call(e *event) {
	list, s := d.arena.Spans.Next(d.group.Spans)
	if s == nil || !d.arena.Charge(2*callSize) {
		d.fail(d.arena.Err())
		return
	}
	d.group.Spans = list
	c := call{id: e.id, origin: e.origin, gateway: e.meta.Text("request_trace_id"), unended: truth(find(e.meta, "premature_exit"))}
	d.time(s, e)
	s.Name = d.spanName(e)
	s.Kind = signal.Client
	d.senderKeys(s, e)
	s.Attrs = e.meta
	d.rename(s.Attrs)
	op := operation(e.op)
	switch {
	case e.typ == "http" || e.typ == "api_gateway" || e.typ == "appsync":
		c.http = true
		d.httpCall(s, e)
	case isAWS(e.origin):
		d.awsCall(s, e, op)
	case queues[e.typ] != "":
		s.Kind = messageKind(op)
		d.message(&s.Attrs, queues[e.typ], e.name, s.Kind)
	default:
		d.databaseCall(s, e)
	}
	d.outcome(s, e, c.http)
	d.calls = append(d.calls, c)
}

const callSize = 64 // at least what a call takes

func find(as signal.Attrs, key string) signal.Value {
	v, _ := as.Find(key)
	return v
}

func (d *decoder) time(s *signal.Span, e *event) {
	s.Start = signal.Time(e.start)
	s.End = signal.Time(e.start + e.took)
}

func (d *decoder) spanName(e *event) string {
	switch {
	case e.op == "":
		return e.name
	case e.name == "":
		return e.op
	}
	return d.join(e.op, " ", e.name)
}

// operation makes one of the names that the SDKs' generations give to one call.
func operation(op string) string { return strings.TrimSuffix(strings.ToLower(op), "command") }

func isAWS(origin string) bool {
	return origin == "botocore" || origin == "amazon-dax-client" || strings.Contains(origin, "aws-sdk")
}

// queues are the types of resource that carry messages, as messaging.system
// names them.
var queues = map[string]string{
	"sns": "aws_sns", "sqs": "aws_sqs", "kinesis": "aws_kinesis", "events": "aws_eventbridge", "firehose": "aws_firehose",
	"kafka": "kafka", "rabbitmq": "rabbitmq", "nats": "nats", "mqtt": "mqtt", "pubsub": "gcp_pubsub", "google_pubsub": "gcp_pubsub",
}

func messageKind(op string) signal.SpanKind {
	switch op {
	case "publish", "publishbatch", "sendmessage", "sendmessagebatch", "putrecord", "putrecords", "putrecordbatch", "putevents", "send", "produce":
		return signal.Producer
	case "receivemessage", "consume", "onmessage", "pull":
		return signal.Consumer
	}
	return signal.Client
}

func (d *decoder) message(as *signal.Attrs, system, name string, k signal.SpanKind) {
	if find(*as, "messaging.system").Kind() == signal.KindEmpty {
		d.set(as, "messaging.system", system)
	}
	d.set(as, "messaging.destination.name", name)
	switch k {
	case signal.Producer:
		d.set(as, "messaging.operation.type", "send")
	case signal.Consumer:
		d.set(as, "messaging.operation.type", "receive")
	}
}

func (d *decoder) awsCall(s *signal.Span, e *event, op string) {
	as := &s.Attrs
	d.set(as, "rpc.system", "aws-api")
	d.set(as, "rpc.service", e.typ)
	d.set(as, "rpc.method", e.op)
	if find(*as, "aws.request_id").Kind() == signal.KindEmpty && !vague(e.id) {
		d.set(as, "aws.request_id", e.id)
	}
	switch e.typ {
	case "dynamodb", "dax":
		d.set(as, "db.system.name", "aws.dynamodb")
		d.set(as, "db.operation.name", e.op)
		if e.name != "" {
			d.push(as, "aws.dynamodb.table_names", d.list(e.name))
		}
	case "s3":
		d.set(as, "aws.s3.bucket", e.name)
	case "lambda":
		d.set(as, "faas.invoked_name", e.name)
		d.set(as, "faas.invoked_provider", "aws")
	default:
		if system := queues[e.typ]; system != "" {
			s.Kind = messageKind(op)
			d.message(as, system, e.name, s.Kind)
		} else {
			d.set(as, "peer.service", e.typ)
		}
	}
}

func (d *decoder) httpCall(s *signal.Span, e *event) {
	d.set(&s.Attrs, "http.request.method", strings.ToUpper(e.op))
	d.set(&s.Attrs, "server.address", e.name)
	// Node's path is the whole URL where it was given as one, with the port that url lacks.
	whole := s.Attrs.Text("path")
	if _, after, ok := strings.Cut(whole, "://"); ok {
		for i := range s.Attrs {
			switch a := &s.Attrs[i]; a.Key {
			case "url.full":
				a.Value = signal.Str(whole)
			case "path":
				a.Key, a.Value = "url.path", signal.Str(after[max(0, strings.IndexByte(after, '/')):])
			}
		}
	}
}

// drivers tell the database of clients that only say they are one.
var drivers = map[string]string{
	"psycopg2": "postgresql", "pg8000": "postgresql", "pg": "postgresql", "pymysql": "mysql", "mysqldb": "mysql", "mysql": "mysql", "mysql2": "mysql",
}

var databases = map[string]string{
	"redis": "redis", "memcached": "memcached", "mongodb": "mongodb", "pymongo": "mongodb", "neo4j": "neo4j", "cassandra": "cassandra",
	"elasticsearch": "elasticsearch", "postgresql": "postgresql", "mysql": "mysql", "pg": "postgresql", "cosmos_db": "azure.cosmosdb",
	"database": "other_sql", "sql": "other_sql", "rds": "other_sql", "redshift": "aws.redshift", "qldb": "qldb",
}

func (d *decoder) databaseCall(s *signal.Span, e *event) {
	system := databases[e.typ]
	if system == "" {
		d.set(&s.Attrs, "peer.service", firstOf(e.name, e.typ))
		return
	}
	if system == "other_sql" {
		system = firstOf(drivers[strings.ToLower(s.Attrs.Text("Driver"))], system)
	}
	d.set(&s.Attrs, "db.system.name", system)
	d.set(&s.Attrs, "db.operation.name", e.op)
	switch {
	case system == "redis" || system == "memcached":
		if find(s.Attrs, "server.address").Kind() == signal.KindEmpty {
			d.set(&s.Attrs, "server.address", e.name)
		}
	case find(s.Attrs, "db.namespace").Kind() == signal.KindEmpty:
		d.set(&s.Attrs, "db.namespace", e.name)
	}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// outcome sets status and exception. A warning leaves the status as it is. Of
// HTTP calls answered with 400 to 499 only Node's client says that they failed:
// they did, whoever called.
func (d *decoder) outcome(s *signal.Span, e *event, http bool) {
	x := &e.exception
	failed := 0 < e.code && e.code <= codeMax && !x.warning
	if http && find(s.Attrs, attrStatus).Int() >= 400 {
		failed = true
	}
	if failed {
		s.Status = signal.Status{Code: signal.StatusError, Message: firstOf(x.message, s.Attrs.Text("error.message"))}
	}
	if x.typ == "" && x.message == "" && x.traceback == "" {
		return
	}
	var ev *signal.Event
	s.Events, ev = d.arena.Events.Add(s.Events)
	ev.Name, ev.At = "exception", signal.Time(x.at)
	if x.at <= 0 {
		ev.At = s.End
	}
	d.set(&ev.Attrs, "exception.type", x.typ)
	d.set(&ev.Attrs, "exception.message", x.message)
	d.set(&ev.Attrs, "exception.stacktrace", x.traceback)
	if x.told {
		d.push(&ev.Attrs, "exception.escaped", signal.Bool(!x.handled))
	}
	if x.warning {
		d.push(&ev.Attrs, "epsagon.warning", signal.Bool(true))
	}
	if t := x.frames.Text(); t != "" && t != "{}" {
		d.push(&ev.Attrs, "epsagon.frames", x.frames)
	}
}
