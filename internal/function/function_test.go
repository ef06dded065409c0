package function

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction"
)

// begin is a whole quarter of an hour.
var begin = signal.TimeOf(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))

func at(ms float64) signal.Time { return begin.Add(time.Duration(ms * 1e6)) }

func text(k, v string) signal.Attr { return signal.Attr{Key: k, Value: signal.Str(v)} }

func function(name string) signal.Attrs {
	return signal.Attrs{text("service.name", name), text("faas.name", name), text("cloud.account.id", "1"), text("cloud.region", "eu-west-1"),
		{Key: "faas.max_memory", Value: signal.Int(256 << 20)}, text("faas.version", "7")}
}

// run is a span of an invocation, from and to in milliseconds.
func run(trace byte, id byte, request string, from, to float64, more ...signal.Attr) signal.Span {
	return signal.Span{Trace: signal.TraceID{15: trace}, ID: signal.SpanID{7: id}, Kind: signal.Server, Start: at(from), End: at(to), Attrs: append(signal.Attrs{text("faas.invocation_id", request)}, more...)}
}

func redis(trace, id, parent byte, from, to float64) signal.Span {
	return signal.Span{Trace: signal.TraceID{15: trace}, ID: signal.SpanID{7: id}, Parent: signal.SpanID{7: parent}, Kind: signal.Client, Start: at(from), End: at(to),
		Attrs: signal.Attrs{text("db.system", "redis"), text("server.address", "cache.example")}}
}

func http(trace, id, parent byte, host string, from, to float64) signal.Span {
	return signal.Span{Trace: signal.TraceID{15: trace}, ID: signal.SpanID{7: id}, Parent: signal.SpanID{7: parent}, Kind: signal.Client, Start: at(from), End: at(to),
		Attrs: signal.Attrs{text("http.request.method", "GET"), text("server.address", host)}}
}

func line(ms float64, body string) signal.Log { return signal.Log{At: at(ms), Body: signal.Str(body)} }

// read counts a quarter of an hour of what the groups say; they are appended one by one.
func read(t *testing.T, groups ...signal.Group) map[string]*Function {
	t.Helper()
	st := mem.New()
	for _, g := range groups {
		if err := st.Append(context.Background(), &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{g}}); err != nil {
			t.Fatal(err)
		}
	}
	r := NewReader(st, cents, func() time.Time { return at(0).Std().Add(time.Hour) })
	w, err := r.Read(context.Background(), signal.DefaultTenant, signal.Range{From: begin, To: begin.Add(15 * time.Minute)}, nil)
	if err != nil || w.Partial != "" {
		t.Fatal(err, w)
	}
	byName := map[string]*Function{}
	for _, f := range w.Functions {
		if byName[f.Name] != nil {
			t.Errorf("%s comes twice", f.Name)
		}
		byName[f.Name] = f
	}
	return byName
}

// cents prices every millisecond at a cent.
func cents(inv *Invocation) Bill {
	b := Bill{Compute: float64(inv.Duration) / 1e8}
	for _, i := range inv.Idle {
		b.Waiting += float64(i.Time) / 1e8
	}
	return b
}

