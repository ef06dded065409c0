package cloudwatch

import (
	"os"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

const logsPath = "/cloudwatch/logs"

func TestKit(t *testing.T) {
	ingesttest.Run(t, ingesttest.Kit{Receiver: Receiver, Cases: []ingesttest.Case{
		{File: "event.json", Path: logsPath, Media: "application/json"},
		{File: "document.json", Path: logsPath, Media: "application/json", Prefixes: true},
		{File: "half_bad.json", Path: logsPath, Media: "application/json", Prefixes: true},
	}})
}

func TestFunctionOf(t *testing.T) {
	f := func(group, stream, name, version, instance string) {
		t.Helper()
		if got := functionOf(place{group: group, stream: stream}); got != (functionName{name, version, instance}) {
			t.Errorf("%s %s: %+v", group, stream, got)
		}
	}
	f("/aws/lambda/fn", "2026/11/21/[$LATEST]01ab", "fn", "$LATEST", "01ab")
	f("/aws/lambda/fn", "2026/11/21/[42]01ab", "fn", "42", "01ab")
	f("/aws/lambda/fn", "anything", "fn", "", "")
	f("my-logs", "2026/11/21/checkout[42]01ab", "checkout", "42", "01ab")
	f("my-logs", "2026/11/21/checkout", "", "", "")
	f("my-logs", "checkout[42]01ab", "", "", "")
	f("/ecs/orders", "ecs/orders/4711", "", "", "")
	f("", "", "", "", "")
}

func TestForms(t *testing.T) {
	for _, bad := range []string{"", "7", "[]", "{}", `{"messageType":"DATA_MESSAGE"}`, `{"messageType":"OTHER","logEvents":[]}`, `{"awslogs":{"data":"%"}}`, `{"awslogs":{"data":""}}`, "\x1f\x8b\x08"} {
		if err := decode(new(signal.Batch), []byte(bad), ingest.Header{}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, good := range []string{`{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"x"}]}`, `{"messageType":"DATA_MESSAGE","logEvents":[]}`} {
		b := new(signal.Batch)
		if err := decode(b, []byte(good), ingest.Header{}); err != nil || !b.Empty() {
			t.Errorf("%q: %v %+v", good, err, b)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"event.json", "document.json", "half_bad.json"} {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := new(signal.Batch)
		if decode(b, body, ingest.Header{}) == nil {
			ingesttest.Again(t, b, ingest.NewArena(0), func(c *signal.Batch, a *ingest.Arena) error {
				return decode(c, body, ingest.Header{Arena: a})
			})
		}
	})
}
