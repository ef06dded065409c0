package jaeger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// decodeSpan decodes a Batch of one span, whose fields write writes.
func decodeSpan(t *testing.T, write func(w *writer)) signal.Span {
	t.Helper()
	w := &writer{}
	w.begin()
	w.structs(2, 1)
	w.begin()
	write(w)
	w.end()
	w.end()
	var b signal.Batch
	if err := decodeHTTP(&b, w.b, ingest.Header{}); err != nil || len(b.Groups) != 1 || len(b.Groups[0].Spans) != 1 {
		t.Fatalf("%d groups, refused %v, %v", len(b.Groups), b.Refused, err)
	}
	return b.Groups[0].Spans[0]
}

// TestParent: a reference says who the parent is when the span does not; one that
// repeats the parent is no link.
func TestParent(t *testing.T) {
	type ref struct {
		kind        int32
		trace, span int64
	}
	f := func(parent int64, refs []ref, want string) {
		t.Helper()
		sp := decodeSpan(t, func(w *writer) {
			w.i64(1, 7)
			w.i64(3, 1)
			w.i64(4, parent)
			w.structs(6, len(refs))
			for _, r := range refs {
				w.begin()
				w.i32(1, r.kind)
				w.i64(2, r.trace)
				w.i64(4, r.span)
				w.end()
			}
		})
		got := fmt.Sprint("parent ", sp.Parent[7], " ", sp.Attrs.Text(refType))
		for _, l := range sp.Links {
			got += fmt.Sprint("; ", l.Trace[15], "/", l.Span[7], " ", l.Attrs.Text(refType))
		}
		if got != want {
			t.Errorf("%d %v: %q, want %q", parent, refs, got, want)
		}
	}
	const child, follows = 0, 1
	f(0, nil, "parent 0 ")
	f(2, nil, "parent 2 ")
	f(2, []ref{{child, 7, 2}}, "parent 2 ")
	f(0, []ref{{child, 7, 2}}, "parent 2 ")
	f(0, []ref{{child, 0, 2}}, "parent 2 ") // without a trace: the span's own
	f(0, []ref{{follows, 7, 3}, {child, 7, 2}, {child, 7, 4}}, "parent 2 ; 7/3 follows_from; 7/4 child_of")
	f(0, []ref{{follows, 7, 3}}, "parent 3 follows_from")
	f(3, []ref{{follows, 7, 3}}, "parent 3 follows_from")
	f(2, []ref{{child, 7, 3}}, "parent 2 ; 7/3 child_of")
	f(0, []ref{{child, 8, 3}}, "parent 0 ; 8/3 child_of")
	f(2, []ref{{child, 8, 2}}, "parent 2 ; 8/2 child_of")
}

func TestValues(t *testing.T) {
	f := func(kind int32, want string, value func(w *writer)) {
		t.Helper()
		sp := decodeSpan(t, func(w *writer) {
			w.i64(1, 7)
			w.i64(3, 1)
			w.structs(10, 1)
			w.tag("k", kind, false, func() { value(w) })
		})
		if got := fmt.Sprintf("%d %v", sp.Attrs[0].Value.Kind(), sp.Attrs[0].Value); got != want {
			t.Errorf("type %d: %s, want %s", kind, got, want)
		}
	}
	double := func(v float64) func(w *writer) {
		return func(w *writer) {
			w.field(4, [2]byte{4, 7})
			w.b = binary.BigEndian.AppendUint64(w.b, math.Float64bits(v))
		}
	}
	f(typeString, "1 a", func(w *writer) { w.text(3, "a") })
	f(typeDouble, "4 1.5", double(1.5))
	f(typeDouble, "3 200", double(200))
	f(typeDouble, "3 -200", double(-200))
	f(typeDouble, "4 1e+300", double(1e300))
	f(typeDouble, "4 NaN", double(math.NaN()))
	f(typeBool, "2 true", func(w *writer) { w.yes(5) })
	f(typeBool, "2 false", func(*writer) {})
	f(typeLong, "3 9007199254740993", func(w *writer) { w.i64(6, 1<<53+1) })
	f(typeBinary, "5 \x00b", func(w *writer) { w.text(7, "\x00b") })
	f(typeString, "1 ", func(w *writer) { w.i64(6, 5) }) // only the type tells
	f(99, "0 ", func(w *writer) { w.text(3, "a") })
}

