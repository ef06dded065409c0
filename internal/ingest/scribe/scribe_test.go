package scribe

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// frames cuts a recorded connection into messages.
func frames(t testing.TB, stream []byte) (messages [][]byte) {
	t.Helper()
	in := bufio.NewScanner(bytes.NewReader(stream))
	in.Split(split)
	for in.Scan() {
		messages = append(messages, bytes.Clone(in.Bytes()))
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return messages
}

func recorded(t testing.TB) []byte {
	t.Helper()
	stream, err := os.ReadFile("testdata/htrace.thrift")
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func TestGolden(t *testing.T) {
	var b signal.Batch
	for _, m := range frames(t, recorded(t)) {
		if err := Decode(&b, m, ingest.Header{}); err != nil {
			t.Fatal(err)
		}
	}
	got := ingesttest.Dump(&b)
	const name = "testdata/htrace.thrift.want.json"
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
		t.Errorf("not the golden batch:\n%s", ingesttest.FirstDifference(got, want))
	}
}

// TestCut: a frame cut anywhere is refused as a whole or has rows of the whole.
func TestCut(t *testing.T) {
	for _, m := range frames(t, recorded(t)) {
		for n := range m {
			var b signal.Batch
			if err := Decode(&b, m[:n], ingest.Header{}); err == nil {
				t.Fatalf("cut at byte %d of %d is accepted", n, len(m))
			}
		}
	}
}

// logCall is a call of Log with entries of category and message.
func logCall(seq int32, entries ...[2]string) []byte {
	m := []byte{0x80, 1, 0, wire.ThriftCall}
	m = wire.AppendThriftI32(wire.AppendThriftText(m, "Log"), seq)
	m = append(wire.AppendThriftField(m, wire.ThriftList, 1), wire.ThriftStruct)
	m = wire.AppendThriftI32(m, int32(len(entries)))
	for _, e := range entries {
		m = wire.AppendThriftText(wire.AppendThriftField(m, wire.ThriftString, 1), e[0])
		m = append(wire.AppendThriftText(wire.AppendThriftField(m, wire.ThriftString, 2), e[1]), wire.ThriftStop)
	}
	return append(m, wire.ThriftStop)
}

// span is the least of a span: its two ids.
func span(id byte) string {
	m := append(wire.AppendThriftField(nil, wire.ThriftI64, 1), 0, 0, 0, 0, 0, 0, 0, 1)
	m = append(wire.AppendThriftField(m, wire.ThriftI64, 4), 0, 0, 0, 0, 0, 0, 0, id)
	return base64.StdEncoding.EncodeToString(append(m, wire.ThriftStop))
}

func TestEntries(t *testing.T) {
	f := func(spans int, refused []signal.Refusal, entries ...[2]string) {
		t.Helper()
		var b signal.Batch
		if err := Decode(&b, logCall(1, entries...), ingest.Header{}); err != nil {
			t.Fatal(err)
		}
		if n, _, _ := b.Len(); n != spans || !slices.Equal(b.Refused, refused) {
			t.Errorf("%.80q: %d spans, refused %v", entries, n, b.Refused)
		}
	}
	of := func(n int, reason string) []signal.Refusal {
		return []signal.Refusal{{Type: signal.Spans, Count: n, Reason: reason}}
	}
	f(0, nil)
	f(2, nil, [2]string{"zipkin", span(1)}, [2]string{"zipkin", span(2)})
	f(1, nil, [2]string{"zipkin", span(1)[:20] + "\r\n" + span(1)[20:] + "\n"}) // as old encoders fold it
	f(1, of(1, refuseCategory), [2]string{"access_log", "GET /"}, [2]string{"zipkin", span(1)})
	f(1, of(3, refuseEntry), [2]string{"zipkin", "no base64"}, [2]string{"zipkin", span(1)}, [2]string{"zipkin", span(2)[:8]}, [2]string{"zipkin", ""})
}

func TestPlaces(t *testing.T) {
	f := func(told, service, addr string) {
		t.Helper()
		g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str(told)}}}
		placed(&g, ingest.NewArena(0))
		if g.Resource.ServiceName() != service || g.Resource.Text("network.local.address") != addr {
			t.Errorf("%q: %v", told, g.Resource)
		}
	}
	f("NameNode/10.0.0.7", "NameNode", "10.0.0.7")
	f("NameNode/2001:db8::1", "NameNode", "2001:db8::1")
	f("NameNode", "NameNode", "")
	f("api/v2", "api/v2", "")
	f("/10.0.0.7", "/10.0.0.7", "")
}

// TestConnection: every call is answered with its own number, and what is no
// frame ends the connection.
func TestConnection(t *testing.T) {
	st := new(ingesttest.Store)
	door, _ := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{Receiver}, Store: st})
	addr := ingesttest.ServeSockets(t, door, Receiver)["scribe"]
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	say := func(message []byte, answer string, kept int) {
		t.Helper()
		if _, err := conn.Write(wire.ThriftFrame(message)); err != nil {
			t.Fatal(err)
		}
		var head [4]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(conn, got); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(got), answer) || len(st.Take()) != kept {
			t.Errorf("answered %q, want %q", got, answer)
		}
	}
	ok := func(seq string) string {
		return "\x80\x01\x00\x02\x00\x00\x00\x03Log" + seq + "\x08\x00\x00\x00\x00\x00\x00\x00"
	}
	say(logCall(7, [2]string{"zipkin", span(1)}), ok("\x00\x00\x00\x07"), 1)
	say(logCall(8), ok("\x00\x00\x00\x08"), 0)
	say(logCall(9)[:20], "\x80\x01\x00\x03\x00\x00\x00\x03Log\x00\x00\x00\x09\x0b\x00\x01", 0)
	say(bytes.Replace(logCall(10), []byte("Log"), []byte("Lag"), 1), "\x80\x01\x00\x03\x00\x00\x00\x03Log\x00\x00\x00\x0a\x0b\x00\x01", 0)
	if _, err := conn.Write(logCall(11)); err != nil { // without a frame
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("the connection stays open")
	}
	for _, r := range door.Refused()[:1] {
		if r.Status != http.StatusBadRequest || !strings.Contains(r.Reason, "framed") {
			t.Errorf("refused: %+v", r)
		}
	}
}

func TestMemory(t *testing.T) {
	call := logCall(1, [2]string{"zipkin", strings.Repeat("A", 4<<20)})
	if err := Decode(new(signal.Batch), call, ingest.Header{Arena: ingest.NewArena(1 << 20)}); err == nil || !strings.Contains(err.Error(), "memory") {
		t.Errorf("an entry that is larger than the arena: %v", err)
	}
}

// FuzzDecode feeds damaged calls: no panic, memory bounded, and what is accepted
// reads the same in used memory.
func FuzzDecode(f *testing.F) {
	for _, m := range frames(f, recorded(f)) {
		f.Add(m)
	}
	f.Add(logCall(1, [2]string{"zipkin", span(1)}, [2]string{"zipkin", "!"}, [2]string{"other", ""}))
	used := ingest.NewArena(4 << 20)
	f.Fuzz(func(t *testing.T, m []byte) {
		reply(ingest.Outcome{}, ingest.Header{Body: m})
		var b signal.Batch
		if Decode(&b, m, ingest.Header{Arena: ingest.NewArena(4 << 20)}) != nil {
			return
		}
		ingesttest.Again(t, &b, used, func(c *signal.Batch, a *ingest.Arena) error { return Decode(c, m, ingest.Header{Arena: a}) })
	})
}
