//go:build clients

package clienttest

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/datadog"
	"clew/internal/ingest/ingesttest"
	"clew/internal/pipeline"
)

type object = map[string]any

// ledger is what a client prints: spans as ingesttest.Dump prints them, told
// being the service as the tracer has it, and the headers it sends along.
type ledger struct {
	Spans   []map[string]string
	Headers map[string]string
}

type group struct {
	Resource            object
	Spans, Logs, Points []object
}

// serve opens a door as it is on loopback: tracers send no token to an agent.
func serve(t *testing.T) (*ingesttest.Store, *ingest.Door, string) {
	st := new(ingesttest.Store)
	door, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{datadog.Receiver}, Store: st, Stages: pipeline.Default(pipeline.Options{})})
	return st, door, addr
}

func run(t *testing.T, door *ingest.Door, mode string, env ...string) (sent ledger) {
	t.Helper()
	client := ingesttest.Python("python", "send.py", mode)
	client.Env = env
	if err := json.Unmarshal(client.Run(t, door), &sent); err != nil {
		t.Fatal(err)
	}
	return sent
}

func taken(t *testing.T, st *ingesttest.Store) (groups []group) {
	t.Helper()
	for _, raw := range st.Take() {
		if strings.Contains(string(raw), "hunter2") {
			t.Errorf("a secret reached the store:\n%s", raw)
		}
		var dump struct{ Groups []group }
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.UseNumber()
		if err := d.Decode(&dump); err != nil {
			t.Fatal(err)
		}
		groups = append(groups, dump.Groups...)
	}
	return groups
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // what was JSON is JSON
	}
	return string(raw)
}

// compare finds every span sent among the groups and returns them by name.
func compare(t *testing.T, sent ledger, groups []group) map[string]object {
	t.Helper()
	byName, n := map[string]object{}, 0
	for _, g := range groups {
		for _, s := range g.Spans {
			n++
			i := slices.IndexFunc(sent.Spans, func(want map[string]string) bool { return want["id"] == s["id"] })
			if i < 0 {
				t.Errorf("nobody sent %s", text(s))
				continue
			}
			for field, want := range sent.Spans[i] {
				if got := text(s[field]); field != "told" && got != want && !(want == "unset" && (got == "" || s["kind"] == "server")) {
					t.Errorf("%v: %s is %q, want %q", s["name"], field, got, want)
				}
			}
			if service := g.Resource["service.name"]; service != sent.Spans[i]["told"] && service != "blog-view" {
				t.Errorf("%v: service %v, told %s", s["name"], service, sent.Spans[i]["told"])
			}
			if g.Resource["clew.ingest.protocol"] != "datadog" || g.Resource["telemetry.sdk.language"] != "python" || g.Resource["deployment.environment.name"] != "test" {
				t.Errorf("resource %v", g.Resource)
			}
			byName[text(s["name"])] = s
		}
	}
	if n != len(sent.Spans) || n == 0 {
		t.Errorf("%d spans of %d arrived", n, len(sent.Spans))
	}
	return byName
}

// expect compares what else is known of a span.
func expect(t *testing.T, got object, want map[string]string) {
	t.Helper()
	attrs, _ := got["attrs"].(object)
	for key, w := range want {
		g := text(got[key])
		if g == "" {
			g = text(attrs[key])
		}
		if key == "events" || key == "links" {
			if !strings.Contains(g, w) {
				t.Errorf("%v: %s %s, want %s", got["name"], key, g, w)
			}
		} else if g != w {
			t.Errorf("%v: %s is %s, want %s", got["name"], key, g, w)
		}
	}
}

func TestTrace(t *testing.T) {
	for _, version := range []string{"v0.4", "v0.5"} {
		t.Run(version, func(t *testing.T) {
			st, door, addr := serve(t)
			sent := run(t, door, "trace", "DD_TRACE_AGENT_URL=http://"+addr, "DD_TRACE_API_VERSION="+version)
			got := compare(t, sent, taken(t, st))
			expect(t, got["web.request"], map[string]string{
				"kind": "server", "parent": "0b11cc4230d3e09b", "status": "error", "http.request.method": "POST", "http.response.status_code": `{"int":500}`, "count": `{"int":3}`,
				"ratio": `{"double":2.5}`, "text": `žluť 🧵 "quoted"`, "resource.name": "POST /new_post", "trace": "65f85d6500000000390ce44db5e0386f",
			})
			expect(t, got["redis.command"], map[string]string{"kind": "client", "db.system.name": "redis", "server.address": "redis.example", "server.port": `{"int":6379}`, "peer.service": "cache"})
			expect(t, got["fails"], map[string]string{"status": "error", "events": `"exception.type":"TypeError"`})
			expect(t, got["linked"], map[string]string{"links": `"why":"test"`})
			if h := sent.Headers; !strings.HasPrefix(h["traceparent"], "00-65f85d6500000000390ce44db5e0386f-"+text(got["redis.command"]["id"])) || h["x-datadog-trace-id"] != "4110911582297405551" {
				t.Errorf("headers %v", h)
			}
			if refused := door.Refused(); len(refused) > 0 {
				t.Errorf("refused: %v", refused)
			}
		})
	}
}

