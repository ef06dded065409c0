package price

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestTheListIsWhole(t *testing.T) {
	b := Default()
	if _, err := time.Parse(time.DateOnly, b.Date); err != nil || len(b.Sources) < 5 {
		t.Errorf("dated %q, sources %q", b.Date, b.Sources)
	}
	regions := map[string]int{}
	for item, e := range b.prices {
		if e.Per == "" || e.USD[Fallback] <= 0 {
			t.Errorf("%s costs %v per %q", item, e.USD, e.Per)
		}
		for r := range e.USD {
			regions[r]++
		}
	}
	for _, r := range []string{"us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1"} {
		if regions[r] < 10 {
			t.Errorf("%s has %d prices", r, regions[r])
		}
	}
	for _, item := range []Item{LambdaRequest, LambdaCompute + "arm64", LambdaCompute + "x86_64", LambdaProvisioned + "arm64", LambdaProvisioned + "x86_64", LambdaStorage, LambdaRestore,
		SQSStandard, SQSFIFO, SNSPublish, SNSHTTP, EventBridgeEvent, DynamoDBRead, DynamoDBWrite, StatesTransition, GatewayREST, GatewayHTTP, GatewayWebSocket, S3Read, S3Write, KinesisPut} {
		if _, ok := b.Price(item, Fallback); !ok {
			t.Errorf("%s has no price", item)
		}
	}
	if len(b.prices) != 21 {
		t.Errorf("%d items: name the new ones above", len(b.prices))
	}
}

func TestPrice(t *testing.T) {
	b := Default()
	f := func(item Item, region string, want float64, from string) {
		t.Helper()
		if p, ok := b.Price(item, region); !ok || p.USD != want || p.Region != from {
			t.Errorf("%s in %s: %+v, %v", item, region, p, ok)
		}
	}
	f(GatewayREST, "eu-central-1", 0.0000037, "eu-central-1")
	f(GatewayHTTP, "eu-central-1", 0.000001, Fallback)
	f(SQSStandard, "mars-north-1", 0.0000004, Fallback)
	f(SQSStandard, "", 0.0000004, Fallback)
	if _, ok := b.Price("ec2.hour", Fallback); ok {
		t.Error("something else has a price")
	}
}

