package scenario

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"clew/internal/signal"
)

// This file is the events in which AWS hands messages over, and the join keys
// that both sides of a hop know.

func quote(s string) string { return string(signal.AppendJSONString(nil, s)) }

// httpJSON is API Gateway's event, or the answer it expects.
func httpJSON(l *line) string {
	if l.verb == "event" {
		return `{"version":"2.0","rawPath":"/","headers":{"content-type":"application/json"},"body":` + quote(l.json) + `,"isBase64Encoded":false}`
	}
	return `{"statusCode":` + l.word(1) + `,"headers":{"content-type":"application/json"},"body":` + quote(l.json) + `}`
}

// sentJSON is what a call was told to send on its lines below.
func sentJSON(l *line) string {
	for _, k := range l.kids {
		if k.verb == "sent" {
			return k.json
		}
	}
	return ""
}

// eventOf wraps messages as they come out of from.
func (b *teller) eventOf(ms []*message, from *party, l *line) string {
	if from.kind == signal.Bus {
		m := ms[0]
		return `{"version":"0","id":` + quote(m.id) + `,"detail-type":` + quote(m.kind) + `,"source":"app","account":` + quote(from.account()) + `,"detail":` + orNull(m.body) + `}`
	}
	var records []string
	for _, m := range ms {
		records = append(records, recordOf(m, from, l))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}

func recordOf(m *message, from *party, l *line) string {
	attempt := strconv.Itoa(max(1, int(l.num("attempt", 1))))
	sent := strconv.FormatInt(int64(At(m.sent))/1e6, 10)
	switch from.kind {
	case signal.Topic:
		return `{"EventSource":"aws:sns","EventVersion":"1.0","Sns":` + notification(m) + `}`
	case signal.Stream:
		return `{"eventSource":"aws:kinesis","eventSourceARN":` + quote(from.arn("kinesis", "stream/"+from.name)) + `,"kinesis":{"partitionKey":"1","sequenceNumber":` + quote(m.id) +
			`,"data":"` + base64.StdEncoding.EncodeToString([]byte(m.body)) + `"}}`
	case signal.Table:
		return `{"eventSource":"aws:dynamodb","eventName":"INSERT","eventID":` + quote(m.id) + `,"eventSourceARN":` + quote(from.arn("dynamodb", "table/"+from.name+"/stream/2026")) +
			`,"dynamodb":{"SequenceNumber":"1","NewImage":` + typed(m.body) + `}}`
	case signal.Bucket:
		return `{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":` + quote(from.name) + `},"object":{"key":` + quote(m.kind) + `,"eTag":` + quote(m.id) + `}}}`
	}
	id, body := m.id, m.body
	switch m.to.kind {
	case signal.Topic:
		id, body = "q-"+m.id, notification(m)
	case signal.Bus:
		id, body = "q-"+m.id, `{"version":"0","id":`+quote(m.id)+`,"detail-type":`+quote(m.kind)+`,"source":"app","detail":`+orNull(m.body)+`}`
	}
	return `{"messageId":` + quote(id) + `,"body":` + quote(body) + `,"attributes":{"ApproximateReceiveCount":"` + attempt + `","SentTimestamp":"` + sent +
		`"},"messageAttributes":{},"eventSource":"aws:sqs","eventSourceARN":` + quote(from.arn("sqs", from.name)) + `}`
}

func notification(m *message) string {
	return `{"Type":"Notification","MessageId":` + quote(m.id) + `,"TopicArn":` + quote(m.to.arn("sns", m.to.name)) + `,"Message":` + quote(m.body) + `,"MessageAttributes":{}}`
}

// typed writes an object as DynamoDB does: {"id":{"S":"1"}}.
func typed(body string) string {
	var v map[string]any
	if json.Unmarshal([]byte(body), &v) != nil {
		return "{}"
	}
	out, err := json.Marshal(typedMap(v))
	if err != nil {
		return "{}"
	}
	return string(out)
}

func typedMap(m map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = typedValue(v)
	}
	return out
}

func typedValue(v any) any {
	switch v := v.(type) {
	case string:
		return map[string]any{"S": v}
	case float64:
		return map[string]any{"N": strconv.FormatFloat(v, 'f', -1, 64)}
	case bool:
		return map[string]any{"BOOL": v}
	case map[string]any:
		return map[string]any{"M": typedMap(v)}
	case []any:
		list := []any{}
		for _, x := range v {
			list = append(list, typedValue(x))
		}
		return map[string]any{"L": list}
	}
	return map[string]any{"NULL": true}
}

// messageKeys are what sender and receiver of m know of it.
func messageKeys(to *party, m *message) []signal.JoinKey {
	switch to.kind {
	case signal.Topic:
		return []signal.JoinKey{{Kind: signal.KeySNSMessage, Value: m.id}}
	case signal.Stream:
		return []signal.JoinKey{{Kind: signal.KeyKinesisRecord, Value: to.name + "/:" + m.id}}
	case signal.Bus:
		return []signal.JoinKey{{Kind: signal.KeyEvent, Value: m.id}}
	case signal.Table:
		return []signal.JoinKey{{Kind: signal.KeyDynamoDBItem, Region: to.region(), Value: "node/" + to.name + "/" + m.id}}
	case signal.Bucket:
		return []signal.JoinKey{{Kind: signal.KeyS3Request, Value: m.id}, {Kind: signal.KeyS3Object, Value: to.name + "/" + m.kind + "@" + m.id}}
	}
	return []signal.JoinKey{{Kind: signal.KeySQSMessage, Value: m.id}}
}

// callKeys are what caller and callee know of a call.
func (b *teller) callKeys(l *line, to *party) []signal.JoinKey {
	switch {
	case l.opts["execution"] != "":
		return []signal.JoinKey{{Kind: signal.KeyExecution, Value: l.opts["execution"]}}
	case l.verb == "invoke":
		return []signal.JoinKey{{Kind: signal.KeyRequest, Value: b.request()}}
	case to.kind == signal.Function || to.kind == signal.Gateway:
		return []signal.JoinKey{{Kind: signal.KeyGatewayRequest, Value: b.request()}}
	case to.kind == signal.Service && to.tracer == "epsagon":
		return []signal.JoinKey{{Kind: signal.KeyEpsagonHeader, Value: b.request()}}
	}
	return nil
}
