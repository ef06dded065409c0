package lightstep

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"net/http"
	"os"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
	"clew/internal/store/mem"
)

func TestKit(t *testing.T) {
	const grpc = "/lightstep.collector.CollectorService/Report"
	c := func(file, path, media string) ingesttest.Case {
		return ingesttest.Case{File: file, Path: path, Media: media, Prefixes: media != mediaJSON && media != mediaThrift, Flat: true}
	}
	ingesttest.Run(t, ingesttest.Kit{Receiver: Receiver, Cases: []ingesttest.Case{
		c("node.pb", "/api/v2/reports", mediaBytes),
		c("node.json", "/api/v0/reports", mediaJSON),
		c("python.pb", "/api/v2/reports", mediaBytes),
		c("python_empty.pb", "/api/v2/reports", mediaBytes),
		c("python.thrift", "/_rpc/v1/reports/binary", mediaThrift),
		c("go.pb", "/api/v2/reports", mediaBytes),
		c("java.pb", grpc, ""),
		c("half_bad.pb", "/api/v2/reports", mediaBytes),
	}})
}

// old is a client's request from before logs had fields, and what else JSON may
// hold where texts should stand.
const old = `{"runtime": {"guid": "1f", "group_name": "shop", "attrs": null}, "span_records": [{
	"span_guid": "a", "trace_guid": "0af7651916cd43dd8448eb211c80319c", "span_name": "pay", "oldest_micros": 1700000000000000.75, "youngest_micros": "1700000000000900",
	"error_flag": true, "join_ids": [{"TraceKey": "join:user", "Value": "u-1"}], "attributes": [{"Key": "n", "Value": 5}, {"Key": "f", "Value": 2.5}, {"Key": "b", "Value": true}, {"Key": "x", "Value": null}],
	"log_records": [{"timestamp_micros": 1700000000000001, "stable_name": "paid", "message": "thanks", "level": "I", "payload_json": "{}", "error_flag": true, "thread_id": 3}]}],
	"youngest_micros": 1700000000000999, "internal_metrics": {"counts": [{"name": "spans.dropped", "int64_value": null, "double_value": 3}], "gauges": []}}`

func TestOldJSON(t *testing.T) {
	var b signal.Batch
	if err := DecodeJSON(&b, []byte(old), ingest.NewArena(0)); err != nil {
		t.Fatal(err)
	}
	g := b.Groups[0]
	sp := g.Spans[0]
	if sp.Start != 1700000000000000000 || sp.End != 1700000000000900000 || sp.Status.Code != signal.StatusError || sp.Trace.String() != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("%+v", sp)
	}
	want := signal.Attrs{{Key: "join:user", Value: signal.Str("u-1")}, {Key: "n", Value: signal.Int(5)}, {Key: "f", Value: signal.Double(2.5)}, {Key: "b", Value: signal.Bool(true)}, {Key: "x"}}
	for i := range want {
		if len(sp.Attrs) != len(want) || sp.Attrs[i] != want[i] {
			t.Fatalf("attributes %v, want %v", sp.Attrs, want)
		}
	}
	if e := sp.Events[0]; e.Name != "paid" || e.Attrs.Text("message") != "thanks" || e.Attrs.Text("payload") != "{}" || e.Attrs.Text("error") != "true" {
		t.Errorf("event %+v", e)
	}
	if p := g.Points[0]; p.Value != signal.Int(3) || p.At != 1700000000000999000 {
		t.Errorf("point %+v", p)
	}
}

