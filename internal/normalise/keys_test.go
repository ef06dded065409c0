package normalise

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clew/internal/lambda/trigger"
	"clew/internal/signal"
)

// one normalises a span of that kind with attributes in turns of key and value.
func one(kind signal.SpanKind, kv ...any) signal.Span {
	s := signal.Span{Trace: signal.TraceID{0: 1}, Kind: kind}
	for i := 0; i < len(kv); i += 2 {
		v, ok := kv[i+1].(signal.Value)
		if !ok {
			v = signal.Str(kv[i+1].(string))
		}
		s.Attrs = append(s.Attrs, signal.Attr{Key: kv[i].(string), Value: v})
	}
	b := signal.Batch{Groups: []signal.Group{{Spans: []signal.Span{s}}}}
	Batch(&b)
	return b.Groups[0].Spans[0]
}

func keysText(s *signal.Span) string {
	var out []string
	for _, k := range s.Keys {
		out = append(out, k.Kind+"="+k.Value)
	}
	return strings.Join(out, " ")
}

func TestKeys(t *testing.T) {
	const client, server, producer, consumer, internal = signal.Client, signal.Server, signal.Producer, signal.Consumer, signal.Internal
	f := func(want string, kind signal.SpanKind, kv ...any) {
		t.Helper()
		s := one(kind, kv...)
		if got := keysText(&s); got != want {
			t.Errorf("%v of %v: %q, want %q", kv, kind, got, want)
		}
	}
	f("", client)
	f("", client, "messaging.system", "aws_sqs", "messaging.destination.name", "jobs")
	f("aws.sqs.message_id=m", producer, "messaging.system", "aws_sqs", "messaging.message.id", "m")
	f("aws.sqs.message_id=m", consumer, "messaging.system", "AmazonSQS", "messaging.message_id", "m")
	f("aws.sqs.message_id=m", client, "rpc.service", "SQS", "messaging.message.id", "m")
	f("aws.sns.message_id=m aws.request_id=r", client, "rpc.system", "aws-api", "rpc.service", "SNS", "messaging.message.id", "m", "aws.request_id", "r")
	f("aws.sqs.message_id=a aws.sqs.message_id=b", consumer, "messaging.system", "aws_sqs", "messaging.batch.message_ids", signal.JSON(`["a","b"]`))
	f("aws.sqs.message_id=a aws.sqs.message_id=b", consumer, "messaging.system", "aws_sqs", "messaging.message.id", signal.JSON(`["a", "b"]`))
	f("gcp.pubsub.message_id=7", consumer, "messaging.system", "gcp_pubsub", "messaging.message.id", "7")
	f("azure.message_id=7", producer, "messaging.system", "servicebus", "messaging.message.id", "7")
	f("", consumer, "messaging.system", "rabbitmq", "messaging.message.id", "1")
	f("kafka.record=orders/3:17", producer, "messaging.system", "kafka", "messaging.destination.name", "orders", "messaging.destination.partition.id", "3", "messaging.kafka.message.offset", signal.Int(17))
	f("kafka.record=orders/3:17", consumer, "messaging.system", "kafka", "messaging.destination", "orders", "messaging.kafka.partition", signal.Int(3), "messaging.kafka.offset", signal.Int(17))
	f("", consumer, "messaging.system", "kafka", "messaging.destination", "orders", "messaging.kafka.offset", signal.Int(17))

	f("aws.request_id=r", server, "faas.invocation_id", "r")
	f("aws.request_id=r", consumer, "faas.execution", "r")
	f("aws.request_id=r", server, "aws.requestId", "r")
	f("", internal, "faas.invocation_id", "r")
	f("aws.request_id=r", client, "rpc.service", "Lambda", "rpc.method", "Invoke", "aws.request.id", "r")
	f("", client, "rpc.service", "DynamoDB", "aws.request_id", "r")
	f("", client, "aws.request_id", "r")
	f("aws.s3.request_id=r aws.s3.object=b/k@e", client, "rpc.service", "S3", "rpc.method", "PutObject", "aws.request_id", "r", "aws.s3.bucket", "b", "aws.s3.key", "k", "aws.s3.etag", `"e"`)
	f("", client, "rpc.service", "S3", "rpc.method", "GetObject", "aws.request_id", "r", "aws.s3.bucket", "b", "aws.s3.key", "k", "aws.s3.etag", `"e"`)
	f("aws.apigateway.request_id=g aws.request_id=g", client, "http.response.header.x-amzn-requestid", signal.JSON(`["g"]`))
	f("aws.apigateway.request_id=g aws.request_id=g", client, "http.response.header.apigw-requestid", "g")
	f("", server, "http.response.header.x-amzn-requestid", "g")
	f("aws.kinesis.sequence_number=clicks/shard-1:49", client, "aws.kinesis.stream_name", "clicks", "aws.kinesis.shard_id", "shard-1", "aws.kinesis.sequence_number", "49")
	f("aws.kinesis.sequence_number=clicks/s:49 aws.kinesis.sequence_number=clicks/:49", consumer, "aws.kinesis.stream_name", "clicks", "aws.kinesis.shard_id", "s", "aws.kinesis.sequence_number", "49")
	f("aws.eventbridge.event_id=e", producer, "aws.eventbridge.event_id", "e")
	f("cloudevents.id=/shop#17", consumer, "cloudevents.event_id", "17", "cloudevents.event_source", "/shop")
	f("", consumer, "cloudevents.event_id", "17")
	f("aws.stepfunctions.execution=arn:aws:states:e", client, "aws.step_functions.execution.arn", "arn:aws:states:e")
	f("aws.xray.trace_id=6b012a58d4a39e644022402da8702c9e", client, "http.request.header.x-amzn-trace-id", signal.JSON(`["Root=1-6b012a58-d4a39e644022402da8702c9e;Parent=53995c3f42cd8ad8;Sampled=1"]`))
	f("", client, "http.request.header.x-amzn-trace-id", "Root=1-6b012a58-zzzzzzzzzzzzzzzzzzzzzzzz")
	f("", producer, "messaging.system", "aws_sqs", "messaging.message.id", strings.Repeat("m", 2000))
}

