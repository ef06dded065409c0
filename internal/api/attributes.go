package api

import (
	"encoding/json"
	"strconv"
	"strings"

	"clew/internal/signal"
)

var valueTypes = [...]string{"empty", "string", "bool", "int", "double", "bytes", "json"}

// wireAttrs copies attributes for the wire.
func wireAttrs(as signal.Attrs) []Attribute {
	out := make([]Attribute, len(as))
	for i := range as {
		out[i] = Attribute{Key: strings.Clone(as[i].Key), Type: valueTypes[as[i].Value.Kind()], Value: wireValue(as[i].Value)}
	}
	return out
}

// maxSafe is the largest integer that a JSON number holds exactly everywhere.
const maxSafe = 1 << 53

func wireValue(v signal.Value) any {
	switch v.Kind() {
	case signal.KindInt:
		if n := v.Int(); n > maxSafe || n < -maxSafe {
			return strconv.FormatInt(n, 10)
		}
	case signal.KindJSON:
		if !json.Valid([]byte(v.Text())) {
			return strings.Clone(v.Text())
		}
	}
	return json.RawMessage(v.AppendJSON(nil))
}

func cloneAttrs(as signal.Attrs) signal.Attrs {
	out := make(signal.Attrs, len(as))
	for i := range as {
		out[i] = signal.Attr{Key: strings.Clone(as[i].Key), Value: cloneValue(as[i].Value)}
	}
	return out
}

func cloneValue(v signal.Value) signal.Value {
	return signal.FromBits(v.Kind(), v.Bits(), strings.Clone(v.Text()))
}

// payloadKeys are the attributes that carry captured content, by what it is.
var payloadKeys = map[string]string{
	"clew.payload.event": "event", "faas.event": "event", "aws.lambda.event": "event", "lambda.event": "event",
	"clew.payload.response": "response", "http.response.body": "response", "http.response.body.text": "response", "faas.response": "response", "rpc.response.body": "response", "aws.lambda.response": "response",
	"clew.payload.request": "request", "http.request.body": "request", "http.request.body.text": "request", "rpc.request.body": "request",
	"clew.payload.message": "message", "messaging.message.body": "message", "messaging.message.payload": "message", "messaging.payload": "message", "messaging.request.payload": "message",
}

// mask is what masking puts in the place of a secret value.
const mask = "***"

// payloads picks the captured content out of a span's attributes.
func payloads(as signal.Attrs) []Payload {
	out := []Payload{}
	for i := range as {
		role, ok := payloadKeys[as[i].Key]
		if !ok {
			continue
		}
		text := strings.Clone(as[i].Value.String())
		out = append(out, Payload{
			Role: role, Key: strings.Clone(as[i].Key), Text: text, JSON: json.Valid([]byte(text)),
			Truncated: as.Text(as[i].Key+".truncated") == "true", Masked: strings.Count(text, mask),
		})
	}
	return out
}