func TestOver(t *testing.T) {
	list := func(date, prices string) string {
		return `{"date":"` + date + `","currency":"USD","prices":{` + prices + `}}`
	}
	b, err := Default().Over(strings.NewReader(list("2026-12-24", `"sqs.standard":{"usd":{"eu-west-1":0.0000003,"eu-south-1":0.0000005}}`)))
	if err != nil {
		t.Fatal(err)
	}
	for region, want := range map[string]float64{"eu-west-1": 0.0000003, "eu-south-1": 0.0000005, "us-west-2": 0.0000004} {
		if p, _ := b.Price(SQSStandard, region); p.USD != want || p.Per != "request" || p.Region != region {
			t.Errorf("%s: %+v", region, p)
		}
	}
	if p, _ := Default().Price(SQSStandard, "eu-west-1"); b.Date != "2026-12-24" || p.USD != 0.0000004 {
		t.Errorf("dated %s, and the default became %+v", b.Date, p)
	}
	f := func(text, want string) {
		t.Helper()
		if _, err := Default().Over(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	f("{", "unexpected EOF")
	f(list("yesterday", ""), `date "yesterday"`)
	f(list("2026-12-24", `"sqs.standrad":{"usd":{"eu-west-1":0.1}}`), `nothing is called "sqs.standrad"`)
	f(list("2026-12-24", `"sqs.standard":{"per":"million","usd":{"eu-west-1":0.4}}`), "charged per request, not per million")
	f(list("2026-12-24", `"sqs.standard":{"usd":{"eu-west-1":-1}}`), "costs -1")
	f(list("2026-12-24", `"sqs.standard":{"usd":{"eu-west-1":40}}`), "costs 40")
	f(strings.Replace(list("2026-12-24", ""), "USD", "EUR", 1), `currency is "EUR"`)
	f(`{"date":"2026-12-24","currency":"USD","price":{}}`, `unknown field "price"`)
}

func TestRun(t *testing.T) {
	f := func(name, want string, r Run) {
		t.Helper()
		var got []string
		for _, l := range Default().Run(r) {
			s := l.What + ": " + l.Formula
			if l.Estimate {
				s += "?"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("%s: %s, want %s", name, s, want)
		}
	}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	const request = "Lambda request: 1 request × $0.0000002/request"
	f("no memory size", request, Run{Region: "eu-west-1", At: now, Duration: time.Second})
	f("told", request+"; Lambda init: 0.08 s × 0.125 GB × $0.0000166667/GB-s; Lambda compute: 0.134 s × 0.125 GB × $0.0000166667/GB-s",
		Run{Region: "eu-west-1", At: now, Memory: 128 << 20, Duration: 133610 * time.Microsecond, Init: 80 * time.Millisecond, Billed: 214 * time.Millisecond})
	f("rounded up together", request+"; Lambda init: 0.0801 s × 1 GB × $0.0000133334/GB-s?; Lambda compute: 0.1339 s × 1 GB × $0.0000133334/GB-s?",
		Run{Region: "eu-west-1", Arch: "arm64", At: now, Memory: 1 << 30, Duration: 133100 * time.Microsecond, Init: 80100 * time.Microsecond})
	f("before August 2025", request+"; Lambda compute: 1 s × 1 GB × $0.0000166667/GB-s?", Run{Region: "eu-west-1", At: InitBilled.Add(-1), Memory: 1 << 30, Duration: time.Second, Init: time.Second})
	f("provisioned environments start before", request+"; Lambda compute: 1 s × 1 GB × $0.0000097222/GB-s?",
		Run{Region: "us-east-1", At: now, Memory: 1 << 30, Duration: time.Second, Init: time.Second, Start: Provisioned})
	f("Java's snapshots are free", request+"; Lambda init: 0.2 s × 1 GB × $0.0000166667/GB-s?; Lambda compute: 1 s × 1 GB × $0.0000166667/GB-s?",
		Run{Region: "us-east-1", At: now, Memory: 1 << 30, Duration: time.Second, Restore: 200 * time.Millisecond, Start: SnapStart, FreeStart: true})
	f("no time at all", request, Run{Region: "us-east-1", At: now, Memory: 1 << 30})
}

func TestRequest(t *testing.T) {
	f := func(q Request, want string) {
		t.Helper()
		q.Region = "us-east-1"
		lines, why := Default().Request(q)
		got := why
		for _, l := range lines {
			got += l.What + ": " + l.Formula
			if l.Estimate {
				got += "?"
			}
		}
		if got != want {
			t.Errorf("%+v: %s, want %s", q, got, want)
		}
	}
	f(Request{Service: "sqs", Operation: "sendmessage"}, "SQS request: 1 request × $0.0000004/request")
	f(Request{Service: "sqs", Bytes: 65536}, "SQS request: 1 request × $0.0000004/request")
	f(Request{Service: "sqs", Bytes: 65537}, "SQS request: 2 requests × $0.0000004/request")
	f(Request{Service: "sns", Operation: "subscribe"}, "")
	f(Request{Service: "sns", Operation: "publish", FIFO: true}, "topics that keep the order are charged by what was published and delivered, in bytes")
	f(Request{Service: "eventbridge", Operation: "putevents"}, "EventBridge event: 1 event × $0.000001/event?")
	f(Request{Service: "events", Operation: "putevents", Count: 2, Bytes: 200 << 10}, "EventBridge event: 4 events × $0.000001/event")
	f(Request{Service: "eventbridge", Operation: "putrule"}, "")
	f(Request{Service: "kinesis", Operation: "putrecord", Bytes: 25600}, "Kinesis PUT: 1 PUT unit × $0.000000014/PUT unit")
	f(Request{Service: "kinesis", Operation: "putrecord", Bytes: 25601}, "Kinesis PUT: 2 PUT units × $0.000000014/PUT unit")
	f(Request{Service: "kinesis"}, "which operation it was is not told")
	f(Request{Service: "dynamodb", Operation: "query", Read: 2.5}, "DynamoDB read: 2.5 read units × $0.000000125/read unit")
	f(Request{Service: "dynamodb", Operation: "getitem", Bytes: 4097}, "DynamoDB read: 1 read unit × $0.000000125/read unit?")
	f(Request{Service: "dynamodb", Operation: "batchgetitem", Count: 10, Strong: true}, "DynamoDB read: 10 read units × $0.000000125/read unit?")
	f(Request{Service: "dynamodb", Operation: "transactgetitems", Count: 2}, "DynamoDB read: 4 read units × $0.000000125/read unit?")
	f(Request{Service: "dynamodb", Operation: "describetable"}, "")
	f(Request{Service: "dynamodb"}, "neither its operation nor the capacity it took is told")
	f(Request{Service: "s3", Operation: "abortmultipartupload"}, "")
	f(Request{Service: "s3"}, "which operation it was is not told")
	f(Request{Service: "sfn", Operation: "startexecution"}, "")
	f(Request{Service: "states", Operation: "startsyncexecution"}, "express executions are charged by memory and time that were not told")
	f(Request{Service: "apigatewaymanagementapi", Operation: "posttoconnection", Bytes: 33 << 10}, "WebSocket message: 2 messages × $0.000001/message")
	f(Request{Service: "lambda", Operation: "invoke"}, "")
	f(Request{Service: "secretsmanager", Operation: "getsecretvalue"}, "no price is known for secretsmanager")
}

func TestHops(t *testing.T) {
	f := func(lines []Line, why string, want float64) {
		t.Helper()
		var got float64
		for _, l := range lines {
			got += l.USD
		}
		if math.Abs(got-want) > 1e-15 || (want == 0) != (why != "") {
			t.Errorf("%v and %q, want %v", lines, why, want)
		}
	}
	b := Default()
	lines, why := b.Gateway("http", "us-east-1", 512<<10+1)
	f(lines, why, 0.000002)
	lines, why = b.Gateway("websocket", "us-east-1", 0)
	f(lines, why, 0.000001)
	lines, why = b.Gateway("gateway", "us-east-1", 0)
	f(lines, why, 0)
	lines, why = b.Poll("us-east-1", true, false)
	f(lines, why, 0.0000005)
	lines, why = b.Transitions("us-east-1", 3)
	f(lines, why, 0.000075)
	lines, why = b.Delivery("us-east-1", 0)
	f(lines, why, 0.0000006)
}
