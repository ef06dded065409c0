package columnar

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/vfs"
)

// story is trace n of one tenant: spans given, a log, at a time.
type story struct {
	n     int
	at    signal.Time
	spans []signal.Span // only what makes them differ
}

func (s story) id() (id signal.TraceID) {
	copy(id[:], fmt.Sprintf("story-%010d", s.n))
	return id
}

func (s story) batch(tn signal.Tenant) *signal.Batch {
	g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("shop")}}}
	for i, sp := range s.spans {
		sp.Trace, sp.Name = s.id(), "op"
		copy(sp.ID[:], fmt.Sprintf("%02d%06d", i, s.n))
		if sp.Start == 0 {
			sp.Start = s.at
		}
		sp.End = sp.Start + 5
		g.Spans = append(g.Spans, sp)
	}
	g.Logs = []signal.Log{{At: s.at, Trace: s.id(), Body: signal.Str(fmt.Sprint("line of ", s.n))}}
	return &signal.Batch{Tenant: tn, Groups: []signal.Group{g}}
}

// traces counts the rows of each story that a store has, of one signal.
func tracesIn(t *testing.T, s *Store, tn signal.Tenant, typ signal.Type) map[signal.TraceID]int {
	t.Helper()
	out := map[signal.TraceID]int{}
	for rows, err := range s.Scan(t.Context(), &query.Query{Tenant: tn, Type: typ}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows.Rows {
			out[rows.Rows[i].Position().Trace]++
		}
	}
	return out
}

var (
	plain  = signal.Span{}
	failed = signal.Span{Status: signal.Status{Code: signal.StatusError}}
	cold   = signal.Span{Attrs: signal.Attrs{{Key: "faas.coldstart", Value: signal.Bool(true)}}}
	warm   = signal.Span{Attrs: signal.Attrs{{Key: "faas.coldstart", Value: signal.Bool(false)}, {Key: "clew.keep", Value: signal.Bool(false)}}}
	kept   = signal.Span{Attrs: signal.Attrs{{Key: "clew.keep", Value: signal.Bool(true)}}}
)

