//go:build clients

package clienttest

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"clew/internal/ingest/epsagon"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/otlp"
	"clew/internal/sandbox"
	"clew/internal/sandbox/aws"
	"clew/internal/signal"
)

var record = flag.Bool("record", false, "rewrite what the tracers sent in ../testdata")

// secrets were in payloads, forms and headers of the functions' calls.
var secrets = []string{"hunter2", "author-token-0987654321", "reader-secret-1234567890", "Signature=", `"right"`}

const newPost = `{"id":"7","title":"A day","text":"x","token":"author-token-0987654321","password":"hunter2"}`

// TestStory: a post is read; another is written by a function that swallows a
// refusal, and breaks the function behind the topic. Three traces that only the
// id of the message joins.
func TestStory(t *testing.T) {
	s := newStage(t)
	read := s.invoke("view", ingesttest.GatewayEvent("GET", "/post", "1", ""))
	wrote := s.invoke("request-processor", ingesttest.GatewayEvent("POST", "/new_post", "", newPost))
	s.wait("the analysis", func() bool { return s.sentBy("post-analysis") != nil })
	s.wait("its end", func() bool { return strings.Contains(s.said(), "post-analysis: REPORT") })
	if *record {
		s.save("story/view.json", "view")
		s.save("story/request_processor.json", "request-processor")
		s.save("story/post_analysis.json", "post-analysis")
	}
	spans, raw := ingesttest.Spans(t, s.st.Take())
	s.compare(spans)
	for _, secret := range secrets {
		if strings.Contains(raw, secret) {
			t.Errorf("%q would reach the disk", secret)
		}
	}

	view, get := ingesttest.One(t, spans, "view", "view"), ingesttest.One(t, spans, "view", "GET localhost")
	if view.Kind != "server" || view.Status != "" || view.Text("faas.invocation_id") != read.RequestID || view.Key(signal.KeyRequest) != read.RequestID {
		t.Errorf("view: %+v", view)
	}
	if view.Key(signal.KeyGatewayRequest) != "9d2ea0ea-7d0c-4b8e-9f0a-000000000005" || view.Text("http.request.method") != "GET" || view.Text("http.response.status_code") != "200" {
		t.Errorf("view: %+v", view)
	}
	if get.Kind != "client" || get.Text("db.system.name") != "redis" || get.Text("db.operation.name") != "GET" || get.Text("server.address") != "localhost" || get.Parent != view.ID {
		t.Errorf("redis: %+v", get)
	}
	if view.Resource["cloud.account.id"] != "123456789012" || view.Resource["telemetry.sdk.language"] != "python" || view.Text("faas.coldstart") != "true" {
		t.Errorf("resource: %v", view.Resource)
	}

	writer := ingesttest.One(t, spans, "request-processor", "request-processor")
	auth, publish := ingesttest.One(t, spans, "request-processor", "POST 127.0.0.1"), ingesttest.One(t, spans, "request-processor", "publish blog-new-posts")
	if writer.Status != "" || writer.Text("label.post.title") != "A day" || writer.Text("faas.coldstart") != "true" || writer.Resource["telemetry.sdk.language"] != "nodejs" {
		t.Errorf("request-processor: %+v", writer)
	}
	if got := ingesttest.Below(spans, writer); got != "POST 127.0.0.1, publish blog-new-posts" { // and not the call below publish
		t.Errorf("below request-processor: %s", got)
	}
	if auth.Status != "error" || auth.Text("http.response.status_code") != "401" || auth.Key(signal.KeyEpsagonHeader) == "" || !strings.Contains(auth.Text("http.request.body"), "password=***") {
		t.Errorf("auth: %+v", auth)
	}
	var answer struct{ Body string }
	var body struct{ Message string }
	if err := json.Unmarshal(wrote.Payload, &answer); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(answer.Body), &body); err != nil {
		t.Fatal(err)
	}
	if publish.Kind != "producer" || publish.Text("messaging.system") != "aws_sns" || publish.Text("messaging.destination.name") != "blog-new-posts" ||
		publish.Key(signal.KeySNSMessage) != body.Message || publish.Key(signal.KeyXRayTrace) != xrayRoot {
		t.Errorf("publish: %+v", publish)
	}

	analysis := ingesttest.One(t, spans, "post-analysis", "post-analysis")
	if analysis.Kind != "consumer" || analysis.Key(signal.KeySNSMessage) != body.Message || analysis.Trace == writer.Trace || analysis.Trace == view.Trace {
		t.Errorf("post-analysis: %+v", analysis)
	}
	if analysis.Status != "error" || len(analysis.Events) != 1 || analysis.Events[0].Attrs["exception.type"] != "TypeError" ||
		fmt.Sprint(analysis.Events[0].Attrs["exception.escaped"]) != "map[bool:true]" {
		t.Errorf("post-analysis: %+v", analysis)
	}
}

