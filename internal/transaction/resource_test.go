package transaction

import (
	"testing"

	"clew/internal/signal"
)

func TestPeers(t *testing.T) {
	f := func(kind signal.SpanKind, want string, kv ...string) {
		t.Helper()
		s := &signal.Span{Kind: kind}
		for i := 0; i < len(kv); i += 2 {
			s.Attrs = append(s.Attrs, signal.Attr{Key: kv[i], Value: signal.Str(kv[i+1])})
		}
		r := peerOf(s)
		if got := string(r.Kind) + " " + r.Name; got != want {
			t.Errorf("%v is %q, want %q", kv, got, want)
		}
	}
	c, p := signal.Client, signal.Producer
	f(signal.Server, " ", "db.system", "redis")
	f(signal.Internal, " ", "db.system", "redis")
	f(c, " ")
	f(c, "cache redis", "db.system", "redis", "server.address", "127.0.0.1")
	f(c, "cache cache.example", "db.system.name", "memcached", "server.address", "cache.example")
	f(c, "cache sessions", "db.system", "redis", "peer.service", "sessions")
	f(signal.KindUnset, "cache redis", "db.system", "redis")
	f(c, "table posts", "db.system", "dynamodb", "aws.dynamodb.table_names", `["posts","users"]`)
	f(c, "table posts", "rpc.service", "DynamoDB", "aws.dynamodb.table_names", "posts")
	f(c, "table dynamodb", "db.system", "dynamodb", "aws.dynamodb.table_names", `[`)
	f(c, "database blog", "db.system", "mysql", "db.name", "blog")
	f(c, "database db.example", "db.system.name", "postgresql", "server.address", "db.example")
	f(c, "database mysql", "db.system", "mysql")
	f(c, "bucket pics", "rpc.service", "S3", "aws.s3.bucket", "pics")
	f(c, "function resize", "faas.invoked_name", "arn:aws:lambda:eu-west-1:1:function:resize")
	f(p, "topic news", "messaging.system", "aws.sns", "messaging.destination", "arn:aws:sns:eu-west-1:1:news")
	f(c, "topic news", "rpc.system", "aws-api", "rpc.service", "SNS", "aws.sns.topic.arn", "arn:aws:sns:eu-west-1:1:news")
	f(p, "queue jobs", "messaging.system", "aws_sqs", "messaging.url", "https://sqs.eu-west-1.amazonaws.com/1/jobs")
	f(p, "queue jobs", "messaging.system", "rabbitmq", "messaging.destination.name", "jobs")
	f(p, "topic jobs", "messaging.system", "activemq", "messaging.destination.name", "jobs", "messaging.destination_kind", "topic")
	f(p, "stream clicks", "messaging.system", "aws_kinesis", "messaging.destination.name", "arn:aws:kinesis:eu-west-1:1:stream/clicks")
	f(p, "stream log", "messaging.system", "kafka", "messaging.destination.name", "log")
	f(p, "bus default", "messaging.system", "aws.eventbridge", "messaging.destination.name", "default")
	f(p, "queue nats", "messaging.system", "nats")
	f(signal.Consumer, " ", "http.method", "GET", "server.address", "x")
	f(c, "http api.example.com", "http.request.method", "GET", "url.full", "https://user:pw@api.example.com:8443/x?y@z")
	f(c, "http 127.0.0.1:8081", "http.method", "GET", "http.url", "http://127.0.0.1:8081/x")
	f(c, "http [::1]:80", "http.method", "GET", "http.url", "http://[::1]:80")
	f(c, "http localhost:3000", "http.method", "GET", "net.peer.name", "localhost", "net.peer.port", "3000")
	f(c, "http ::1", "http.method", "GET", "net.peer.ip", "::1")
	f(c, "service billing", "rpc.system", "grpc", "peer.service", "billing")
}

func TestResources(t *testing.T) {
	f := func(want string, kv ...string) {
		t.Helper()
		var a signal.Attrs
		for i := 0; i < len(kv); i += 2 {
			a = append(a, signal.Attr{Key: kv[i], Value: signal.Str(kv[i+1])})
		}
		r := Resource(a)
		if got := string(r.Kind) + " " + r.Name; got != want {
			t.Errorf("%v is %q, want %q", kv, got, want)
		}
	}
	f("service unknown_service")
	f("service a", "service.name", "a")
	f("gateway blog-gateway", "service.name", "blog-gateway")
	f("gateway ApiGateway", "service.name", "ApiGateway")
	f("function f", "service.name", "a", "faas.name", "f")
	f("function a", "service.name", "a", "cloud.platform", "aws_lambda")
	f("function gateway", "faas.name", "gateway")
	api := &signal.Span{Kind: signal.Server, Attrs: signal.Attrs{{Key: "aws.api_gateway.stage", Value: signal.Str("prod")}}}
	if r := ownResource(api, nil); r.Kind != signal.Gateway {
		t.Errorf("API Gateway's span is of a %s", r.Kind)
	}
}

func TestMergeResources(t *testing.T) {
	f := func(want []int, rs ...signal.Resource) {
		t.Helper()
		b := Builder{resources: rs}
		for i := range rs {
			b.items = append(b.items, item{own: i, peer: -1})
		}
		b.mergeResources()
		for i := range rs {
			if b.items[i].own != want[i] || b.items[i].peer != -1 {
				t.Errorf("%v: resource %d becomes %d, want %d", rs, i, b.items[i].own, want[i])
			}
		}
	}
	r := func(name, account, region string) signal.Resource {
		return signal.Resource{Kind: signal.Topic, Name: name, Account: account, Region: region}
	}
	f([]int{0, 0}, r("a", "1", "eu"), r("a", "", ""))
	f([]int{1, 1}, r("a", "", "eu"), r("a", "1", "eu"))
	f([]int{2, 2, 2}, r("a", "", ""), r("a", "", "eu"), r("a", "1", "eu"))
	f([]int{0, 1}, r("a", "1", "eu"), r("b", "", ""))
	f([]int{0, 1}, r("a", "1", "eu"), r("a", "1", "us"))
	f([]int{0, 1, 2}, r("a", "1", "eu"), r("a", "1", "us"), r("a", "", ""))
	f([]int{0, 1, 1}, r("a", "1", "eu"), r("a", "1", "us"), r("a", "", "us"))
}
