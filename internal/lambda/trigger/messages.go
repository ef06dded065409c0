package trigger

import (
	"strings"

	"clew/internal/signal"
)

// This file is AWS's batches of messages: SQS, SNS, Kinesis, DynamoDB streams,
// Kafka. Each record is a story of its own.

// source matches events whose first record comes from an event source.
func source(names ...string) func(Event) bool {
	return func(e Event) bool {
		first := e.at("Records").first()
		for _, field := range []string{"eventSource", "EventSource"} {
			for _, name := range names {
				if first.text(field) == name {
					return true
				}
			}
		}
		return false
	}
}

// batch makes the cause of a list of records of one resource.
func batch(resource signal.Resource, records []Event, of func(Event) Record) Cause {
	c := Cause{Resource: resource, Async: true}
	for _, r := range records {
		c.Records = append(c.Records, of(r))
	}
	return c
}

var sqs = Parser{Name: "sqs", Match: source("aws:sqs"), Parse: func(e Event) Cause {
	records := e.at("Records").list()
	return batch(resourceOf(signal.Queue, records[0].text("eventSourceARN")), records, sqsRecord)
}}

func sqsRecord(r Event) Record {
	attributes := messageAttributes(r.at("messageAttributes"))
	out := Record{
		Sent:     r.millis("attributes", "SentTimestamp"),
		Attempts: r.count("attributes", "ApproximateReceiveCount"),
		Parent:   attributes.parent(),
		Keys:     []signal.JoinKey{key(signal.KeySQSMessage, r.text("messageId"))},
	}
	if source := r.text("attributes", "DeadLetterQueueSourceArn"); source != "" {
		out.DeadFrom = resourceOf(signal.Queue, source)
	}
	// SQS keeps the sender's X-Ray header in a system attribute.
	header := carrier(func(name string) string {
		if name == "x-amzn-trace-id" {
			return r.text("attributes", "AWSTraceHeader")
		}
		return ""
	})
	if out.Parent.Trace.IsZero() {
		out.Parent = header.parent()
	}
	out.Keys = append(out.Keys, header.keys()...)
	out.unwrap(r.at("body").inner())
	return out
}

// unwrap reads what a queue delivers for a topic, a bus or a bucket.
func (r *Record) unwrap(body Event) {
	switch {
	case body.text("Type") == "Notification" && body.has("TopicArn"):
		r.through(snsMessage(body), resourceOf(signal.Topic, body.text("TopicArn")))
		if inner := body.at("Message").inner(); source("aws:s3")(inner) {
			r.through(s3Record(inner.at("Records").first()), s3Resource(inner))
		}
	case eventBridge.Match(body):
		c := eventBridge.Parse(body)
		r.through(c.Records[0], c.Resource)
	case source("aws:s3")(body):
		r.through(s3Record(body.at("Records").first()), s3Resource(body))
	}
}

// through adds what a message was before the hop that delivered it: it is in its
// keys that the sender is found, and it was sent when that first hop began.
func (r *Record) through(before Record, by signal.Resource) {
	r.Via = append(r.Via, by)
	r.Keys = append(r.Keys, before.Keys...)
	if before.Sent > 0 {
		r.Sent = before.Sent
	}
	if !before.Parent.Trace.IsZero() {
		r.Parent = before.Parent
	}
}

// messageAttributes is the carrier of SQS's and SNS's attributes, whose objects
// say their value in one of several members.
func messageAttributes(e Event) carrier {
	return func(name string) string {
		a := e.fold(name)
		for _, member := range []string{"stringValue", "Value", "StringValue"} {
			if s := a.text(member); s != "" {
				return s
			}
		}
		return ""
	}
}

var sns = Parser{Name: "sns", Match: source("aws:sns"), Parse: func(e Event) Cause {
	records := e.at("Records").list()
	return batch(resourceOf(signal.Topic, records[0].text("Sns", "TopicArn")), records, func(r Event) Record {
		out := snsMessage(r.at("Sns"))
		if inner := r.at("Sns", "Message").inner(); source("aws:s3")(inner) {
			out.through(s3Record(inner.at("Records").first()), s3Resource(inner))
		}
		return out
	})
}}

// snsMessage reads a notification, in an event or in a queue's message.
func snsMessage(m Event) Record {
	attributes := messageAttributes(m.at("MessageAttributes"))
	return Record{
		Sent: m.stamp("Timestamp"), Parent: attributes.parent(),
		Keys: append([]signal.JoinKey{key(signal.KeySNSMessage, m.text("MessageId"))}, attributes.keys()...),
	}
}

var kinesis = Parser{Name: "kinesis", Match: source("aws:kinesis"), Parse: func(e Event) Cause {
	records := e.at("Records").list()
	stream := resourceOf(signal.Stream, records[0].text("eventSourceARN"))
	return batch(stream, records, func(r Event) Record {
		number := r.text("kinesis", "sequenceNumber")
		shard, _, _ := strings.Cut(r.text("eventID"), ":")
		data := r.at("kinesis", "data").innerBase64()
		return Record{
			Sent: r.seconds("kinesis", "approximateArrivalTimestamp"), Parent: inData(data).parent(),
			Keys: []signal.JoinKey{key(signal.KeyKinesisRecord, stream.Name+"/"+shard+":"+number), key(signal.KeyKinesisRecord, stream.Name+"/:"+number)},
		}
	})
}}

// inData is the carrier of a payload that the sender put its context into: at
// the top, or under _datadog.
func inData(e Event) carrier {
	return func(name string) string {
		if s := e.text(name); s != "" {
			return s
		}
		return e.text("_datadog", name)
	}
}

var dynamodb = Parser{Name: "dynamodb", Match: source("aws:dynamodb"), Parse: func(e Event) Cause {
	records := e.at("Records").list()
	return batch(tableOf(records[0].text("eventSourceARN")), records, func(r Event) Record {
		image := r.at("dynamodb", "NewImage")
		inImage := carrier(func(name string) string { return image.text(name, "S") })
		return Record{Sent: r.seconds("dynamodb", "ApproximateCreationDateTime"), Parent: inImage.parent()}
	})
}}

// tableOf reads arn:…:table/NAME/stream/DATE.
func tableOf(s string) signal.Resource {
	a, _ := parseARN(s)
	name, _, _ := strings.Cut(strings.TrimPrefix(a.resource, "table/"), "/")
	return signal.Resource{Kind: signal.Table, Name: name, Account: a.account, Region: a.region}
}

var kafka = Parser{
	Name: "kafka",
	Match: func(e Event) bool {
		switch e.text("eventSource") {
		case "aws:kafka", "SelfManagedKafka":
			return true
		}
		return false
	},
	Parse: func(e Event) Cause {
		c := Cause{Async: true}
		for _, list := range sortedMembers(e.at("records")) {
			for _, r := range list.list() {
				if c.Resource.Name == "" {
					c.Resource = resourceOf(signal.Stream, e.text("eventSourceArn"))
					c.Resource.Name = r.text("topic")
				}
				c.Records = append(c.Records, Record{Sent: r.millis("timestamp"), Parent: kafkaHeaders(r.at("headers")).parent()})
			}
		}
		return c
	},
}

// kafkaHeaders is the carrier of [{"name": [bytes]}].
func kafkaHeaders(e Event) carrier {
	return func(name string) string {
		for _, h := range e.list() {
			bytes := h.fold(name).list()
			if len(bytes) == 0 {
				continue
			}
			var b strings.Builder
			for _, c := range bytes {
				b.WriteByte(byte(int64(c.number())))
			}
			return b.String()
		}
		return ""
	}
}
