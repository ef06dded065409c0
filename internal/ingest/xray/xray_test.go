package xray

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// recorded are the documents that the SDKs sent, gathered into one request for
// each, and schema.json: what AWS documents and these three do not send.
var recorded = []string{"python_service", "python_lambda", "node_service", "node_lambda", "go_service", "go_lambda", "schema"}

func TestKit(t *testing.T) {
	k := ingesttest.Kit{Receiver: Receiver}
	for _, name := range recorded {
		k.Cases = append(k.Cases, ingesttest.Case{File: name + ".json", Path: "/TraceSegments", Media: mediaJSON})
	}
	ingesttest.Run(t, k)
}

func decoded(t *testing.T, body string) *signal.Batch {
	t.Helper()
	b := new(signal.Batch)
	if err := decodePut(b, []byte(body), ingest.Header{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// put is the request with these documents.
func put(documents ...string) string {
	raw, err := json.Marshal(map[string]any{"TraceSegmentDocuments": documents})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(raw)
}

// TestDatagram sends every recorded document as a datagram: it means what it
// means in a request.
func TestDatagram(t *testing.T) {
	for _, name := range recorded {
		raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var body struct{ TraceSegmentDocuments []string }
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Fatal(err)
		}
		for _, doc := range body.TraceSegmentDocuments {
			want := decoded(t, put(doc))
			got := new(signal.Batch)
			err := decodeDatagram(got, []byte(`{"format": "json", "version": 1}`+"\n"+doc), ingest.Header{})
			if err != nil {
				got.Refuse(signal.Spans, 1, err.Error())
			}
			if name != "schema" && len(got.Refused) > 0 {
				t.Errorf("%s: an SDK's document is refused: %v", name, got.Refused)
			}
			if g, w := ingesttest.Dump(got), ingesttest.Dump(want); !bytes.Equal(g, w) {
				t.Errorf("%s: %s", name, ingesttest.FirstDifference(g, w))
			}
		}
	}
}

func TestDatagramRefuses(t *testing.T) {
	const doc = `{"trace_id":"1-5759e988-bd862e3fe1be46a994272793","id":"53995c3f42cd8ad8","name":"a","start_time":1,"end_time":2}`
	f := func(datagram, want string) {
		t.Helper()
		b := new(signal.Batch)
		err := decodeDatagram(b, []byte(datagram), ingest.Header{})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", datagram, err, want)
		}
		if spans, _, _ := b.Len(); (spans == 1) != (want == "") {
			t.Errorf("%q: %d spans", datagram, spans)
		}
	}
	f(`{"format":"json","version":1}`+"\n"+doc, "")
	f(`{"format":"json","version":1}`+"\n"+doc+"\n", "")
	f(doc, "no line break")
	f("", "no line break")
	f("{}\n"+doc, "not json")
	f(`{"format":"protobuf"}`+"\n"+doc, "not json")
	f(`{"format":"json"`+"\n"+doc, "want , or }")
	f(`{"format":"json"}`+"\n"+doc[:40], "JSON")
	f(`{"format":"json"}`+"\n"+doc+doc, "more after the end")
	f(`{"format":"json"}`+"\n"+strings.Replace(doc, "1-5759e988", "2-5759e988", 1), "trace_id")
}

func TestDeepNesting(t *testing.T) {
	nested := func(n int) string {
		doc := ""
		for range n {
			if doc != "" {
				doc = `,"subsegments":[` + doc + `]`
			}
			doc = `{"id":"53995c3f42cd8ad8","name":"a","start_time":1,"end_time":2` + doc + `}`
		}
		return put(`{"trace_id":"5759e988bd862e3fe1be46a994272793",` + doc[1:])
	}
	if spans, _, _ := decoded(t, nested(90)).Len(); spans != 90 {
		t.Errorf("%d spans of 90", spans)
	}
	if b := decoded(t, nested(10_000)); !b.Empty() || len(b.Refused) != 1 || !strings.Contains(b.Refused[0].Reason, "too deep") {
		t.Errorf("10,000 levels: %s", ingesttest.Dump(b))
	}
}

// TestInProgress sends what a segment is told as before and after its end: the
// store must see the same span twice, never two.
func TestInProgress(t *testing.T) {
	type identity struct {
		id      signal.SpanID
		kind    signal.SpanKind
		service string
	}
	f := func(open, ended string, keptEarly int) {
		t.Helper()
		spans := map[identity]bool{}
		early := 0
		for i, doc := range []string{open, ended} {
			b := decoded(t, put(`{"trace_id":"5759e988bd862e3fe1be46a994272793","start_time":1,"name":"SQS",`+doc+`}`))
			for _, g := range b.Groups {
				for _, s := range g.Spans {
					spans[identity{s.ID, s.Kind, g.Resource.ServiceName()}] = true
					early += 1 - i
				}
			}
		}
		if len(spans) != 1 || early != keptEarly {
			t.Errorf("%s then %s: spans %v, %d of them early", open, ended, spans, early)
		}
	}
	f(`"id":"a1","in_progress":true`, `"id":"a1","end_time":2`, 1)
	f(`"id":"a1","type":"subsegment","namespace":"remote","in_progress":true`, `"id":"a1","type":"subsegment","namespace":"remote","end_time":2`, 1)
	f(`"id":"a1","type":"subsegment","namespace":"local","in_progress":true`, `"id":"a1","type":"subsegment","namespace":"local","end_time":2`, 1)
	f(`"id":"a1","type":"subsegment","in_progress":true`, `"id":"a1","type":"subsegment","namespace":"remote","end_time":2`, 0)
	f(`"id":"a1","type":"subsegment","namespace":"aws","in_progress":true`, `"id":"a1","type":"subsegment","namespace":"aws","aws":{"operation":"SendMessage"},"end_time":2`, 0)
	f(`"id":"a1","type":"subsegment","namespace":"aws","aws":{"operation":"SendMessage"},"in_progress":true`, `"id":"a1","type":"subsegment","namespace":"aws","aws":{"operation":"SendMessage"},"end_time":2`, 1)
}

func TestParseEpochSeconds(t *testing.T) {
	f := func(in string, want signal.Time) {
		t.Helper()
		if got := parseEpochSeconds(in); got != want {
			t.Errorf("parseEpochSeconds(%q) = %d, want %d", in, got, want)
		}
	}
	f("1795238488.51", 1795238488510000000)
	f("1795238488.512345678", 1795238488512345678)
	f("1795238488.5123456789999", 1795238488512345678)
	f("1795238488", 1795238488000000000)
	f("1.478293361271E9", 1478293361271000000)
	f("0", 0)
	f("-5", 0)
	f("1e300", 0)
	f("99999999999999999999", 0)
	f("9999999999.5", 0) // after the end of time
	f("yesterday", 0)
	f("1.2.3", 0)
}

func TestParseTrace(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := parseTrace(in).String(); got != want {
			t.Errorf("parseTrace(%q) = %s, want %s", in, got, want)
		}
	}
	const zero = "00000000000000000000000000000000"
	f("1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793")
	f("5759E988BD862E3FE1BE46A994272793", "5759e988bd862e3fe1be46a994272793")
	f("1-5759e988-bd862e3fe1be46a99427279", zero)
	f("2-5759e988-bd862e3fe1be46a994272793", zero)
	f("1-5759e988xbd862e3fe1be46a994272793", zero)
	f("1-5759e98g-bd862e3fe1be46a994272793", zero)
	f("", zero)
}

