package zipkin

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

const (
	v1 = "/api/v1/spans"
	v2 = "/api/v2/spans"

	mediaJSON   = "application/json"
	mediaProto  = "application/x-protobuf"
	mediaThrift = "application/x-thrift"
)

func TestKit(t *testing.T) {
	ingesttest.Run(t, ingesttest.Kit{
		Receiver: Receiver,
		Cases: []ingesttest.Case{
			{File: "half_bad.json", Path: v2, Media: mediaJSON},
			{File: "versions.json", Path: v1, Media: mediaJSON},
			{File: "node_v1.json", Path: v1, Media: mediaJSON},
			{File: "node_v2.json", Path: v2, Media: mediaJSON},
			{File: "node_opencensus.json", Path: v2, Media: mediaJSON},
			{File: "python_v1.json", Path: v1, Media: mediaJSON},
			{File: "python_v2.json", Path: v2, Media: mediaJSON},
			{File: "python.pb", Path: v2, Media: mediaProto, Prefixes: true, Flat: true},
			{File: "go.json", Path: v2, Media: mediaJSON},
			{File: "go.pb", Path: v2, Media: mediaProto, Prefixes: true, Flat: true},
			{File: "java.json", Path: v2, Media: mediaJSON},
			{File: "java.pb", Path: v2, Media: mediaProto, Prefixes: true, Flat: true},
			{File: "java_v1.json", Path: v1, Media: mediaJSON},
			{File: "java.thrift", Path: v1, Media: mediaThrift},
			{File: "envoy.json", Path: v2, Media: mediaJSON},
			{File: "envoy.pb", Path: v2, Media: mediaProto, Prefixes: true, Flat: true},
		},
		Status: func(s int) int {
			if s == http.StatusOK {
				return http.StatusAccepted
			}
			return s
		},
	})
}

func decode(t *testing.T, body, media string) signal.Batch {
	t.Helper()
	var b signal.Batch
	if err := Decode(&b, []byte(body), media, ingest.NewArena(0)); err != nil {
		t.Fatalf("%.60q as %q: %v", body, media, err)
	}
	return b
}

// proto is one field of a protobuf message.
func proto(num byte, content string) string {
	return string(append(binary.AppendUvarint([]byte{num<<3 | 2}, uint64(len(content))), content...))
}

func TestEncodings(t *testing.T) {
	inJSON := `[{"traceId":"1","id":"2"}]`
	inProto := proto(1, proto(1, "\x01")+proto(3, "\x02"))
	inThrift := "\x0c\x00\x00\x00\x01" + "\x0a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01" + "\x0a\x00\x04\x00\x00\x00\x00\x00\x00\x00\x02" + "\x00"
	f := func(body, media string, spans int) {
		t.Helper()
		b := decode(t, body, media)
		if n, _, _ := b.Len(); n != spans {
			t.Errorf("%q as %q: %d spans, want %d", body, media, n, spans)
		}
	}
	for _, unsaid := range []string{"", "text/plain", "application/octet-stream"} {
		f(inJSON, unsaid, 1)
		f("\n "+inJSON, unsaid, 1)
		f(inProto, unsaid, 1)
		f(inThrift, unsaid, 1)
		f("", unsaid, 0)
	}
	f(inJSON, mediaJSON, 1)
	f(inProto, mediaProto, 1)
	f(inThrift, mediaThrift, 1)
	// Brave flushes empty lists.
	f("[]", mediaJSON, 0)
	f("", mediaProto, 0)
	f("\x0c\x00\x00\x00\x00", mediaThrift, 0)
}

func TestRefuses(t *testing.T) {
	f := func(body, media, want string) {
		t.Helper()
		var b signal.Batch
		err := Decode(&b, []byte(body), media, ingest.NewArena(1<<20))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", body, err, want)
		}
	}
	f("hello", "", "neither JSON, nor protobuf, nor thrift")
	f("{}", "", "neither JSON, nor protobuf, nor thrift")
	f("{}", mediaJSON, "want [")
	f(`[{"id":2}]`, mediaJSON, "want a string")
	f(`[{}] []`, mediaJSON, "more after the end")
	f(strings.Repeat("[", 10_000), mediaJSON, "want {")
	f(`[{"x":`+strings.Repeat("[", 10_000), mediaJSON, "too deep")
	f("\x0a\x05a", mediaProto, wire.ErrTruncated.Error())
	f("\x0c\x7f\xff\xff\xff", mediaThrift, "more elements than bytes")
	f("\x0b\x00\x00\x00\x01\x00\x00\x00\x00", mediaThrift, "not a struct")

	const most = "memory"
	f(`[{"annotations":[`+strings.Repeat("{},", 1<<18)+`{}]}]`, mediaJSON, most)
	f(`[{"binaryAnnotations":[`+strings.Repeat("{},", 1<<18)+`{}]}]`, mediaJSON, most)
	f(`[{"tags":{`+strings.Repeat(`"":"",`, 1<<18)+`"":""}}]`, mediaJSON, most)
	f(`[`+strings.Repeat(`{"traceId":"1","id":"1"},`, 1<<16)+`{}]`, mediaJSON, most)
	f(proto(1, strings.Repeat(proto(10, ""), 1<<18)), mediaProto, most)
	f(proto(1, strings.Repeat(proto(11, ""), 1<<18)), mediaProto, most)
	f("\x0c\x00\x00\x00\x01"+"\x0f\x00\x06\x0c\x00\x04\x00\x00"+strings.Repeat("\x00", 1<<18)+"\x00", mediaThrift, most)
}

