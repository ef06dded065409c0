package datadog

import (
	"cmp"
	"strconv"
	"strings"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// named is the name that a tag of Datadog's integrations has in OpenTelemetry.
// The others keep their own.
func named(key string) string {
	switch key {
	case "http.method":
		return "http.request.method"
	case "http.url":
		return "url.full"
	case "http.useragent":
		return "user_agent.original"
	case "http.client_ip":
		return "client.address"
	case "http.host", "out.host", "network.destination.name":
		return "server.address"
	case "network.destination.ip":
		return "network.peer.address"
	case "network.destination.port", "out.port":
		return "server.port"
	case "sql.query", "redis.raw_command", "mongodb.query":
		return "db.query.text"
	case "db.instance", "db.name":
		return "db.namespace"
	case "aws_service", "aws.service":
		return "rpc.service"
	case "aws.operation":
		return "rpc.method"
	case "aws.region":
		return "cloud.region"
	case "aws.requestid":
		return "aws.request_id"
	case "streamname":
		return "aws.kinesis.stream_name"
	case "tablename":
		return "aws.dynamodb.table_name"
	case "bucketname":
		return "aws.s3.bucket"
	case "topic_arn", "aws.sns.topic_arn":
		return "aws.sns.topic.arn"
	}
	return key
}

// meta takes a tag that is text.
func (d *decoder) meta(s *span, key, text string) {
	p := &d.chunk.process
	switch key {
	case "span.kind":
		s.kind = text
	case "error.message", "error.msg":
		s.failure.message = text
	case "error.type":
		s.failure.typ = strings.TrimPrefix(text, "builtins.") // of Python, which nobody else writes
	case "error.stack":
		s.failure.stack = text
	case "env":
		p.env = text
	case "version":
		p.version = text
	case "runtime-id":
		p.runtime = text
	case "language":
		d.sender.language = cmp.Or(d.sender.language, text)
	case "_dd.hostname":
		p.host = text
	case "_dd.base_service":
		s.base = text
	case "_dd.p.tid":
		s.high = highHalf(text)
	case "_dd.span_links":
		d.fromJSON(text, func(r *wire.JSON) { d.linkJSON(r, s) })
	case "events":
		had := len(s.Events)
		if !d.fromJSON(text, func(r *wire.JSON) { d.eventJSON(r, s) }) {
			for len(s.Events) > had {
				s.Events = d.arena.Events.Drop(s.Events)
			}
			d.set(&s.Attrs, key, signal.Str(text)) // somebody's own tag
		}
	case "http.status_code":
		if n, err := strconv.ParseInt(text, 10, 32); err == nil {
			d.set(&s.Attrs, "http.response.status_code", signal.Int(n))
		}
	default:
		if !strings.HasPrefix(key, "_dd.") { // what agents and tracers tell each other
			d.set(&s.Attrs, named(key), signal.Str(text))
		}
	}
}

// metric takes a tag that is a number, which is sent as a double.
func (d *decoder) metric(s *span, key string, f float64) {
	switch {
	case key == "_dd._inferred_span":
		s.inferred = f == 1
	case key == "process_id":
		d.chunk.process.pid = int64(f)
	case key == "_sampling_priority_v1", strings.HasPrefix(key, "_dd."):
	default:
		d.set(&s.Attrs, named(key), signal.Number(f))
	}
}

// conclude sets what follows from a span as a whole.
func (d *decoder) conclude(s *span) {
	s.End = s.Start.Add(durationOf(s.duration))
	s.Kind = signal.ParseSpanKind(s.kind)
	if s.Kind == signal.KindUnset {
		s.Kind = kindOf(s.typ)
	}
	d.setText(&s.Attrs, "resource.name", s.resource)
	d.setText(&s.Attrs, "span.type", s.typ)
	if system := systems[s.typ]; system != "" && s.Attrs.First("db.system", "db.system.name") == "" {
		d.set(&s.Attrs, "db.system.name", signal.Str(system))
	}
	switch {
	case s.inferred:
		d.infer(s)
	case s.Name == "aws.lambda":
		d.invocation(s)
	case s.Kind == signal.Client && s.Attrs.Text("rpc.service") != "":
		d.awsCall(s)
	case s.Name == "aws.lambda.load":
		d.chunk.function.name = s.resource
	}
	if s.base != "" && s.base != s.service && s.Kind != signal.Server {
		// A client of "postgres" is part of the service that calls.
		if s.Kind == signal.Client && s.Attrs.Text("peer.service") == "" {
			d.setText(&s.Attrs, "peer.service", s.service)
		}
		s.service = s.base
	}
	d.fail(s)
}

// fail notes the error of a span. Tracers tell handled ones, too, which leave the
// status alone.
func (d *decoder) fail(s *span) {
	if s.failed {
		s.Status = signal.Status{Code: signal.StatusError, Message: s.failure.message}
	}
	if s.failure == (failure{}) {
		return
	}
	e := signal.Event{At: s.End, Name: "exception"}
	d.setText(&e.Attrs, "exception.type", s.failure.typ)
	d.setText(&e.Attrs, "exception.message", s.failure.message)
	d.setText(&e.Attrs, "exception.stacktrace", s.failure.stack)
	s.Events = d.arena.Events.Push(s.Events, e)
}

// kindOf tells the kind of a span that does not by its type.
func kindOf(typ string) signal.SpanKind {
	switch typ {
	case "web", "serverless":
		return signal.Server
	case "http", "sql", "db", "cache", "aerospike", "grpc":
		return signal.Client
	case "queue", "worker":
		return signal.Consumer
	}
	if systems[typ] != "" {
		return signal.Client
	}
	return signal.Internal
}

// systems are the types that name a database.
var systems = map[string]string{
	"redis": "redis", "valkey": "valkey", "memcached": "memcached", "mongodb": "mongodb", "cassandra": "cassandra",
	"elasticsearch": "elasticsearch", "opensearch": "opensearch", "dynamodb": "aws.dynamodb", "vertica": "vertica",
}
