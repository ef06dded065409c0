package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/api"
	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/pipeline"
	"clew/internal/signal"
	"clew/internal/store/columnar"
	"clew/internal/story"
	"clew/internal/transaction"
)

// sent is one request of a client.
type sent struct{ path, body string }

// taken sends posts through the real door into a store on disk, which is flushed and
// opened again in between.
func taken(t *testing.T, posts []sent) *columnar.Store {
	t.Helper()
	dir := t.TempDir()
	open := func() *columnar.Store {
		st, err := columnar.Open(columnar.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	st := open()
	for i := 0; i < len(posts); {
		_, addr := ingesttest.Serve(t, ingest.Options{Receivers: receivers, Store: st, Stages: pipeline.Default(pipeline.Options{})})
		for half := len(posts) / 2; i < len(posts); {
			r, err := http.Post("http://"+addr+posts[i].path, "application/json", strings.NewReader(posts[i].body))
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			if r.StatusCode/100 != 2 {
				t.Fatalf("%s: status %d for %s", posts[i].path, r.StatusCode, posts[i].body)
			}
			if i++; i == half {
				break
			}
		}
		if i == len(posts) {
			break
		}
		if err := st.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		st = open()
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// listed returns the transactions of a store, of all pages.
func listed(t *testing.T, st *columnar.Store, at signal.Time) (rows []api.TransactionRow) {
	t.Helper()
	mux := http.NewServeMux()
	api.New(api.Options{Store: st, Now: func() time.Time { return at.Std() }, Started: at.Std()}).Register(mux)
	for cursor := ""; ; {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/transactions?from=now-1h&limit=100&cursor="+cursor, nil))
		var list api.TransactionList
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK {
			t.Fatal(w.Code, err, w.Body)
		}
		rows = append(rows, list.Transactions...)
		if cursor = list.Next; cursor == "" {
			return rows
		}
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// storyAt is when the recorded story of the blog has ended.
const storyAt = signal.Time(1795270600_000_000_000)

// othersOfTheStory is what three other tracers report of the two functions of the
// recorded story, each in traces of its own: X-Ray once with the request id of the
// publish, once with nothing but the root that Epsagon's client saw in a header.
var othersOfTheStory = []sent{
	{"/TraceSegments", `{"TraceSegmentDocuments":["{\"id\":\"3a7d475667f38e55\",\"name\":\"auth\",\"start_time\":1795270595.908,\"end_time\":1795270595.938,\"type\":\"subsegment\",\"parent_id\":\"6b6090b374846e4a\",\"trace_id\":\"1-6b012a58-d4a39e644022402da8702c9e\",\"namespace\":\"remote\"}"]}`},
	{"/TraceSegments", `{"TraceSegmentDocuments":["{\"id\":\"3a7d475667f38e54\",\"name\":\"SNS\",\"start_time\":1795270595.996,\"end_time\":1795270596.133,\"type\":\"subsegment\",\"parent_id\":\"6b6090b374846e4a\",\"trace_id\":\"1-6b012a58-000000000000000000000001\",\"namespace\":\"aws\",\"aws\":{\"operation\":\"Publish\",\"region\":\"us-east-1\",\"request_id\":\"5add3cac-45a3-4de8-8748-536dc52c4a65\"}}"]}`},
	{"/v1/traces", otlpBatch("post-analysis", `{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"post-analysis","kind":5,"startTimeUnixNano":"1795270597756000000","endTimeUnixNano":"1795270598156000000","attributes":[{"key":"faas.invocation_id","value":{"stringValue":"ea2c5326-2b8b-4893-a54e-24d9cab0d7e9"}}]}`)},
	{"/bundle", `{"metrics":{},"spans":[{"t":"2e34bba67c7de55f","s":"a29be4080b91ab47","n":"aws.lambda.entry","k":1,"ec":1,"ts":1795270597756,"d":420,"f":{"hl":true,"cp":"aws","e":"arn:aws:lambda:us-east-1:123456789012:function:post-analysis:$LATEST"},"data":{"lambda":{"arn":"arn:aws:lambda:us-east-1:123456789012:function:post-analysis:$LATEST","runtime":"nodejs","functionName":"post-analysis","reqId":"ea2c5326-2b8b-4893-a54e-24d9cab0d7e9","trigger":"aws:sqs"}}}]}`},
}

func otlpBatch(service string, spans ...string) string {
	return `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"` + service + `"}}]},"scopeSpans":[{"spans":[` + strings.Join(spans, ",") + `]}]}]}`
}

// The story of the blog as real Epsagon clients sent it, without trace ids, is one
// transaction by the SNS message id alone; what X-Ray, OpenTelemetry and Instana saw
// of it does not make it two; and no order of arrival changes that.
func TestTheRecordedStoryIsOneTransaction(t *testing.T) {
	epsagon := []sent{
		{"/", file(t, "../../internal/ingest/epsagon/testdata/story/request_processor.json")},
		{"/", file(t, "../../internal/ingest/epsagon/testdata/story/post_analysis.json")},
		{"/", file(t, "../../internal/ingest/epsagon/testdata/story/view.json")},
	}
	f := func(name string, traces int, posts []sent) {
		t.Helper()
		for seed := range uint64(3) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			rnd.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
			st := taken(t, posts)
			var found []string
			for _, r := range listed(t, st, storyAt) {
				found = append(found, fmt.Sprint(r.Entry.Service, " ", r.Outcome))
				if r.Entry.Service != "request-processor" {
					continue
				}
				id, err := signal.ParseTraceID(r.ID)
				if err != nil {
					t.Fatal(err)
				}
				s, err := story.Find(t.Context(), st, signal.DefaultTenant, id, signal.Range{})
				if err != nil || len(s.Traces) != traces || len(s.Maybe) > 0 {
					t.Errorf("%s: traces %v, maybe %v, %v", name, s.Traces, s.Maybe, err)
				}
			}
			slices.Sort(found)
			if len(found) != 2 || !strings.HasPrefix(found[0], "request-processor error") {
				t.Errorf("%s, order %d: listed %q", name, seed, found)
			}
		}
	}
	f("Epsagon alone", 2, slices.Clone(epsagon))
	f("with three others", 6, slices.Concat(epsagon, othersOfTheStory))
}

// A thousand requests send a message each, which a function takes in a hundred batches
// of ten: a thousand stories, in each of which one message has its own sender and was
// delivered once, by the batch that it was in.
func TestAThousandMessagesInBatches(t *testing.T) {
	const messages, size = 1000, 10
	start := storyAt.Add(-10 * time.Minute)
	at := func(ms int) string { return fmt.Sprint(int64(start) + int64(ms)*1e6) }
	rnd := rand.New(rand.NewPCG(1, 2))
	order := rnd.Perm(messages) // in which messages come out of the queue
	var posts []sent
	for n := range messages {
		posts = append(posts, sent{"/v1/traces", otlpBatch("shop",
			fmt.Sprintf(`{"traceId":"%032x","spanId":"%016x","name":"POST /order","kind":2,"startTimeUnixNano":"%s","endTimeUnixNano":"%s"}`, n+1, 2*n+1, at(n), at(n+9)),
			fmt.Sprintf(`{"traceId":"%032x","spanId":"%016x","parentSpanId":"%016x","name":"send","kind":4,"startTimeUnixNano":"%s","endTimeUnixNano":"%s","attributes":[{"key":"messaging.system","value":{"stringValue":"aws_sqs"}},{"key":"messaging.message.id","value":{"stringValue":"m-%d"}}]}`, n+1, 2*n+2, 2*n+1, at(n+1), at(n+8), n))})
	}
	for b := range messages / size {
		var records []string
		for _, n := range order[b*size : (b+1)*size] {
			records = append(records, fmt.Sprintf(`{"messageId":"m-%d","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:123456789012:orders","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"%d"},"body":"{}"}`, n, int64(start)/1e6+int64(n)+5))
		}
		event, _ := json.Marshal(`{"Records":[` + strings.Join(records, ",") + `]}`)
		posts = append(posts, sent{"/v1/traces", otlpBatch("worker", fmt.Sprintf(
			`{"traceId":"%032x","spanId":"%016x","name":"worker","kind":5,"startTimeUnixNano":"%s","endTimeUnixNano":"%s","attributes":[{"key":"faas.invocation_id","value":{"stringValue":"r-%d"}},{"key":"clew.payload.event","value":{"stringValue":%s}}]}`,
			1<<20+b, 1<<20+b, at(2000+b), at(2040+b), b, event))})
	}
	rnd.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
	st := taken(t, posts)
	seen := map[string]bool{}
	for _, r := range listed(t, st, storyAt) {
		if r.Entry.Service != "shop" || seen[r.ID] {
			t.Errorf("listed %s of %s, seen %v", r.ID, r.Entry.Service, seen[r.ID])
		}
		seen[r.ID] = true
	}
	if len(seen) != messages {
		t.Errorf("%d stories, want %d", len(seen), messages)
	}
	batchOf := map[int]int{}
	for i, n := range order {
		batchOf[n] = i / size
	}
	for n := range messages {
		var id signal.TraceID
		id[14], id[15] = byte((n+1)>>8), byte(n+1)
		if err := oneMessage(t, st, id, n, batchOf[n]); err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
	}
}

// oneMessage checks the story of the request that sent message n.
func oneMessage(t *testing.T, st *columnar.Store, id signal.TraceID, n, batch int) error {
	t.Helper()
	s, err := story.Find(t.Context(), st, signal.DefaultTenant, id, signal.Range{})
	if err != nil {
		return err
	}
	var b transaction.Builder
	s.Focus(&b)
	for batch, err := range s.Rows(t.Context()) {
		if err != nil {
			return err
		}
		b.Add(batch)
	}
	tx := b.Build()
	if len(s.Traces) != 2 || len(tx.Rows) != 3 {
		return fmt.Errorf("%d traces, %d rows", len(s.Traces), len(tx.Rows))
	}
	var own []transaction.Message
	for _, m := range tx.Messages {
		if m.Key == (signal.JoinKey{Kind: signal.KeySQSMessage, Value: fmt.Sprint("m-", n)}) {
			own = append(own, m)
		} else if m.Sender >= 0 {
			return fmt.Errorf("message %v has sender %d", m.Key, m.Sender)
		}
	}
	switch {
	case len(own) != 1 || own[0].Sender < 0 || tx.Rows[own[0].Sender].Name != "send" || len(own[0].Attempts) != 1 || own[0].Batch != 10:
		return fmt.Errorf("messages %+v", own)
	case !bytes.Equal(tx.Rows[own[0].Attempts[0]].ID[:], []byte{0, 0, 0, 0, 0, 0x10, 0, byte(batch)}):
		return fmt.Errorf("delivered by %s, want batch %d", tx.Rows[own[0].Attempts[0]].ID, batch)
	}
	return nil
}
