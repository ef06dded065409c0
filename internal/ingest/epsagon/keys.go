package epsagon

import (
	"net/url"
	"strconv"
	"strings"
	"unsafe"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// This file finds the ids that both sides of a hop know: the join table of the
// protocol. It reads attributes under the names they were sent with.

func (d *decoder) key(s *signal.Span, kind, value string) {
	if !vague(value) {
		s.Keys = d.arena.Keys.Push(s.Keys, signal.JoinKey{Kind: kind, Value: value})
	}
}

// placedKey is key for values that are unique within an account and region only.
func (d *decoder) placedKey(s *signal.Span, kind, account, region, value string) {
	if value != "" {
		s.Keys = d.arena.Keys.Push(s.Keys, signal.JoinKey{Kind: kind, Account: account, Region: region, Value: value})
	}
}

// vague reports whether a client wrote down that it did not know an id.
func vague(id string) bool { return id == "" || id == "undefined" || id == "null" || id == "None" }

// senderKeys are those of a call.
func (d *decoder) senderKeys(s *signal.Span, e *event) {
	m := e.meta
	d.key(s, signal.KeyEpsagonHeader, m.First("http_trace_id", "epsagon-trace-id"))
	switch e.typ {
	case "http", "api_gateway", "appsync":
		id := m.Text("request_trace_id")
		d.key(s, signal.KeyGatewayRequest, id)
		d.key(s, signal.KeyRequest, id) // a function's URL answers with the invocation's
		d.key(s, signal.KeyEpsagonEvent, textMember(m.Text("response_body"), "_epsagon_event_id"))
		d.key(s, signal.KeyXRayTrace, xrayTrace(header(find(m, "request_headers"), "x-amzn-trace-id")))
	case "sns":
		d.key(s, signal.KeySNSMessage, m.First("message_id", "Message ID"))
	case "sqs":
		d.key(s, signal.KeySQSMessage, m.First("Message ID", "message_id", "aws.sqs.message_id"))
		d.eachRecord(m, func(r signal.Attrs) { d.otherKey(s, signal.KeySQSMessage, r.First("MessageId", "Message ID")) })
		d.key(s, signal.KeySNSMessage, textMember(m.Text("SNS Trigger"), "MessageId"))
	case "kinesis":
		if seq := m.First("sequence_number", "aws.kinesis.sequence_number"); seq != "" {
			d.key(s, signal.KeyKinesisRecord, d.join(e.name, "/", m.Text("shard_id"), ":", seq))
		}
	case "dynamodb", "dax":
		if hash := m.Text("item_hash"); hash != "" {
			d.placedKey(s, signal.KeyDynamoDBItem, "", m.Text("region"), d.join(language(e.origin), "/", e.name, "/", hash))
		}
	case "s3":
		if isWrite(operation(e.op)) {
			d.key(s, signal.KeyS3Request, e.id)
			d.object(s, e.name, m.First("key", "aws.s3.key"), m.First("etag", "aws.s3.etag"))
		}
	case "lambda":
		d.key(s, signal.KeyRequest, e.id)
		d.key(s, signal.KeyEpsagonEvent, textMember(m.First("response", "response_body"), "_epsagon_event_id"))
	case "events":
		d.key(s, signal.KeyEvent, m.Text("aws.cloudwatch.event_id"))
	}
	if id, n, ok := step(find(m, "steps_dict")); ok {
		d.key(s, signal.KeyStep, d.join(id, "/", strconv.FormatInt(n, 10)))
	}
}

// receiverKeys are those of an invocation, as its runner tells them.
func (d *decoder) receiverKeys(s *signal.Span, e *event) {
	if isLambda(e.typ) {
		d.key(s, signal.KeyRequest, e.id)
	}
	m := e.meta
	if truth(find(m, "propagation_enabled")) {
		d.key(s, signal.KeyEpsagonEvent, e.id)
	}
	d.key(s, signal.KeyEpsagonHeader, m.First("http_trace_id", "epsagon-trace-id"))
	if id, n, ok := step(find(m, "steps_dict")); ok {
		d.key(s, signal.KeyStep, d.join(id, "/", strconv.FormatInt(n-1, 10)))
		d.key(s, signal.KeyStepDone, d.join(id, "/", strconv.FormatInt(n, 10)))
	}
}

// triggerKeys are those of an invocation, as its trigger tells them.
func (d *decoder) triggerKeys(s *signal.Span, e *event) {
	m := e.meta
	switch e.typ {
	case "sns":
		d.key(s, signal.KeySNSMessage, e.id)
	case "sqs":
		d.sqsTriggerKeys(s, e)
	case "kinesis":
		seq := m.Text("sequence_number")
		shard, _, _ := strings.Cut(e.id, ":")
		if seq != "" {
			d.key(s, signal.KeyKinesisRecord, d.join(e.name, "/", shard, ":", seq))
			d.key(s, signal.KeyKinesisRecord, d.join(e.name, "/:", seq))
		}
	case "dynamodb":
		if hash := m.Text("item_hash"); hash != "" {
			d.placedKey(s, signal.KeyDynamoDBItem, "", m.Text("region"), d.join(d.language(), "/", e.name, "/", hash))
		}
	case "s3":
		d.key(s, signal.KeyS3Request, firstOf(m.Text("x-amz-request-id"), strings.TrimPrefix(e.id, "s3-trigger-")))
		name, err := url.QueryUnescape(m.Text("object_key")) // notifications encode it
		if err != nil {
			name = m.Text("object_key")
		}
		d.object(s, e.name, name, m.Text("object_etag"))
	case "events":
		d.key(s, signal.KeyEvent, e.id)
	case "api_gateway", "api_gateway_no_proxy", "api_gateway_http2", "api_gateway_websocket":
		d.key(s, signal.KeyGatewayRequest, e.id)
	}
	headers := find(m, "headers")
	d.otherKey(s, signal.KeyEpsagonHeader, firstOf(m.Text("http_trace_id"), header(headers, "epsagon-trace-id")))
	d.key(s, signal.KeyXRayTrace, xrayTrace(header(headers, "x-amzn-trace-id")))
	if id, n, ok := step(find(m, "steps_dict")); ok {
		d.otherKey(s, signal.KeyStep, d.join(id, "/", strconv.FormatInt(n, 10)))
	}
}

// sqsTriggerKeys adds one key for each record that was told, and that of a
// message which a topic put into the queue. Python tells the first record only.
func (d *decoder) sqsTriggerKeys(s *signal.Span, e *event) {
	m := e.meta
	d.key(s, signal.KeySQSMessage, e.id)
	d.key(s, signal.KeySNSMessage, firstOf(textMember(m.Text("SNS Trigger"), "MessageId"), notification(m.Text("Message Body"))))
	d.eachRecord(m, func(r signal.Attrs) {
		d.otherKey(s, signal.KeySQSMessage, r.Text("Message ID"))
		d.otherKey(s, signal.KeySNSMessage, notification(r.Text("Message Body")))
		d.otherKey(s, signal.KeyXRayTrace, xrayTrace(header(find(r, "Attributes"), "AWSTraceHeader")))
	})
}

// otherKey is key unless s has it already, as far as a look at both ends of the
// list tells: a batch may have 10,000 records.
func (d *decoder) otherKey(s *signal.Span, kind, value string) {
	const look = 4
	for i := 0; i < len(s.Keys); i++ {
		if i == look {
			i = max(i, len(s.Keys)-look)
		}
		if k := &s.Keys[i]; k.Kind == kind && k.Value == value {
			return
		}
	}
	d.key(s, kind, value)
}

func (d *decoder) object(s *signal.Span, bucket, name, etag string) {
	if etag = strings.Trim(etag, `"`); name != "" && etag != "" && etag != "undefined" {
		d.key(s, signal.KeyS3Object, d.join(bucket, "/", name, "@", etag))
	}
}

// isWrite reports whether an operation of S3 makes an object, which may notify.
func isWrite(op string) bool {
	for _, word := range [...]string{"put", "upload", "copy", "delete", "complete", "post"} {
		if strings.Contains(op, word) {
			return true
		}
	}
	return false
}

// eachRecord calls f with each record of a batch, a list that some clients send
// as text.
func (d *decoder) eachRecord(m signal.Attrs, f func(signal.Attrs)) {
	text := m.Text("record")
	if !strings.HasPrefix(text, "[") {
		return
	}
	var err error // a list that was cut short ends where it was cut
	r := wire.NewJSON(bytesOf(text), &err)
	for range r.Array() {
		if r.Peek() != '{' {
			r.Skip()
			continue
		}
		var record signal.Attrs
		for key := range r.Object() {
			record = d.arena.Attrs.Push(record, signal.Attr{Key: key, Value: r.Value(d.arena.Charge)})
		}
		f(record)
	}
}

// header returns the value of a header in captured headers, an object that some
// clients send as text.
func header(headers signal.Value, name string) (value string) {
	text := headers.Text()
	if !strings.HasPrefix(text, "{") {
		return ""
	}
	var err error
	r := wire.NewJSON(bytesOf(text), &err)
	for key := range r.Object() {
		if r.Peek() == '"' && strings.EqualFold(key, name) {
			return r.Str()
		}
		r.Skip()
	}
	return ""
}

// xrayTrace returns the Root of X-Amzn-Trace-Id as 32 hex digits, or "".
func xrayTrace(header string) string {
	_, root, ok := strings.Cut(header, "Root=1-")
	if !ok || len(root) < 33 || root[8] != '-' {
		return ""
	}
	id, err := signal.ParseTraceID(root[:8] + root[9:33])
	if err != nil {
		return ""
	}
	return id.String()
}

// step reads {"id":…,"step_num":…}.
func step(v signal.Value) (id string, n int64, ok bool) {
	if !strings.HasPrefix(v.Text(), "{") {
		return "", 0, false
	}
	var err error
	r := wire.NewJSON(bytesOf(v.Text()), &err)
	numbered := false
	for key := range r.Object() {
		switch key {
		case "id":
			id = r.Value(nil).Text()
		case "step_num":
			n, numbered = integer(r.Value(nil)), true
		default:
			r.Skip()
		}
	}
	return id, n, err == nil && id != "" && numbered
}

// notification returns the message id of what a topic put into a queue.
func notification(body string) string {
	if !strings.Contains(body, `"TopicArn"`) {
		return ""
	}
	return textMember(body, "MessageId")
}

// bytesOf views s, which is only read.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// textMember returns the text of the first member called name in JSON that may
// be cut short.
func textMember(text, name string) string {
	at := strings.Index(text, `"`+name+`"`)
	if at < 0 {
		return ""
	}
	rest := strings.TrimLeft(text[at+len(name)+2:], " \t\r\n")
	rest, ok := strings.CutPrefix(rest, ":")
	if !ok {
		return ""
	}
	var err error
	r := wire.NewJSON(bytesOf(rest), &err)
	if r.Peek() != '"' {
		return ""
	}
	return r.Str()
}