func mustAppend(t *testing.T, s *Store, bs ...*signal.Batch) {
	t.Helper()
	for _, b := range bs {
		if err := s.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

func mustDo(t *testing.T, steps ...func() error) {
	t.Helper()
	for _, f := range steps {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
}

// boringHistory fills s with stories of every sort and says which are to stay
// when what is older than someDay+12h is old. Stories are flushed to many parts.
func boringHistory(t *testing.T, s *Store) (stay map[int]bool) {
	t.Helper()
	stay = map[int]bool{}
	tell := func(n int, keep bool, at signal.Time, spans ...signal.Span) {
		t.Helper()
		stay[n] = keep
		mustAppend(t, s, story{n, at, spans}.batch(acme), story{n, at, []signal.Span{plain}}.batch("other"))
	}
	flush := func() { t.Helper(); mustDo(t, func() error { return s.Flush(t.Context()) }) }
	for n := range 40 {
		tell(n, false, someDay+signal.Time(n), plain, warm)
	}
	tell(40, true, someDay, plain, failed)
	tell(41, true, someDay, cold, plain, plain)
	tell(42, true, someDay, plain, kept)
	tell(43, true, someDay, plain) // an error comes late
	tell(44, true, someDay, plain) // a span of the next day comes
	tell(45, false, someDay, plain)
	flush()
	tell(43, true, someDay, plain, plain, failed)
	tell(45, false, someDay, plain, warm, plain)
	flush()
	young := plain
	young.Start = someDay.Add(30 * time.Hour)
	tell(44, true, someDay, plain, young)
	tell(50, true, young.Start, plain)
	flush()
	return stay
}

func mustStay(t *testing.T, s *Store, stay map[int]bool) {
	t.Helper()
	spans, logs := tracesIn(t, s, acme, signal.Spans), tracesIn(t, s, acme, signal.Logs)
	for n, keep := range stay {
		id := story{n: n}.id()
		if (spans[id] > 0) != keep || (logs[id] > 0) != keep {
			t.Errorf("story %d: %d spans and %d logs, want it to stay: %v", n, spans[id], logs[id], keep)
		}
	}
	for id, n := range map[int]int{40: 2, 41: 3, 43: 3, 44: 2} {
		if got := spans[story{n: id}.id()]; got != n {
			t.Errorf("story %d has %d spans, want all %d", id, got, n)
		}
	}
	total := 0
	for _, n := range spans {
		total += n
	}
	st := s.Stats()
	if got := st.Rows[signal.Spans]; int(got) != total+len(tracesIn(t, s, "other", signal.Spans)) {
		t.Errorf("Stats says %d spans of both tenants, %d are readable of one", got, total)
	}
}

func TestBoringTracesGoEarly(t *testing.T) {
	fs := vfs.NewMemory()
	now := someDay.Add(31 * time.Hour)
	s := mustOpen(t, Options{FS: fs, Clock: func() time.Time { return now.Std() }, RetainBoring: 40 * time.Hour})
	stay := boringHistory(t, s)
	mustDo(t, s.forgetBoring)
	if got := len(tracesIn(t, s, acme, signal.Spans)); got != len(stay) {
		t.Fatalf("%d traces, want all %d: none is old", got, len(stay))
	}
	s.opt.RetainBoring = 12 * time.Hour
	// A row in memory holds its trace back; a newer version of it counts.
	mustAppend(t, s, story{7, someDay, []signal.Span{failed}}.batch(acme))
	stay[7] = true
	mustDo(t, s.forgetBoring)
	mustStay(t, s, stay)
	mustDo(t, func() error { return s.Flush(t.Context()) }, s.forgetBoring, s.mergeTiers)
	mustStay(t, s, stay)
	for _, n := range []string{"line of 12", "line of 45"} {
		if files := holds(t, fs, n); len(files) > 0 {
			t.Errorf("%q is still in %v", n, files)
		}
	}
	s.Close()
	again := mustOpen(t, Options{FS: fs.Crash(0)})
	mustStay(t, again, stay)
	again.Close()
	mustBeClean(t, fs.Crash(0))
}

// TestBoringTracesOfOneTenantOnly: what another tenant's trace of the same id
// does is nobody's business.
func TestBoringTracesOfOneTenantOnly(t *testing.T) {
	s := mustOpen(t, Options{FS: vfs.NewMemory(), Clock: func() time.Time { return someDay.Add(24 * time.Hour).Std() }, RetainBoring: time.Hour})
	mustAppend(t, s, story{1, someDay, []signal.Span{plain}}.batch(acme), story{1, someDay, []signal.Span{failed}}.batch("other"))
	mustDo(t, func() error { return s.Flush(t.Context()) }, s.forgetBoring, s.mergeTiers)
	if a, o := len(tracesIn(t, s, acme, signal.Spans)), len(tracesIn(t, s, "other", signal.Spans)); a != 0 || o != 1 {
		t.Errorf("%d and %d traces, want 0 and 1", a, o)
	}
}

func TestBoringIsOffByDefault(t *testing.T) {
	s := mustOpen(t, Options{FS: vfs.NewMemory(), Clock: func() time.Time { return someDay.Add(9999 * time.Hour).Std() }})
	mustAppend(t, s, story{1, someDay, []signal.Span{plain}}.batch(acme))
	mustDo(t, func() error { return s.Flush(t.Context()) }, s.forgetBoring, s.retain)
	if len(tracesIn(t, s, acme, signal.Spans)) != 1 {
		t.Error("dropped without being told to")
	}
}

// TestCrashWhileBoringTracesGo opens what each step of a round leaves.
func TestCrashWhileBoringTracesGo(t *testing.T) {
	fs := vfs.NewMemory()
	now := someDay.Add(31 * time.Hour)
	o := Options{FS: fs, Clock: func() time.Time { return now.Std() }, RetainBoring: 12 * time.Hour}
	s := mustOpen(t, o)
	stay := boringHistory(t, s)
	full := tracesIn(t, s, acme, signal.Spans)
	var mu sync.Mutex // guards clones
	var clones []*vfs.Memory
	fs.Hook = func(string, string) error {
		mu.Lock()
		defer mu.Unlock()
		clones = append(clones, fs.Crash(uint64(len(clones))))
		return nil
	}
	mustDo(t, s.forgetBoring, s.mergeTiers)
	fs.Hook = nil
	mustStay(t, s, stay)
	if len(clones) < 10 {
		t.Fatalf("only %d crash points", len(clones))
	}
	for i, c := range clones {
		again := mustOpen(t, Options{FS: c, Clock: o.Clock, RetainBoring: o.RetainBoring})
		spans, logs := tracesIn(t, again, acme, signal.Spans), tracesIn(t, again, acme, signal.Logs)
		for n, keep := range stay {
			id := story{n: n}.id()
			if whole, gone := spans[id] == full[id] && logs[id] == 1, spans[id]+logs[id] == 0; !whole && (keep || !gone) {
				t.Fatalf("crash %d: story %d has %d of %d spans and %d logs", i, n, spans[id], full[id], logs[id])
			}
		}
		mustDo(t, again.forgetBoring, again.mergeTiers)
		mustStay(t, again, stay)
		again.Close()
	}
}

func TestRetentionByBytes(t *testing.T) {
	now := someDay
	s := mustOpen(t, Options{FS: vfs.NewMemory(), Clock: func() time.Time { return now.Std() }})
	for n := range 5 {
		mustAppend(t, s, story{n, someDay.Add(time.Duration(n) * 24 * time.Hour), []signal.Span{plain}}.batch(acme))
		mustDo(t, func() error { return s.Flush(t.Context()) })
	}
	mustAppend(t, s, story{9, someDay, []signal.Span{plain}}.batch(acme)) // in the log
	now = someDay.Add(5 * 24 * time.Hour)
	st := s.Stats()
	if st.LogBytes == 0 || st.Parts != 10 {
		t.Fatalf("%+v", st)
	}
	s.opt.RetainBytes = st.Bytes - 1
	mustDo(t, s.retain)
	spans, logs := tracesIn(t, s, acme, signal.Spans), tracesIn(t, s, acme, signal.Logs)
	oldest := story{n: 0}.id()
	if s.Stats().Parts != 9 || spans[oldest]+logs[oldest] != 1 || len(spans)+len(logs) != 11 {
		t.Errorf("%d and %d traces, want one part of the oldest gone and no other", len(spans), len(logs))
	}
	s.opt.RetainBytes = 1
	mustDo(t, s.retain)
	got := tracesIn(t, s, acme, signal.Spans)
	if got[story{n: 4}.id()] != 1 || got[story{n: 9}.id()] != 1 || len(got) != 2 {
		t.Errorf("%v, want the newest part and the log, however small the limit", got)
	}
}

func TestRetentionBySignal(t *testing.T) {
	now := someDay
	s := mustOpen(t, Options{FS: vfs.NewMemory(), Clock: func() time.Time { return now.Std() }, RetainAge: 10 * time.Hour,
		RetainType: [len(signal.Types)]time.Duration{signal.Logs: time.Hour}})
	mustAppend(t, s, story{1, someDay, []signal.Span{plain}}.batch(acme))
	mustDo(t, func() error { return s.Flush(t.Context()) })
	f := func(after time.Duration, spans, logs int) {
		t.Helper()
		now = someDay.Add(after)
		mustDo(t, s.retain)
		if a, b := len(tracesIn(t, s, acme, signal.Spans)), len(tracesIn(t, s, acme, signal.Logs)); a != spans || b != logs {
			t.Errorf("after %v: %d spans, %d logs; want %d and %d", after, a, b, spans, logs)
		}
	}
	f(30*time.Minute, 1, 1)
	f(2*time.Hour, 1, 0)
	f(11*time.Hour, 0, 0)
}

// TestClockJumps sets the clock far ahead and back, across restarts too.
func TestClockJumps(t *testing.T) {
	const day = 24 * time.Hour
	now, up := someDay, time.Duration(0)
	fs := vfs.NewMemory()
	said := &strings.Builder{}
	open := func() *Store {
		s := mustOpen(t, Options{FS: fs, Clock: func() time.Time { return now.Std() }, RetainAge: 7 * day, Logger: newTestLogger(said)})
		up = 0
		s.uptime = func() time.Duration { return up }
		return s
	}
	s := open()
	pass := func(d time.Duration) { now, up = now.Add(d), up+d }
	kept := func() int { t.Helper(); mustDo(t, s.retain); return len(tracesIn(t, s, acme, signal.Spans)) }
	write := func(n int, at signal.Time) {
		t.Helper()
		mustAppend(t, s, story{n, at, []signal.Span{plain}}.batch(acme))
		mustDo(t, func() error { return s.Flush(t.Context()) }, s.retain)
	}
	for n := range 4 {
		write(n, now)
		pass(day)
	}
	now = now.Add(400 * day) // ahead
	if got := kept(); got != 4 {
		t.Fatalf("a jump ahead leaves %d of 4", got)
	}
	if !strings.Contains(said.String(), "clock is ahead") {
		t.Errorf("the log says nothing: %s", said)
	}
	s.Close()
	fs = fs.Crash(0)
	s = open()
	if got := kept(); got != 4 {
		t.Fatalf("a restart after it leaves %d of 4", got)
	}
	pass(3 * time.Hour) // at most twelve hours more
	if got := kept(); got != 4 {
		t.Fatalf("three hours after a jump ahead %d of 4 are left", got)
	}
	now = someDay.Add(4*day + 3*time.Hour) // corrected
	if got := kept(); got != 4 {
		t.Fatalf("after the correction %d of 4 are left", got)
	}
	now = now.Add(-20 * 365 * day) // back
	write(5, someDay.Add(4*day))   // whoever sends has the right time
	now = someDay.Add(5 * day)
	if got := kept(); got != 5 {
		t.Fatalf("a clock set back and corrected leaves %d of 5", got)
	}
	for range 4 { // and with time as it should be, age counts again
		pass(day)
		kept()
	}
	if got := kept(); got >= 5 || got == 0 {
		t.Errorf("%d of 5 left nine days after the first, want some gone", got)
	}
	now = now.Add(100 * day) // off for long: caught up in a while
	for range 30 {
		pass(day)
		kept()
	}
	if got := kept(); got != 0 {
		t.Errorf("%d left a hundred days later", got)
	}
}
