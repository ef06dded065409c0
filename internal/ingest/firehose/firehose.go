// Package firehose reads what Amazon Data Firehose delivers to an HTTP endpoint:
// records of CloudWatch log subscriptions and of CloudWatch metric streams, in
// JSON and in OpenTelemetry's formats 0.7 and 1.0. What a record is, it says itself.
//
// Wire: https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html.
package firehose

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"clew/internal/ingest"
	"clew/internal/ingest/cloudwatch"
	"clew/internal/ingest/otlp"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// Receiver is the protocol for the door. The service sends again for up to two
// hours what was not answered with 200, and gives up at once after 413.
var Receiver = ingest.Receiver{Name: "firehose", Tokens: []string{"X-Amz-Firehose-Access-Key"}, Routes: []ingest.Route{{
	Path: "/firehose", Signal: signal.Logs, Media: []string{"application/json"}, Decode: decode, Reply: reply,
}}}

func decode(b *signal.Batch, body []byte, h ingest.Header) error {
	d := &decoder{batch: b, arena: h.Rows()}
	if h.HTTP != nil {
		d.region = regionOf(h.HTTP.Get("X-Amz-Firehose-Source-Arn"))
	}
	r := wire.NewJSON(body, &d.err)
	records := -1
	for key := range r.Object() {
		if key == "records" {
			records = 0
			d.records(&r)
			continue
		}
		r.Skip()
	}
	r.End()
	if d.err == nil && records < 0 {
		d.err = errors.New(`firehose: decode: not a delivery: want {"requestId":…,"records":[{"data":…}]}`)
	}
	return d.err
}

type decoder struct {
	batch  *signal.Batch
	arena  *ingest.Arena
	err    error
	region string
}

func (d *decoder) records(r *wire.JSON) {
	for n := range r.Array() {
		for key := range r.Object() {
			if key != "data" {
				r.Skip()
				continue
			}
			data := r.Str()
			if d.err != nil {
				return
			}
			d.record(n, data)
		}
	}
}

// record takes one record. One that cannot be read is refused by itself: the
// others of its delivery are good.
func (d *decoder) record(n int, data string) {
	groups := len(d.batch.Groups)
	raw, err := cloudwatch.Unbase64(data, d.arena)
	if err == nil {
		err = d.content(raw)
	}
	if no := d.arena.Err(); no != nil {
		d.err = no
		return
	}
	if err != nil {
		for len(d.batch.Groups) > groups {
			d.batch.Groups = d.arena.Groups.Drop(d.batch.Groups)
		}
		d.batch.Refuse(signal.Logs, 1, fmt.Sprintf("record %d: %v", n, err))
	}
}

var errContent = errors.New("neither a log subscription nor a metric stream")

func (d *decoder) content(raw []byte) error {
	if cloudwatch.IsGzip(raw) {
		doc, err := ingest.Gunzip(d.arena, raw)
		if err != nil {
			return err
		}
		raw = doc
	}
	head := bytes.TrimLeft(raw, " \t\r\n")
	switch {
	case len(head) == 0:
		return errContent
	case head[0] != '{':
		return d.messages(raw)
	case bytes.Contains(head[:min(len(head), 1<<10)], []byte(`"metric_name"`)):
		return cloudwatch.Metrics(d.batch, raw, d.arena)
	}
	return cloudwatch.Logs(d.batch, raw, d.region, d.arena)
}

// messages reads requests of OpenTelemetry's metrics service, each behind its length.
func (d *decoder) messages(raw []byte) error {
	for len(raw) > 0 {
		size, n := binary.Uvarint(raw)
		if n <= 0 || size > uint64(len(raw)-n) {
			return errContent
		}
		if err := otlp.DecodeProto(d.batch, raw[n:n+int(size)], signal.Points, d.arena); err != nil {
			return err
		}
		raw = raw[n+int(size):]
	}
	return nil
}

// regionOf cuts the region out of the stream's ARN.
func regionOf(arn string) string {
	if p := strings.SplitN(arn, ":", 6); len(p) == 6 && p[0] == "arn" {
		return p[3]
	}
	return ""
}

// reply repeats the request's id and time; anything else counts as a failure, and
// the delivery comes again.
func reply(o ingest.Outcome, h ingest.Header) ingest.Answer {
	said := struct {
		Request string `json:"requestId"`
		At      int64  `json:"timestamp"`
		Error   string `json:"errorMessage,omitempty"`
	}{}
	if h.HTTP != nil {
		said.Request = h.HTTP.Get("X-Amz-Firehose-Request-Id")
	}
	said.At = timeOf(h.Body)
	if o.Fault != nil {
		said.Error = o.Fault.Reason
	}
	body, err := json.Marshal(said)
	if err != nil {
		panic(err) // texts and a number
	}
	return ingest.Answer{Media: "application/json", Body: body}
}

// timeOf returns the timestamp of a delivery, in milliseconds.
func timeOf(body []byte) (at int64) {
	var err error
	r := wire.NewJSON(body, &err)
	if r.Peek() != '{' {
		return 0
	}
	for key := range r.Object() {
		if key == "timestamp" {
			return int64(r.Double())
		}
		r.Skip()
	}
	return 0
}
