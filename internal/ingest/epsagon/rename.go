package epsagon

import (
	"strconv"
	"strings"

	"clew/internal/signal"
)

// conventional maps the clients' names to OpenTelemetry's where both mean
// exactly the same. Other names stay as they were sent.
var conventional = map[string]string{
	"Redis Host": "server.address", "Redis Port": "server.port", "Redis DB Index": "db.namespace",
	"Host": "server.address", "Query": "db.query.text", "Table Name": "db.collection.name",
	"Collection Name": "db.collection.name", "DB Name": "db.namespace",
	"url": "url.full", "status": attrStatus, "status_code": attrStatus, "Status Code": attrStatus, "http.status_code": attrStatus,
	"request_body": "http.request.body", "response_body": "http.response.body",
	"Base URL": "url.full", "Path": "url.path", "Query String": "url.query", "User Agent": "user_agent.original",
	"Request Data": "http.request.body", "Response Data": "http.response.body",
	"Notification Message": "messaging.message.body", "Message Body": "messaging.message.body", "messaging.message": "messaging.message.body",
	"message_id": "messaging.message.id", "Message ID": "messaging.message.id",
	"region": "cloud.region", "request_id": "aws.request_id", "error_code": "error.type", "error_message": "error.message",
	"State Machine ARN": "aws.step_functions.state_machine.arn",
	"return_value":      "faas.response",
	"trace_id":          "epsagon.trace_id",
}

const attrStatus = "http.response.status_code"

// rename gives attributes their conventional names and types, in place.
func (d *decoder) rename(as signal.Attrs) {
	for i := range as {
		a := &as[i]
		if to, ok := conventional[a.Key]; ok {
			a.Key = to
		}
		switch a.Key {
		case attrStatus, "server.port":
			text := a.Value.String() // Flask sends "401 UNAUTHORIZED"
			if n, err := strconv.ParseInt(text[:digits(text)], 10, 32); err == nil {
				a.Value = signal.Int(n)
			}
		}
	}
}

// digits returns how many decimal digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// set adds an attribute unless it is empty.
func (d *decoder) set(as *signal.Attrs, key, text string) {
	if text != "" {
		*as = d.arena.Attrs.Push(*as, signal.Attr{Key: key, Value: signal.Str(text)})
	}
}

func (d *decoder) push(as *signal.Attrs, key string, v signal.Value) {
	*as = d.arena.Attrs.Push(*as, signal.Attr{Key: key, Value: v})
}

// join makes one text of parts, in room that is charged.
func (d *decoder) join(parts ...string) string {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if !d.arena.Charge(n) {
		return ""
	}
	return strings.Join(parts, "")
}

// list is the JSON of a list of one text.
func (d *decoder) list(text string) signal.Value {
	if !d.arena.Charge(6*len(text) + 4) { // \u0000 is the longest escape
		return signal.Value{}
	}
	out := signal.AppendJSONString(append(make([]byte, 0, len(text)+4), '['), text)
	return signal.JSON(string(append(out, ']')))
}
