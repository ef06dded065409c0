package alert

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
)

// start is at ten o'clock, when the series of these tests begin.
var start = signal.TimeOf(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC))

func rule(t testing.TB, s Spec) *Rule {
	t.Helper()
	if s.Name == "" {
		s.Name = "rule"
	}
	r, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func window(r *Rule, i int) signal.Time { return start.Add(time.Duration(i) * r.Width) }

// series reads "0 12 9 - 30", a window each; - is no data.
func series(t testing.TB, r *Rule, text string) (points []Point) {
	for i, w := range strings.Fields(text) {
		if w == "-" {
			continue
		}
		p := Point{At: window(r, i), Samples: 1}
		if _, err := fmt.Sscan(w, &p.Value); err != nil {
			t.Fatal(err)
		}
		points = append(points, p)
	}
	return points
}

// say writes transitions as "10:25 pending→firing".
func say(ts []Transition) string {
	var all []string
	for _, t := range ts {
		line := fmt.Sprintf("%s %s→%s", t.At.Std().Format("15:04"), t.From, t.To)
		if t.Early {
			line += " early"
		}
		if t.Revised {
			line += " revised"
		}
		all = append(all, line)
	}
	return strings.Join(all, ", ")
}

// alarms keeps what somebody is told.
func alarms(ts []Transition) []Transition {
	return slices.DeleteFunc(slices.Clone(ts), func(t Transition) bool { return !t.Opens && !t.Resolves })
}

// TestFoundingStory is the rule the story began with: 10 or more errors in each of
// two consecutive windows of five minutes.
func TestFoundingStory(t *testing.T) {
	r := rule(t, Spec{When: "error", Condition: ">= 10", Window: "5m", Windows: "2 of 2"})
	points := series(t, r, "0 12 9 10 10 15 3 0 - 30 - 30 0")
	got := Try(r, points, signal.Range{From: start, To: window(r, 13)})
	if want := "10:25 ok→firing, 10:35 firing→ok"; say(alarms(got.Transitions)) != want {
		t.Errorf("%s, want %s", say(alarms(got.Transitions)), want)
	}
	if got.Notices != 2 || got.Firing != 10*time.Minute || got.FiredFirst != window(r, 5) {
		t.Errorf("%d notices, firing for %v from %v", got.Notices, got.Firing, got.FiredFirst.Std())
	}
}

// oracle says at the end of which windows a rule of counts fires and resolves.
func oracle(values []float64, m, n int, bound float64) (out []string) {
	firing := false
	for i := range values {
		bad := 0
		for j := max(0, i-n+1); j <= i; j++ {
			if values[j] >= bound {
				bad++
			}
		}
		if (bad >= m) != firing {
			firing = !firing
			out = append(out, fmt.Sprint(i, firing))
		}
	}
	return out
}

func TestRandomSeriesEqualTheOracle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	fired := 0
	for seed := range 500 {
		n := 1 + rnd.IntN(5)
		m := 1 + rnd.IntN(n)
		r := rule(t, Spec{Condition: ">= 10", Window: "1m", Windows: fmt.Sprintf("%d of %d", m, n)})
		values := make([]float64, 60)
		var points []Point
		for i := range values {
			if values[i] = float64(rnd.IntN(20)); values[i] > 2 { // no rows is a count of 0, either way
				points = append(points, Point{At: window(r, i), Value: values[i], Samples: 1})
			} else {
				values[i] = 0
			}
		}
		var got []string
		for _, tr := range alarms(Try(r, points, signal.Range{From: start, To: window(r, 60)}).Transitions) {
			got = append(got, fmt.Sprint(int(tr.Window.Sub(start)/r.Width), tr.Opens))
		}
		want := oracle(values, m, n, 10)
		fired += len(want)
		if !slices.Equal(got, want) {
			t.Fatalf("series %d, %d of %d: %v, want %v", seed, m, n, got, want)
		}
	}
	if fired < 1000 {
		t.Errorf("only %d transitions: the test checks little", fired)
	}
}

