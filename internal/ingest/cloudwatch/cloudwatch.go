// Package cloudwatch reads what CloudWatch sends out: documents of log
// subscriptions and lines of metric streams. AWS hands them to a delivery stream
// (package firehose), to Kinesis, or to a function that forwards them here.
//
// Wire: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
// and https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-json.html.
package cloudwatch

import (
	"encoding/base64"
	"errors"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// Receiver takes the events of log subscriptions as a function gets them,
// {"awslogs":{"data":…}}, and the documents in them, one or several behind each other.
var Receiver = ingest.Receiver{Name: "cloudwatch", Routes: []ingest.Route{{
	Path: "/cloudwatch/logs", Signal: signal.Logs, TokenInURL: true, Media: []string{"application/json", "application/octet-stream"},
	Decode: decode,
}}}

var errNoEvent = errors.New(`cloudwatch: decode: not a log subscription: want {"awslogs":{"data":…}} or {"messageType":…}`)

func decode(b *signal.Batch, body []byte, h ingest.Header) error {
	a := h.Rows()
	if IsGzip(body) { // a forwarder may send the data as it is
		doc, err := ingest.Gunzip(a, body)
		if err != nil {
			return err
		}
		return Logs(b, doc, "", a)
	}
	if data, ok := event(body); ok {
		return Data(b, data, "", a)
	}
	return Logs(b, body, "", a)
}

// event returns the data of the event of a function.
func event(body []byte) (data string, ok bool) {
	var err error
	r := wire.NewJSON(body, &err)
	if r.Peek() != '{' {
		return "", false
	}
	for key := range r.Object() {
		if key != "awslogs" {
			r.Skip()
			continue
		}
		for key := range r.Object() {
			if key == "data" {
				data, ok = r.Str(), true
				continue
			}
			r.Skip()
		}
	}
	r.End()
	return data, ok && err == nil
}

// Data is Logs of documents compressed with gzip and written in base64.
func Data(b *signal.Batch, data, region string, a *ingest.Arena) error {
	raw, err := Unbase64(data, a)
	if err != nil {
		return err
	}
	doc, err := ingest.Gunzip(a, raw)
	if err != nil {
		return err
	}
	return Logs(b, doc, region, a)
}

// Unbase64 reads text, charged to a.
func Unbase64(text string, a *ingest.Arena) ([]byte, error) {
	if !a.Charge(base64.StdEncoding.DecodedLen(len(text))) {
		return nil, a.Err()
	}
	return base64.StdEncoding.DecodeString(text)
}

// IsGzip reports whether data begins as gzip does.
func IsGzip(data []byte) bool { return len(data) > 2 && data[0] == 0x1f && data[1] == 0x8b }
