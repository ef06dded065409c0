package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"

	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
)

func appendAll(t testing.TB, s *mem.Store, groups ...signal.Group) {
	t.Helper()
	if err := s.Append(context.Background(), &signal.Batch{Tenant: signal.DefaultTenant, Groups: groups}); err != nil {
		t.Fatal(err)
	}
}

func serviceGroup(name string, spans ...signal.Span) signal.Group {
	return signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str(name)}}, Spans: spans}
}

func TestSharedSpanIDs(t *testing.T) {
	s := mem.New()
	both := func(k signal.SpanKind) signal.Span {
		return signal.Span{Trace: signal.TraceID{15: 1}, ID: signal.SpanID{7: 2}, Kind: k, Start: storytest.Start, End: storytest.At(5)}
	}
	appendAll(t, s, serviceGroup("caller", both(signal.Client)), serviceGroup("callee", both(signal.Server)))
	h := serve(t, s)
	f := func(params, service string) {
		t.Helper()
		if d := decode[SpanDetail](t, get(t, h, "/api/spans/1/2"+params)); d.Service.Name != service {
			t.Errorf("%q gives the span of %s, want %s", params, d.Service.Name, service)
		}
	}
	f("", "callee")
	f("?kind=client", "caller")
	f("?service=caller", "caller")
	f("?kind=server&service=callee", "callee")
}

func TestLogsAreCut(t *testing.T) {
	s := mem.New()
	g := serviceGroup("a", signal.Span{Trace: signal.TraceID{15: 1}, ID: signal.SpanID{7: 2}, Start: storytest.Start, End: storytest.At(5)})
	for i := range 1700 {
		g.Logs = append(g.Logs, signal.Log{At: storytest.At(float64(1700 - i)), Trace: signal.TraceID{15: 1}, Span: signal.SpanID{7: 2}, Body: signal.Str(fmt.Sprint(i))})
	}
	appendAll(t, s, g)
	d := decode[SpanDetail](t, get(t, serve(t, s), "/api/spans/1/2"))
	if len(d.Logs) != maxLogs || d.LogsCut != 1700-maxLogs || d.Logs[0].Body != "1699" || d.Logs[0].OffsetNS != 1e6 {
		t.Errorf("%d lines, %d cut, first %+v", len(d.Logs), d.LogsCut, d.Logs[0])
	}
}

func TestPayloads(t *testing.T) {
	got := payloads(signal.Attrs{
		{Key: "clew.payload.event", Value: signal.Str(`{"a":"***","b":"***"}`)},
		{Key: "clew.payload.event.truncated", Value: signal.Bool(true)},
		{Key: "http.response.body", Value: signal.Str("plain")},
		{Key: "other", Value: signal.Str("{}")},
	})
	want := []Payload{
		{Role: "event", Key: "clew.payload.event", Text: `{"a":"***","b":"***"}`, JSON: true, Truncated: true, Masked: 2},
		{Role: "response", Key: "http.response.body", Text: "plain"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v", got)
	}
}

func TestWireValues(t *testing.T) {
	f := func(v signal.Value, want string) {
		t.Helper()
		if got, err := json.Marshal(wireValue(v)); err != nil || string(got) != want {
			t.Errorf("%v: %s, %v, want %s", v, got, err, want)
		}
	}
	f(signal.Int(1<<53), "9007199254740992")
	f(signal.Int(1<<53+1), `"9007199254740993"`)
	f(signal.Int(-1<<63), `"-9223372036854775808"`)
	f(signal.Double(0.5), "0.5")
	f(signal.JSON(`{"a":1}`), `{"a":1}`)
	f(signal.JSON(`{"a"`), `"{\"a\""`)
	f(signal.Bytes("\xff\x00"), `"/wA="`)
	f(signal.Value{}, "null")
	f(signal.Bool(true), "true")
}

// TestBigTransactionStreams reads 25,001 spans back from their chunks.
func TestBigTransactionStreams(t *testing.T) {
	const n = 25_001
	s := mem.New()
	g := serviceGroup("big")
	for i := 1; i <= n; i++ {
		sp := signal.Span{Trace: signal.TraceID{15: 1}, Name: fmt.Sprint("op", i%7), Start: storytest.At(float64(i)), End: storytest.At(float64(i + 1))}
		binary.BigEndian.PutUint64(sp.ID[:], uint64(i))
		binary.BigEndian.PutUint64(sp.Parent[:], uint64(i/2))
		if i%1000 == 0 {
			sp.Status.Code = signal.StatusError
		}
		g.Spans = append(g.Spans, sp)
	}
	appendAll(t, s, g)
	w := get(t, serve(t, s), "/api/transactions/1/spans")
	lines := bufio.NewScanner(bytes.NewReader(w.Body.Bytes()))
	lines.Buffer(nil, 64<<20)
	var head SpanHead
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &head) != nil || head.Total != n {
		t.Fatalf("head %+v", head)
	}
	rows, names, errors := 0, 0, 0
	for lines.Scan() {
		var c SpanColumns
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Offset != rows {
			t.Fatalf("chunk at %d, want %d", c.Offset, rows)
		}
		names += len(c.Names)
		for i := range c.ID {
			if c.Parent[i] >= rows+i || c.Name[i] >= names {
				t.Fatalf("row %d: parent %d, name %d of %d", rows+i, c.Parent[i], c.Name[i], names)
			}
			if c.Flags[i]&FlagError != 0 {
				errors++
				if c.Errors[rows+i] == "" {
					t.Fatalf("row %d has no error text", rows+i)
				}
			}
		}
		rows += len(c.ID)
	}
	if rows != n || names != 7 || errors != n/1000 {
		t.Errorf("%d rows, %d names, %d errors", rows, names, errors)
	}
}
