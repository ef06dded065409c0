package bill

import (
	"time"

	"clew/internal/signal"
)

// fixtures are the stories of testdata/sheet.csv, whose sums were made by hand.

var start = signal.TimeOf(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))

// maker makes the spans of one fixture.
type maker struct {
	batch signal.Batch
	next  byte
}

// sender adds a group.
func (m *maker) sender(attrs ...signal.Attr) *signal.Group {
	m.batch.Groups = append(m.batch.Groups, signal.Group{Resource: attrs})
	return &m.batch.Groups[len(m.batch.Groups)-1]
}

// lambda adds a function: NAME in region with megabytes of memory, 0 for not told.
func (m *maker) lambda(name, region string, megabytes int64, more ...signal.Attr) *signal.Group {
	attrs := signal.Attrs{text("service.name", name), text("faas.name", name), text("cloud.platform", "aws_lambda"), text("cloud.region", region)}
	if megabytes > 0 {
		attrs = append(attrs, number("faas.max_memory", megabytes<<20))
	}
	return m.sender(append(attrs, more...)...)
}

// span adds one from and to in milliseconds, below parent (0: none), and returns
// its number.
func (m *maker) span(g *signal.Group, parent byte, kind signal.SpanKind, name string, from, to float64, attrs ...signal.Attr) byte {
	m.next++
	s := signal.Span{Trace: signal.TraceID{1, 15: 1}, ID: signal.SpanID{7: m.next}, Kind: kind, Name: name, Attrs: attrs,
		Start: start.Add(time.Duration(from * 1e6)), End: start.Add(time.Duration(to * 1e6))}
	if parent != 0 {
		s.Parent = signal.SpanID{7: parent}
	}
	for i := range m.batch.Groups {
		if &m.batch.Groups[i] == g || m.batch.Groups[i].Resource.Text("service.name") == g.Resource.Text("service.name") {
			m.batch.Groups[i].Spans = append(m.batch.Groups[i].Spans, s)
			break
		}
	}
	return m.next
}

func (m *maker) last() *signal.Span {
	for i := range m.batch.Groups {
		for j := range m.batch.Groups[i].Spans {
			if s := &m.batch.Groups[i].Spans[j]; s.ID[7] == m.next {
				return s
			}
		}
	}
	return nil
}

func (m *maker) log(body string) {
	g := &m.batch.Groups[0]
	g.Logs = append(g.Logs, signal.Log{At: start, Trace: signal.TraceID{1, 15: 1}, Body: signal.Str(body)})
}

func text(key, value string) signal.Attr     { return signal.Attr{Key: key, Value: signal.Str(value)} }
func number(key string, n int64) signal.Attr { return signal.Attr{Key: key, Value: signal.Int(n)} }

// sdk is a call of the AWS SDK.
func sdk(service, method string, more ...signal.Attr) []signal.Attr {
	return append([]signal.Attr{text("rpc.system", "aws-api"), text("rpc.service", service), text("rpc.method", method)}, more...)
}

func post(status int64) []signal.Attr {
	return []signal.Attr{text("http.request.method", "POST"), text("url.full", "https://sqs.eu-west-1.amazonaws.com/"), number("http.response.status_code", status)}
}

const (
	server   = signal.Server
	client   = signal.Client
	producer = signal.Producer
	consumer = signal.Consumer
)

