package trigger

import (
	"strings"

	"clew/internal/signal"
)

// This file is the platforms beside AWS: Google Cloud, Azure, Knative,
// OpenWhisk. Their HTTP functions are traced by headers; what is read here is
// events that were captured as the body of a request.

// pubsub matches a push subscription's message.
var pubsub = Parser{
	Name:  "gcp-pubsub",
	Match: func(e Event) bool { return e.has("message", "messageId") && e.has("subscription") },
	Parse: func(e Event) Cause {
		m := e.at("message")
		get := googleAttributes(m.at("attributes"))
		return Cause{
			Resource: signal.Resource{Kind: signal.Topic, Name: lastPart(e.text("subscription")), Account: project(e.text("subscription"))}, Async: true,
			Records: []Record{{Sent: m.stamp("publishTime"), Parent: get.parent(), Attempts: e.count("deliveryAttempt"), Keys: []signal.JoinKey{key(signal.KeyPubSubMessage, m.text("messageId"))}}},
		}
	},
}

// googleAttributes is a carrier; Google's clients prefix context by googclient_.
func googleAttributes(e Event) carrier {
	plain := headers(e)
	return func(name string) string {
		if s := plain("googclient_" + name); s != "" {
			return s
		}
		return plain(name)
	}
}

// project reads projects/PROJECT/….
func project(s string) string {
	if p := strings.Split(s, "/"); len(p) > 1 && p[0] == "projects" {
		return p[1]
	}
	return ""
}

func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// azureHTTP matches a custom handler's HTTP request.
var azureHTTP = Parser{
	Name: "azure-http",
	Match: func(e Event) bool {
		return e.has("Data") && e.has("Metadata", "sys") && azureRequest(e).has("Method")
	},
	Parse: func(e Event) Cause {
		q := azureRequest(e)
		url := q.text("Url")
		path := url
		if _, rest, ok := strings.Cut(url, "://"); ok {
			_, path, _ = strings.Cut(rest, "/")
			path = "/" + path
		}
		path, _, _ = strings.Cut(path, "?")
		return call(signal.HTTPHost, e.text("Metadata", "sys", "MethodName"), q.text("Method")+" "+path, headers(q.at("Headers")), e.stamp("Metadata", "sys", "UtcNow"))
	},
}

func azureRequest(e Event) Event {
	for _, v := range sortedMembers(e.at("Data")) {
		if v.has("Method") && v.has("Url") {
			return v
		}
	}
	return Event{}
}

// azureQueue matches a custom handler's queue or Service Bus message.
var azureQueue = Parser{
	Name: "azure-queue",
	Match: func(e Event) bool {
		return e.has("Data") && e.has("Metadata", "sys") && (e.has("Metadata", "DequeueCount") || e.has("Metadata", "DeliveryCount"))
	},
	Parse: func(e Event) Cause {
		m := e.at("Metadata")
		attempts := m.count("DequeueCount") + m.count("DeliveryCount")
		sent := m.stamp("InsertionTime")
		if sent == 0 {
			sent = m.stamp("EnqueuedTimeUtc")
		}
		id := strings.Trim(named(m.text("Id"), m.text("MessageId")), `"`)
		properties := either(headers(m.at("ApplicationProperties")), headers(m.at("UserProperties")))
		get := either(properties, carrier(func(name string) string {
			if name == "traceparent" {
				return properties("Diagnostic-Id")
			}
			return ""
		}))
		return Cause{
			Resource: signal.Resource{Kind: signal.Queue, Name: m.text("sys", "MethodName")}, Async: true,
			Records: []Record{{Sent: sent, Attempts: attempts, Parent: get.parent(), Keys: []signal.JoinKey{key(signal.KeyAzureMessage, id)}}},
		}
	},
}

// cloudEvent matches structured CloudEvents (Knative and others), whose
// distributed tracing extension is a member.
var cloudEvent = Parser{
	Name:  "cloudevent",
	Match: func(e Event) bool { return e.has("specversion") && e.has("id") && e.has("source") && e.has("type") },
	Parse: func(e Event) Cause {
		kind := signal.Bus
		if strings.HasPrefix(e.text("type"), "google.cloud.pubsub.") {
			kind = signal.Topic
		}
		r := Record{Sent: e.stamp("time"), Parent: headers(e).parent(), Keys: []signal.JoinKey{key(signal.KeyCloudEvent, e.text("source")+"#"+e.text("id"))}}
		if id := e.text("data", "message", "messageId"); kind == signal.Topic && id != "" {
			r.Keys = append(r.Keys, key(signal.KeyPubSubMessage, id))
			if get := googleAttributes(e.at("data", "message", "attributes")); r.Parent.Trace.IsZero() {
				r.Parent = get.parent()
			}
		}
		return Cause{Resource: signal.Resource{Kind: kind, Name: lastPart(e.text("source"))}, Async: true, Operation: e.text("type"), Records: []Record{r}}
	},
}

// openWhisk matches the parameters of a web action.
var openWhisk = Parser{
	Name:  "openwhisk",
	Match: func(e Event) bool { return e.has("__ow_method") },
	Parse: func(e Event) Cause {
		get := headers(e.at("__ow_headers"))
		return call(signal.Gateway, named(get("host"), "openwhisk"), strings.ToUpper(e.text("__ow_method"))+" "+named(e.text("__ow_path"), "/"), get, 0)
	},
}
