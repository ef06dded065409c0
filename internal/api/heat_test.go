package api

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/url"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
)

// crowded returns 300 traces, one a second: every fifth takes 800 ms, fails below
// its entrance, and tells deploy=green there; the others take 20 ms. All tell user
// ids of their own, and one of two zones that say nothing.
func crowded(t testing.TB) *mem.Store {
	t.Helper()
	b := &signal.Batch{Tenant: signal.DefaultTenant}
	for i := range 300 {
		trace := signal.TraceID{}
		binary.BigEndian.PutUint32(trace[12:], uint32(i+1))
		entry := signal.Span{Trace: trace, ID: signal.SpanID{1}, Name: "POST /order", Kind: signal.Server, Start: storytest.At(float64(i) * 1000)}
		entry.End = entry.Start.Add(20 * time.Millisecond)
		entry.Attrs = signal.Attrs{{Key: "user.id", Value: signal.Str(fmt.Sprint("u", i))}, {Key: "zone", Value: signal.Str(string("ab"[i%2]))}}
		inner := signal.Span{Trace: trace, ID: signal.SpanID{2}, Parent: entry.ID, Name: "work", Kind: signal.Internal, Start: entry.Start, End: entry.End}
		inner.Attrs = signal.Attrs{{Key: "deploy", Value: signal.Str("blue")}}
		if i%5 == 0 {
			entry.End = entry.Start.Add(800 * time.Millisecond)
			inner.Status.Code = signal.StatusError
			inner.Attrs = signal.Attrs{{Key: "deploy", Value: signal.Str("green")}}
		}
		b.Groups = append(b.Groups, signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("shop")}}, Spans: []signal.Span{entry, inner}})
	}
	s := mem.New()
	if err := s.Append(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	return s
}

func crowdRange() string {
	return fmt.Sprintf("from=%d&to=%d", int64(storytest.At(0)), int64(storytest.At(300_000)))
}

func TestHeatCountsEveryTransactionOnce(t *testing.T) {
	h := serve(t, crowded(t))
	f := func(q string, wantSlow, wantFast, wantFailed int) {
		t.Helper()
		heat := decode[Heat](t, get(t, h, "/api/transactions/heat?columns=30&"+crowdRange()+"&q="+url.QueryEscape(q)))
		slow, fast, failed := 0, 0, 0
		for _, c := range heat.Cells {
			if c[0] < 0 || c[0] >= 30 || c[2] == 0 {
				t.Errorf("%q: cell %v", q, c)
			}
			switch c[1] {
			case heatRow(800 * time.Millisecond):
				slow += c[2]
			case heatRow(20 * time.Millisecond):
				fast += c[2]
			default:
				t.Errorf("%q: cell %v is in no row that there is", q, c)
			}
			failed += c[3]
		}
		if slow != wantSlow || fast != wantFast || failed != wantFailed || heat.Sampled != "" {
			t.Errorf("%q: %d slow, %d fast, %d failed, sampled %q; want %d, %d, %d", q, slow, fast, failed, heat.Sampled, wantSlow, wantFast, wantFailed)
		}
		if heat.Count != slow+fast || heat.Failed != failed {
			t.Errorf("%q: the cells do not add up to %d and %d", q, heat.Count, heat.Failed)
		}
		if heat.Count == 300 && (heat.P50NS != 20e6 || heat.P95NS != 800e6) {
			t.Errorf("%q: p50 %d, p95 %d", q, heat.P50NS, heat.P95NS)
		}
	}
	f("", 60, 240, 60)
	f("deploy:green", 60, 0, 60)
	f("zone:a", 30, 120, 30)
	f("service:nobody", 0, 0, 0)
}

func TestHeatRows(t *testing.T) {
	f := func(d time.Duration, want int) {
		t.Helper()
		if got := heatRow(d); got != want {
			t.Errorf("%v is in row %d, want %d", d, got, want)
		}
	}
	f(0, 0)
	f(time.Millisecond, 0)
	f(2*time.Millisecond, 1)
	f(10*time.Millisecond, 4)
	f(999*time.Millisecond, 11)
	f(time.Second, 12)
}

func TestDifferRanksTheSeededAttributeFirst(t *testing.T) {
	h := serve(t, crowded(t))
	d := decode[Differ](t, get(t, h, "/api/transactions/differ?"+crowdRange()+fmt.Sprintf("&box_from=%d&box_to=%d&min_ns=100000000", int64(storytest.At(0)), int64(storytest.At(300_000)))))
	if len(d.Attributes) == 0 || d.Attributes[0] != (DifferOne{Key: "deploy", Value: "green", Inside: 60}) {
		t.Fatalf("differ: %+v", d)
	}
	if d.Inside != 60 || d.Outside != differSample || d.Sampled == "" {
		t.Errorf("60 of 60 inside and %d of 240 outside are to be read and said: %+v", differSample, d)
	}
	for _, a := range d.Attributes {
		if a.Key == "zone" || a.Key == "user.id" || a.Key == "service.name" {
			t.Errorf("%+v sets nothing apart", a)
		}
	}
	half := decode[Differ](t, get(t, h, "/api/transactions/differ?"+crowdRange()+fmt.Sprintf("&box_from=%d&box_to=%d&max_ns=1", int64(storytest.At(0)), int64(storytest.At(300_000)))))
	if half.Inside != 0 || len(half.Attributes) != 0 {
		t.Errorf("an empty box: %+v", half)
	}
}

func TestHeatAndDifferRefuseNonsense(t *testing.T) {
	h := serve(t, crowded(t))
	for _, path := range []string{"heat?columns=9", "heat?columns=x", "heat?from=never", "heat?q=(", "differ?min_ns=-1", "differ?max_ns=x", "differ?box_from=never"} {
		if w := get(t, h, "/api/transactions/"+path); w.Code != 400 {
			t.Errorf("%s answers %d: %s", path, w.Code, w.Body)
		}
	}
}

func TestLogsStandBesideTheirSpans(t *testing.T) {
	h := serve(t, fixture(t))
	tx := decode[Transaction](t, get(t, h, "/api/transactions/"+storytest.NewPost.String()))
	logs := decode[TransactionLogs](t, get(t, h, "/api/transactions/"+storytest.NewPost.String()+"/logs"))
	if len(logs.Lines) != 3 || len(logs.Lines) != tx.Logs || logs.Cut != 0 {
		t.Fatalf("logs: %+v", logs)
	}
	want := []PlacedLog{{AtNS: 62e6, Level: "warn", Body: "auth answered 401, going on without a user"}, {AtNS: 445e6, Level: "info", Body: "analysing post 17"}, {AtNS: 1099e6, Level: "error", Body: "KeyError: 'user'"}}
	for i, l := range logs.Lines {
		if l.AtNS != want[i].AtNS || l.Level != want[i].Level || l.Body != want[i].Body || l.Row <= 0 {
			t.Errorf("line %d: %+v, want %+v beside a span", i, l, want[i])
		}
	}
	if logs.Lines[0].Row == logs.Lines[1].Row || logs.Lines[1].Row != logs.Lines[2].Row {
		t.Errorf("lines stand beside the spans that wrote them: %+v", logs.Lines)
	}
}