func TestReplies(t *testing.T) {
	_, door, addr := ingesttest.Door(t, Receiver)
	f := func(path, token, body string, status int, want string) {
		t.Helper()
		got, answer := post(t, "http://"+addr+path, token, body)
		if got != status || answer != want {
			t.Errorf("%s: %d %s, want %d %s", path, got, answer, status, want)
		}
	}
	f("/GetSamplingRules", "", "{}", 200, samplingRules)
	f("/SamplingTargets", "", `{"SamplingStatisticsDocuments":[]}`, 200, samplingTargets)
	f("/TraceSegments", "", put(), 401, `{"__type":"UnrecognizedClientException","message":"no token: send Authorization: Bearer <token>"}`)
	f("/TraceSegments", ingesttest.Token, put(), 200, `{"UnprocessedTraceSegments":[]}`)
	f("/TraceSegments", ingesttest.Token, put("{}", "[]"), 200, `{"UnprocessedTraceSegments":[`+
		`{"ErrorCode":"InvalidSegment","Message":"xray: decode document: trace_id is neither 1-8hex-24hex nor 32 hex"},`+
		`{"ErrorCode":"InvalidSegment","Message":"wire: JSON: want an object at byte 0"}]}`)
	if len(door.Refused()) != 1 {
		t.Errorf("refused: %v", door.Refused())
	}
	for _, text := range []string{samplingRules, samplingTargets} {
		if !json.Valid([]byte(text)) {
			t.Errorf("not JSON: %s", text)
		}
	}
}