func TestTimesSaturate(t *testing.T) {
	f := func(start, lasted int64, wantStart, wantEnd signal.Time) {
		t.Helper()
		sp := decodeSpan(t, func(w *writer) {
			w.i64(1, 7)
			w.i64(3, 1)
			w.i64(8, start)
			w.i64(9, lasted)
		})
		if sp.Start != wantStart || sp.End != wantEnd {
			t.Errorf("%d %d: %d %d, want %d %d", start, lasted, sp.Start, sp.End, wantStart, wantEnd)
		}
	}
	const last = math.MaxInt64 / 1000 * 1000
	f(5, 7, 5000, 12000)
	f(5, 0, 5000, 5000)
	f(math.MaxInt64, math.MaxInt64, last, math.MaxInt64)
	f(math.MinInt64, 0, -last, -last)
	for _, seconds := range []uint64{math.MaxInt64, 1 << 63} {
		m := append(binary.AppendUvarint([]byte{1 << 3}, seconds), 2<<3, 5)
		var d decoder
		if got := d.protoTime(m); got.Abs() < 292*365*24*time.Hour {
			t.Errorf("%d seconds: %v", seconds, got)
		}
	}
}

// TestIDs: api_v2's ids may be shorter than theirs, and no longer.
func TestIDs(t *testing.T) {
	post := func(trace, span string) (b signal.Batch, err error) {
		m := "\x0a" + string(rune(len(trace))) + trace + "\x12" + string(rune(len(span))) + span
		m = "\x0a" + string(rune(len(m))) + m
		err = decodeProto(&b, []byte("\x0a"+string(rune(len(m)))+m), ingest.Header{})
		return b, err
	}
	b, err := post("\x01\x02", "\x03")
	if err != nil || len(b.Groups) != 1 || b.Groups[0].Spans[0].Trace.String() != "00000000000000000000000000000102" || b.Groups[0].Spans[0].ID.String() != "0000000000000003" {
		t.Errorf("short ids: %+v, %v", b, err)
	}
	for _, id := range [][2]string{{strings.Repeat("\x01", 17), "\x01"}, {"\x01", strings.Repeat("\x01", 9)}, {"", "\x01"}, {"\x01", ""}} {
		if b, err := post(id[0], id[1]); err != nil || len(b.Groups) != 0 || len(b.Refused) != 1 || b.Refused[0].Count != 1 {
			t.Errorf("ids %x: %+v, %v", id, b, err)
		}
	}
}

// TestHostileMemory sends requests whose rows would take many times the memory of
// their body: all are refused as too large.
func TestHostileMemory(t *testing.T) {
	const large, rows = 16 << 20, 32 << 20
	_, addr := ingesttest.Serve(t, ingest.Options{
		Receivers: []ingest.Receiver{Receiver}, Store: new(ingesttest.Store), MaxBody: large, MaxInflated: large, MaxRows: rows,
	})
	const n = 8 << 20
	list := func(id byte) string {
		return "\x0f\x00" + string(rune(id)) + "\x0c" + string(binary.BigEndian.AppendUint32(nil, n)) + strings.Repeat("\x00", n)
	}
	span := func(fields string) string { return "\x0f\x00\x02\x0c\x00\x00\x00\x01" + fields + "\x00\x00" }
	f := func(name, body string) {
		t.Helper()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		resp, err := http.Post("http://"+addr+"/api/traces", thrift, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if resp.StatusCode != http.StatusRequestEntityTooLarge || !bytes.Contains(answer, []byte("send smaller batches")) {
			t.Errorf("%s: status %d, %q", name, resp.StatusCode, answer)
		}
		if grew := after.TotalAlloc - before.TotalAlloc; grew > 2*large+rows+16<<20 {
			t.Errorf("%s: %d MiB allocated", name, grew>>20)
		}
	}
	f("empty tags", span(list(10)))
	f("empty logs", span(list(11)))
	f("empty references", span(list(6)))
	scoped := &writer{}
	scoped.begin()
	scoped.structs(2, 200_000)
	for i := range 200_000 { // a group for each
		scoped.begin()
		scoped.i64(1, 7)
		scoped.i64(3, 1)
		scoped.structs(10, 1)
		scoped.tag("otel.scope.name", typeString, false, func() { scoped.text(3, fmt.Sprint(i)) })
		scoped.end()
	}
	scoped.end()
	f("a scope for every span", string(scoped.b))
}

// TestScopes: spans of two libraries that take turns end in two groups.
func TestScopes(t *testing.T) {
	w := &writer{}
	w.begin()
	w.structs(2, 4)
	for i := range 4 {
		w.begin()
		w.i64(1, 7)
		w.i64(3, int64(i+1))
		w.structs(10, 1)
		w.tag("otel.library.name", typeString, false, func() { w.text(3, string(rune('a'+i%2))) })
		w.end()
	}
	w.end()
	var b signal.Batch
	if err := decodeHTTP(&b, w.b, ingest.Header{}); err != nil || len(b.Groups) != 2 || len(b.Groups[0].Spans) != 2 || len(b.Groups[1].Spans) != 2 {
		t.Errorf("%+v, %v", b, err)
	}
}
