// Package xray reads what the AWS X-Ray SDKs send to a daemon: segment documents
// in datagrams, the same documents by HTTP as PutTraceSegments posts them, and
// the questions how much to sample, which are answered with "all of it". A
// segment and the subsegments nested in it become the spans of one group.
//
// It does not invent the segments that AWS Lambda keeps to itself: in a function
// the SDKs send subsegments only, whose parent arrives another way or never.
package xray

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// Receiver is the protocol for the door.
var Receiver = ingest.Receiver{
	Name: "xray",
	Routes: []ingest.Route{
		{Path: "/TraceSegments", Signal: signal.Spans, Decode: decodePut, Reply: replyPut},
		// The SDKs ask without a token, and the answer tells nothing of anybody.
		{Path: "/GetSamplingRules", Signal: signal.Spans, Public: true, Decode: decodeNothing, Reply: reply(samplingRules)},
		{Path: "/SamplingTargets", Signal: signal.Spans, Public: true, Decode: decodeNothing, Reply: reply(samplingTargets)},
	},
	Sockets: []ingest.Socket{
		{Name: "xray", Network: "udp", Port: 2000, Signal: signal.Spans, Decode: decodeDatagram},
		{Name: "xray-http", Network: "tcp", Port: 2000},
	},
}

// Everything is sampled: what is boring is forgotten early, after it was counted.
// A target has no quota, which would need the time it ends; a rate of 1 needs none.
const (
	samplingRules = `{"SamplingRuleRecords":[{"SamplingRule":{"RuleName":"Default","Priority":10000,"FixedRate":1.0,"ReservoirSize":1,` +
		`"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"*","ResourceARN":"*","Version":1,"Attributes":{}},` +
		`"CreatedAt":0.0,"ModifiedAt":0.0}]}`
	samplingTargets = `{"SamplingTargetDocuments":[{"RuleName":"Default","FixedRate":1.0,"Interval":60}],"LastRuleModification":0.0,"UnprocessedStatistics":[]}`
)

func decodeNothing(*signal.Batch, []byte, ingest.Header) error { return nil }

func reply(body string) func(ingest.Outcome, ingest.Header) ingest.Answer {
	return func(o ingest.Outcome, _ ingest.Header) ingest.Answer {
		if o.Fault != nil {
			return replyFault(o.Fault)
		}
		return ingest.Answer{Media: mediaJSON, Body: []byte(body)}
	}
}

const mediaJSON = "application/json"

// replyPut lists the documents and spans not taken, as PutTraceSegments does.
func replyPut(o ingest.Outcome, _ ingest.Header) ingest.Answer {
	if o.Fault != nil {
		return replyFault(o.Fault)
	}
	body := []byte(`{"UnprocessedTraceSegments":[`)
	for _, refused := range o.Refused {
		for range min(refused.Count, 100) {
			if body[len(body)-1] == '}' {
				body = append(body, ',')
			}
			body = append(body, `{"ErrorCode":"InvalidSegment","Message":`...)
			body = append(signal.AppendJSONString(body, refused.Reason), '}')
		}
	}
	return ingest.Answer{Media: mediaJSON, Body: append(body, "]}"...)}
}

// replyFault is an error as AWS SDKs read it.
func replyFault(f *ingest.Fault) ingest.Answer {
	name := "ServiceUnavailableException"
	switch {
	case f.Status == http.StatusUnauthorized:
		name = "UnrecognizedClientException"
	case f.Status == http.StatusTooManyRequests:
		name = "ThrottledException"
	case f.Status < 500:
		name = "InvalidRequestException"
	}
	body := append([]byte(`{"__type":"`+name+`","message":`), signal.AppendJSONString(nil, f.Reason)...)
	return ingest.Answer{Media: mediaJSON, Body: append(body, '}'), Header: [][2]string{{"X-Amzn-ErrorType", name}}}
}

// decodePut reads {"TraceSegmentDocuments":["…"]}. A document that cannot be read
// is refused by itself.
func decodePut(b *signal.Batch, body []byte, h ingest.Header) error {
	d := newDecoder(b, h)
	var broken error
	r := wire.NewJSON(body, &broken)
	if r.Peek() != '{' {
		r.Fail("want an object")
	}
	for key := range r.Object() {
		if key != "TraceSegmentDocuments" {
			r.Skip()
			continue
		}
		for range r.Array() {
			if err := d.document(r.Str()); err != nil && broken == nil {
				b.Refuse(signal.Spans, 1, err.Error())
			}
		}
	}
	r.End()
	return errors.Join(broken, d.arena.Err())
}

// decodeDatagram reads a header, a line break and one document.
func decodeDatagram(b *signal.Batch, body []byte, h ingest.Header) error {
	head, doc, ok := bytes.Cut(body, []byte("\n"))
	if !ok {
		return errors.New("xray: decode datagram: no line break behind its header")
	}
	var err error
	format := ""
	r := wire.NewJSON(head, &err)
	for key := range r.Object() {
		if key == "format" {
			format = r.Text()
		} else {
			r.Skip()
		}
	}
	r.End()
	if err == nil && !strings.EqualFold(format, "json") {
		err = errors.New("xray: decode datagram: its format is not json")
	}
	if err != nil {
		return err
	}
	d := newDecoder(b, h)
	return errors.Join(d.document(wire.View(doc)), d.arena.Err())
}