// sentBy returns the requests with a runner of that name, nil when there is none.
func (s *stage) sentBy(function string) [][]byte {
	var out [][]byte
	for _, p := range s.sent.Posts() {
		if tr := traceOf(s.t, p.Body); tr.runner().Resource.Name == function {
			out = append(out, p.Body)
		}
	}
	return out
}

// save records what a function's tracer sent.
func (s *stage) save(file, function string) {
	s.t.Helper()
	root := strings.TrimSuffix(ingesttest.Installed(s.t, "../clienttest"), "/internal/ingest/epsagon/clienttest")
	for _, body := range s.sentBy(function)[:1] {
		name := filepath.Join("../testdata", file)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(body), root, "/var")), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

// trace is what a tracer sends.
type trace struct {
	Events []told
}

type told struct {
	ID, Origin string
	Start      json.Number `json:"start_time"`
	Duration   float64
	Resource   struct {
		Name, Operation, Type string
		Metadata              map[string]any
	}
}

func (tr trace) runner() (e told) {
	for _, e := range tr.Events {
		if e.Origin == "runner" {
			return e
		}
	}
	return e
}

func traceOf(t *testing.T, body []byte) (tr trace) {
	t.Helper()
	if err := json.Unmarshal(body, &tr); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return tr
}

// compare checks that everything sent with a right token arrived, in its time to
// the microsecond.
func (s *stage) compare(spans []*ingesttest.Arrived) {
	s.t.Helper()
	byStart := map[int64]bool{}
	for _, sp := range spans {
		byStart[sp.Start/1000] = true
	}
	for _, p := range s.sent.Posts() {
		if p.Header.Get("Authorization") != "Bearer "+ingesttest.Token {
			continue
		}
		tr := traceOf(s.t, p.Body)
		for _, e := range tr.Events {
			if e.Origin == "trigger" || e.Resource.Metadata["request_trace_id"] != nil {
				continue
			}
			f, err := e.Start.Float64()
			if err != nil {
				s.t.Fatal(err)
			}
			us := int64(math.Floor(f * 1e6)) // a double of this century is exact to half a microsecond
			if !byStart[us] && !byStart[us+1] && !byStart[us-1] {
				s.t.Errorf("%s %s %s of %s did not arrive", e.Origin, e.Resource.Operation, e.Resource.Name, e.Start)
			}
		}
	}
}

// TestFunctions: batches through a queue, newer SDK clients, invocations, time
// limits, failures, warnings, split traces, traces in log lines, a wrong token.
func TestFunctions(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	mapped := make(chan error, 1)
	go func() { mapped <- s.cloud.RunMapping(ctx, aws.Mapping{Queue: "blog-jobs", Function: "node-worker"}) }()
	var node, python, split sandbox.Result
	var runs sync.WaitGroup
	slots := make(chan struct{}, 3) // cold starts keep a core each busy
	start := func(f func()) {
		runs.Add(1)
		go func() {
			defer runs.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			f()
		}()
	}
	const send = `{"bodies":["one","two","three"],"token":"author-token-0987654321","password":"hunter2"}`
	start(func() { node = s.invoke("node-sender", send) })
	start(func() { python = s.invoke("python-sender", send) })
	start(func() { split = s.invoke("python-split", send) })
	for _, f := range []string{"node-broken", "node-stuck", "python-stuck", "node-logs"} {
		start(func() { s.invoke(f, "{}") })
	}
	for _, f := range []string{"python-logs", "python-stranger"} {
		start(func() { s.invoke(f, ingesttest.GatewayEvent("GET", "/post", "1", "")) })
	}
	runs.Wait()
	sent := messages(t, node).Batch
	sent = append(append(sent, messages(t, node).Single), append(messages(t, python).Batch, messages(t, split).Batch...)...)
	s.wait("every message", func() bool {
		said := ""
		for _, body := range s.sentBy("node-worker") {
			said += string(body)
		}
		for _, id := range sent {
			if !strings.Contains(said, id) {
				return false
			}
		}
		return true
	})
	cancel()
	if err := <-mapped; err != nil {
		t.Fatal(err)
	}
	if *record {
		for file, f := range map[string]string{
			"node_sender.json": "node-sender", "node_worker.json": "node-worker", "node_broken.json": "node-broken", "node_stuck.json": "node-stuck",
			"python_sender.json": "python-sender", "python_split.json": "python-split", "python_stuck.json": "python-stuck",
		} {
			s.save(file, f)
		}
	}
	spans, raw := ingesttest.Spans(t, s.st.Take())
	s.compare(spans)
	for _, secret := range secrets {
		if strings.Contains(raw, secret) {
			t.Errorf("%q would reach the disk", secret)
		}
	}
	t.Run("queue", func(t *testing.T) { checkQueue(t, spans, sent) })
	t.Run("node", func(t *testing.T) { checkNodeSender(t, spans, messages(t, node)) })
	t.Run("python", func(t *testing.T) { checkPythonSender(t, spans, messages(t, python)) })
	t.Run("split", func(t *testing.T) { checkSplit(t, spans, len(s.sentBy("python-split"))) })
	t.Run("limits", func(t *testing.T) { checkLimits(t, spans) })
	t.Run("lines", func(t *testing.T) { checkLines(t, s) })
	t.Run("token", func(t *testing.T) {
		refused := s.door.Refused()
		if len(refused) != 1 || refused[0].Status != 401 || refused[0].Protocol != "epsagon" {
			t.Errorf("refused: %+v", refused)
		}
	})
}

