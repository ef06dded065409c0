package trigger

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
)

var update = flag.Bool("update", false, "rewrite what the vectors want")

// vectors are shared with the runtime layers.
const vectors = "../../../layers/spec/triggers"

// want is a cause in the words of the vectors: times in RFC 3339, ids in hex,
// nothing for what is absent.
type want struct {
	Trigger   string       `json:"trigger"`
	Resource  *resource    `json:"resource,omitempty"`
	Async     bool         `json:"async,omitempty"`
	Operation string       `json:"operation,omitempty"`
	Records   []wantRecord `json:"records,omitempty"`
}

type wantRecord struct {
	Sent     string     `json:"sent,omitempty"`
	Trace    string     `json:"trace,omitempty"`
	Parent   string     `json:"parent,omitempty"`
	State    string     `json:"tracestate,omitempty"`
	Keys     []string   `json:"keys,omitempty"`
	Via      []resource `json:"via,omitempty"`
	DeadFrom *resource  `json:"dead_from,omitempty"`
	Attempts int        `json:"attempts,omitempty"`
}

type resource struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
}

func resourceIn(r signal.Resource) resource {
	return resource{string(r.Kind), r.Name, r.Account, r.Region}
}

func told(c Cause) want {
	w := want{Trigger: c.Trigger, Async: c.Async, Operation: c.Operation}
	if c.Resource != (signal.Resource{}) {
		r := resourceIn(c.Resource)
		w.Resource = &r
	}
	for _, r := range c.Records {
		out := wantRecord{Attempts: r.Attempts, State: r.Parent.TraceState}
		if r.Sent != 0 {
			out.Sent = time.Unix(0, int64(r.Sent)).UTC().Format(time.RFC3339Nano)
		}
		if !r.Parent.Trace.IsZero() {
			out.Trace, out.Parent = r.Parent.Trace.String(), r.Parent.Span.String()
		}
		for _, k := range r.Keys {
			out.Keys = append(out.Keys, k.Kind+"="+k.Value)
		}
		if r.DeadFrom != (signal.Resource{}) {
			from := resourceIn(r.DeadFrom)
			out.DeadFrom = &from
		}
		for _, v := range r.Via {
			out.Via = append(out.Via, resourceIn(v))
		}
		w.Records = append(w.Records, out)
	}
	return w
}

func TestVectors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectors, "*.json"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d vectors: %v", len(files), err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Event json.RawMessage `json:"event"`
			Want  json.RawMessage `json:"want"`
		}
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		e, whole := Parse(v.Event)
		if !whole {
			t.Errorf("%s: cut", file)
		}
		c := Read(e)
		seen[c.Trigger] = true
		got := indented(t, told(c))
		if *update {
			write(t, file, v.Event, got)
			continue
		}
		if have := indented(t, v.Want); !bytes.Equal(got, have) {
			t.Errorf("%s:\n%s\nwant\n%s", file, got, have)
		}
	}
	for _, p := range parsers {
		if !seen[p.Name] {
			t.Errorf("no vector for %s", p.Name)
		}
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent(" ", " ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(out.Bytes())
}

func write(t *testing.T, file string, event, want []byte) {
	t.Helper()
	out := append([]byte("{\n \"event\": "), event...)
	out = append(append(append(out, ",\n \"want\": "...), want...), "\n}\n"...)
	if err := os.WriteFile(file, out, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A cut event says what stands before the cut, and nothing else.
func TestCutEvents(t *testing.T) {
	text := `{"Records":[{"eventSource":"aws:sqs","messageId":"one","eventSourceARN":"arn:aws:sqs:eu-west-1:1:jobs"},{"messageId":"two","body":"half`
	e, whole := Parse([]byte(text))
	c := Read(e)
	if whole || c.Trigger != "sqs" || len(c.Records) != 2 || c.Resource.Name != "jobs" {
		t.Fatalf("whole %v, %+v", whole, c)
	}
	if got := c.Records[1].Keys[0].Value; got != "two" {
		t.Errorf("second message %q", got)
	}
	for _, text := range []string{"", "nul", "[", strings.Repeat("[", 10_000), strings.Repeat(`{"a":`, 10_000), `"text"`, "7"} {
		e, _ := Parse([]byte(text))
		if c := Read(e); c.Trigger != "invoke" {
			t.Errorf("%.10q is taken for %s", text, c.Trigger)
		}
	}
}

func TestContexts(t *testing.T) {
	f := func(name string, h map[string]string, wantTrace, wantSpan string) {
		t.Helper()
		l := carrier(func(k string) string { return h[k] }).parent()
		if wantTrace == "" {
			if !l.Trace.IsZero() {
				t.Errorf("%s: %v %v, want none", name, l.Trace, l.Span)
			}
			return
		}
		if l.Trace.String() != wantTrace || l.Span.String() != wantSpan {
			t.Errorf("%s: %v %v", name, l.Trace, l.Span)
		}
	}
	const t128, t64, span = "0af7651916cd43dd8448eb211c80319c", "0000000000000000a2fb4a1d1a96d312", "b7ad6b7169203331"
	f("w3c", map[string]string{"traceparent": "00-" + t128 + "-" + span + "-01"}, t128, span)
	f("w3c, later version", map[string]string{"traceparent": "cc-" + t128 + "-" + span + "-01-what"}, t128, span)
	f("w3c, version 00 with more", map[string]string{"traceparent": "00-" + t128 + "-" + span + "-01-what"}, "", "")
	f("w3c, version ff", map[string]string{"traceparent": "ff-" + t128 + "-" + span + "-01"}, "", "")
	f("w3c, zero", map[string]string{"traceparent": "00-00000000000000000000000000000000-" + span + "-01"}, "", "")
	f("b3", map[string]string{"b3": "a2fb4a1d1a96d312-" + span + "-1"}, t64, span)
	f("b3, decision only", map[string]string{"b3": "0"}, "", "")
	f("jaeger, no leading zeros", map[string]string{"uber-trace-id": "7651916cd43dd8448eb211c80319c:7ad6b7169203331:0:1"}, "0007651916cd43dd8448eb211c80319c", "07ad6b7169203331")
	f("lightstep", map[string]string{"ot-tracer-traceid": "a2fb4a1d1a96d312", "ot-tracer-spanid": "7ad6b7169203331"}, t64, "07ad6b7169203331")
	f("x-ray", map[string]string{"x-amzn-trace-id": "Sampled=?; Parent=" + span + ";Root=1-0af76519-16cd43dd8448eb211c80319c;Lineage=1:a:0"}, t128, span)
	f("x-ray without parent", map[string]string{"x-amzn-trace-id": "Root=1-0af76519-16cd43dd8448eb211c80319c"}, "", "")
	f("w3c wins", map[string]string{"b3": t64 + "-1111111111111111-1", "traceparent": "00-" + t128 + "-" + span + "-00"}, t128, span)
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(vectors, "*.json"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var v struct{ Event json.RawMessage }
		if err := json.Unmarshal(text, &v); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(v.Event))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, _ := Parse(text)
		c := Read(e)
		if len(c.Records) > recordsMax {
			t.Fatalf("%d records", len(c.Records))
		}
		for _, r := range c.Records {
			if r.Sent < 0 || r.Attempts < 0 {
				t.Fatalf("%+v", r)
			}
		}
	})
}