func TestOffset(t *testing.T) {
	f := func(offset string, want signal.Time) {
		t.Helper()
		body := []byte(`{"span_records":[{"span_guid":"1","trace_guid":"1","oldest_micros":1000000,"youngest_micros":2000000,"log_records":[{"timestamp_micros":1500000}]}],"timestamp_offset_micros":` + offset + `}`)
		var b signal.Batch
		if err := DecodeJSON(&b, body, ingest.NewArena(0)); err != nil {
			t.Fatal(err)
		}
		sp := b.Groups[0].Spans[0]
		if sp.Start != want || sp.End != want+1e9 || sp.Events[0].At != want+5e8 {
			t.Errorf("offset %s: %d to %d with %d, want %d", offset, sp.Start, sp.End, sp.Events[0].At, want)
		}
	}
	f("0", 1e9)
	f("11893", 1e9) // noise of a round trip
	f("-100000", 1e9)
	f("100001", 1e9+100001e3)
	f("-3600000000", 1e9-3600e9)
}

func TestReplies(t *testing.T) {
	fault := &ingest.Fault{Status: 503, Reason: "the disk is full"}
	part := []signal.Refusal{{Type: signal.Spans, Count: 2, Reason: refuseSpan}, {Type: signal.Spans, Count: 1, Reason: refuseTrace}}
	f := func(name string, reply func(ingest.Outcome, ingest.Header) ingest.Answer, o ingest.Outcome, media, body string) {
		t.Helper()
		a := reply(o, ingest.Header{})
		if a.Status != 0 || a.Media != media || string(a.Body) != body {
			t.Errorf("%s: %d %s %q, want %s %q", name, a.Status, a.Media, a.Body, media, body)
		}
	}
	const text = "text/plain; charset=utf-8"
	f("protobuf", replyProto, ingest.Outcome{}, mediaBytes, "")
	f("protobuf in part", replyProto, ingest.Outcome{Refused: part}, mediaBytes, warning(part[0])+warning(part[1]))
	f("protobuf refused", replyProto, ingest.Outcome{Fault: fault}, text, "not taken: the disk is full\n")
	f("JSON", replyJSON, ingest.Outcome{}, mediaJSON, "{}")
	f("JSON in part", replyJSON, ingest.Outcome{Refused: part}, mediaJSON, `{"warnings":["`+refused(part[0])+`","`+refused(part[1])+`"]}`)
	f("JSON refused", replyJSON, ingest.Outcome{Fault: fault}, text, "not taken: the disk is full\n")
	f("thrift", replyThrift, ingest.Outcome{}, mediaThrift, "\x80\x01\x00\x02\x00\x00\x00\x06Report\x00\x00\x00\x00\x0c\x00\x00\x00\x00")
	f("thrift refused", replyThrift, ingest.Outcome{Fault: fault}, mediaThrift,
		"\x80\x01\x00\x03\x00\x00\x00\x06Report\x00\x00\x00\x00\x0b\x00\x01\x00\x00\x00\x1bnot taken: the disk is full\x08\x00\x02\x00\x00\x00\x06\x00")
}

// warning is field 5 of a ReportResponse, where errors would be field 4.
func warning(r signal.Refusal) string {
	text := refused(r)
	return string([]byte{5<<3 | 2, byte(len(text))}) + text
}

// TestSentAgain reports the same spans again, over another transport, as a client
// does that was told of no success: the store has each once.
func TestSentAgain(t *testing.T) {
	body, err := os.ReadFile("testdata/node.pb")
	if err != nil {
		t.Fatal(err)
	}
	st := mem.New()
	_, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{Receiver}, Store: st})
	post := func(client *http.Client, path, media string, body []byte) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, "http://"+addr+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", media)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK || cmp.Or(resp.Trailer.Get("Grpc-Status"), "0") != "0" {
			t.Fatalf("%s: %s %v %v", path, resp.Status, resp.Trailer, err)
		}
	}
	frame := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(body))), body...)
	post(http.DefaultClient, "/api/v2/reports", mediaBytes, body)
	post(http.DefaultClient, "/api/v2/reports", mediaBytes, body)
	post(ingesttest.H2C(t), "/lightstep.collector.CollectorService/Report", "application/grpc", frame)
	if n := st.Stats().Rows[signal.Spans]; n != 3 {
		t.Errorf("%d spans in the store, want 3", n)
	}
}
