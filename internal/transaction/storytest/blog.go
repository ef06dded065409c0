// Package storytest holds the founding story as spans: one POST /new_post of the
// blog site, for the tests of everything that reads transactions. It is literal
// data; nothing in it is random or depends on a clock.
package storytest

import (
	"time"

	"clew/internal/signal"
)

// Start is when the story begins.
var Start = signal.TimeOf(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))

// NewPost and ViewPost are the ids of the two traces of Blog.
var (
	NewPost  = signal.TraceID{0x5b, 0x8a, 0xa5, 0xa2, 0xd2, 0xc8, 0x72, 0xe8, 0x32, 0x1c, 0xf3, 0x73, 0x08, 0xd6, 0x9d, 0xf2}
	ViewPost = signal.TraceID{0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c}
)

// At returns the instant ms milliseconds into the story.
func At(ms float64) signal.Time { return Start.Add(time.Duration(ms * 1e6)) }

// Blog returns the story: POST /new_post, whose auth 401 Request Processor
// swallows so that Post Analysis fails behind the topic, and, a second later, a
// GET /post that goes well. The memory is the caller's.
func Blog() *signal.Batch {
	return &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{
		{Resource: service("blog-gateway"), Scope: httpScope, Spans: []signal.Span{
			span(NewPost, 1, 0, signal.Server, "POST /new_post", 0, 420, text("http.request.method", "POST"), text("http.route", "/new_post"), number("http.response.status_code", 200),
				text("http.request.body", `{"title":"Hello","password":"***","token":"***"}`)),
			span(NewPost, 2, 1, signal.Client, "invoke request-processor", 5, 410, text("faas.invoked_name", "request-processor")),
			span(ViewPost, 1, 0, signal.Server, "GET /post", 2000, 2030, text("http.request.method", "GET"), text("http.route", "/post"), number("http.response.status_code", 200)),
			span(ViewPost, 2, 1, signal.Client, "invoke view-post", 2003, 2028, text("faas.invoked_name", "view-post")),
		}},
		{Resource: function("request-processor"), Scope: signal.Scope{Name: "@opentelemetry/instrumentation-aws-lambda", Version: "0.50.0"}, Spans: requestProcessor(), Logs: []signal.Log{
			{At: At(62), Trace: NewPost, Span: id(3), Level: 13, LevelText: "WARN", Body: signal.Str("auth answered 401, going on without a user")},
		}},
		{Resource: service("auth"), Scope: httpScope, Spans: []signal.Span{
			span(NewPost, 5, 4, signal.Server, "POST /verify", 25, 55, text("http.request.method", "POST"), text("http.route", "/verify"), number("http.response.status_code", 401)),
		}},
		{Resource: function("post-analysis"), Scope: signal.Scope{Name: "opentelemetry.instrumentation.aws_lambda", Version: "0.58b0"}, Spans: postAnalysis(), Logs: []signal.Log{
			{At: At(445), Trace: NewPost, Span: id(9), Level: 9, LevelText: "INFO", Body: signal.Str("analysing post 17")},
			{At: At(1099), Trace: NewPost, Span: id(9), Level: 17, LevelText: "ERROR", Body: signal.Str("KeyError: 'user'"), Attrs: signal.Attrs{text("exception.type", "KeyError")}},
		}},
		{Resource: function("view-post"), Spans: []signal.Span{
			span(ViewPost, 3, 2, signal.Server, "view-post", 2005, 2027, flag("faas.coldstart", false)),
			span(ViewPost, 4, 3, signal.Client, "GET", 2008, 2012, text("db.system", "redis"), text("net.peer.name", "127.0.0.1")),
		}},
	}}
}

func requestProcessor() []signal.Span {
	verify := span(NewPost, 4, 3, signal.Client, "POST", 20, 60, text("http.request.method", "POST"), text("url.full", "http://127.0.0.1:8081/verify"), number("http.response.status_code", 401))
	verify.Status = signal.Status{Code: signal.StatusError}
	return []signal.Span{
		span(NewPost, 3, 2, signal.Server, "request-processor", 10, 405, flag("faas.coldstart", true), text("faas.trigger", "http"), text("faas.invocation_id", "8f5a1c"),
			text("clew.payload.event", `{"body":{"title":"Hello"},"headers":{"authorization":"***"}}`), text("clew.payload.response", `{"statusCode":200}`)),
		verify,
		span(NewPost, 6, 3, signal.Client, "DynamoDB.PutItem", 70, 95, text("rpc.system", "aws-api"), text("rpc.service", "DynamoDB"), text("rpc.method", "PutItem"),
			text("db.system", "dynamodb"), signal.Attr{Key: "aws.dynamodb.table_names", Value: signal.JSON(`["blog-posts"]`)}, number("retries", 1<<53+1)),
		span(NewPost, 7, 6, signal.Client, "POST", 72, 94, text("http.request.method", "POST"), text("url.full", "http://127.0.0.1:4566/")),
		span(NewPost, 8, 3, signal.Producer, "blog-new-posts send", 100, 130, text("messaging.system", "aws_sns"), text("messaging.operation.type", "send"),
			text("messaging.destination.name", "arn:aws:sns:eu-west-1:123456789012:blog-new-posts"), text("messaging.message.id", "m-1")),
	}
}

func postAnalysis() []signal.Span {
	handler := span(NewPost, 9, 8, signal.Consumer, "post-analysis", 428, 1100, flag("faas.coldstart", false), text("faas.trigger", "pubsub"))
	handler.Status = signal.Status{Code: signal.StatusError, Message: "KeyError: 'user'"}
	handler.Events = []signal.Event{{At: At(1098), Name: "exception", Attrs: signal.Attrs{
		text("exception.type", "KeyError"), text("exception.message", "'user'"), text("exception.stacktrace", "Traceback (most recent call last):\n  File \"handler.py\", line 12, in handler\nKeyError: 'user'"),
	}}}
	handler.Links = []signal.Link{{Trace: NewPost, Span: id(8), Attrs: signal.Attrs{text("messaging.message.id", "m-1")}}}
	return []signal.Span{handler, span(NewPost, 10, 9, signal.Client, "GET", 450, 454, text("db.system", "redis"), text("server.address", "127.0.0.1"))}
}

var httpScope = signal.Scope{Name: "http", Version: "1.0.0"}

func id(n byte) signal.SpanID { return signal.SpanID{0xee, 7: n} }

func span(trace signal.TraceID, n, parent byte, kind signal.SpanKind, name string, from, to float64, attrs ...signal.Attr) signal.Span {
	s := signal.Span{Trace: trace, ID: id(n), Kind: kind, Name: name, Start: At(from), End: At(to), Attrs: attrs}
	if parent != 0 {
		s.Parent = id(parent)
	}
	return s
}

func service(name string) signal.Attrs {
	return signal.Attrs{text("service.name", name), text("deployment.environment.name", "demo")}
}

func function(name string) signal.Attrs {
	return append(service(name), text("faas.name", name), text("cloud.platform", "aws_lambda"), text("cloud.provider", "aws"),
		text("cloud.region", "eu-west-1"), text("cloud.account.id", "123456789012"))
}

func text(key, value string) signal.Attr     { return signal.Attr{Key: key, Value: signal.Str(value)} }
func number(key string, n int64) signal.Attr { return signal.Attr{Key: key, Value: signal.Int(n)} }
func flag(key string, b bool) signal.Attr    { return signal.Attr{Key: key, Value: signal.Bool(b)} }
