//go:build demo

package demo

import (
	"fmt"
	"strings"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// one finds the only span of a service whose name begins with name.
func one(spans []seen, service, name string) (found seen, err error) {
	n := 0
	for _, sp := range spans {
		if sp.service == service && strings.HasPrefix(sp.Name, name) {
			found = sp
			n++
		}
	}
	if n != 1 {
		return found, fmt.Errorf("%d spans %s of %s", n, name, service)
	}
	return found, nil
}

// link is one span of a path: whose, what, which kind.
type link struct {
	service, name string
	kind          tracepb.Span_SpanKind
}

// path checks that each link is the parent of the next one and returns the last.
func path(spans []seen, links ...link) (last seen, err error) {
	for i, l := range links {
		sp, err := one(spans, l.service, l.name)
		if err != nil {
			return last, err
		}
		if sp.Kind != l.kind {
			return last, fmt.Errorf("%s of %s is a %v", l.name, l.service, sp.Kind)
		}
		if i == 0 && len(sp.ParentSpanId) > 0 {
			return last, fmt.Errorf("%s of %s is no root", l.name, l.service)
		}
		if i > 0 && string(sp.ParentSpanId) != string(last.SpanId) {
			return last, fmt.Errorf("%s of %s is not a child of %s", l.name, l.service, last.Name)
		}
		last = sp
	}
	return last, nil
}

const (
	server   = tracepb.Span_SPAN_KIND_SERVER
	client   = tracepb.Span_SPAN_KIND_CLIENT
	producer = tracepb.Span_SPAN_KIND_PRODUCER
	consumer = tracepb.Span_SPAN_KIND_CONSUMER
)

func toFunction(route, fn string, more ...link) []link {
	return append([]link{
		{"blog-gateway", route, server},
		{"blog-gateway", "invoke " + fn, client},
		{fn, fn, server},
	}, more...)
}

func toAuth() []link {
	return toFunction("POST /new_post", requestProcessor, link{requestProcessor, "GET", client}, link{"auth", "GET /verify", server})
}

func toAnalysis(more ...link) []link {
	to := toFunction("POST /new_post", requestProcessor, link{requestProcessor, postsTopic + " send", producer},
		link{postAnalysis, "process " + postsTopic, consumer})
	return append(to, more...)
}

func readStory(spans []seen) error {
	get, err := path(spans, toFunction("GET /post", viewPost, link{viewPost, "GET", client})...)
	if err != nil {
		return err
	}
	return want(get.attrs, "peer.service", "blog-cache")
}

func writeStory(spans []seen) error {
	if _, err := path(spans, toAuth()...); err != nil {
		return err
	}
	if _, err := path(spans, toFunction("POST /new_post", requestProcessor, link{requestProcessor, "DynamoDB.PutItem", client})...); err != nil {
		return err
	}
	if _, err := path(spans, toAnalysis(link{postAnalysis, "GET", client})...); err != nil {
		return err
	}
	sent, _ := one(spans, requestProcessor, postsTopic+" send")
	got, _ := one(spans, postAnalysis, "process "+postsTopic)
	if id := sent.attrs["messaging.message.id"]; id == "" || id != got.attrs["messaging.message.id"] {
		return fmt.Errorf("message ids %q and %q", id, got.attrs["messaging.message.id"])
	}
	fn, _ := one(spans, requestProcessor, requestProcessor)
	if !strings.Contains(fn.attrs["clew.payload.event"], "correct-horse") {
		return fmt.Errorf("payload %q does not hold the form's password", fn.attrs["clew.payload.event"])
	}
	for _, sp := range []seen{sent, got} {
		if err := want(sp.attrs, "messaging.system", "aws_sns", "messaging.destination.name", postsTopic); err != nil {
			return err
		}
		if err := want(sp.resource, "cloud.provider", "aws", "cloud.platform", "aws_lambda", "cloud.region", region,
			"cloud.account.id", account, "faas.name", sp.service, "faas.version", "$LATEST"); err != nil {
			return err
		}
	}
	return nil
}

// refusedStory is the founding one: nothing failed where the fault was.
func refusedStory(spans []seen) error {
	verify, err := path(spans, toAuth()...)
	if err != nil {
		return err
	}
	if err := want(verify.attrs, "http.response.status_code", "int_value:401"); err != nil {
		return err
	}
	fn, _ := one(spans, requestProcessor, requestProcessor)
	if fn.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR {
		return fmt.Errorf("request-processor failed; it should swallow the 401")
	}
	return failed(spans, "KeyError")
}

func slowStory(spans []seen) error {
	get, err := path(spans, toAnalysis(link{postAnalysis, "GET", client})...)
	if err != nil {
		return err
	}
	if took := time.Duration(get.EndTimeUnixNano - get.StartTimeUnixNano); took < slowBy {
		return fmt.Errorf("the cache took %v", took)
	}
	return nil
}

func retryStory(spans []seen) error {
	if err := failed(spans, "ConnectionError"); err != nil {
		return err
	}
	for _, sp := range spans {
		if sp.Kind == consumer && sp.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR {
			return nil
		}
	}
	return fmt.Errorf("no second attempt succeeded")
}

// timeoutStory has no span of the function: it was killed before it could send.
func timeoutStory(spans []seen) error {
	call, err := path(spans, link{"blog-gateway", "GET /post", server}, link{"blog-gateway", "invoke " + viewPost, client})
	if err != nil {
		return err
	}
	root, _ := one(spans, "blog-gateway", "GET /post")
	if err := want(root.attrs, "http.response.status_code", "int_value:504"); err != nil {
		return err
	}
	return want(call.attrs, "error.type", "Sandbox.Timedout")
}

// coldStory looks for a cold start long after the first ones.
func coldStory(spans []seen, began time.Time) error {
	fn, err := path(spans, toFunction("POST /new_post", requestProcessor)...)
	if err != nil {
		return err
	}
	if since := time.Unix(0, int64(fn.StartTimeUnixNano)).Sub(began); since < 19*time.Second {
		return fmt.Errorf("started after %v", since)
	}
	return want(fn.attrs, "faas.coldstart", "bool_value:true")
}

// failed looks for an analysis that ended with the exception.
func failed(spans []seen, exception string) error {
	for _, sp := range spans {
		if sp.Kind != consumer || sp.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR {
			continue
		}
		for _, e := range sp.Events {
			if strings.HasSuffix(attributes(e.Attributes)["exception.type"], exception) {
				return nil
			}
		}
	}
	return fmt.Errorf("no analysis ended with %s", exception)
}

func want(got map[string]string, pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if got[pairs[i]] != pairs[i+1] {
			return fmt.Errorf("%s is %q, want %q", pairs[i], got[pairs[i]], pairs[i+1])
		}
	}
	return nil
}

// closest is the complaint about the trace with the most spans.
func closest(traces map[string][]seen, tell func([]seen) error) error {
	var best []seen
	for _, spans := range traces {
		if len(spans) > len(best) {
			best = spans
		}
	}
	return tell(best)
}
