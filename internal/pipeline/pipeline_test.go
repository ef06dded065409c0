package pipeline

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"clew/internal/signal"
)

func TestStamp(t *testing.T) {
	b := &signal.Batch{Groups: []signal.Group{{
		Spans:  []signal.Span{{Start: 5, End: 9}, {End: 9}, {}},
		Logs:   []signal.Log{{At: 5}, {Observed: 7}, {}},
		Points: []signal.Point{{At: 5}, {}},
	}}}
	Stamp().Run(b, Arrival{Tenant: "acme", At: 100, Protocol: "zipkin"})
	g := b.Groups[0]
	if b.Tenant != "acme" || g.Resource.Text(AttrProtocol) != "zipkin" {
		t.Errorf("tenant %q, resource %v", b.Tenant, g.Resource)
	}
	got := []signal.Time{g.Spans[0].Start, g.Spans[1].Start, g.Spans[2].Start, g.Logs[0].At, g.Logs[1].At, g.Logs[2].At, g.Points[0].At, g.Points[1].At}
	for i, want := range []signal.Time{5, 9, 100, 5, 7, 100, 5, 100} {
		if got[i] != want {
			t.Errorf("time %d is %d, want %d", i, got[i], want)
		}
	}
	if g.Logs[2].Observed != 0 {
		t.Error("an observed time was made up")
	}
}

func TestLimit(t *testing.T) {
	cut := 0
	stage := Limit(Limits{Attrs: 2, Events: 1, Links: 1, Value: 8, Payload: 16, Name: 6}, func(n int) { cut += n })
	long := strings.Repeat("é", 20) // 40 bytes
	attrs := signal.Attrs{{Key: "a", Value: signal.Str("x" + long)}, {Key: "x.body", Value: signal.JSON(`["` + long + `"]`)}, {Key: "c"}}
	told := attrs[0].Value
	b := &signal.Batch{Groups: []signal.Group{{
		Spans: []signal.Span{{Name: "operation", Attrs: attrs, Events: make([]signal.Event, 3), Links: make([]signal.Link, 2)}},
		Logs:  []signal.Log{{Body: signal.Str(long)}, {Body: signal.Str("short")}},
	}}}
	stage.Run(b, Arrival{})
	s, l := b.Groups[0].Spans[0], b.Groups[0].Logs[0]
	if attrs[0].Value != told {
		t.Error("the shared list was changed in place")
	}
	if got := s.Attrs.Text("a"); got != "xééé" || !utf8.ValidString(got) {
		t.Errorf("a is %q", got)
	}
	if v, _ := s.Attrs.Find("x.body"); v.Kind() != signal.KindString || len(v.Text()) != 16 {
		t.Errorf("x.body is %v", v)
	}
	if s.Name != "operat" || len(s.Events) != 1 || len(s.Links) != 1 || s.Dropped != (signal.Dropped{Attrs: 1, Events: 2, Links: 1}) {
		t.Errorf("%+v", s)
	}
	if got := s.Attrs.Text(AttrTruncated); got != `["name","a","x.body"]` {
		t.Errorf("truncated %s", got)
	}
	if got := l.Attrs.Text(AttrTruncated); got != `["body"]` || len(l.Body.Text()) != 16 {
		t.Errorf("log: %s %q", got, l.Body.Text())
	}
	if other := b.Groups[0].Logs[1]; len(other.Attrs) != 0 || other.Body != signal.Str("short") {
		t.Errorf("%+v", other)
	}
	if cut != 8 {
		t.Errorf("%d cut, want 8", cut)
	}
}

func TestDefault(t *testing.T) {
	reg := prometheus.NewRegistry()
	var order []string
	b := &signal.Batch{Groups: []signal.Group{{Spans: []signal.Span{
		{Attrs: signal.Attrs{{Key: "password", Value: signal.Str("x")}}, Status: signal.Status{Code: signal.StatusError}}, {Name: strings.Repeat("x", 5000)},
	}}}}
	for _, s := range Default(Options{Registerer: reg}) {
		order = append(order, s.Name)
		s.Run(b, Arrival{})
	}
	if got := strings.Join(order, " "); got != "stamp mask measure limit" {
		t.Errorf("order %s", got)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetCounter().GetValue()
		}
	}
	want := map[string]float64{
		"clew_pipeline_cut_total": 1, "clew_pipeline_masked_total": 1,
		"clew_pipeline_spans_total error": 1, "clew_pipeline_spans_total ok": 0, "clew_pipeline_spans_total unset": 1,
	}
	if !maps.Equal(got, want) {
		t.Errorf("metrics %v, want %v", got, want)
	}
}
