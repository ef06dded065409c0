package aws

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/sandbox"
)

var update = flag.Bool("update", false, "rewrite golden files")

const (
	recordings = "testdata/recorded.jsonl"
	golden     = "testdata/replay.want.txt"
)

// harness is a cloud whose only function, f, echoes its event.
type harness struct {
	cloud *Cloud
	mu    sync.Mutex // guards what follows
	got   []sandbox.Request
	reply func(sandbox.Request) sandbox.Result
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{reply: func(r sandbox.Request) sandbox.Result { return sandbox.Result{Payload: r.Payload} }}
	box := sandbox.New(sandbox.Options{})
	t.Cleanup(box.Stop)
	lambda := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/f/") {
			box.Handler().ServeHTTP(w, r) // no function is registered there
			return
		}
		_, _ = io.Copy(w, r.Body)
	})
	h.cloud = New(Options{Clock: stillClock{}, Functions: h, Lambda: lambda})
	return h
}

func (h *harness) Invoke(_ context.Context, r sandbox.Request) (sandbox.Result, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, r)
	return h.reply(r), nil
}

func (h *harness) InvokeAsync(r sandbox.Request) (string, error) {
	_, err := h.Invoke(context.Background(), r)
	return "id", err
}

func (h *harness) events() []sandbox.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]sandbox.Request(nil), h.got...)
}

// stillClock never moves by itself; its timers are real.
type stillClock struct{ sandbox.SystemClock }

func (stillClock) Now() time.Time { return time.Unix(1_750_000_000, 0) }

// entry is one recorded request.
type entry struct{ SDK, Method, Path, Target, Type, Body string }

// record reads the request and gives it a new body.
func record(sdk string, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return json.Marshal(entry{sdk, r.Method, r.URL.Path, r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"), string(body)})
}

// Ids that change from run to run; what was recorded with them is replayed as is.
var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// TestReplay plays what the real SDKs sent and compares the answers with what the
// real SDKs accepted.
func TestReplay(t *testing.T) {
	f, err := os.Open(recordings)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := newHarness(t)
	var got strings.Builder
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		action := strings.Trim(e.Target+" "+regexp.MustCompile(`Action=\w+`).FindString(e.Body), " ")
		if action == "" {
			action = e.Path
		}
		status, answer := h.ask(e)
		fmt.Fprintf(&got, "%s %s → %d %s\n", e.SDK, action, status, changing.ReplaceAllString(strings.TrimSpace(answer), "<id>"))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	compareLines(t, got.String(), string(want))
}

func compareLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("line %d\n got %s\nwant %s", i+1, a, b)
		}
	}
}

