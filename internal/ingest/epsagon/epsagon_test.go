package epsagon

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

const root = "POST /{$}"

func TestKit(t *testing.T) {
	var cases []ingesttest.Case
	for _, name := range []string{
		"story/view.json", "story/request_processor.json", "story/post_analysis.json",
		"node_sender.json", "node_worker.json", "node_broken.json", "node_stuck.json", "python_sender.json", "python_split.json", "python_stuck.json",
		"triggers.json", "calls.json", "services.json", "half_bad.json", "string.json",
	} {
		cases = append(cases, ingesttest.Case{File: name, Path: root, Media: "application/json"})
	}
	ingesttest.Run(t, ingesttest.Kit{Receiver: Receiver, Cases: cases})
}

// read decodes one body.
func read(t *testing.T, body string) *signal.Batch {
	t.Helper()
	b := new(signal.Batch)
	if err := decode(b, []byte(body), ingest.Header{}); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return b
}

// TestForms: an object, a list, a string and a log line mean the same.
func TestForms(t *testing.T) {
	raw, err := os.ReadFile("testdata/story/request_processor.json")
	if err != nil {
		t.Fatal(err)
	}
	body := string(raw)
	want := ingesttest.Dump(read(t, body))
	quoted, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, got *signal.Batch) {
		t.Helper()
		if d := ingesttest.FirstDifference(ingesttest.Dump(got), want); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	f("list", read(t, "["+body+"]"))
	f("string", read(t, string(quoted)))
	for name, text := range map[string]string{"line": base64.StdEncoding.EncodeToString(raw), "line without padding": base64.RawStdEncoding.EncodeToString(raw)} {
		b := new(signal.Batch)
		if err := Receiver.Line.Decode(b, text, ingest.Header{}); err != nil {
			t.Fatal(err)
		}
		f(name, b)
	}
	if b := read(t, "["+body+","+body+"]"); len(b.Groups) != 2 || b.Groups[0].Spans[0].ID != b.Groups[1].Spans[0].ID {
		t.Error("two traces in a list are not two groups of the same ids")
	}
	for _, bad := range []string{"", "{}", "7", `"{}"`, `"\"{}\""`, "[7]", `{"events":[]} x`, `{"app_name":"a"}`} {
		if err := decode(new(signal.Batch), []byte(bad), ingest.Header{}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, bad := range []string{"", "%", base64.StdEncoding.EncodeToString([]byte("no JSON"))} {
		if err := Receiver.Line.Decode(new(signal.Batch), bad, ingest.Header{}); err == nil {
			t.Errorf("line %q was taken", bad)
		}
	}
}

func TestParseSeconds(t *testing.T) {
	f := func(in string, want int64, wantOK bool) {
		t.Helper()
		if got, ok := parseSeconds(in); got != want || ok != wantOK {
			t.Errorf("parseSeconds(%q) = %d %v, want %d %v", in, got, ok, want, wantOK)
		}
	}
	f("1795269472.9286635", 1795269472928663500, true)
	f("1795269475.225", 1795269475225000000, true)
	f("0.015523195266723633", 15523195, true)
	f("4.76837158203125e-05", 47684, true)
	f("1795269475", 1795269475000000000, true)
	f("1.795269475e9", 1795269475000000000, true)
	f("-0.5", -500000000, true)
	f("0", 0, true)
	f("1e30", 0, false)
	f("", 0, false)
	f("-", 0, false)
	f("1.2.3", 0, false)
	f("99999999999", 0, false)
	f("NaN", 0, false)
}

// runnerWith is a trace whose runner has more members.
func runnerWith(more string) string {
	return `{"app_name":"blog","events":[{"id":"r-1","origin":"runner","start_time":1795269472.5,"duration":2,"resource":{"type":"lambda","name":"view","metadata":{"aws_account":"1","region":"eu-west-1"}}` + more + `}]}`
}

// TestSentAgain: what is sent again has the ids it had, another attempt has its
// own, and the mark of a time limit stays when a success follows.
func TestSentAgain(t *testing.T) {
	spans := func(body string) []signal.Span { return read(t, body).Groups[0].Spans }
	limit, success := spans(runnerWith(`,"error_code":3`)), spans(runnerWith(`,"error_code":0`))
	retried := spans(strings.Replace(runnerWith(""), "472.5", "532.5", 1))
	other := spans(strings.Replace(runnerWith(""), "r-1", "r-2", 1))
	if len(limit) != 2 || len(success) != 1 || limit[0].ID != success[0].ID || limit[0].Kind != success[0].Kind || limit[0].Trace != success[0].Trace {
		t.Errorf("%+v %+v", limit, success)
	}
	if mark := limit[1]; mark.ID == limit[0].ID || mark.Parent != limit[0].ID || mark.Status.Code != signal.StatusError {
		t.Errorf("%+v", mark)
	}
	if retried[0].Trace != success[0].Trace || retried[0].ID == success[0].ID {
		t.Error("a second attempt at one event is not a second span of its trace")
	}
	if other[0].Trace == success[0].Trace {
		t.Error("two invocations share a trace")
	}
}

// TestVagueIDs: calls whose request ids the client never learnt stay apart.
func TestVagueIDs(t *testing.T) {
	call := `{"id":"undefined","origin":"aws-sdk","start_time":1795269473,"duration":1,"resource":{"type":"sns","name":"t","operation":"publish","metadata":{}}}`
	body := strings.Replace(runnerWith(""), "]}", ","+call+","+call+"]}", 1)
	b := read(t, body)
	s := b.Groups[0].Spans
	if len(s) != 3 || s[0].ID == s[1].ID || len(s[0].Keys) != 0 {
		t.Errorf("%+v", s)
	}
	if again := read(t, body).Groups[0].Spans; again[0].ID != s[0].ID || again[1].ID != s[1].ID {
		t.Error("ids change when sent again")
	}
}
