package scenario

import (
	"strconv"
	"strings"

	"clew/internal/signal"
)

// This file is the attributes that tracers give to spans.

// describe gives the server's or consumer's side its attributes and fate.
func (p *party) describe(s *signal.Span, l *line, b *teller) {
	if p.kind == signal.Function {
		id := b.request()
		for _, k := range s.Keys {
			if k.Kind == signal.KeyRequest {
				id = k.Value
			}
		}
		add(s, text("faas.invocation_id", id), flag("faas.coldstart", l.has("cold")))
		switch {
		case s.Kind == signal.Consumer:
			add(s, text("faas.trigger", "pubsub"))
		case l.verb == "timer":
			add(s, text("faas.trigger", "timer"))
		case l.verb == "invoke":
			add(s, text("faas.trigger", "other"))
		default:
			add(s, text("faas.trigger", "http"))
		}
		if init := l.num("init", 0); init > 0 {
			add(s, signal.Attr{Key: "faas.init_duration_ms", Value: signal.Double(init)})
		}
	}
	if method, path := route(l); method != "" && s.Kind == signal.Server {
		add(s, text("http.request.method", method), text("http.route", path))
	}
	if code := status(l); code > 0 {
		add(s, number("http.response.status_code", int64(code)))
		if code >= 500 || p.tracer == "epsagon" && code >= 400 {
			s.Status.Code = signal.StatusError
		}
	}
	switch {
	case l.has("oom"):
		s.Status = signal.Status{Code: signal.StatusError, Message: "RequestId: " + b.request() + " Error: Runtime exited with error: signal: killed"}
		add(s, text("clew.outcome", "oom"))
	case l.has("timedout"):
		s.Status = signal.Status{Code: signal.StatusError, Message: "Task timed out after " + strconv.FormatFloat((l.to-l.from)/1000, 'f', 2, 64) + " seconds"}
		add(s, text("clew.outcome", "timeout"))
	case l.has("crashed"):
		s.Status = signal.Status{Code: signal.StatusError, Message: "RequestId: " + b.request() + " Error: Runtime exited with error: exit status 1"}
		add(s, text("clew.outcome", "crash"))
	}
}

func (p *party) describeDelivery(s *signal.Span, from *party, ms []*message) {
	add(s, text("messaging.system", system(from.kind)), text("messaging.destination.name", from.name), text("messaging.operation.type", "process"))
	if len(ms) == 1 {
		add(s, text("messaging.message.id", ms[0].id))
	} else {
		add(s, number("messaging.batch.message_count", int64(len(ms))))
	}
}

func system(k signal.ResourceKind) string {
	switch k {
	case signal.Topic:
		return "aws_sns"
	case signal.Stream:
		return "aws_kinesis"
	case signal.Bus:
		return "aws.eventbridge"
	}
	return "aws_sqs"
}

// route reads "POST /path".
func route(l *line) (method, path string) {
	method, path, ok := strings.Cut(l.word(1), " ")
	if !ok || !strings.HasPrefix(path, "/") {
		return "", ""
	}
	return method, path
}

func status(l *line) int {
	n, _ := strconv.Atoi(l.status)
	return n
}

func callName(l *line, p *party) string {
	method, _ := route(l)
	switch {
	case l.verb == "invoke":
		return "Lambda.Invoke"
	case method != "":
		return method
	case p.kind == signal.Table:
		return "DynamoDB." + l.word(1)
	case p.kind == signal.Bucket:
		return "S3." + l.word(1)
	case l.word(1) != "":
		return l.word(1)
	}
	return p.name
}

// describeCall gives the client's side its attributes and fate.
func (p *party) describeCall(s *signal.Span, l *line, to *party) {
	method, path := route(l)
	switch {
	case l.verb == "invoke":
		add(s, text("rpc.system", "aws-api"), text("rpc.service", "Lambda"), text("rpc.method", "Invoke"), text("faas.invoked_name", to.name))
	case to.kind == signal.Table:
		add(s, text("rpc.system", "aws-api"), text("rpc.service", "DynamoDB"), text("rpc.method", l.word(1)), text("db.system", "dynamodb"),
			signal.Attr{Key: "aws.dynamodb.table_names", Value: signal.JSON(`["` + to.name + `"]`)})
	case to.kind == signal.Bucket:
		add(s, text("rpc.system", "aws-api"), text("rpc.service", "S3"), text("rpc.method", l.word(1)), text("aws.s3.bucket", to.name))
	case to.kind == signal.Cache:
		add(s, text("db.system", "redis"), text("db.operation.name", l.word(1)), text("server.address", to.name))
	case to.kind == signal.Database:
		add(s, text("db.system", "postgresql"), text("db.namespace", to.name), text("db.query.text", l.word(1)), text("server.address", to.name+".db.internal"))
	case method != "":
		add(s, text("http.request.method", method), text("url.full", "https://"+to.name+path), text("server.address", to.name))
	default:
		add(s, text("rpc.system", "aws-api"), text("rpc.service", l.opts["service"]), text("rpc.method", l.word(1)), text("peer.service", to.name))
	}
	if n := l.opts["retries"]; n != "" {
		add(s, number("http.request.resend_count", int64(l.num("retries", 0))))
	}
	if code := status(l); code > 0 {
		add(s, number("http.response.status_code", int64(code)))
		if code >= 400 && l.verb != "invoke" {
			s.Status.Code = signal.StatusError
		}
	}
	if l.has("timeout") {
		s.Status = signal.Status{Code: signal.StatusError, Message: "timeout of " + strconv.Itoa(int(l.to-l.from)) + "ms exceeded"}
		add(s, text("error.type", "ECONNABORTED"))
	}
}

func (p *party) describeSend(s *signal.Span, l *line, to *party) {
	add(s, text("messaging.system", system(to.kind)), text("messaging.operation.type", "send"), text("messaging.destination.name", to.name))
	if to.kind == signal.Topic {
		add(s, text("aws.sns.topic.arn", to.arn("sns", to.name)))
	}
	if l.json != "" && !strings.Contains(l.json, "$id") && p.opts["payloads"] != "no" {
		p.capture(s, "message", l.json, l)
	}
}

// attributes of captured content, by role.
var (
	clewNames    = map[string]string{"event": "clew.payload.event", "response": "clew.payload.response", "request": "http.request.body", "message": "messaging.message.body", "answer": "http.response.body"}
	epsagonNames = map[string]string{"event": "faas.event", "response": "faas.response", "request": "http.request.body", "message": "messaging.message.body", "answer": "http.response.body"}
)

// capture keeps a payload on s, cut=N bytes long where the line says so.
func (p *party) capture(s *signal.Span, role, payload string, l *line) {
	name := clewNames[role]
	if p.tracer == "epsagon" {
		name = epsagonNames[role]
	}
	cut := int(l.num("cut", 0))
	if cut > 0 && cut < len(payload) {
		add(s, text(name, payload[:cut]), flag(name+".truncated", true))
		return
	}
	add(s, text(name, payload))
}
