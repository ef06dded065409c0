package transaction

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction/storytest"
)

// ms is the tick of the stories below.
const ms = time.Millisecond

func tick(n int) signal.Time { return signal.Time(time.Duration(n) * ms) }

// segments writes them as "row from-to", in ticks, waits with a ~.
func segments(all []Segment) string {
	var out []string
	for _, s := range all {
		mark := ""
		if s.Wait {
			mark = "~"
		}
		out = append(out, fmt.Sprintf("%s%d %d-%d", mark, s.Row, int(time.Duration(s.From)/ms), int(time.Duration(s.To)/ms)))
	}
	return strings.Join(out, ", ")
}

// story makes a transaction of rows "parent from to", async ones with a wait. Row n
// is on node n.
func story(t testing.TB, rows ...string) *Transaction {
	t.Helper()
	tx := &Transaction{Services: []string{"s"}}
	for i, s := range rows {
		var r Row
		var from, to, wait int
		if n, _ := fmt.Sscanf(s, "%d %d %d async %d", &r.Parent, &from, &to, &wait); n < 3 {
			t.Fatalf("%q is no row", s)
		}
		r.Kind, r.Start, r.Dur, r.Wait, r.Size, r.Node = signal.Server, tick(from), time.Duration(to-from)*ms, time.Duration(wait)*ms, 1, i
		if strings.Contains(s, "async") {
			r.Flags |= FlagAsync
		}
		if strings.Contains(s, "open") {
			r.Flags |= FlagOpen
		}
		tx.Rows = append(tx.Rows, r)
		tx.Nodes = append(tx.Nodes, Node{Resource: signal.Resource{Kind: signal.Function, Name: fmt.Sprint(i)}, Instrumented: true})
	}
	tx.finish()
	return tx
}

func (t *Transaction) finish() {
	t.Entry, t.T0 = 0, t.Rows[0].Start
	for r := len(t.Rows) - 1; r >= 0; r-- {
		row := &t.Rows[r]
		t.T0, t.End = min(t.T0, row.Start), max(t.End, end(row))
		if row.Parent >= 0 {
			t.Rows[row.Parent].Size += row.Size
		}
	}
}

func TestCritical(t *testing.T) {
	f := func(name, want string, rows ...string) {
		t.Helper()
		if got := segments(story(t, rows...).Critical()); got != want {
			t.Errorf("%s:\n%s, want\n%s", name, got, want)
		}
	}
	f("one", "0 0-10", "-1 0 10")
	f("a call", "0 0-2, 1 2-8, 0 8-10", "-1 0 10", "0 2 8")
	f("two calls in turn", "0 0-2, 1 2-4, 0 4-5, 2 5-9, 0 9-10", "-1 0 10", "0 2 4", "0 5 9")
	f("of calls at once the last to end counts", "0 0-1, 2 1-9, 0 9-10", "-1 0 10", "0 1 5", "0 1 9")
	f("a call within a call", "0 0-1, 1 1-2, 2 2-8, 1 8-9, 0 9-10", "-1 0 10", "0 1 9", "1 2 8")
	f("a message that waits", "0 0-5, ~1 5-8, 1 8-20", "-1 0 5", "0 8 20 async 3")
	f("its sender runs on, which nothing waits for", "0 0-2, 1 2-4, ~2 4-8, 2 8-20", "-1 0 10", "0 2 4", "1 8 20 async 4")
	f("nothing told of the wait", "0 0-5, ~1 5-8, 1 8-20", "-1 0 5", "0 8 20 async")
	f("a message whose work is over first", "0 0-10", "-1 0 10", "0 2 8 async")
	f("a chain of messages", "0 0-1, ~1 1-3, 1 3-5, ~2 5-6, 2 6-9", "-1 0 2", "0 3 5 async 2", "1 6 9 async 1")
	f("work before the message", "0 0-1, 1 1-3, 0 3-4, 2 4-5, ~3 5-8, 3 8-20", "-1 0 9", "0 1 3", "0 4 5", "2 8 20 async 3")
	f("a call that outlives its caller", "0 0-2, 1 2-9", "-1 0 5", "0 2 9")
	f("two stories in one", "0 0-3, ~1 3-5, 1 5-9", "-1 0 3", "-1 5 9")
	f("what never ended is no end", "0 0-2, 1 2-10", "-1 0 10 open", "0 2 10")
	f("a mark after the end", "0 0-5, ~1 5-7", "-1 0 5", "0 7 7 async 2")
	f("nothing takes no time", "", "-1 3 3")
}