// told to the caller of the two senders.
type receipts struct {
	Batch         []string
	Single, Topic string
	Status        int
}

func messages(t *testing.T, r sandbox.Result) (m receipts) {
	t.Helper()
	if err := json.Unmarshal(r.Payload, &m); err != nil || r.FunctionError != "" || len(m.Batch) != 3 {
		t.Fatalf("%v %s", err, r.Payload)
	}
	return m
}

// checkQueue: every record of every batch has the key of its message.
func checkQueue(t *testing.T, spans []*ingesttest.Arrived, sent []string) {
	keys := map[string]int{}
	for _, s := range spans {
		if s.Service != "node-worker" || s.Name != "node-worker" || s.Text("epsagon.trigger.type") != "sqs" {
			continue
		}
		if s.Kind != "consumer" || s.Text("messaging.system") != "aws_sqs" || s.Text("messaging.destination.name") != "blog-jobs" || s.Status != "" {
			t.Errorf("%+v", s)
		}
		for _, id := range strings.Fields(s.Key(signal.KeySQSMessage)) {
			keys[id]++
		}
		if len(s.Events) != 1 || fmt.Sprint(s.Events[0].Attrs["epsagon.warning"]) != "map[bool:true]" { // a warning is no failure
			t.Errorf("warning: %+v", s.Events)
		}
		if got := ingesttest.Below(spans, s); !strings.Contains(got, "get localhost") && !strings.Contains(got, "get 127.0.0.1") {
			t.Errorf("below node-worker: %s", got)
		}
	}
	for _, id := range sent {
		if keys[id] != 1 {
			t.Errorf("message %s was received by %d invocations", id, keys[id])
		}
	}
}

func checkNodeSender(t *testing.T, spans []*ingesttest.Arrived, m receipts) {
	batch := ingesttest.One(t, spans, "node-sender", "sendMessageBatch blog-jobs")
	if got := batch.Key(signal.KeySQSMessage); got != strings.Join(m.Batch, " ") || batch.Kind != "producer" {
		t.Errorf("batch: %s of %v", got, m.Batch)
	}
	if got := ingesttest.One(t, spans, "node-sender", "SendMessageCommand blog-jobs").Key(signal.KeySQSMessage); got != m.Single {
		t.Errorf("single: %s, want %s", got, m.Single)
	}
	if got := ingesttest.One(t, spans, "node-sender", "publish blog-new-posts").Key(signal.KeySNSMessage); got != m.Topic {
		t.Errorf("topic: %s, want %s", got, m.Topic)
	}
	call := ingesttest.One(t, spans, "node-sender", "invoke node-worker")
	found := false
	for _, s := range spans {
		found = found || s.Kind == "server" && s.Name == "node-worker" && s.Key(signal.KeyRequest) == call.Key(signal.KeyRequest)
	}
	if !found || call.Text("faas.invoked_name") != "node-worker" {
		t.Errorf("invoke: %+v", call)
	}
}