func (h *harness) ask(e entry) (int, string) {
	r := httptest.NewRequest(e.Method, e.Path, strings.NewReader(e.Body))
	r.Header.Set("Content-Type", e.Type)
	if e.Target != "" {
		r.Header.Set("X-Amz-Target", e.Target)
	}
	w := httptest.NewRecorder()
	h.cloud.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestSNSDeliversLambdaEvents(t *testing.T) {
	h := newHarness(t)
	topic := h.cloud.CreateTopic("posts")
	for range 2 { // subscribing twice is once
		if _, err := h.cloud.SubscribeFunction(topic, "f"); err != nil {
			t.Fatal(err)
		}
	}
	body := "Action=Publish&TopicArn=" + topic + "&Message=hello" +
		"&MessageAttributes.entry.1.Name=traceparent&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=00-a" +
		"&MessageAttributes.entry.2.Name=raw&MessageAttributes.entry.2.Value.DataType=Binary&MessageAttributes.entry.2.Value.BinaryValue=AP8="
	if status, answer := h.ask(entry{Method: "POST", Path: "/", Type: "application/x-www-form-urlencoded", Body: body}); status != 200 {
		t.Fatalf("Publish = %d %s", status, answer)
	}
	events := h.events()
	if len(events) != 1 || events[0].Function != "f" {
		t.Fatalf("events = %+v, want one for f", events)
	}
	want := `{"Records":[{"EventSource":"aws:sns","EventSubscriptionArn":"arn:aws:sns:us-east-1:123456789012:posts:<id>","EventVersion":"1.0",` +
		`"Sns":{"Message":"hello","MessageAttributes":{"raw":{"Type":"Binary","Value":"AP8="},"traceparent":{"Type":"String","Value":"00-a"}},` +
		`"MessageId":"<id>","Signature":"c2FuZGJveA==","SignatureVersion":"1",` +
		`"SigningCertUrl":"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-sandbox.pem","Subject":null,` +
		`"Timestamp":"2025-06-15T15:06:40.000Z","TopicArn":"arn:aws:sns:us-east-1:123456789012:posts","Type":"Notification",` +
		`"UnsubscribeUrl":"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe\u0026SubscriptionArn=arn:aws:sns:us-east-1:123456789012:posts:<id>"}}]}`
	if got := changing.ReplaceAllString(string(events[0].Payload), "<id>"); got != want {
		t.Errorf("event\n got %s\nwant %s", got, want)
	}
}

func TestQueueMappingKeepsWhatFailed(t *testing.T) {
	h := newHarness(t)
	url := h.cloud.CreateQueue("jobs")
	for _, body := range []string{"good", "bad"} {
		if _, err := h.cloud.sqsSend(t.Context(), &sqsSendInput{QueueUrl: url, MessageBody: body,
			MessageAttributes: map[string]attribute{"k": {DataType: "String", StringValue: "v"}}}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	h.reply = func(r sandbox.Request) sandbox.Result {
		cancel() // one batch is enough
		var e struct {
			Records []struct{ MessageId, Body string }
		}
		if err := json.Unmarshal(r.Payload, &e); err != nil {
			t.Error(err)
		}
		for _, rec := range e.Records {
			if rec.Body == "bad" {
				return sandbox.Result{Payload: fmt.Appendf(nil, `{"batchItemFailures":[{"itemIdentifier":%q}]}`, rec.MessageId)}
			}
		}
		return sandbox.Result{}
	}
	if err := h.cloud.RunMapping(ctx, Mapping{Queue: url, Function: "f"}); err != nil {
		t.Fatal(err)
	}
	q, err := h.cloud.queue(url)
	if err != nil {
		t.Fatal(err)
	}
	if len(q.messages) != 1 || q.messages[0].body != "bad" || q.messages[0].received != 1 {
		t.Errorf("left in the queue: %+v, want the bad message", q.messages)
	}
	if n := len(h.events()); n != 1 {
		t.Errorf("%d invocations, want 1", n)
	}
	if err := h.cloud.RunMapping(t.Context(), Mapping{Queue: "none", Function: "f"}); err == nil {
		t.Error("a missing queue was mapped")
	}
}

func TestSendMessageBatchKeepsWhatItCan(t *testing.T) {
	h := newHarness(t)
	h.cloud.CreateQueue("jobs")
	f := func(body, want string, wantStatus int) {
		t.Helper()
		status, got := h.ask(entry{Method: "POST", Path: "/", Type: "application/x-amz-json-1.0", Target: "AmazonSQS.SendMessageBatch", Body: body})
		if got = strings.TrimSpace(changing.ReplaceAllString(got, "<id>")); status != wantStatus || got != want {
			t.Errorf("%d %s, want %d %s", status, got, wantStatus, want)
		}
	}
	f(`{"QueueUrl":"jobs","Entries":[{"Id":"a","MessageBody":"one"},{"Id":"b","MessageBody":""}]}`,
		`{"Failed":[{"Id":"b","Code":"MissingParameter","Message":"The request must contain the parameter MessageBody.","SenderFault":true}],`+
			`"Successful":[{"Id":"a","MD5OfMessageBody":"f97c5d29941bfb1b2fdab0874906ab82","MessageId":"<id>"}]}`, 200)
	f(`{"QueueUrl":"jobs"}`,
		`{"__type":"com.amazonaws.sandbox#EmptyBatchRequest","message":"There should be at least one SendMessageBatchRequestEntry in the request."}`, 400)
}

func TestHiddenMessagesShowAgain(t *testing.T) {
	c := New(Options{})
	url := c.CreateQueue("jobs")
	q, err := c.queue(url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.sqsSend(t.Context(), &sqsSendInput{QueueUrl: url, MessageBody: "m"}); err != nil {
		t.Fatal(err)
	}
	first := c.receive(t.Context(), q, 1, 20*time.Millisecond)
	again := c.receive(t.Context(), q, 1, time.Minute) // waits for it
	if len(first) != 1 || len(again) != 1 || again[0].received != 2 || again[0].receipt == first[0].receipt {
		t.Errorf("received %+v, then %+v", first, again)
	}
	q.drop(first[0].receipt)
	if len(q.messages) != 1 {
		t.Error("an old receipt deleted the message")
	}
	q.drop(again[0].receipt)
	if len(q.messages) != 0 {
		t.Error("the receipt did not delete the message")
	}
}

// FuzzServe feeds the endpoint anything; it must answer, and 500 means a bug.
func FuzzServe(f *testing.F) {
	f.Add("AmazonSQS.SendMessage", "application/x-amz-json-1.0", `{"QueueUrl":"jobs","MessageBody":"m"}`)
	f.Add("DynamoDB_20120810.Query", "application/x-amz-json-1.0", `{"TableName":"t","KeyConditionExpression":"a = :b AND","ExpressionAttributeValues":{":b":{"S":"x"}}}`)
	f.Add("DynamoDB_20120810.UpdateItem", "application/x-amz-json-1.0", `{"TableName":"t","Key":{"a":{"S":"x"}},"UpdateExpression":"SET b=:c","ExpressionAttributeValues":{":c":null}}`)
	f.Add("", "application/x-www-form-urlencoded", "Action=PublishBatch&PublishBatchRequestEntries.member.1.Id=a")
	f.Fuzz(func(t *testing.T, target, kind, body string) {
		c := New(Options{Functions: &harness{}})
		c.CreateQueue("jobs")
		if err := c.CreateTable("t", "a", ""); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // a receive must not wait
		r := httptest.NewRequest("POST", "/", strings.NewReader(body)).WithContext(ctx)
		r.Header["X-Amz-Target"] = []string{target}
		r.Header["Content-Type"] = []string{kind}
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %q = %d %s", target, body, w.Code, w.Body)
		}
	})
}
