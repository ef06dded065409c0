package alert

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestMistakes reads every file of testdata/mistakes and holds what is said of it
// against the golden list.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	var got strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Decode(text)
		var place *PlaceError
		if !errors.As(err, &place) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got.WriteString(filepath.Base(name) + ":" + err.Error() + "\n")
	}
	const golden = "testdata/mistakes.want.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != got.String() {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got.String(), want)
	}
}

func TestDecodeAndEncode(t *testing.T) {
	text, err := os.ReadFile("testdata/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	var specs []Spec
	for _, r := range rules {
		specs = append(specs, r.Written)
	}
	again, err := Encode(specs)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(again)
	if err != nil {
		t.Fatalf("%v in\n%s", err, again)
	}
	for i := range back {
		if !reflect.DeepEqual(back[i].Written, specs[i]) {
			t.Errorf("%+v\nbecame %+v", specs[i], back[i].Written)
		}
	}
	r := rules[0]
	if r.Width != 5*time.Minute || r.M != 2 || r.N != 2 || r.Bounded != (Condition{Op: query.Ge, Bound: 10}) || r.Severity != "critical" || r.Again != 4*time.Hour {
		t.Errorf("%+v", r)
	}
	if one, err := DecodeOne([]byte(`{"name": "json", "condition": "> 5%", "measure": "ratio", "by": ["service"]}`)); err != nil || one.Bounded.Bound != 0.05 {
		t.Errorf("%+v, %v", one, err)
	}
}

func TestEveryPresetCompiles(t *testing.T) {
	for _, p := range Presets() {
		r := rule(t, Spec{When: p.Name, Scope: "resource.cloud.region:eu-*", Condition: p.Spec.Condition + strings.Repeat(">= 1", 1-min(1, len(p.Spec.Condition)))})
		if r.Where == nil || p.Says == "" {
			t.Errorf("%s: %+v", p.Name, r)
		}
	}
}

// TestTimeoutsAreThoseOfFunctions holds the preset against spans: a call that timed
// out inside a function, and a gateway that answered 504, are no timeouts of it.
func TestTimeoutsAreThoseOfFunctions(t *testing.T) {
	failed := func(kind signal.SpanKind, message string, attrs ...string) *signal.Span {
		s := &signal.Span{Kind: kind, Status: signal.Status{Code: signal.StatusError, Message: message}}
		for i := 0; i < len(attrs); i += 2 {
			s.Attrs = append(s.Attrs, signal.Attr{Key: attrs[i], Value: signal.Str(attrs[i+1])})
		}
		return s
	}
	lambda := signal.Attrs{{Key: "service.name", Value: signal.Str("view-post")}, {Key: "faas.name", Value: signal.Str("view-post")}}
	gateway := signal.Attrs{{Key: "service.name", Value: signal.Str("gateway")}}
	r := rule(t, Spec{When: "timeout"})
	f := func(resource signal.Attrs, s *signal.Span, want bool) {
		t.Helper()
		if got := r.Where.Matches(&query.Row{Resource: resource, Span: s}); got != want {
			t.Errorf("%+v: %v", s, got)
		}
	}
	const said = "RequestId: 8f5a1c Error: Task timed out after 3.00 seconds"
	f(gateway, failed(signal.Client, said, "faas.invoked_name", "view-post", "error.type", "Sandbox.Timedout"), true)
	f(gateway, failed(signal.Client, "2026-11-21T10:00:00Z 8f5a1c Task timed out after 3.00 seconds", "faas.invoked_name", "view-post"), true)
	f(gateway, failed(signal.Server, "", "http.response.status_code", "504"), false)
	f(lambda, failed(signal.Server, "killed", "clew.outcome", "timeout"), true)
	f(lambda, failed(signal.Client, "Timeout reading from socket", "db.system", "redis", "error.type", "TimeoutError"), false)
	f(lambda, failed(signal.Server, "TimeoutError: Timeout reading from socket", "error.type", "TimeoutError"), false)
	f(lambda, failed(signal.Server, "KeyError: 'user'"), false)
}

func TestSchedule(t *testing.T) {
	f := func(active, mute, at string, want bool) {
		t.Helper()
		s := Spec{Condition: ">= 1"}
		if active != "" {
			s.Active = []string{active}
		}
		if mute != "" {
			s.Mute = []string{mute}
		}
		when, err := time.Parse("Mon 2006-01-02 15:04", at)
		if err != nil {
			t.Fatal(err)
		}
		if got := rule(t, s).Silent(when); got != want {
			t.Errorf("active %q, mute %q, at %s: silent is %v", active, mute, at, got)
		}
	}
	f("", "", "Sat 2026-11-21 03:00", false)
	f("Mon-Fri 08:00-18:00", "", "Fri 2026-11-20 08:00", false)
	f("Mon-Fri 08:00-18:00", "", "Fri 2026-11-20 18:00", true)
	f("Mon-Fri 08:00-18:00", "", "Sat 2026-11-21 09:00", true)
	f("Mon-Fri 08:00-18:00 Europe/Berlin", "", "Fri 2026-11-20 07:30", false)
	f("Mon-Fri 08:00-18:00 Europe/Berlin", "", "Fri 2026-11-20 17:30", true)
	f("", "22:00-06:00", "Sat 2026-11-21 23:00", true)
	f("", "22:00-06:00", "Sat 2026-11-21 05:59", true)
	f("", "22:00-06:00", "Sat 2026-11-21 06:00", false)
	f("", "Fri 22:00-06:00", "Sat 2026-11-21 05:00", true) // began on Friday
	f("", "Fri 22:00-06:00", "Fri 2026-11-20 05:00", false)
	f("", "Sat,Sun", "Sun 2026-11-22 12:00", true)
	f("", "Sat-Mon", "Mon 2026-11-23 12:00", true)
	f("Mon-Fri", "12:00-13:00", "Fri 2026-11-20 12:30", true)
}

func TestBaseline(t *testing.T) {
	f := func(hours int, value func(h int) float64, at int, want Band, ok bool) {
		t.Helper()
		var points []Point
		for h := range hours {
			points = append(points, Point{At: start.Add(time.Duration(h) * time.Hour), Value: value(h), Samples: 100})
		}
		got, found := NewBaseline(points).At(start.Add(time.Duration(at) * time.Hour))
		if found != ok || got != want {
			t.Errorf("%d hours, at %d: %v %v, want %v %v", hours, at, got, found, want, ok)
		}
	}
	of := func(hour int) float64 { return float64(hour % 24) }
	spread := sigmaOfMAD         // a constant would be multiplied without rounding
	f(71, of, 71, Band{}, false) // less than three days
	f(72, of, 72, Band{Median: 0}, true)
	f(96, of, 96+5, Band{Median: 5}, true)                   // the same hour of the days before
	f(28*24, of, 28*24+5, Band{Median: 5}, true)             // the same hour of four weeks
	f(24*20, func(h int) float64 { return float64(h / 24) }, // of 20 days, growing: the hours of the day
		24*20, Band{Median: 9.5, Spread: spread * 5}, true)

	r := rule(t, Spec{Measure: "p95", Condition: "> 3 sigma", Window: "1h"})
	points := []Point{{At: start, Value: 120, Samples: 50}, {At: start.Add(time.Hour), Value: 140, Samples: 50}, {At: start.Add(2 * time.Hour), Value: 140, Samples: 29}}
	var hours []Point
	for h := range 28 * 24 {
		hours = append(hours, Point{At: start.Add(time.Duration(h-28*24) * time.Hour), Value: 100, Samples: 50})
	}
	r.Usual(NewBaseline(hours), points)
	if points[0].Bound != 130 || r.judge(&points[0]) != within || r.judge(&points[1]) != beyond || r.judge(&points[2]) != absent {
		t.Errorf("%+v", points)
	}
	young := rule(t, Spec{Measure: "p95", Condition: "> 3 sigma", Fallback: "100ms"})
	if p := (Point{Value: 101e6, Samples: 30}); young.judge(&p) != beyond || r.judge(&p) != within {
		t.Error("a fallback counts where there is no baseline, and only there")
	}
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.yaml")
	for _, name := range append(files, "testdata/rules.yaml") {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := Decode(text)
		var place *PlaceError
		if err != nil && (!errors.As(err, &place) || place.Line < 1 || place.Col < 1) {
			t.Fatalf("%v says no place", err)
		}
		for _, r := range rules {
			if out, err := Encode([]Spec{r.Written}); err != nil {
				t.Fatal(err)
			} else if back, err := Decode(out); err != nil || back[0].Decides() != r.Decides() {
				t.Fatalf("%v: %s", err, out)
			}
		}
	})
}