func checkPythonSender(t *testing.T, spans []*ingesttest.Arrived, m receipts) {
	batch := ingesttest.One(t, spans, "python-sender", "SendMessageBatch blog-jobs") // the client tells of the first message only
	if got := batch.Key(signal.KeySQSMessage); got != m.Batch[0] || batch.Kind != "producer" {
		t.Errorf("batch: %s of %v", got, m.Batch)
	}
	if got := ingesttest.One(t, spans, "python-sender", "Publish blog-new-posts").Key(signal.KeySNSMessage); got != m.Topic {
		t.Errorf("topic: %s, want %s", got, m.Topic)
	}
	put := ingesttest.One(t, spans, "python-sender", "PutItem posts")
	if !strings.HasPrefix(put.Key(signal.KeyDynamoDBItem), "python/posts/") || put.Text("db.system.name") != "aws.dynamodb" {
		t.Errorf("put: %+v", put)
	}
	refused := ingesttest.One(t, spans, "python-sender", "POST 127.0.0.1") // which the client calls a success
	if refused.Status != "error" || refused.Text("http.response.status_code") != "401" || m.Status != 401 || !strings.Contains(refused.Text("http.request.body"), "password=***") {
		t.Errorf("refused: %+v", refused)
	}
}

// checkSplit: the pieces of one trace end as one tree.
func checkSplit(t *testing.T, spans []*ingesttest.Arrived, pieces int) {
	type identity struct{ trace, id, kind, service string }
	seen := map[identity]*ingesttest.Arrived{}
	for _, s := range spans {
		if s.Service == "python-split" {
			seen[identity{s.Trace, s.ID, s.Kind, s.Service}] = s
		}
	}
	var names []string
	runners := 0
	for _, s := range seen {
		if s.Parent == "" {
			runners++
			continue
		}
		names = append(names, s.Name)
	}
	slices.Sort(names)
	if pieces < 3 || runners != 1 || !strings.Contains(strings.Join(names, ", "), "Publish blog-new-posts, PutItem posts, SendMessageBatch blog-jobs, json trigger-python-split") {
		t.Errorf("%d pieces, %d runners, %v", pieces, runners, names)
	}
}

// checkLimits: what failed and what did not end in time.
func checkLimits(t *testing.T, spans []*ingesttest.Arrived) {
	broken := ingesttest.One(t, spans, "node-broken", "node-broken")
	if broken.Status != "error" || broken.Message != "no such page" || broken.Events[0].Attrs["exception.type"] != "RangeError" {
		t.Errorf("broken: %+v", broken)
	}
	for _, f := range []string{"node-stuck", "python-stuck"} {
		run, mark := ingesttest.One(t, spans, f, f), ingesttest.One(t, spans, f, "time limit")
		if run.Status != "error" || run.Text("clew.outcome") != "timeout" || mark.Status != "error" || mark.Parent != run.ID || mark.Start != run.End {
			t.Errorf("%s: %+v %+v", f, run, mark)
		}
	}
	if call := ingesttest.One(t, spans, "node-stuck", "GET 127.0.0.1"); call.End != 0 {
		t.Errorf("the call that had not ended: %+v", call)
	}
}

// checkLines sends the lines that functions wrote as log records: they become
// spans, and what else was written stays.
func checkLines(t *testing.T, s *stage) {
	st, _, addr := ingesttest.Door(t, otlp.Receiver, epsagon.Receiver)
	var records []any
	s.mu.Lock()
	for _, l := range s.lines {
		if l.Function == "node-logs" || l.Function == "python-logs" {
			records = append(records, map[string]any{"body": map[string]string{"stringValue": l.Text}})
		}
	}
	s.mu.Unlock()
	body, err := json.Marshal(map[string]any{"resourceLogs": []any{map[string]any{"scopeLogs": []any{map[string]any{"logRecords": records}}}}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/v1/logs", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+ingesttest.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	spans, raw := ingesttest.Spans(t, st.Take())
	if ingesttest.One(t, spans, "node-logs", "node-logs").Status != "error" || ingesttest.One(t, spans, "python-logs", "GET localhost").Kind != "client" {
		t.Errorf("%s", raw)
	}
	if strings.Contains(raw, "EPSAGON_TRACE") || !strings.Contains(raw, "REPORT RequestId") {
		t.Error("lines stay or go wrongly")
	}
}
