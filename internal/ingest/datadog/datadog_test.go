package datadog

import (
	"bytes"
	"flag"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

const mediaMsgpack = "application/msgpack"

func TestKit(t *testing.T) {
	ingesttest.Run(t, ingesttest.Kit{Receiver: Receiver, Cases: []ingesttest.Case{
		{File: "python_v05.msgpack", Path: "/v0.5/traces", Media: mediaMsgpack},
		{File: "python_v04.msgpack", Path: "/v0.4/traces", Media: mediaMsgpack},
		{File: "python_lambda.msgpack", Path: "/v0.5/traces", Media: mediaMsgpack},
		{File: "python_aws.msgpack", Path: "/v0.5/traces", Media: mediaMsgpack},
		{File: "half_bad.msgpack", Path: "/v0.4/traces", Media: mediaMsgpack},
	}})
}

// TestStats decodes recorded datagrams, each line of which would have done by
// itself, and lines of every other kind, good and bad.
func TestStats(t *testing.T) {
	for _, name := range []string{"python.dogstatsd", "half_bad.dogstatsd"} {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		b := new(signal.Batch)
		if err := decodeStats(b, body, ingest.Header{}); err != nil {
			t.Fatal(err)
		}
		golden(t, name, ingesttest.Dump(b))
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = "testdata/" + name + ".want.json"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %s", name, ingesttest.FirstDifference(got, want))
	}
}

func TestReplies(t *testing.T) {
	st, _, addr := ingesttest.Door(t, Receiver)
	f := func(method, path, token, body string, status int, want string) {
		t.Helper()
		req, err := http.NewRequest(method, "http://"+addr+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("DD-API-KEY", token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != status || string(answer) != want {
			t.Errorf("%s %s: %d %s, want %d %s", method, path, resp.StatusCode, answer, status, want)
		}
	}
	const kept, denied = `{"rate_by_service":{}}`, "this token may not send data: it is unknown, revoked or has another scope\n"
	traces, err := os.ReadFile("testdata/python_v04.msgpack")
	if err != nil {
		t.Fatal(err)
	}
	f("GET", "/info", "", "", 200, info)
	f("POST", "/v0.4/traces", ingesttest.Token, string(traces), 200, kept)
	f("PUT", "/v0.4/traces", ingesttest.Token, string(traces), 200, kept)
	if n := len(st.Take()); n != 2 {
		t.Errorf("%d batches kept", n)
	}
	f("PUT", "/v0.5/traces", ingesttest.Token, "\x92\x91\xa0\x90", 200, kept)
	f("PUT", "/v0.4/traces", ingesttest.Token, "\x90", 200, kept)
	f("PUT", "/v0.4/traces", "wrong", "\x90", 401, denied)
	f("POST", "/v0.5/traces", "wrong", "\x90", 401, denied)
}

func TestRefuses(t *testing.T) {
	f := func(decode func(*signal.Batch, []byte, ingest.Header) error, body, want string) {
		t.Helper()
		err := decode(new(signal.Batch), []byte(body), ingest.Header{Arena: ingest.NewArena(1 << 20)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", body, err, want)
		}
	}
	f(decode04, "", "want an array")
	f(decode04, "\x80", "want an array")
	f(decode04, "\x91\x91\x90", "want a map")
	f(decode04, "\x91\x91\x81\xa4name\x01", "want text")
	f(decode04, "\x90\x90", "more after the end")
	f(decode05, "\x91\x90", "want two elements")
	f(decode05, "\x92\x90\x91\x91\x91\x00", "a span of 12")
	f(decode05, "\x92\x91\xa1a\x91\x91\x9c\x00\x00\x01"+strings.Repeat("\x00", 9), "not in the list")
	f(decode05, "\x92\xdd\x00\x10\x00\x00"+strings.Repeat("\xa0", 1<<20)+"\x90", "1 MiB of memory")
	f(decode04, "\x91\xdd\x00\x01\x00\x00"+strings.Repeat("\x82\xa8trace_id\x01\xa7span_id\x01", 1<<16), "1 MiB of memory")
}

// TestServices sends more services in one trace than are looked up together.
func TestServices(t *testing.T) {
	const n = 3*servicesMax + 5
	body := []byte("\x91\xdc\x01\x00")
	body[3] = byte(n % 256)
	body[2] = byte(n / 256)
	for i := range n {
		body = append(body, "\x85\xa8trace_id\x07\xa7span_id\x07\xa7service\xa2"...)
		body = append(body, byte('a'+i/26), byte('a'+i%26))
		body = append(body, "\xa5start\x01\xa4meta"...)
		if i == 0 {
			body = append(body, "\x82\xa9_dd.p.tid\xb065f85d6500000000\xa3env\xa4prod"...)
		} else {
			body = append(body, "\xc0"...)
		}
	}
	b := new(signal.Batch)
	if err := decode04(b, body, ingest.Header{}); err != nil {
		t.Fatal(err)
	}
	if len(b.Groups) != n {
		t.Errorf("%d groups of %d", len(b.Groups), n)
	}
	for _, g := range b.Groups {
		if g.Resource.Text("deployment.environment.name") != "prod" || g.Spans[0].Trace.String() != "65f85d65000000000000000000000007" {
			t.Fatalf("%s", ingesttest.DumpGroup(&g))
		}
	}
}