func TestLambda(t *testing.T) {
	st, door, addr := serve(t)
	sent := run(t, door, "lambda", "DD_TRACE_AGENT_URL=http://"+addr)
	groups := taken(t, st)
	got := compare(t, sent, groups)
	expect(t, got["aws.apigateway"], map[string]string{"kind": "server", "aws.api_gateway.api_id": "abc", "aws.api_gateway.stage": "prod"})
	expect(t, got["aws.sns"], map[string]string{
		"kind": "consumer", "messaging.system": "aws_sns", "messaging.destination.name": "blog-new-posts", "messaging.message.id": "d509c7c5-0000-4000-8000-000000000001",
		"parent": "0b11cc4230d3e09b", "start": "1795266000000000000",
	})
	expect(t, got["aws.sqs"], map[string]string{"kind": "consumer", "messaging.system": "aws_sqs", "messaging.destination.name": "blog-jobs"})
	expect(t, got["aws.lambda"], map[string]string{ // the last one, which fails
		"kind": "server", "status": "error", "faas.invocation_id": "7c9a9e2e-0a0f-4d3e-8f5c-1f7b8f6b0d11", "faas.coldstart": `{"bool":false}`, "events": `"exception.type":"TypeError"`,
	})
	function := 0
	for _, g := range groups {
		if g.Resource["faas.name"] == "blog-view" && g.Resource["cloud.platform"] == "aws_lambda" && g.Resource["service.name"] == "blog-view" {
			function++
		}
		if g.Resource["service.name"] == "cache" {
			t.Error("a call of a cache is told as the cache's own")
		}
	}
	if function != 5 { // four invocations and what was loaded before the first
		t.Errorf("%d groups of the function", function)
	}
}

func TestStats(t *testing.T) {
	st, door, _ := serve(t)
	host, port, err := net.SplitHostPort(ingesttest.ServeSockets(t, door, datadog.Receiver)["dogstatsd"])
	if err != nil {
		t.Fatal(err)
	}
	run(t, door, "stats", "DD_AGENT_HOST="+host, "DD_DOGSTATSD_PORT="+port)
	got, n := map[string]object{}, 0
	for end := time.Now().Add(10 * time.Second); n < 10 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, g := range taken(t, st) { // datagrams may be on their way when their sender has ended
			if g.Resource["service.name"] != "blog-view" || g.Resource["service.version"] != "1.2.3" {
				t.Errorf("resource %v", g.Resource)
			}
			for _, p := range append(g.Points, g.Logs...) {
				n++
				name := text(p["name"]) + text(p["event"])
				if name == "posts" && text(p["value"]) == `{"int":-1}` {
					continue
				}
				got[name] = p
			}
		}
	}
	if n != 10 {
		t.Fatalf("%d of 10 arrived: %v", n, got)
	}
	expect(t, got["posts"], map[string]string{"kind": "sum", "temporality": "1", "value": `{"int":3}`, "blog": "a", "team": "blog"})
	expect(t, got["queue.depth"], map[string]string{"kind": "gauge", "value": `{"double":7.5}`})
	for name, sum := range map[string]string{"size": "12.0", "latency": "0.25", "took": "31.0"} {
		dist, _ := got[name]["dist"].(object)
		if got[name]["kind"] != "histogram" || text(dist["count"]) != "1" || text(dist["sum"]) != `{"double":`+sum+`}` {
			t.Errorf("%s: %s", name, text(got[name]))
		}
	}
	expect(t, got["users"], map[string]string{"member": "ada", "value": `{"int":1}`})
	expect(t, got["database"], map[string]string{"value": `{"int":2}`, "message": "no answer"})
	expect(t, got["deployed"], map[string]string{"body": "line one\nline two", "level": "13", "blog": "a"})
	if got["posts"]["at"] == nil {
		t.Error("a point without a time")
	}
}

// TestTokenNeeded sends to a server where tokens are needed: the tracer has none
// to send, the program must not notice, and the server says what it refused.
func TestTokenNeeded(t *testing.T) {
	st, door, addr := ingesttest.Door(t, datadog.Receiver)
	run(t, door, "trace", "DD_TRACE_AGENT_URL=http://"+addr)
	if len(taken(t, st)) > 0 {
		t.Error("spans were kept")
	}
	refused := door.Refused()
	if len(refused) == 0 || refused[0].Status != 401 || refused[0].Protocol != "datadog" {
		t.Errorf("refused: %v", refused)
	}
}