// say is s in one line.
func say(f *Function) string {
	if f == nil {
		return "nothing"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d invocations %v inits %v", f.Invocations, f.By, f.Inits[1:])
	fmt.Fprintf(&b, " time %v min %v max %v billed %v init %v memory %d of %d", f.Time, f.Min, f.Max, f.Billed, f.InitTime, f.MemoryMax>>20, f.MemorySize>>20)
	for _, i := range f.Idle {
		fmt.Fprintf(&b, " %s %v", i.For.Name, i.Time)
	}
	return b.String()
}

func TestSums(t *testing.T) {
	failed := run(3, 1, "r3", 3000, 3100)
	failed.Status = signal.Status{Code: signal.StatusError, Message: "Task timed out after 3.00 seconds"}
	f := func(name, want string, groups ...signal.Group) {
		t.Helper()
		if got := say(read(t, groups...)["fn"]); got != want {
			t.Errorf("%s:\n%s, want\n%s", name, got, want)
		}
	}
	fn := function("fn")
	spans := func(s ...signal.Span) signal.Group { return signal.Group{Resource: fn, Spans: s} }
	logs := func(l ...signal.Log) signal.Group { return signal.Group{Resource: fn, Logs: l} }
	f("nothing", "nothing")
	f("spans that are no invocation", "nothing", spans(redis(1, 2, 1, 0, 5), signal.Span{Trace: signal.TraceID{1}, ID: signal.SpanID{1}, Kind: signal.Server, Start: at(0), End: at(9)}))
	f("one", "1 invocations map[] inits [0 0 0] time 100ms min 100ms max 100ms billed 0s init 0s memory 0 of 256", spans(run(1, 1, "r1", 0, 100)))
	f("three, one cold, one timed out", "3 invocations map[timeout:1] inits [1 0 0] time 400ms min 100ms max 200ms billed 0s init 0s memory 0 of 256",
		spans(run(1, 1, "r1", 0, 100, signal.Attr{Key: "faas.coldstart", Value: signal.Bool(true)})), spans(run(2, 1, "r2", 1000, 1200), failed))
	f("twice the same request by two tracers is one", "1 invocations map[] inits [0 0 0] time 100ms min 100ms max 100ms billed 0s init 0s memory 0 of 256",
		spans(run(1, 1, "r1", 0, 100)), spans(run(9, 2, "r1", 1, 99)))
	f("twice the same request one after the other is two attempts", "2 invocations map[] inits [0 0 0] time 200ms min 100ms max 100ms billed 0s init 0s memory 0 of 256",
		spans(run(1, 1, "r1", 0, 100)), spans(run(1, 2, "r1", 60_000, 60_100)))
	const id = "11111111-2222-3333-4444-555555555501"
	report := "REPORT RequestId: " + id + "\tDuration: 102.50 ms\tBilled Duration: 403 ms\tMemory Size: 256 MB\tMax Memory Used: 90 MB\tInit Duration: 300.00 ms\t\n"
	f("a report alone", "1 invocations map[] inits [1 0 0] time 102.5ms min 102.5ms max 102.5ms billed 403ms init 300ms memory 90 of 256", logs(line(102.5, report)))
	f("a span and its report", "1 invocations map[] inits [1 0 0] time 102.5ms min 102.5ms max 102.5ms billed 403ms init 300ms memory 90 of 256",
		spans(run(1, 1, id, 1, 100)), logs(line(103, report)))
	f("a report that says it timed out", "1 invocations map[timeout:1] inits [0 0 0] time 3s min 3s max 3s billed 3s init 0s memory 90 of 256",
		spans(run(1, 1, id, 0, 2900)), logs(line(3000, "2026-11-21T09:00:03.000Z "+id+" Task timed out after 3.00 seconds\n\n"),
			line(3001, "REPORT RequestId: "+id+"\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\tMax Memory Used: 90 MB\t\n")))
	f("two attempts, two reports", "2 invocations map[] inits [2 0 0] time 205ms min 102.5ms max 102.5ms billed 806ms init 600ms memory 90 of 256",
		spans(run(1, 1, id, 1, 100), run(1, 2, id, 60_000, 60_100)), logs(line(103, report), line(60_103, report)))
	f("waits", "1 invocations map[] inits [0 0 0] time 1s min 1s max 1s billed 0s init 0s memory 0 of 256 cache.example 250ms api.example 550ms",
		spans(run(1, 1, "r1", 0, 1000), redis(1, 2, 1, 100, 400), http(1, 3, 1, "api.example", 300, 900)))
	f("a call within a call is one wait", "1 invocations map[] inits [0 0 0] time 1s min 1s max 1s billed 0s init 0s memory 0 of 256 api.example 600ms",
		spans(run(1, 1, "r1", 0, 1000), http(1, 3, 1, "api.example", 300, 900), http(1, 4, 3, "10.0.0.1", 310, 890)))
	f("a wait below an inner span, all from one instant", "1 invocations map[] inits [0 0 0] time 1s min 1s max 1s billed 0s init 0s memory 0 of 256 cache.example 700ms",
		spans(run(1, 9, "r1", 0, 1000), signal.Span{Trace: signal.TraceID{15: 1}, ID: signal.SpanID{7: 5}, Parent: signal.SpanID{7: 9}, Kind: signal.Internal, Start: at(0), End: at(800)}, redis(1, 1, 5, 0, 700)))
	f("waits of two runs in one trace", "2 invocations map[] inits [0 0 0] time 200ms min 100ms max 100ms billed 0s init 0s memory 0 of 256 cache.example 60ms",
		spans(run(1, 1, "r1", 0, 100), run(1, 2, "r2", 50, 150), redis(1, 3, 1, 60, 90), redis(1, 4, 2, 60, 90)))
	f("a wait that outlives the run", "1 invocations map[] inits [0 0 0] time 100ms min 100ms max 100ms billed 0s init 0s memory 0 of 256 cache.example 40ms",
		spans(run(1, 1, "r1", 0, 100), redis(1, 2, 1, 60, 5000)))
	partial := run(1, 1, "r1", 0, 100, text("clew.payload.response", `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`))
	f("a batch that failed in part", "1 invocations map[partial:1] inits [0 0 0] time 100ms min 100ms max 100ms billed 0s init 0s memory 0 of 256", spans(partial))
}

func TestWhereItRanIsSaidBySome(t *testing.T) {
	bare := signal.Attrs{text("faas.name", "fn")}
	got := read(t, signal.Group{Resource: function("fn"), Spans: []signal.Span{run(1, 1, "r1", 0, 100)}}, signal.Group{Resource: bare, Spans: []signal.Span{run(2, 1, "r2", 200, 300)}})
	if f := got["fn"]; f == nil || f.Invocations != 2 || f.Account != "1" || len(f.Versions) != 2 {
		t.Errorf("%+v", f)
	}
}

// TestRandom compares with sums made by hand of the same invocations, millisecond by millisecond.
func TestRandom(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		var spans []signal.Span
		want, idle := time.Duration(0), time.Duration(0)
		runs := 1 + rnd.IntN(8)
		for n := range runs {
			trace := byte(1 + rnd.IntN(3))
			id := byte(n*20 + 1)
			from := rnd.IntN(14 * 60_000)
			took := 1 + rnd.IntN(300)
			waits := make([]bool, took)
			spans = append(spans, run(trace, id, fmt.Sprint("r", n), float64(from), float64(from+took)))
			want += time.Duration(took) * time.Millisecond
			parents := []struct{ id, at int }{{int(id), from}}
			for k := range rnd.IntN(8) {
				p := parents[rnd.IntN(len(parents))]
				start := p.at + rnd.IntN(max(1, from+took-p.at))
				end := start + rnd.IntN(400)
				c := redis(trace, byte(int(id)+k+1), byte(p.id), float64(start), float64(end))
				if rnd.IntN(3) == 0 { // not a call: what it does is
					c.Kind, c.Attrs = signal.Internal, nil
					parents = append(parents, struct{ id, at int }{int(id) + k + 1, start})
				} else {
					for ms := start; ms < min(end, from+took); ms++ {
						waits[ms-from] = true
					}
				}
				spans = append(spans, c)
			}
			for _, w := range waits {
				if w {
					idle += time.Millisecond
				}
			}
		}
		rnd.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		var groups []signal.Group
		for _, s := range spans {
			groups = append(groups, signal.Group{Resource: function("fn"), Spans: []signal.Span{s}})
		}
		f := read(t, groups...)["fn"]
		if f.Invocations != uint64(runs) || f.Time != want || f.IdleTime() != idle {
			t.Errorf("seed %d: %d runs, %v, idle %v; want %d, %v, %v", seed, f.Invocations, f.Time, f.IdleTime(), runs, want, idle)
		}
		if diff := f.Bill.Waiting - float64(idle)/1e8; diff > 1e-9 || diff < -1e-9 {
			t.Errorf("seed %d: waiting costs %v", seed, f.Bill.Waiting)
		}
	}
}