func TestCriticalGoesThroughAttempts(t *testing.T) {
	tx := story(t, "-1 0 5", "0 8 10 async 3", "0 15 18 async 10", "0 30 40 async 25")
	tx.Messages = []Message{{Sender: 0, Attempts: []int{1, 2, 3}}}
	want := "0 0-5, ~1 5-8, 1 8-10, ~2 10-15, 2 15-18, ~3 18-30, 3 30-40"
	if got := segments(tx.Critical()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// forest makes a random story: calls within calls, messages, callees that outlive
// their callers.
func forest(rnd *rand.Rand) *Transaction {
	tx := &Transaction{Services: []string{"s"}}
	var grow func(parent, from, to, depth int)
	grow = func(parent, from, to, depth int) {
		r := Row{Kind: signal.Server, Parent: parent, Start: tick(from), Dur: time.Duration(to-from) * ms, Size: 1, Node: len(tx.Rows)}
		if parent >= 0 && rnd.IntN(4) == 0 {
			r.Flags = FlagAsync
			r.Wait = time.Duration(rnd.IntN(5)) * ms
		}
		at := len(tx.Rows)
		tx.Rows = append(tx.Rows, r)
		if depth == 0 || to == from {
			return
		}
		starts := make([]int, rnd.IntN(4))
		for i := range starts {
			starts[i] = from + rnd.IntN(to-from+4)
		}
		slices.Sort(starts)
		for _, s := range starts {
			grow(at, s, s+rnd.IntN(12), depth-1)
		}
	}
	grow(-1, rnd.IntN(5), 5+rnd.IntN(30), 3)
	if rnd.IntN(5) == 0 {
		from := int(time.Duration(tx.Rows[0].Start)/ms) + rnd.IntN(40)
		grow(-1, from, from+rnd.IntN(20), 2)
	}
	for range tx.Rows {
		tx.Nodes = append(tx.Nodes, Node{Resource: signal.Resource{Kind: signal.Function}, Instrumented: true})
	}
	tx.finish()
	return tx
}

// TestCriticalHasNoGaps holds what must be true of any story.
func TestCriticalHasNoGaps(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 5_000 {
		tx := forest(rnd)
		at := tx.T0
		for _, s := range tx.Critical() {
			row := &tx.Rows[s.Row]
			if s.From != at || s.To <= s.From || !s.Wait && (s.From < row.Start || s.To > tx.lastOf(s.Row)) {
				t.Fatalf("story %d: %s in %s", i, segments(tx.Critical()), tx.drawn())
			}
			at = s.To
		}
		if at != tx.End {
			t.Fatalf("story %d ends at %v: %s in %s", i, at, segments(tx.Critical()), tx.drawn())
		}
	}
}

// lastOf returns when row r and the calls below it were over.
func (t *Transaction) lastOf(r int) signal.Time {
	last := end(&t.Rows[r])
	for c := r + 1; c < r+t.Rows[r].Size; {
		if t.Rows[c].Flags&FlagAsync != 0 {
			c += t.Rows[c].Size
			continue
		}
		last = max(last, end(&t.Rows[c]))
		c++
	}
	return last
}

func (t *Transaction) drawn() string {
	var out []string
	for i := range t.Rows {
		r := &t.Rows[i]
		out = append(out, fmt.Sprintf("%d %d %d %d wait %v", r.Parent, int(time.Duration(r.Start)/ms), int(time.Duration(end(r))/ms), r.Flags, r.Wait))
	}
	return strings.Join(out, "; ")
}

// tickByTick finds the critical path of a tree of calls one tick at a time, from
// the last back: whoever runs hands over to the call below it that ends here.
func tickByTick(t *Transaction) []int {
	owner := make([]int, int(time.Duration(t.End.Sub(t.T0))/ms))
	stack := []int{0}
	for i := len(owner) - 1; i >= 0; i-- {
		at := t.T0.Add(time.Duration(i+1) * ms)
		for len(stack) > 1 && t.Rows[stack[len(stack)-1]].Start >= at {
			stack = stack[:len(stack)-1]
		}
		for down := true; down; {
			down = false
			top := stack[len(stack)-1]
			best := -1
			for c := range t.Rows {
				r := &t.Rows[c]
				if r.Parent == top && t.lastOf(c) == at && r.Start < at && t.Rows[top].Start < at && (best < 0 || r.Start < t.Rows[best].Start) {
					best = c
				}
			}
			if best >= 0 {
				stack, down = append(stack, best), true
			}
		}
		owner[i] = stack[len(stack)-1]
	}
	return owner
}

func TestCriticalAgreesWithTicks(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	stories := 0
	for i := range 12_000 {
		tx := forest(rnd)
		calls := true
		for r := range tx.Rows {
			calls = calls && tx.Rows[r].Flags == 0 && (r == 0 || tx.Rows[r].Parent >= 0)
		}
		if !calls || tx.lastOf(0) != end(&tx.Rows[0]) {
			continue
		}
		stories++
		var got []int
		for _, s := range tx.Critical() {
			for range int(time.Duration(s.To.Sub(s.From)) / ms) {
				got = append(got, s.Row)
			}
		}
		if want := tickByTick(tx); !slices.Equal(got, want) {
			t.Fatalf("story %d: %v, want %v in %s", i, got, want, tx.drawn())
		}
	}
	if stories < 1000 {
		t.Fatalf("only %d stories of calls alone", stories)
	}
}

// run is a function of 1,000 ms on node 0 whose calls are "node from to".
func run(t testing.TB, rows ...string) *Transaction {
	t.Helper()
	tx := story(t, "-1 0 1000")
	for _, s := range rows {
		r := Row{Kind: signal.Client, Size: 1}
		var from, to int
		if n, _ := fmt.Sscanf(s, "%d %d %d %d", &r.Parent, &r.Node, &from, &to); n != 4 {
			t.Fatalf("%q is no call", s)
		}
		if strings.Contains(s, "internal") {
			r.Kind = signal.Internal
		}
		if strings.Contains(s, "send") {
			r.Kind = signal.Producer
		}
		if strings.Contains(s, "async") {
			r.Kind, r.Flags = signal.Consumer, FlagAsync
		}
		if strings.Contains(s, "twin") {
			r.Flags |= FlagTwin
		}
		r.Start, r.Dur = tick(from), time.Duration(to-from)*ms
		for len(tx.Nodes) <= r.Node {
			tx.Nodes = append(tx.Nodes, Node{Resource: signal.Resource{Kind: signal.Cache}})
		}
		tx.Rows = append(tx.Rows, r)
	}
	for r := range tx.Rows {
		tx.Rows[r].Size = 1
	}
	tx.finish()
	return tx
}

func TestIdle(t *testing.T) {
	f := func(name, want string, rows ...string) {
		t.Helper()
		var out []string
		for _, i := range run(t, rows...).Idle() {
			s := fmt.Sprintf("row %d idle %v of %v:", i.Row, i.Idle, i.Billed)
			for _, by := range i.By {
				s += fmt.Sprintf(" %d=%v", by.Node, by.Idle)
			}
			out = append(out, s)
		}
		if got := strings.Join(out, "; "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	f("no calls", "")
	f("1,000 ms with 800 ms of overlapping waits", "row 0 idle 800ms of 1s: 1=450ms 2=350ms", "0 1 100 600", "0 2 500 900")
	f("work in between", "row 0 idle 300ms of 1s: 1=300ms", "0 1 100 200", "0 1 500 700")
	f("the same twice", "row 0 idle 500ms of 1s: 1=500ms", "0 1 100 600", "0 1 100 600", "0 1 200 300")
	f("a call within spans of its own", "row 0 idle 200ms of 1s: 1=200ms", "0 0 100 400 internal", "1 1 150 350")
	f("a call within a call", "row 0 idle 300ms of 1s: 1=300ms", "0 1 100 400", "1 1 150 350")
	f("calls that end after the run", "row 0 idle 100ms of 1s: 1=100ms", "0 1 900 1400")
	f("sending is a wait, the message is not", "row 0 idle 50ms of 1s: 1=50ms", "0 1 100 150 send", "1 2 200 900 async")
	f("what a twin tells was told", "", "0 1 100 400 twin")
	f("three at once", "row 0 idle 100ms of 1s: 1=33.333334ms 2=33.333333ms 3=33.333333ms", "0 1 0 100", "0 2 0 100", "0 3 0 100")
}

// TestIdleAgreesWithTicks compares with looking at every millisecond.
func TestIdleAgreesWithTicks(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		var rows []string
		type call struct{ node, from, to int }
		var all []call
		for range rnd.IntN(8) {
			c := call{1 + rnd.IntN(4), rnd.IntN(1100), 0}
			c.to = c.from + rnd.IntN(300)
			all = append(all, c)
			rows = append(rows, fmt.Sprintf("0 %d %d %d", c.node, c.from, c.to))
		}
		var idle time.Duration
		by := map[int]float64{}
		for at := range 1000 {
			at0 := map[int]bool{}
			for _, c := range all {
				if c.from <= at && at < c.to {
					at0[c.node] = true
				}
			}
			if len(at0) > 0 {
				idle += ms
			}
			for n := range at0 {
				by[n] += float64(ms) / float64(len(at0))
			}
		}
		got := run(t, rows...).Idle()
		if idle == 0 {
			if len(got) != 0 {
				t.Fatalf("%v for %q", got, rows)
			}
			continue
		}
		var sum time.Duration
		for _, b := range got[0].By {
			sum += b.Idle
			if d := float64(b.Idle) - by[b.Node]; d > 10 || d < -10 {
				t.Fatalf("node %d: %v, want %v for %q", b.Node, b.Idle, by[b.Node], rows)
			}
		}
		if got[0].Idle != idle || sum != idle || len(got[0].By) != len(by) {
			t.Fatalf("%+v, want %v of %v for %q", got, idle, by, rows)
		}
	}
}

func TestColdToUser(t *testing.T) {
	init := func(ms ...int) func(int) time.Duration {
		return func(row int) time.Duration { return time.Duration(ms[row]) * time.Millisecond }
	}
	f := func(name string, want int, told func(int) time.Duration, cold []int, rows ...string) {
		t.Helper()
		tx := story(t, rows...)
		for r := range tx.Rows {
			if tx.Rows[r].Parent >= 0 && r%2 == 1 && tx.Rows[r].Flags&FlagAsync == 0 {
				tx.Rows[r].Kind = signal.Client // calls stand between the runs
			}
		}
		for _, r := range cold {
			tx.Rows[r].Flags |= FlagCold
		}
		if got := tx.ColdToUser(told); got != time.Duration(want)*ms {
			t.Errorf("%s: %v, want %d ms", name, got, want)
		}
	}
	call := []string{"-1 0 100", "0 10 90", "1 40 80"}
	f("warm", 0, nil, nil, call...)
	f("from the call to the run", 30, nil, []int{2}, call...)
	f("told", 20, init(0, 0, 20), []int{2}, call...)
	f("told of more than the caller waited", 30, init(0, 0, 500), []int{2}, call...)
	f("the entry itself", 7, init(7, 0, 0), []int{0}, call...)
	f("behind a message", 0, nil, []int{2}, "-1 0 100", "0 10 20", "1 40 80 async")
	f("two at once", 40, nil, []int{2, 4}, "-1 0 100", "0 10 90", "1 40 80", "0 20 90", "3 50 80")
}

func TestBlogWaits(t *testing.T) {
	var b Builder
	b.Add(storytest.Blog())
	tx := b.Build()
	if got := tx.ColdToUser(nil); got == 0 {
		t.Error("the caller of the blog waited for no cold start")
	}
	if len(tx.Idle()) == 0 {
		t.Error("no function of the blog waited")
	}
}
