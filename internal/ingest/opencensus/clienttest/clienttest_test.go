//go:build clients

package clienttest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/opencensus"
	"clew/internal/signal"
)

type row map[string]any

// ledger is what a client says it recorded.
type ledger struct {
	Spans   []row
	Headers map[string]string
}

// arrived gathers the rows that reach a store.
type arrived struct {
	st            *ingesttest.Store
	spans, points []row
	resources     []row
}

func (a *arrived) take(t *testing.T) (spans, points int) {
	for _, raw := range a.st.Take() {
		var dump struct {
			Groups []struct {
				Resource      row
				Spans, Points []row
			}
			Refused []any
		}
		decode(t, raw, &dump)
		if len(dump.Refused) > 0 {
			t.Errorf("refused: %v", dump.Refused)
		}
		if strings.Contains(string(raw), "s3cr3t") {
			t.Errorf("a secret reached the store: %s", raw)
		}
		for _, g := range dump.Groups {
			a.resources = append(a.resources, g.Resource)
			a.spans, a.points = append(a.spans, g.Spans...), append(a.points, g.Points...)
		}
	}
	return len(a.spans), len(a.points)
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
}

func TestRealClients(t *testing.T) {
	f := func(language, version string, spans int, client func(args ...string) ingesttest.Program) {
		t.Run(language, func(t *testing.T) {
			st, door, addr := ingesttest.Door(t, opencensus.Receiver)
			got := &arrived{st: st}
			var sent ledger
			decode(t, client(addr, ingesttest.Token).RunUntil(t, door, func() bool {
				s, p := got.take(t)
				return s >= spans && p >= 4
			}), &sent)
			got.take(t)
			if len(sent.Spans) != spans || len(got.spans) != spans || len(got.points) != 4 {
				t.Fatalf("sent %d spans; got %d spans and %d points", len(sent.Spans), len(got.spans), len(got.points))
			}
			compare(t, sent, got.spans)
			measured(t, got.points)
			for _, r := range got.resources {
				if r["service.name"] != "oc-"+language || r["telemetry.sdk.language"] != language || r["telemetry.sdk.version"] != version || r["host.name"] != "checkout-7" {
					t.Errorf("resource %v", r)
				}
			}
			inject(t, sent)
		})
	}
	f("go", "0.24.0", 3, func(args ...string) ingesttest.Program { return ingesttest.Go("go", "send", args...) })
	f("python", "0.11.4", 2, func(args ...string) ingesttest.Program { return ingesttest.Python("python", "send.py", args...) })
}

// Both clients ignore a refusal: the application goes on, the data is gone, and
// the Connect page says why.
func TestWrongToken(t *testing.T) {
	f := func(language string, client func(args ...string) ingesttest.Program) {
		t.Run(language, func(t *testing.T) {
			st, door, addr := ingesttest.Door(t, opencensus.Receiver)
			client(addr, "wrong").RunUntil(t, door, func() bool { return len(door.Refused()) >= 2 })
			for _, r := range door.Refused() {
				if r.Protocol != "opencensus" || r.Status != 401 {
					t.Errorf("refused: %+v", r)
				}
			}
			if n := len(st.Take()); n > 0 {
				t.Errorf("%d batches reached the store", n)
			}
		})
	}
	f("go", func(args ...string) ingesttest.Program { return ingesttest.Go("go", "send", args...) })
	f("python", func(args ...string) ingesttest.Program { return ingesttest.Python("python", "send.py", args...) })
}

func compare(t *testing.T, sent ledger, got []row) {
	t.Helper()
	byID := map[any]row{}
	for _, r := range got {
		byID[r["id"]] = r
	}
	for _, s := range sent.Spans {
		r := byID[s["id"]]
		if r == nil {
			t.Errorf("span %v did not arrive", s["name"])
			continue
		}
		attrs, _ := s["attrs"].(map[string]any)
		if text(attrs["http.status_code"]) == "map[int:500]" {
			s["status"] = "error" // as every server's answer of that kind
		}
		for _, field := range []string{"trace", "parent", "name", "kind", "status"} {
			if a, b := text(s[field]), text(r[field]); a != b {
				t.Errorf("%v: %s %q, sent %q", s["name"], field, b, a)
			}
		}
		if m := text(s["message"]); m != "" && m != text(r["message"]) {
			t.Errorf("%v: message %v, sent %s", s["name"], r["message"], m)
		}
		for _, field := range []string{"start", "end"} {
			if a, b := nanos(t, text(s[field])), nanos(t, text(r[field])); a != b {
				t.Errorf("%v: %s %d, sent %d", s["name"], field, b, a)
			}
		}
		for _, field := range []string{"events", "links"} {
			list, _ := r[field].([]any)
			if text(s[field]) != strconv.Itoa(len(list)) {
				t.Errorf("%v: %d %s, sent %v", s["name"], len(list), field, s[field])
			}
		}
		stored, _ := r["attrs"].(map[string]any)
		for k, v := range attrs {
			want := text(v)
			if strings.HasSuffix(k, "authorization") {
				want = "***"
			}
			if text(stored[k]) != want {
				t.Errorf("%v: attribute %s is %v, sent %v", s["name"], k, stored[k], v)
			}
		}
	}
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// nanos reads a time as the client or a dump prints it.
func nanos(t *testing.T, s string) signal.Time {
	t.Helper()
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return signal.Time(n)
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return signal.TimeOf(at)
}

func measured(t *testing.T, points []row) {
	t.Helper()
	want := map[string]string{"orders": "map[int:2]", "revenue": "map[double:32.5]", "last_price": "map[double:20.0]", "sizes": "2"}
	for _, p := range points {
		name := text(p["name"])
		got := text(p["value"])
		if dist, ok := p["dist"].(map[string]any); ok {
			got = text(dist["count"])
		}
		if got != want[name] {
			t.Errorf("metric %s is %s, want %s", name, got, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("metrics did not arrive: %v", want)
	}
}

// inject checks that every header a client writes leads to the span it was written for.
func inject(t *testing.T, sent ledger) {
	t.Helper()
	h := map[string]string{}
	for k, v := range sent.Headers {
		h[strings.ToLower(k)] = v
	}
	t.Logf("headers: %v", h)
	span := h["span"]
	if !strings.Contains(h["traceparent"], "-"+span+"-") || h["x-b3-spanid"] != span || h["tracestate"] != "acme=blue" || h["grpc-trace-bin"] == "" {
		t.Errorf("headers: %v", h)
	}
}
