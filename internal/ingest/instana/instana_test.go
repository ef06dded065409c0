package instana

import (
	"bytes"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

const bundle = "POST /bundle"

func TestKit(t *testing.T) {
	cases := []ingesttest.Case{{File: "traces.json", Path: "POST /traces", Media: "application/json"}, {File: "metrics.json", Path: "POST /metrics", Media: "application/json"}}
	for _, name := range []string{
		"node_view.json", "node_sqs.json", "node_broken.json", "node_stuck.json",
		"python_first.json", "python_late.json", "python_empty.json", "libraries.json", "half_bad.json",
	} {
		cases = append(cases, ingesttest.Case{File: name, Path: bundle, Media: "application/json"})
	}
	ingesttest.Run(t, ingesttest.Kit{Receiver: Receiver, Cases: cases})
}

func TestForms(t *testing.T) {
	for _, bad := range []string{"", "{}", "7", `"{}"`, `{"spans":[]} x`, `{"spans":{}}`} {
		if err := decode(new(signal.Batch), []byte(bad), ingest.Header{}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, good := range []string{"[]", `{"spans":[],"metrics":{}}`, `{"spans":[],"metrics":{"plugins":[]}}`, `{"spans":null}`, `{"plugins":null}`} {
		b := new(signal.Batch)
		if err := decode(b, []byte(good), ingest.Header{}); err != nil || !b.Empty() || len(b.Refused) > 0 {
			t.Errorf("%q: %v %+v", good, err, b)
		}
	}
}

// TestOwnPost: the client's report of its own request to this host is dropped,
// a like request to another host is not.
func TestOwnPost(t *testing.T) {
	body := []byte(`[{"t":"1","s":"2","k":2,"n":"urllib3","ts":1795270000000,"d":1,"data":{"http":{"method":"POST","url":"http://clew.example:7171/a/bundle"}}}]`)
	f := func(host string, want int) {
		t.Helper()
		b := new(signal.Batch)
		if err := decode(b, body, ingest.Header{Host: host}); err != nil {
			t.Fatal(err)
		}
		if n, _, _ := b.Len(); n != want {
			t.Errorf("%s: %d spans, want %d", host, n, want)
		}
	}
	f("clew.example:7171", 0)
	f("bundles.example", 1)
}

// TestLongIDs: the first span of a trace tells its whole id, which the others of the
// request get; with two that end alike nobody can tell whose the others are.
func TestLongIDs(t *testing.T) {
	const first = `{"t":"7","lt":"00000000000000010000000000000007","s":"1","k":1,"n":"aws.lambda.entry","ts":1,"d":1,"data":{}}`
	const other = `{"t":"7","lt":"00000000000000020000000000000007","s":"2","k":1,"n":"aws.lambda.entry","ts":1,"d":1,"data":{}}`
	const half = `{"t":"7","s":"3","k":2,"n":"redis","ts":1,"d":1,"data":{}}`
	f := func(body string, want ...byte) {
		t.Helper()
		b := new(signal.Batch)
		if err := decode(b, []byte(body), ingest.Header{}); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for _, g := range b.Groups {
			for _, s := range g.Spans {
				got = append(got, s.Trace[7])
			}
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%v, want %v: %s", got, want, body)
		}
	}
	f("["+first+","+half+"]", 1, 1)
	f("["+half+","+first+"]", 1, 1)
	f("["+first+","+other+","+half+"]", 1, 2, 0)
	f("["+half+","+other+","+first+"]", 0, 2, 1)
}
