package datadog

import (
	"cmp"
	"strings"

	"clew/internal/signal"
)

// sends are the operations that pass a message on, with the attributes and the
// join key of the system they pass it to.
var sends = map[string]struct{ system, name string }{
	"sns.publish": {"aws_sns", "topicname"}, "sns.publishbatch": {"aws_sns", "topicname"},
	"sqs.sendmessage": {"aws_sqs", "queuename"}, "sqs.sendmessagebatch": {"aws_sqs", "queuename"},
	"kinesis.putrecord": {"kinesis", "aws.kinesis.stream_name"}, "kinesis.putrecords": {"kinesis", "aws.kinesis.stream_name"},
	"events.putevents": {"eventbridge", ""}, "eventbridge.putevents": {"eventbridge", ""},
}

// awsCall reads a call of the AWS SDK, whose resource is service.operation.
func (d *decoder) awsCall(s *span) {
	d.set(&s.Attrs, "rpc.system", signal.Str("aws-api"))
	call := ""
	if len(s.resource) < 64 {
		call = strings.ToLower(s.resource)
	}
	request := s.Attrs.Text("aws.request_id")
	send, ok := sends[call]
	switch {
	case ok:
		s.Kind = signal.Producer
		d.set(&s.Attrs, "messaging.system", signal.Str(send.system))
		d.set(&s.Attrs, "messaging.operation.type", signal.Str("send"))
		if s.Attrs.Text("aws.sns.topic.arn") == "" {
			d.setText(&s.Attrs, "messaging.destination.name", s.Attrs.Text(send.name))
		}
	case call == "sqs.receivemessage":
		d.set(&s.Attrs, "messaging.system", signal.Str("aws_sqs"))
		d.set(&s.Attrs, "messaging.operation.type", signal.Str("receive"))
		d.setText(&s.Attrs, "messaging.destination.name", s.Attrs.Text("queuename"))
	case strings.HasPrefix(call, "lambda.invoke"):
		d.setText(&s.Attrs, "faas.invoked_name", s.Attrs.Text("functionname"))
		d.key(s, signal.KeyRequest, request)
	case call == "s3.putobject", call == "s3.copyobject", call == "s3.completemultipartupload", call == "s3.deleteobject":
		d.key(s, signal.KeyS3Request, request)
	}
}

// key gives s an id that the other side of its hop knows, too.
func (d *decoder) key(s *span, kind, value string) {
	if value != "" {
		s.Keys = d.arena.Keys.Push(s.Keys, signal.JoinKey{Kind: kind, Value: value})
	}
}

// hops are the spans that the tracer in a function makes of its event, and the
// tag that names what passed it on. They begin when the message was sent.
var hops = map[string]struct{ system, name string }{
	"aws.sns": {"aws_sns", "topicname"}, "aws.sqs": {"aws_sqs", "queuename"},
	"aws.kinesis": {"kinesis", "aws.kinesis.stream_name"}, "aws.eventbridge": {"eventbridge", ""},
}

// infer reads a span about the gateway, topic, queue, stream or bus before the
// function. That of a message is told as the function's: it is its taking.
func (d *decoder) infer(s *span) {
	hop, ok := hops[s.Name]
	if !ok {
		if strings.HasPrefix(s.Name, "aws.apigateway") || s.Name == "aws.httpapi" {
			d.setText(&s.Attrs, "aws.api_gateway.api_id", s.Attrs.Text("apiid"))
			d.setText(&s.Attrs, "aws.api_gateway.stage", s.Attrs.Text("stage"))
		}
		return
	}
	s.Kind = signal.Consumer
	id := s.Attrs.Text("message_id")
	switch s.Name {
	case "aws.sns":
		d.key(s, signal.KeySNSMessage, id)
	case "aws.sqs":
		d.key(s, signal.KeySQSMessage, id)
	}
	d.set(&s.Attrs, "messaging.system", signal.Str(hop.system))
	d.setText(&s.Attrs, "messaging.destination.name", cmp.Or(s.Attrs.Text(hop.name), s.resource))
	d.setText(&s.Attrs, "messaging.message.id", id)
	d.set(&s.Attrs, "messaging.operation.type", signal.Str("process"))
}

// invocation reads the span of a Lambda invocation.
func (d *decoder) invocation(s *span) {
	f := &d.chunk.function
	f.name, f.version, f.arn = s.Attrs.Text("functionname"), s.Attrs.Text("function_version"), s.Attrs.Text("function_arn")
	request := s.Attrs.Text("request_id")
	d.setText(&s.Attrs, "faas.invocation_id", request)
	d.key(s, signal.KeyRequest, request)
	if cold := s.Attrs.Text("cold_start"); cold != "" {
		d.set(&s.Attrs, "faas.coldstart", signal.Bool(cold == "true"))
	}
	d.setText(&s.Attrs, "faas.trigger", triggers[s.Attrs.Text("function_trigger.event_source")])
}

// triggers are OpenTelemetry's words for what sets a function off.
var triggers = map[string]string{
	"api-gateway": "http", "application-load-balancer": "http", "function-url": "http", "lambda-function-url": "http",
	"sns": "pubsub", "sqs": "pubsub", "kinesis": "pubsub", "eventbridge": "pubsub", "msk": "pubsub",
	"cloudwatch-events": "timer", "s3": "datasource", "dynamodb": "datasource",
}