// live steps through rows as they arrive: at each now those before it are known. The
// state is written down and read again where restart says so.
func live(t testing.TB, r *Rule, rows []signal.Time, every time.Duration, until signal.Time, restart func(i int) bool) (out []Transition) {
	s := r.From0(start)
	for i, now := 0, start; now <= until; i, now = i+1, now.Add(every) {
		counts := map[signal.Time]float64{}
		for _, at := range rows {
			if at <= now {
				counts[r.align(at)]++
			}
		}
		var points []Point
		for at, n := range counts {
			points = append(points, Point{At: at, Value: n, Samples: uint64(n)})
		}
		slices.SortFunc(points, func(a, b Point) int { return int(a.At - b.At) })
		need := s.Needs(now)
		points = pointsIn(points, need.From, need.To)
		var made []Transition
		s, made = Step(r, s, points, now)
		out = append(out, made...)
		if restart(i) {
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			s = State{}
			if err := json.Unmarshal(text, &s); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

func TestRestartsChangeNothing(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		r := rule(t, Spec{Condition: ">= 5", Window: "1m", Windows: "2 of 3", For: []string{"", "1m"}[rnd.IntN(2)], KeepFiring: []string{"", "2m"}[rnd.IntN(2)]})
		var rows []signal.Time
		for range 200 {
			rows = append(rows, start.Add(time.Duration(rnd.IntN(int(30*time.Minute)))))
		}
		until := start.Add(35 * time.Minute)
		want := live(t, r, rows, 7*time.Second, until, func(int) bool { return false })
		if got := live(t, r, rows, 7*time.Second, until, func(i int) bool { return i%3 == 0 }); !slices.Equal(got, want) {
			t.Fatalf("%s, without restarts %s", say(got), say(want))
		}
	}
}

// TestOutagesChangeOnlyWhenItIsTold compares a server that was away for a while with
// one that was not: the same windows fire and resolve.
func TestOutagesChangeOnlyWhenItIsTold(t *testing.T) {
	r := rule(t, Spec{Condition: ">= 10", Windows: "2 of 2", Measure: "sum(n)"}) // sums are not told early
	points := series(t, r, "0 12 9 10 10 15 3 0 - 30 - 30 0")
	whole, all := Step(r, r.From0(start), points, window(r, 14))
	s, made := r.From0(start), []Transition(nil)
	for _, i := range []int{1, 4, 5, 11, 14} {
		var more []Transition
		s, more = Step(r, s, pointsIn(points, s.Base.Next, window(r, i)), window(r, i))
		made = append(made, more...)
	}
	if !slices.Equal(made, all) {
		t.Errorf("%s, at once %s", say(made), say(all))
	}
	a, _ := json.Marshal(s)
	if b, _ := json.Marshal(whole); string(a) != string(b) {
		t.Errorf("state %s\nat once %s", a, b)
	}
}

func TestEarly(t *testing.T) {
	r := rule(t, Spec{Condition: ">= 3", Window: "5m"})
	at := func(s ...int) (rows []signal.Time) {
		for _, s := range s {
			rows = append(rows, start.Add(time.Duration(s)*time.Second))
		}
		return rows
	}
	never := func(int) bool { return false }
	f := func(r *Rule, rows []signal.Time, want string) {
		t.Helper()
		if got := say(alarms(live(t, r, rows, 5*time.Second, start.Add(20*time.Minute), never))); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f(r, at(10, 60, 121), "10:02 no data→firing early, 10:10 firing→ok")
	f(r, at(10, 60, 298), "10:05 no data→firing early, 10:10 firing→ok") // seen after the window's end, before it closes
	f(r, at(10, 60), "")
	f(r, at(10, 60, 301), "") // never three in one window
	two := rule(t, Spec{Condition: ">= 3", Window: "5m", Windows: "2 of 2"})
	f(two, at(1, 2, 3, 301, 302, 330), "10:05 ok→firing early, 10:15 firing→ok")
	f(rule(t, Spec{Condition: ">= 3", For: "5m"}), at(1, 2, 3, 301, 302, 330), "10:10 pending→firing, 10:15 firing→ok")
	f(rule(t, Spec{Condition: "< 1"}), at(1, 2, 3, 301, 302, 330), "10:15 ok→firing") // an open window may still fill
	f(rule(t, Spec{Condition: "< 1", Missing: "breaching"}), at(1, 2, 3, 301, 302, 330), "10:15 ok→firing")
}

func TestLateData(t *testing.T) {
	r := rule(t, Spec{Condition: ">= 10", Measure: "sum(n)", Windows: "2 of 2"})
	step := func(s State, i int, text string) (State, string) {
		points := series(t, r, text)
		s, made := Step(r, s, pointsIn(points, s.Base.Next, window(r, i)), window(r, i).Add(r.Wait))
		return s, say(made)
	}
	f := func(want, got string) {
		t.Helper()
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	s, got := step(r.From0(start), 2, "12 9")
	f("10:05 no data→ok", got)
	s, got = step(s, 3, "12 12 3") // the second window grew: it had fired, and resolved
	f("10:10 ok→firing revised, 10:15 firing→ok", got)
	s, got = step(s, 4, "12 12 3 12")
	f("", got)
	s, got = step(s, 5, "12 12 3 12 12")
	f("10:25 ok→firing", got)
	s, got = step(s, 5, "12 12 3 12 2") // rows were forgotten
	f("10:25 firing→ok revised", got)
	s, got = step(s, 6, "12 12 3 12 12 3")
	f("10:25 ok→firing revised, 10:30 firing→ok", got)
	s, got = step(s, 7, "12 12 3 12 12 30 0") // what fired by late data, and was over before it came
	f("10:30 ok→firing revised, 10:35 firing→ok", got)
	s, got = step(s, 8, "12 12 3 12 12 3 0 0") // nothing that was sent is taken back
	f("10:35 ok→ok revised", got)
	s, got = step(s, 8, "12 12 3 12 12 3 0 0")
	f("", got)
	_, got = step(s, 9, "12 12 3 12 12 90 0 0 0") // older than two windows
	f("", got)
}

func TestForAndKeepFiring(t *testing.T) {
	f := func(spec Spec, text, want string) {
		t.Helper()
		spec.Condition, spec.Measure = "> 10", "avg"
		r := rule(t, spec)
		n := len(strings.Fields(text))
		if got := say(Try(r, series(t, r, text), signal.Range{From: start, To: window(r, n)}).Transitions); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f(Spec{For: "10m"}, "0 20 20 20 0", "10:05 no data→ok, 10:10 ok→pending, 10:20 pending→firing, 10:25 firing→ok")
	f(Spec{For: "10m"}, "20 20 0 20 20", "10:05 no data→pending, 10:15 pending→ok, 10:20 ok→pending")
	f(Spec{KeepFiring: "10m"}, "20 0 0 20 0 0 0", "10:05 no data→firing, 10:35 firing→ok")
	f(Spec{Missing: "missing"}, "20 - - - 20 0", "10:05 no data→firing, 10:20 firing→no data, 10:25 no data→firing, 10:30 firing→ok")
	f(Spec{Missing: "ignore"}, "20 - - - - 0", "10:05 no data→firing, 10:30 firing→ok")
	f(Spec{MinSamples: 2}, "20 20", "10:05 no data→ok")
}

func TestANewRuleTellsOnlyHowThingsStand(t *testing.T) {
	r := rule(t, Spec{Condition: ">= 10"})
	now := window(r, 12).Add(r.Wait)
	f := func(text, want string) {
		t.Helper()
		s := r.Begin(now)
		if _, made := Step(r, s, pointsIn(series(t, r, text), s.Base.Next, now), now); say(made) != want {
			t.Errorf("%s: %s, want %s", text, say(made), want)
		}
	}
	f("0 0 0 0 0 0 0 0 0 20 0 0", "")
	f("0 0 0 0 0 0 0 0 0 0 20 20", "10:55 no data→firing")
	f("20 20", "")
}

func BenchmarkStep(b *testing.B) {
	r := rule(b, Spec{Condition: ">= 10", Windows: "2 of 3"})
	points := make([]Point, 288*30)
	for i := range points {
		points[i] = Point{At: window(r, i), Value: float64(i * 7 % 20), Samples: 1}
	}
	for b.Loop() {
		Try(r, points, signal.Range{From: start, To: window(r, len(points))})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(points)), "ns/window")
}

func TestWhy(t *testing.T) {
	f := func(spec Spec, text, want string) {
		t.Helper()
		r := rule(t, spec)
		n := len(strings.Fields(text))
		made := Try(r, series(t, r, text), signal.Range{From: start, To: window(r, n)}).Transitions
		if got := r.Why(made[len(made)-1]); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f(Spec{Condition: ">= 10", Windows: "2 of 2"}, "0 12 15", "count 15 >= 10 in 2 of 2 windows of 5m")
	f(Spec{Condition: ">= 10", Windows: "2 of 2"}, "12 15 3", "count 3, >= 10 in 1 of 2 windows of 5m only")
	f(Spec{Condition: "> 5%", Measure: "ratio"}, "0.125", "ratio 12.5% > 5% in a window of 5m")
	f(Spec{Condition: "> 200ms", Measure: "p95"}, "1234567890", "p95 1.23s > 200ms in a window of 5m")
	f(Spec{Condition: "> 200ms", Measure: "p95"}, "1234567890 1", "p95 1ns is not > 200ms")
	f(Spec{Condition: "< 1", Measure: "avg(n)", Missing: "breaching"}, "-", "avg(n) without data in the last window < 1 in a window of 5m")
	f(Spec{Condition: "< 1", Measure: "avg(n)", Missing: "missing"}, "3 - - -", "no data in a window of 5m")
}