// TestWindow: any division of a window gives the same sums, and data that arrives
// late is counted when somebody asks again.
func TestWindow(t *testing.T) {
	st := mem.New()
	now := begin.Std().Add(30 * time.Hour)
	r := NewReader(st, cents, func() time.Time { return now })
	send := func(spans ...signal.Span) {
		t.Helper()
		b := &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{{Resource: function("fn"), Spans: spans}}}
		if err := st.Append(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		r.Arrived(b)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	const day = 24 * time.Hour
	for n := range 200 {
		ms := float64(rnd.IntN(int(day / time.Millisecond)))
		send(run(byte(n), byte(n+1), fmt.Sprint("r", n), ms, ms+10))
	}
	count := func(from, to time.Duration) (n uint64, points []uint64, w *Window) {
		t.Helper()
		w, err := r.Read(context.Background(), signal.DefaultTenant, signal.Range{From: begin.Add(from), To: begin.Add(to)}, nil)
		if err != nil || w.Partial != "" {
			t.Fatal(err, w)
		}
		for _, f := range w.Functions {
			n += f.Invocations
			for _, p := range f.Points {
				points = append(points, p.Invocations)
			}
		}
		return n, points, w
	}
	sum := func(points []uint64) (n uint64) {
		for _, p := range points {
			n += p
		}
		return n
	}
	n, points, w := count(0, day)
	if n != 200 || sum(points) != 200 || w.Step != 15*time.Minute || len(points) != 96 {
		t.Errorf("%d invocations, %v, step %v", n, points, w.Step)
	}
	parts := uint64(0)
	for h := range 24 {
		n, points, w := count(time.Duration(h)*time.Hour, time.Duration(h+1)*time.Hour)
		if sum(points) != n || w.Step != time.Minute {
			t.Errorf("hour %d: %d, points %v of %v", h, n, points, w.Step)
		}
		parts += n
	}
	if parts != 200 {
		t.Errorf("%d in all hours", parts)
	}
	send(run(201, 1, "late", 1000, 1010), redis(201, 2, 1, 1001, 1005))
	if n, _, _ := count(0, day); n != 200 {
		t.Errorf("%d: sums are made anew although they are fresh", n)
	}
	now = now.Add(minAge + time.Minute)
	if n, _, w := count(0, day); n != 201 || w.Functions[0].IdleTime() != 4*time.Millisecond {
		t.Errorf("%d, %v after a late one", n, w.Functions[0].Idle)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w, err := r.Read(ctx, "other", signal.Range{From: begin, To: begin.Add(time.Hour)}, nil)
	if err != nil || w.Partial != "counted 0 of 4 quarter hours so far; ask again" {
		t.Errorf("%v, %+v", err, w)
	}
}

func TestStatsAddUpInAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var all []Invocation
	for range 50 {
		inv := Invocation{Duration: time.Duration(rnd.IntN(1000)), Init: Init(rnd.IntN(int(inits))), MemorySize: 128, MemoryUsed: int64(rnd.IntN(99)), Outcome: transaction.OK}
		if rnd.IntN(3) == 0 {
			inv.Outcome = transaction.Timeout
		}
		for range rnd.IntN(3) {
			inv.Idle = append(inv.Idle, Idle{For: signal.Resource{Name: fmt.Sprint(rnd.IntN(4))}, Time: time.Duration(rnd.IntN(9))})
		}
		all = append(all, inv)
	}
	var whole Stats
	for i := range all {
		whole.add(&all[i], Bill{})
	}
	for range 20 {
		rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var parts [3]Stats
		for i := range all {
			parts[rnd.IntN(3)].add(&all[i], Bill{})
		}
		var sum Stats
		for i := range parts {
			sum.Merge(&parts[i])
		}
		if !reflect.DeepEqual(sum, whole) {
			t.Fatalf("%+v, want %+v", sum, whole)
		}
	}
	if whole.Errors() == 0 || whole.ColdStarts() == 0 {
		t.Error("the test says little")
	}
}