// What a decoder knows already is not said twice, and lists that share memory with
// others are not grown in place.
func TestKeysOfDecoders(t *testing.T) {
	shared := make([]signal.JoinKey, 2, 4)
	shared[0] = signal.JoinKey{Kind: signal.KeySNSMessage, Value: "m"}
	shared[1] = signal.JoinKey{Kind: signal.KeySNSMessage, Value: "of another span"}
	s := signal.Span{Kind: signal.Producer, Keys: shared[:1], Attrs: signal.Attrs{{Key: "messaging.system", Value: signal.Str("aws_sns")},
		{Key: "messaging.message.id", Value: signal.Str("m")}, {Key: "rpc.service", Value: signal.Str("sns")}, {Key: "aws.request_id", Value: signal.Str("r")}}}
	b := signal.Batch{Groups: []signal.Group{{Spans: []signal.Span{s}}}}
	Batch(&b)
	if got := keysText(&b.Groups[0].Spans[0]); got != "aws.sns.message_id=m aws.request_id=r" || shared[1].Value != "of another span" {
		t.Errorf("%s; the other span has %v", got, shared[1])
	}
}

// TestEvents reads the vectors of triggers as captured events: a span has the keys of
// all records, and for messages tells each record.
func TestEvents(t *testing.T) {
	files, err := filepath.Glob("../../layers/spec/triggers/*.json")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		var v struct{ Event json.RawMessage }
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &v)
		}
		if err != nil {
			t.Fatal(file, err)
		}
		e, _ := trigger.Parse(v.Event)
		c := trigger.Read(e)
		s := one(signal.Server, "clew.payload.event", signal.JSON(string(v.Event)))
		records := 0
		for i := range s.Events {
			r, ok := signal.ReadRecord(&s.Events[i])
			if !ok {
				t.Fatalf("%s: event %v", file, s.Events[i])
			}
			want := c.Records[i]
			if r.Sent != want.Sent || r.Attempts != want.Attempts || len(r.Keys) != len(want.Keys) || r.Parent.Span != want.Parent.Span {
				t.Errorf("%s: record %d is %+v, want %+v", file, i, r, want)
			}
			records++
		}
		for _, r := range c.Records {
			for _, k := range r.Keys {
				if k.Value != "" && !slices.Contains(s.Keys, k) {
					t.Errorf("%s: no key %v", file, k)
				}
			}
			linked := slices.ContainsFunc(s.Links, func(l signal.Link) bool { return l.Trace == r.Parent.Trace })
			if c.Async && !r.Parent.Trace.IsZero() && !linked {
				t.Errorf("%s: no link to %v", file, r.Parent)
			}
		}
		if want := len(c.Records); c.Async && records != want || !c.Async && records > 0 {
			t.Errorf("%s: %d records, want %d of %s", file, records, want, c.Trigger)
		}
		if again := one(signal.Client, "clew.payload.event", signal.JSON(string(v.Event))); len(again.Keys)+len(again.Events) > 0 {
			t.Errorf("%s: a call has the keys of an event", file)
		}
	}
}

// A batch of 10,000 records has 10,000 keys, and tells the first thousand.
func TestLargeBatch(t *testing.T) {
	var records []string
	for i := range 10000 {
		records = append(records, fmt.Sprintf(`{"eventSource":"aws:sqs","messageId":"m%d"}`, i))
	}
	s := one(signal.Consumer, "faas.event", `{"Records":[`+strings.Join(records, ",")+`]}`)
	if len(s.Keys) != 10000 || len(s.Events) != maxRecords {
		t.Errorf("%d keys, %d records", len(s.Keys), len(s.Events))
	}
}

// What is read of the events of one batch is bounded.
func TestEventBudget(t *testing.T) {
	event := `{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"` + strings.Repeat("x", 300<<10) + `"}]}`
	var spans []signal.Span
	for range 60 {
		spans = append(spans, signal.Span{Kind: signal.Consumer, Attrs: signal.Attrs{{Key: "faas.event", Value: signal.Str(event)}}})
	}
	b := signal.Batch{Groups: []signal.Group{{Spans: spans}}}
	Batch(&b)
	read := 0
	for i := range spans {
		read += len(spans[i].Keys)
	}
	if most := eventBudget/len(event) + 1; read != most {
		t.Errorf("read %d events, want %d", read, most)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add(`{"Records":[{"eventSource":"aws:sqs","messageId":"m","attributes":{"AWSTraceHeader":"Root=1-6b012a58-d4a39e644022402da8702c9e"}}]}`, `["a","b"]`)
	f.Add(`{"detail-type":"x","id":"1","detail":{}}`, `["a\"b"]`)
	f.Fuzz(func(t *testing.T, event, ids string) {
		s := one(signal.Consumer, "faas.event", event, "messaging.system", "aws_sqs", "messaging.message.id", signal.JSON(ids))
		for _, k := range s.Keys {
			if k.Value == "" || k.Kind == "" {
				t.Errorf("key %+v", k)
			}
		}
	})
}