var fixtures = map[string]func(m *maker){
	"a run": func(m *maker) {
		m.span(m.lambda("f", "us-east-1", 512, text("host.arch", "amd64")), 0, server, "f", 0, 100)
	},
	"a run on arm, rounded up": func(m *maker) {
		m.span(m.lambda("f", "eu-west-1", 1024, text("host.arch", "arm64")), 0, server, "f", 0, 12.3)
	},
	"a cold run, its initialisation told": func(m *maker) {
		m.span(m.lambda("f", "eu-west-1", 256), 0, server, "f", 0, 133.61, signal.Attr{Key: "aws.lambda.cold_start_duration", Value: signal.Double(0.08)})
	},
	"a run with its report": func(m *maker) {
		m.span(m.lambda("f", "eu-west-1", 0), 0, server, "f", 0, 850, text("faas.invocation_id", "8f507cfc-aaaa-4697-b07a-ac58fc914c95"))
		m.log("REPORT RequestId: 8f507cfc-aaaa-4697-b07a-ac58fc914c95\tDuration: 853.59 ms\tBilled Duration: 934 ms\tMemory Size: 128 MB\tMax Memory Used: 71 MB\tInit Duration: 80.00 ms\t\n")
	},
	"a run with provisioned concurrency": func(m *maker) {
		m.span(m.lambda("f", "us-east-1", 2048), 0, server, "f", 0, 40, text("aws.lambda.initialization_type", "provisioned-concurrency"))
	},
	"a run from a snapshot, with storage": func(m *maker) {
		m.span(m.lambda("f", "us-east-1", 1024, number("aws.lambda.ephemeral_storage", 2560<<20), text("process.runtime.name", "cpython")), 0, server, "f", 0, 100,
			number("aws.lambda.billed_restore_duration_ms", 200))
	},
	"an older run, whose initialisation was free": func(m *maker) {
		m.span(m.lambda("f", "us-east-1", 512), 0, server, "f", -365*86400e3, -365*86400e3+100, signal.Attr{Key: "aws.lambda.cold_start_duration", Value: signal.Double(2)})
	},
	"a call and its HTTP call": func(m *maker) {
		g := m.lambda("f", "eu-west-1", 128)
		run := m.span(g, 0, server, "f", 0, 10)
		send := m.span(g, run, producer, "jobs send", 1, 9, sdk("SQS", "SendMessage", text("messaging.system", "aws_sqs"), text("messaging.destination.name", "jobs"))...)
		m.span(g, send, client, "POST", 2, 8, post(200)...)
	},
	"a large batch to a queue that keeps the order": func(m *maker) {
		g := m.lambda("f", "eu-west-1", 128)
		run := m.span(g, 0, server, "f", 0, 10)
		m.span(g, run, producer, "jobs.fifo send", 1, 9, sdk("SQS", "SendMessageBatch", text("messaging.system", "aws_sqs"), text("messaging.destination.name", "jobs.fifo"),
			number("messaging.message.body.size", 200_000), number("messaging.batch.message_count", 10))...)
	},
	"an invocation and its call": func(m *maker) {
		a, b := m.lambda("a", "us-west-2", 512), m.lambda("b", "us-west-2", 256)
		run := m.span(a, 0, server, "a", 0, 100)
		call := m.span(a, run, client, "invoke b", 10, 90, sdk("Lambda", "Invoke", text("faas.invoked_name", "b"))...)
		m.span(b, call, server, "b", 20, 80)
	},
	"a function that tells nothing": func(m *maker) {
		a := m.lambda("a", "us-west-2", 512)
		run := m.span(a, 0, server, "a", 0, 100)
		m.span(a, run, client, "invoke b", 10, 90, sdk("Lambda", "Invoke", text("faas.invoked_name", "b"))...)
	},
	"a queue that feeds a function": func(m *maker) {
		a, b := m.lambda("a", "eu-west-1", 128), m.lambda("b", "eu-west-1", 128)
		run := m.span(a, 0, server, "a", 0, 10)
		send := m.span(a, run, producer, "jobs send", 1, 9, sdk("SQS", "SendMessage", text("messaging.system", "aws_sqs"), text("messaging.destination.name", "jobs"))...)
		m.span(b, send, consumer, "b", 50, 60, text("messaging.system", "aws_sqs"), text("messaging.destination.name", "jobs"), text("messaging.operation.type", "process"))
	},
	"three attempts, the third good": func(m *maker) {
		a, b := m.lambda("a", "eu-west-1", 128), m.lambda("b", "eu-west-1", 128)
		run := m.span(a, 0, server, "a", 0, 10)
		send := m.span(a, run, producer, "posts send", 1, 9, sdk("SNS", "Publish", text("messaging.system", "aws_sns"), text("messaging.destination.name", "posts"))...)
		for i := range 3 {
			m.span(b, send, consumer, "b", float64(100*i+50), float64(100*i+60), text("faas.invocation_id", "r-1"))
			if i < 2 {
				m.last().Status = signal.Status{Code: signal.StatusError, Message: "no"}
			}
		}
	},
	"a retried request": func(m *maker) {
		g := m.lambda("f", "eu-west-1", 128)
		run := m.span(g, 0, server, "f", 0, 10)
		send := m.span(g, run, producer, "jobs send", 1, 9, sdk("SQS", "SendMessage", text("messaging.system", "aws_sqs"), text("messaging.destination.name", "jobs"))...)
		m.span(g, send, client, "POST", 2, 3, post(500)...)
		m.span(g, send, client, "POST", 4, 5, post(400)...)
		m.span(g, send, client, "POST", 6, 7, post(200)...)
	},
	"capacity that was told": func(m *maker) {
		g := m.lambda("f", "eu-central-1", 128)
		run := m.span(g, 0, server, "f", 0, 10)
		m.span(g, run, client, "DynamoDB.Query", 1, 3, sdk("DynamoDB", "Query", text("db.system", "dynamodb"), signal.Attr{Key: "aws.dynamodb.table_names", Value: signal.JSON(`["t"]`)},
			signal.Attr{Key: "aws.dynamodb.consumed_capacity", Value: signal.JSON(`["{\"TableName\":\"t\",\"CapacityUnits\":12.5}"]`)})...)
		m.span(g, run, client, "DynamoDB.UpdateItem", 4, 6, sdk("DynamoDB", "UpdateItem", text("db.system", "dynamodb"), signal.Attr{Key: "aws.dynamodb.table_names", Value: signal.JSON(`["t"]`)},
			signal.Attr{Key: "aws.dynamodb.consumed_capacity", Value: signal.JSON(`["{\"TableName\":\"t\",\"CapacityUnits\":3}"]`)})...)
	},
	"capacity that was not": func(m *maker) {
		g := m.lambda("f", "us-east-1", 128)
		run := m.span(g, 0, server, "f", 0, 10)
		table := signal.Attr{Key: "aws.dynamodb.table_names", Value: signal.JSON(`["t"]`)}
		m.span(g, run, client, "DynamoDB.GetItem", 1, 2, sdk("DynamoDB", "GetItem", text("db.system", "dynamodb"), table)...)
		m.span(g, run, client, "DynamoDB.GetItem", 2, 3, sdk("DynamoDB", "GetItem", text("db.system", "dynamodb"), table, signal.Attr{Key: "aws.dynamodb.consistent_read", Value: signal.Bool(true)})...)
		m.span(g, run, client, "DynamoDB.PutItem", 3, 4, sdk("DynamoDB", "PutItem", text("db.system", "dynamodb"), table, number("http.request.body.size", 2500))...)
		m.span(g, run, client, "DynamoDB.TransactWriteItems", 4, 5, sdk("DynamoDB", "TransactWriteItems", text("db.system", "dynamodb"), table, number("aws.dynamodb.item_count", 4))...)
	},
	"objects": func(m *maker) {
		g := m.lambda("f", "eu-central-1", 128)
		run := m.span(g, 0, server, "f", 0, 10)
		for i, op := range []string{"PutObject", "GetObject", "HeadObject", "ListObjectsV2", "DeleteObject"} {
			m.span(g, run, client, "S3."+op, float64(i), float64(i)+1, sdk("S3", op, text("aws.s3.bucket", "b"))...)
		}
	},
	"events and records": func(m *maker) {
		g := m.lambda("f", "us-east-1", 128)
		run := m.span(g, 0, server, "f", 0, 10)
		m.span(g, run, producer, "PutEvents", 1, 2, sdk("EventBridge", "PutEvents", number("aws.eventbridge.entry_count", 3))...)
		m.span(g, run, producer, "PutRecords", 2, 3, sdk("Kinesis", "PutRecords", text("aws.kinesis.stream_name", "s"), number("aws.kinesis.record_count", 5), number("messaging.message.body.size", 200_000))...)
		m.span(g, run, client, "GetRecords", 3, 4, sdk("Kinesis", "GetRecords", text("aws.kinesis.stream_name", "s"))...)
	},
	"a call through API Gateway": func(m *maker) {
		f := m.lambda("f", "eu-west-1", 128)
		api := m.sender(text("service.name", "shop/prod"), text("cloud.region", "eu-west-1"))
		in := m.span(api, 0, server, "GET /cart", 0, 40, text("aws.api_gateway.stage", "prod"), text("aws.xray.origin", "AWS::ApiGateway::Stage"))
		call := m.span(api, in, client, "Lambda", 5, 35, text("faas.invoked_name", "f"))
		m.span(f, call, server, "f", 10, 30, text("faas.trigger", "http"), text("lambda.trigger", "aws:api.gateway"))
	},
	"a topic that calls a service over HTTP": func(m *maker) {
		f := m.lambda("f", "us-west-2", 128)
		hook := m.sender(text("service.name", "hook"))
		run := m.span(f, 0, server, "f", 0, 10)
		send := m.span(f, run, producer, "news send", 1, 9, sdk("SNS", "Publish", text("messaging.system", "aws_sns"), text("messaging.destination.name", "arn:aws:sns:us-west-2:123456789012:news"),
			number("messaging.message.body.size", 70_000))...)
		m.span(hook, send, consumer, "POST /hook", 20, 30)
	},
	"two steps of an execution": func(m *maker) {
		f := m.lambda("f", "eu-central-1", 128)
		execution := signal.JoinKey{Kind: signal.KeyExecution, Value: "arn:aws:states:eu-central-1:123456789012:execution:m:e"}
		caller := m.span(f, 0, server, "f", 0, 10)
		call := m.span(f, caller, client, "StartExecution", 1, 2, sdk("SFN", "StartExecution")...)
		for i, name := range []string{"step1", "step2"} {
			m.span(m.lambda(name, "eu-central-1", 256), call, server, name, float64(20*i+20), float64(20*i+30))
			m.last().Keys = []signal.JoinKey{execution}
		}
	},
	"a region that is not listed": func(m *maker) {
		g := m.lambda("f", "eu-south-1", 128)
		run := m.span(g, 0, server, "f", 0, 10)
		m.span(g, run, client, "GET", 1, 2, text("http.request.method", "GET"), text("url.full", "https://b.s3.eu-south-1.amazonaws.com/k"), number("http.response.status_code", 200))
	},
	"no memory size": func(m *maker) { m.span(m.lambda("f", "us-east-1", 0), 0, server, "f", 0, 100) },
	"another cloud": func(m *maker) {
		m.span(m.sender(text("service.name", "f"), text("faas.name", "f"), text("cloud.platform", "azure_functions")), 0, server, "f", 0, 100)
	},
	"services and databases": func(m *maker) {
		g := m.sender(text("service.name", "shop"))
		in := m.span(g, 0, server, "GET /", 0, 100)
		m.span(g, in, client, "GET", 1, 20, text("db.system", "redis"))
		m.span(g, in, client, "GET", 30, 50, text("http.request.method", "GET"), text("url.full", "https://example.com/"))
	},
	"a service that polls a queue": func(m *maker) {
		g := m.sender(text("service.name", "worker"), text("cloud.region", "eu-west-1"))
		m.span(g, 0, consumer, "jobs receive", 0, 20, sdk("SQS", "ReceiveMessage", text("messaging.system", "aws_sqs"), text("messaging.destination.name", "jobs"), text("messaging.operation.type", "receive"))...)
		receive := m.next
		m.span(g, receive, client, "POST", 1, 19, post(200)...)
		m.span(g, receive, consumer, "jobs process", 20, 40, text("messaging.system", "aws_sqs"), text("messaging.destination.name", "jobs"), text("messaging.operation.type", "process"))
		m.span(g, receive, client, "SQS.DeleteMessage", 41, 42, sdk("SQS", "DeleteMessage", text("messaging.system", "aws_sqs"), text("messaging.destination.name", "jobs"))...)
	},
	"throttled": func(m *maker) {
		g := m.lambda("f", "us-east-1", 128)
		run := m.span(g, 0, server, "f", 0, 10)
		m.span(g, run, client, "DynamoDB.PutItem", 1, 2, sdk("DynamoDB", "PutItem", text("db.system", "dynamodb"), signal.Attr{Key: "aws.dynamodb.table_names", Value: signal.JSON(`["t"]`)})...)
		m.last().Status = signal.Status{Code: signal.StatusError, Message: "ThrottlingException: Rate exceeded"}
	},
	"one run told by two tracers": func(m *maker) {
		g := m.lambda("f", "us-east-1", 128)
		m.span(g, 0, server, "f", 0, 10, text("faas.invocation_id", "r-1"))
		m.span(g, 0, server, "f", 1, 9, text("faas.invocation_id", "r-1"))
	},
}
