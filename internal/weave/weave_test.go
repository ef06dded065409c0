package weave

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"clew/internal/issue"
	"clew/internal/meta"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
)

// house is a weaver with its store and keeper, running until the test ends.
type house struct {
	t     *testing.T
	store store.Store
	db    *meta.DB
	w     *Weaver
	in    Appender
	stop  func()
}

func openMeta(t *testing.T) *meta.DB {
	t.Helper()
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func start(t *testing.T, st store.Store, db *meta.DB, change ...func(*Options)) *house {
	t.Helper()
	o := Options{Store: st, Keeper: db, Now: time.Now}
	for _, c := range change {
		c(&o)
	}
	w := New(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	synctest.Wait()
	return &house{t, st, db, w, w.Watch(st), func() {
		cancel()
		<-done
	}}
}

// run gives f a clock of its own.
func run(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func (h *house) append(b *signal.Batch) {
	h.t.Helper()
	if err := h.in.Append(h.t.Context(), b); err != nil {
		h.t.Fatal(err)
	}
}

// pass lets time go by, and all that is due be done.
func (h *house) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// issues are what is kept, without what differs by when it was looked at.
func (h *house) issues() []issue.Detail {
	h.t.Helper()
	list, err := h.db.Issues(h.t.Context(), signal.DefaultTenant, signal.Range{}, 1)
	if err != nil {
		h.t.Fatal(err)
	}
	var all []issue.Detail
	for _, i := range list {
		d, err := h.db.Issue(h.t.Context(), signal.DefaultTenant, i.ID, signal.Range{}, 1)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, *d)
	}
	slices.SortFunc(all, func(a, b issue.Detail) int { return cmp.Compare(a.Title, b.Title) })
	return all
}

func (h *house) titles() (all []string) {
	for _, d := range h.issues() {
		all = append(all, fmt.Sprintf("%s ×%d", d.Title, d.Total))
	}
	return all
}

func traceID(n int) signal.TraceID { return signal.TraceID{0: 1, 7: 9, 8: byte(n >> 8), 15: byte(n)} }

// post is story n, one span a batch: a gateway calls store, which fails or not and
// sends a message to worker, which fails or not.
func post(n int, storeFails, workerFails string) []*signal.Batch {
	at := func(ms int) signal.Time {
		return signal.TimeOf(time.Date(2000, 1, 1, 0, 0, n, ms*1e6, time.UTC))
	}
	span := func(service string, id, parent byte, kind signal.SpanKind, name string, from, to int, fails string) *signal.Batch {
		s := signal.Span{Trace: traceID(n), ID: signal.SpanID{byte(n), byte(n >> 8), 7: id}, Kind: kind, Name: name, Start: at(from), End: at(to)}
		if parent > 0 {
			s.Parent = signal.SpanID{byte(n), byte(n >> 8), 7: parent}
		}
		if kind == signal.Producer {
			s.Attrs = signal.Attrs{{Key: "messaging.system", Value: signal.Str("aws_sqs")}, {Key: "messaging.destination.name", Value: signal.Str("jobs")}}
		}
		if fails != "" {
			s.Status = signal.Status{Code: signal.StatusError, Message: fails}
		}
		resource := signal.Attrs{{Key: "service.name", Value: signal.Str(service)}, {Key: "faas.name", Value: signal.Str(service)}, {Key: "cloud.platform", Value: signal.Str("aws_lambda")}}
		return &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{{Resource: resource, Spans: []signal.Span{s}}}}
	}
	return []*signal.Batch{
		span("gateway", 1, 0, signal.Server, "POST", 0, 100, ""),
		span("gateway", 2, 1, signal.Client, "invoke store", 5, 95, ""),
		span("store", 3, 2, signal.Server, "store", 10, 90, storeFails),
		span("store", 4, 3, signal.Producer, "send", 20, 30, ""),
		span("worker", 5, 4, signal.Consumer, "worker", 200, 300, workerFails),
	}
}

func TestIssuesAppearOnceAStoryIsQuiet(t *testing.T) {
	run(t, func(t *testing.T) {
		h := start(t, mem.New(), openMeta(t))
		defer h.db.Close()
		defer h.stop()
		for _, b := range post(1, "", "KeyError: 'user'") {
			h.append(b)
		}
		h.pass(900 * time.Millisecond)
		if got := h.titles(); len(got) != 0 {
			t.Errorf("too early: %v", got)
		}
		h.pass(200 * time.Millisecond)
		if got := h.titles(); !slices.Equal(got, []string{"KeyError: 'user' in worker ×1"}) {
			t.Errorf("%v", got)
		}
	})
}

func TestAStoryThatIsNeverQuietIsReadAfterAWhile(t *testing.T) {
	run(t, func(t *testing.T) {
		h := start(t, mem.New(), openMeta(t))
		defer h.db.Close()
		defer h.stop()
		story := post(1, "", "KeyError: 'user'")
		for i := range 12 {
			h.append(story[4-i%5])
			h.pass(500 * time.Millisecond)
			if got := h.titles(); i == 9 && len(got) != 1 || i < 9 && len(got) != 0 {
				t.Errorf("after %d spans: %v", i+1, got)
			}
		}
	})
}

func TestBoringTrafficIsNotRead(t *testing.T) {
	run(t, func(t *testing.T) {
		h := start(t, failing{mem.New()}, openMeta(t), func(o *Options) { o.Store = failing{o.Store} })
		defer h.db.Close()
		defer h.stop()
		for n := range 50 {
			for _, b := range post(n, "", "") {
				h.append(b)
			}
		}
		if h.w.mu.Lock(); len(h.w.pending) != 0 {
			t.Errorf("%d stories wait", len(h.w.pending))
		}
		h.w.mu.Unlock()
	})
}

// failing is a store whose stories cannot be read.
type failing struct{ store.Store }

func (failing) Relatives(context.Context, signal.Tenant, []signal.TraceID, signal.Range) ([]store.Relative, error) {
	return nil, errors.New("no")
}

func TestLateDataIsWovenIn(t *testing.T) {
	run(t, func(t *testing.T) {
		h := start(t, mem.New(), openMeta(t))
		defer h.db.Close()
		defer h.stop()
		story := post(1, "ValueError: bad", "")
		h.append(story[2])
		h.pass(2 * time.Second)
		if got := h.titles(); !slices.Equal(got, []string{"ValueError: bad in store ×1"}) {
			t.Errorf("%v", got)
		}
		before := h.issues()[0].Occurrences[0]
		for _, b := range story { // boring by themselves, but of a story with an issue
			h.append(b)
		}
		h.pass(2 * time.Second)
		after := h.issues()[0].Occurrences[0]
		if before.Row != 1 || // below a parent that has not arrived
			after.Row != 2 || h.issues()[0].Total != 1 {
			t.Errorf("row %d, then %d; %v", before.Row, after.Row, h.titles())
		}
		// An error that turns out to be none takes the issue back.
		fixed := *story[2]
		fixed.Groups = slices.Clone(fixed.Groups)
		fixed.Groups[0].Spans = slices.Clone(fixed.Groups[0].Spans)
		fixed.Groups[0].Spans[0].Status = signal.Status{}
		h.append(&fixed)
		h.pass(2 * time.Second)
		if got := h.titles(); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

// TestAnyOrderGivesTheSameIssues appends the same data in other orders, in other
// pieces, twice, and over other times.
func TestAnyOrderGivesTheSameIssues(t *testing.T) {
	var all []*signal.Batch
	for n := range 12 {
		storeFails, workerFails := "", ""
		if n%3 == 0 {
			storeFails = "ValueError: bad item " + fmt.Sprint(n)
		}
		if n%2 == 0 {
			workerFails = "KeyError: 'user'"
		}
		all = append(all, post(n, storeFails, workerFails)...)
	}
	// One trace is reported with half of its id by one of its services.
	all[14].Groups[0].Spans[0].Trace = signal.TraceID{8: 0, 15: 2}
	weave := func(t *testing.T, seed uint64) (got []issue.Detail) {
		run(t, func(t *testing.T) {
			h := start(t, mem.New(), openMeta(t))
			defer h.db.Close()
			defer h.stop()
			r := rand.New(rand.NewPCG(seed, 1))
			todo := slices.Clone(all)
			if seed > 0 {
				for range 20 {
					todo = append(todo, all[r.IntN(len(all))])
				}
				r.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
			}
			for len(todo) > 0 {
				n := 1 + r.IntN(min(7, len(todo)))
				one := &signal.Batch{Tenant: signal.DefaultTenant}
				for _, b := range todo[:n] {
					one.Groups = append(one.Groups, b.Groups...)
				}
				todo = todo[n:]
				h.append(one)
				h.pass(time.Duration(r.IntN(3000)) * time.Millisecond)
			}
			h.pass(10 * time.Second)
			got = h.issues()
		})
		return got
	}
	want := weave(t, 0)
	if len(want) != 2 || want[0].Total != 6 || want[1].Total != 4 {
		t.Fatalf("%+v", want)
	}
	for seed := uint64(1); seed <= 25; seed++ {
		if got := weave(t, seed); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d:\n%+v\nwant\n%+v", seed, got, want)
		}
	}
}

func TestWhatWasNotWovenAtAStopIsAfterwards(t *testing.T) {
	run(t, func(t *testing.T) {
		st, db := mem.New(), openMeta(t)
		defer db.Close()
		h := start(t, st, db)
		h.append(now(post(1, "", "KeyError: 'user'")))
		h.pass(20 * time.Second)
		h.append(now(post(2, "", "KeyError: 'user'")))
		h.append(now(post(3, "", "KeyError: 'user'")))
		h.stop() // before they are quiet
		if got := h.titles(); !slices.Equal(got, []string{"KeyError: 'user' in worker ×1"}) {
			t.Errorf("before: %v", got)
		}
		h = start(t, st, db)
		defer h.stop()
		h.pass(2 * time.Second)
		if got := h.titles(); !slices.Equal(got, []string{"KeyError: 'user' in worker ×3"}) {
			t.Errorf("after: %v", got)
		}
	})
}

// now is a story in one batch that happens now.
func now(story []*signal.Batch) *signal.Batch {
	by := time.Since(story[0].Groups[0].Spans[0].Start.Std())
	all := &signal.Batch{Tenant: signal.DefaultTenant}
	for _, b := range story {
		s := &b.Groups[0].Spans[0]
		s.Start, s.End = s.Start.Add(by), s.End.Add(by)
		all.Groups = append(all.Groups, b.Groups...)
	}
	return all
}

func TestDataOlderThanIssuesIsFoundAtTheFirstStart(t *testing.T) {
	run(t, func(t *testing.T) {
		st, db := mem.New(), openMeta(t)
		defer db.Close()
		if err := st.Append(t.Context(), now(post(1, "", "KeyError: 'user'"))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		h := start(t, st, db)
		defer h.stop()
		h.pass(2 * time.Second)
		if got := h.titles(); len(got) != 1 {
			t.Errorf("%v", got)
		}
	})
}

func TestNothingIsLostWhenReadingOrKeepingFails(t *testing.T) {
	run(t, func(t *testing.T) {
		db := openMeta(t)
		defer db.Close()
		k := &moody{Keeper: db, fails: 2}
		h := start(t, mem.New(), db, func(o *Options) { o.Keeper = k })
		defer h.stop()
		for _, b := range post(1, "", "KeyError: 'user'") {
			h.append(b)
		}
		h.pass(4 * time.Second)
		if got := h.titles(); len(got) != 0 || k.fails != 1 {
			t.Errorf("%v, %d", got, k.fails)
		}
		h.pass(20 * time.Second)
		if got := h.titles(); len(got) != 1 {
			t.Errorf("%v", got)
		}
	})
}

// moody is a Keeper that fails some times.
type moody struct {
	Keeper
	fails int
}

func (m *moody) KeepIssues(ctx context.Context, s []issue.Story, mark signal.Time) ([]meta.Trace, error) {
	if m.fails > 0 && len(s) > 0 {
		m.fails--
		return nil, errors.New("disk full")
	}
	return m.Keeper.KeepIssues(ctx, s, mark)
}

func TestWithoutRoomTheBoringGoesFirst(t *testing.T) {
	w := New(Options{Now: func() time.Time { return time.Unix(100, 0) }, MaxPending: 10})
	for n := range 10 {
		b := post(n, "", "")[0]
		b.Groups[0].Logs = []signal.Log{{Trace: traceID(n), Level: errorLevel}}
		w.observe(b)
	}
	for n := range 15 {
		w.observe(post(100+n, "boom", "")[2])
	}
	if len(w.pending) != 10 {
		t.Errorf("%d wait", len(w.pending))
	}
	for _, p := range w.pending {
		if p.rank != failed {
			t.Errorf("%+v waits, though others have more to tell", p)
		}
	}
}

func TestTellsError(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		if got := tellsError(text); got != want {
			t.Errorf("tellsError(%s) = %v", text, got)
		}
	}
	f(`{"statusCode":200,"body":"{\"error\":\"no user\"}"}`, true)
	f(`{"errorMessage": "boom"}`, true)
	f(`{"errors":[{"x":1}]}`, true)
	f(`{"batchItemFailures":[{"itemIdentifier":"1"}]}`, true)
	f(`{"batchItemFailures":[]}`, false)
	f(`{"error":null,"errors":[],"lastError":"","hasErrors":false,"errorCount":0}`, false)
	f(`{"body":"{\"error\":\"\"}"}`, false)
	f(`{"title":"an error story"}`, false)
	f(``, false)
	f(`{"error":`, false)
}

func TestLapsAreNoticed(t *testing.T) {
	l := new(laps)
	third := 0
	for range 5 {
		if l.add(7, signal.Consumer) {
			third++
		}
		if l.add(7, signal.Producer) {
			third++
		}
	}
	for range 10 {
		if l.add(8, signal.Consumer) { // many are taken and none sent: no loop
			third += 100
		}
	}
	if third != 1 {
		t.Errorf("%d", third)
	}
}

func TestRelatedForgetsTheOldest(t *testing.T) {
	r := newRelated()
	for n := range uint64(maxRelated + 10) {
		r.add(n)
	}
	if r.has(9) || len(r.known) != maxRelated {
		t.Errorf("%d known", len(r.known))
	}
	if !r.has(10) {
		t.Error("the youngest are forgotten")
	}
}

// TestTheBlogStory is journey (a): what failed is named, and where it began.
func TestTheBlogStory(t *testing.T) {
	run(t, func(t *testing.T) {
		h := start(t, mem.New(), openMeta(t))
		defer h.db.Close()
		defer h.stop()
		h.append(storytest.Blog())
		h.pass(2 * time.Second)
		all := h.issues()
		if len(all) != 1 {
			t.Fatalf("%v", h.titles())
		}
		i := all[0]
		if i.Title != "KeyError: 'user' in post-analysis" || i.Resource.Name != "post-analysis" || i.Latest != storytest.NewPost || !strings.HasPrefix(i.Stack, "Traceback") {
			t.Errorf("%+v", i)
		}
		if len(i.Causes) != 1 || i.Causes[0].Resource.Name != "request-processor" || i.Causes[0].Count != 1 {
			t.Errorf("causes %+v", i.Causes)
		}
	})
}