func TestTypedTags(t *testing.T) {
	f := func(kind int64, raw string, want signal.Value) {
		t.Helper()
		if got := thriftValue(kind, []byte(raw)); !got.Equal(want) {
			t.Errorf("type %d, %q: %v, want %v", kind, raw, got, want)
		}
	}
	f(typeBool, "\x01", signal.Bool(true))
	f(typeI16, "\xff\xff", signal.Int(-1))
	f(typeI32, "\x00\x00\x01\x00", signal.Int(256))
	f(typeI64, "\x00\x00\x00\x00\x00\x00\x00\x02", signal.Int(2))
	f(typeDouble, "\x40\x04\x00\x00\x00\x00\x00\x00", signal.Double(2.5))
	f(typeString, "200", signal.Str("200"))
	f(typeBytes, "žluť", signal.Str("žluť"))
	f(typeBytes, "\xff\xfe", signal.Bytes("\xff\xfe"))
	f(typeI64, "short", signal.Str("short"))
	f(99, "new", signal.Str("new"))
}

func TestErrors(t *testing.T) {
	f := func(tags string, want signal.Status) {
		t.Helper()
		b := decode(t, `[{"traceId":"1","id":"2","tags":{`+tags+`}}]`, mediaJSON)
		if got := b.Groups[0].Spans[0].Status; got != want {
			t.Errorf("%s: %v, want %v", tags, got, want)
		}
	}
	f(``, signal.Status{})
	f(`"error":"false"`, signal.Status{})
	f(`"error":false`, signal.Status{})
	f(`"error":"true"`, signal.Status{Code: signal.StatusError})
	f(`"error":""`, signal.Status{Code: signal.StatusError})
	f(`"error":"500"`, signal.Status{Code: signal.StatusError, Message: "500"})
	f(`"http.status_code":"404","error":"no such page"`, signal.Status{Code: signal.StatusError, Message: "no such page"})
}

// TestEnvoyIDs: Envoy writes the ids of spans backwards in protobuf.
func TestEnvoyIDs(t *testing.T) {
	tagged := func(tag string) string {
		return proto(1, proto(1, "\x01")+proto(3, "\x02\x00\x00\x00\x00\x00\x00\x01")+proto(2, "\x03\x00\x00\x00\x00\x00\x00\x00")+
			proto(11, proto(1, "component")+proto(2, tag)))
	}
	f := func(tag string, id, parent byte) {
		t.Helper()
		b := decode(t, tagged(tag), mediaProto)
		if s := b.Groups[0].Spans[0]; s.ID[7] != id || s.Parent[7] != parent {
			t.Errorf("component %s: span %s below %s", tag, s.ID, s.Parent)
		}
	}
	f("proxy", 2, 3)
	f("grpc", 1, 0)
}

func TestTokenInURL(t *testing.T) {
	st, door, addr := ingesttest.Door(t, Receiver)
	f := func(query string, status int) {
		t.Helper()
		resp, err := http.Post("http://"+addr+v2+query, mediaJSON, strings.NewReader(`[{"traceId":"1","id":"2"}]`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if kept := len(st.Take()) == 1; resp.StatusCode != status || kept != (status == http.StatusAccepted) {
			t.Errorf("%q: %s, kept %v", query, resp.Status, kept)
		}
	}
	f("?token="+ingesttest.Token, http.StatusAccepted)
	f("?token=wrong", http.StatusUnauthorized)
	f("", http.StatusUnauthorized)
	if r := door.Refused(); len(r) != 2 || strings.Contains(r[1].Path, "token") {
		t.Errorf("refused: %v", r)
	}
}

// TestManySenders: the spans of a sender may stand in several groups, and all of
// them are there.
func TestManySenders(t *testing.T) {
	var body bytes.Buffer
	body.WriteString("[")
	for i := range 200 {
		body.WriteString(`{"traceId":"1","id":"` + string("123456789abcdef"[i%15]) + `","localEndpoint":{"serviceName":"s` + string(rune('a'+i%20)) + `"}},`)
	}
	body.WriteString(`{"traceId":"1","id":"1","localEndpoint":{"serviceName":"last"}}]`)
	b := decode(t, body.String(), mediaJSON)
	if n, _, _ := b.Len(); n != 201 || b.Groups[len(b.Groups)-1].Resource.ServiceName() != "last" {
		t.Errorf("%d spans in %d groups", n, len(b.Groups))
	}
}
