package epsagon

import (
	"strings"

	"clew/internal/signal"
)

// triggerKind is the kind of an invocation that typ set off.
func triggerKind(typ string) signal.SpanKind {
	switch typ {
	case "sns", "sqs", "kinesis", "dynamodb", "s3", "events", "kafka", "rabbitmq", "pubsub":
		return signal.Consumer
	}
	return signal.Server
}

// faasTrigger names what set an invocation off as faas.trigger does.
func faasTrigger(e *event) string {
	switch e.typ {
	case "sns", "sqs", "kinesis", "kafka", "rabbitmq", "pubsub":
		return "pubsub"
	case "dynamodb", "s3":
		return "datasource"
	case "events":
		if strings.HasPrefix(e.op, "Scheduled") {
			return "timer"
		}
		return "pubsub"
	case "timer":
		return "timer"
	case "api_gateway", "api_gateway_no_proxy", "api_gateway_http2", "api_gateway_websocket", "elastic_load_balancer", "http", "appsync":
		return "http"
	}
	return "other"
}

// triggerAttrs adds what a trigger tells to the span of the invocation.
func (d *decoder) triggerAttrs(as *signal.Attrs, e *event) {
	kind := faasTrigger(e)
	d.set(as, "faas.trigger", kind)
	d.set(as, "epsagon.trigger.type", e.typ)
	switch {
	case e.typ == "s3":
		d.set(as, "aws.s3.bucket", e.name)
	case e.typ == "dynamodb":
		if e.name != "" {
			d.push(as, "aws.dynamodb.table_names", d.list(e.name))
		}
	case kind == "pubsub" || e.typ == "events":
		d.set(as, "messaging.system", queues[e.typ])
		d.set(as, "messaging.destination.name", e.name)
		d.set(as, "messaging.operation.type", "process")
		if !vague(e.id) {
			d.set(as, "messaging.message.id", e.id)
		}
	case kind == "http":
		d.set(as, "http.request.method", httpMethod(e.op))
		d.set(as, "server.address", e.name)
		if strings.HasPrefix(e.typ, "api_gateway") && !vague(e.id) {
			d.set(as, "aws.api_gateway.request_id", e.id)
		}
	}
	for _, a := range e.meta {
		a.Key = d.triggerName(e.typ, kind, a.Key)
		*as = d.arena.Attrs.Push(*as, a)
	}
}

// triggerName is the name of a trigger's attribute on the span of the invocation,
// which has attributes of the same names.
func (d *decoder) triggerName(typ, kind, key string) string {
	switch key {
	case "data":
		return "faas.event"
	case "Notification Message", "Message Body", "detail":
		return "messaging.message.body"
	case "object_key":
		return "aws.s3.key"
	case "Sent Timestamp":
		return "messaging.aws.sqs.sent_timestamp"
	case "Number Of Messages", "total_record_count", "record_count":
		return "messaging.batch.message_count"
	case "http_trace_id":
		return key
	}
	if kind == "http" {
		switch key {
		case "body":
			return "http.request.body"
		case "path":
			if typ == "api_gateway" || typ == "api_gateway_no_proxy" {
				return "http.route"
			}
			return "url.path"
		case "stage":
			return "aws.api_gateway.stage"
		}
	}
	return d.join("trigger.", key)
}
