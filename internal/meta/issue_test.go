package meta

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"clew/internal/issue"
	"clew/internal/signal"
)

const acme signal.Tenant = "acme"

var began = signal.TimeOf(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))

func traceID(n int) (id signal.TraceID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

// seen is an occurrence of issue n, at minutes after began.
func seen(n byte, at float64, change ...func(*issue.Occurrence)) issue.Occurrence {
	o := issue.Occurrence{
		ID: issue.ID{n}, Type: issue.Error, Title: fmt.Sprintf("Error: no. %d in worker", n), Resource: signal.Resource{Kind: signal.Function, Name: "worker"},
		Version: "1", At: began.Add(time.Duration(at * float64(time.Minute))), Times: 1, Error: "Error: boom",
	}
	for _, c := range change {
		c(&o)
	}
	return o
}

func story(n int, occurrences ...issue.Occurrence) issue.Story {
	return issue.Story{Tenant: acme, ID: traceID(n), Traces: []signal.TraceID{traceID(n)}, Occurrences: occurrences}
}

func keep(t *testing.T, d *DB, stories ...issue.Story) []Trace {
	t.Helper()
	left, err := d.KeepIssues(t.Context(), stories, 0)
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func allIssues(t *testing.T, d *DB) []issue.Issue {
	t.Helper()
	all, err := d.Issues(t.Context(), acme, signal.Range{From: began, To: began.Add(24 * time.Minute)}, 24)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b issue.Issue) int { return cmp.Compare(a.ID[0], b.ID[0]) })
	return all
}

func TestIssuesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	d := open(t, path)
	processor := &issue.Cause{Headline: "swallowed a 401", Resource: signal.Resource{Kind: signal.Function, Name: "request-processor"}}
	user := func(u string) func(*issue.Occurrence) { return func(o *issue.Occurrence) { o.User = u } }
	keep(t, d,
		story(1, seen(1, 0, user("ann"), func(o *issue.Occurrence) { o.Cause = processor; o.Duration = 9 })),
		story(2, seen(1, 5.5, user("bob"), func(o *issue.Occurrence) { o.Version, o.Cause, o.Stack = "2", processor, "stack" }), seen(2, 5.5)),
		story(3, seen(1, 7, user("ann"), func(o *issue.Occurrence) { o.Values = []issue.Value{{Path: "$.a", Text: "1"}} })))
	d.Close()

	d = open(t, path)
	all := allIssues(t, d)
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	i := all[0]
	if i.Count != 3 || i.Total != 3 || i.Users != 2 || i.First != began || i.Last != began.Add(7*time.Minute) || i.Version != "1" || i.LastVersion != "1" || i.Latest != traceID(3) || i.State != issue.Open {
		t.Errorf("%+v", i)
	}
	if i.Spark[0] != 1 || i.Spark[5] != 1 || i.Spark[7] != 1 {
		t.Errorf("spark %v", i.Spark)
	}
	if want := []issue.Tally{{Cause: *processor, Count: 2}}; !reflect.DeepEqual(i.Causes, want) {
		t.Errorf("causes %+v", i.Causes)
	}
	one, err := d.Issue(t.Context(), acme, issue.ID{1}, signal.Range{From: began.Add(5 * time.Minute)}, 24)
	if err != nil {
		t.Fatal(err)
	}
	if one.Count != 2 || one.Total != 3 || len(one.Occurrences) != 3 || one.Stack != "stack" || one.Slowest.Transaction != traceID(1) || one.Oldest.Transaction != traceID(1) || one.Newest.Values[0].Text != "1" {
		t.Errorf("%+v", one)
	}
	if len(one.Timeline) != 2 || one.Timeline[0].Version != "2" || one.Timeline[1].At != began.Add(7*time.Minute) {
		t.Errorf("timeline %+v", one.Timeline)
	}
	if _, err := d.Issue(t.Context(), "other", issue.ID{1}, signal.Range{}, 24); !errors.Is(err, issue.ErrNotFound) {
		t.Errorf("another tenant's issue: %v", err)
	}
}

func TestStoriesReplaceWhatTheirTracesSaidBefore(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "meta.db"))
	keep(t, d, story(1, seen(1, 0)), story(2, seen(1, 1)))
	joined := story(1, seen(1, 0), seen(2, 1))
	joined.Traces = append(joined.Traces, traceID(2))
	keep(t, d, joined, joined)
	all := allIssues(t, d)
	if len(all) != 2 || all[0].Total != 1 || all[0].Last != began || all[1].Total != 1 {
		t.Errorf("%+v", all)
	}
	if left := keep(t, d, story(1, seen(1, 0))); len(left) != 1 || left[0] != (Trace{acme, traceID(2)}) {
		t.Errorf("left %v", left)
	}
	if left := keep(t, d, story(1)); len(left) != 0 || len(allIssues(t, d)) != 0 {
		t.Errorf("left %v, %+v", left, allIssues(t, d))
	}
}

// TestCountsAreExactUnderReweaving keeps random stories again and again, and
// counts them by hand.
func TestCountsAreExactUnderReweaving(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "meta.db"))
	r := rand.New(rand.NewPCG(1, 2))
	now := map[int]issue.Story{} // by trace
	for range 300 {
		n := r.IntN(20)
		s := story(n)
		for i := range byte(4) {
			if r.IntN(3) == 0 {
				s.Occurrences = append(s.Occurrences, seen(i, float64(r.IntN(20)), func(o *issue.Occurrence) { o.Version = fmt.Sprint(r.IntN(3)) }))
			}
		}
		if other := r.IntN(20); r.IntN(4) == 0 && other != n {
			s.Traces = append(s.Traces, traceID(other))
		}
		for _, left := range keep(t, d, s) {
			keep(t, d, issue.Story{Tenant: left.Tenant, ID: left.ID, Traces: []signal.TraceID{left.ID}})
		}
		for trace, old := range now {
			if slices.ContainsFunc(s.Traces, func(id signal.TraceID) bool { return slices.Contains(old.Traces, id) }) {
				delete(now, trace)
			}
		}
		now[n] = s
		check(t, d, now)
	}
}

func check(t *testing.T, d *DB, now map[int]issue.Story) {
	t.Helper()
	want := map[issue.ID]*issue.Issue{}
	for _, s := range now {
		for _, o := range s.Occurrences {
			i := want[o.ID]
			if i == nil {
				i = &issue.Issue{First: o.At, Last: o.At, Spark: make([]int, 24)}
				want[o.ID] = i
			}
			i.Total++
			i.First, i.Last = min(i.First, o.At), max(i.Last, o.At)
			i.Spark[o.At.Sub(began)/time.Minute]++
		}
	}
	got := allIssues(t, d)
	if len(got) != len(want) {
		t.Fatalf("%d issues, want %d", len(got), len(want))
	}
	for _, g := range got {
		w := want[g.ID]
		if w == nil || g.Total != w.Total || g.Count != w.Total || g.First != w.First || g.Last != w.Last || !slices.Equal(g.Spark, w.Spark) {
			t.Fatalf("got %+v, want %+v", g, w)
		}
	}
}

func TestResolvedIssuesRegress(t *testing.T) {
	f := func(name string, want issue.State, again ...issue.Occurrence) {
		t.Helper()
		d := open(t, filepath.Join(t.TempDir(), "meta.db"))
		keep(t, d, story(1, seen(1, 0)))
		if err := d.SetIssueState(t.Context(), acme, issue.ID{1}, issue.Resolved, 0, began.Add(5*time.Minute)); err != nil {
			t.Fatal(err)
		}
		for i, o := range again {
			keep(t, d, story(2+i, o))
		}
		if got := allIssues(t, d)[0].State; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	version := func(v string) func(*issue.Occurrence) { return func(o *issue.Occurrence) { o.Version = v } }
	f("nothing new", issue.Resolved)
	f("late, from before", issue.Resolved, seen(1, 4))
	f("after it was resolved", issue.Regressed, seen(1, 6))
	f("in a version not seen before", issue.Regressed, seen(1, 4, version("2")))
	f("another issue", issue.Resolved, seen(2, 6))

	d := open(t, filepath.Join(t.TempDir(), "meta.db"))
	if err := d.SetIssueState(t.Context(), acme, issue.ID{1}, issue.Resolved, 0, began); !errors.Is(err, issue.ErrNotFound) {
		t.Errorf("no such issue: %v", err)
	}
	keep(t, d, story(1, seen(1, 6)))
	if err := d.SetIssueState(t.Context(), acme, issue.ID{1}, issue.Resolved, 0, began.Add(7*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if keep(t, d, story(1, seen(1, 6))); allIssues(t, d)[0].State != issue.Resolved {
		t.Error("what was known is told again, and regresses")
	}
}

func TestDetailsAreBoundedAndCountsAreNot(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "meta.db"))
	order := rand.New(rand.NewPCG(3, 4)).Perm(300)
	for _, n := range order {
		keep(t, d, story(1+n, seen(1, float64(n)/100, func(o *issue.Occurrence) {
			if n == 7 {
				o.Duration = time.Hour
			}
		})))
	}
	one, err := d.Issue(t.Context(), acme, issue.ID{1}, signal.Range{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if one.Total != 300 || one.Count != 300 || len(one.Occurrences) != keptDetails+2 {
		t.Errorf("%d in all, %d in range, %d with details", one.Total, one.Count, len(one.Occurrences))
	}
	if one.Oldest.Transaction != traceID(1) || one.Newest.Transaction != traceID(300) || one.Slowest.Transaction != traceID(8) {
		t.Errorf("oldest %v newest %v slowest %v", one.Oldest.Transaction, one.Newest.Transaction, one.Slowest.Transaction)
	}
}

func TestOldIssuesAreForgotten(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "meta.db"))
	keep(t, d, story(1, seen(1, 0)), story(2, seen(1, 10, func(o *issue.Occurrence) { o.Version = "2" })), story(3, seen(2, 1)))
	forget := func(l IssueLimits) {
		t.Helper()
		if err := d.ForgetIssues(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	forget(IssueLimits{Before: began.Add(5 * time.Minute)})
	all := allIssues(t, d)
	if len(all) != 1 || all[0].Total != 2 || all[0].Count != 1 || all[0].First != began || all[0].Version != "1" || all[0].LastVersion != "2" {
		t.Errorf("%+v", all)
	}
	if keep(t, d, story(1, seen(1, 0))); allIssues(t, d)[0].Total != 2 {
		t.Errorf("what was let go was counted again: %+v", allIssues(t, d))
	}
	keep(t, d, story(4, seen(3, 11)), story(5, seen(4, 12)))
	forget(IssueLimits{Issues: 2})
	if all := allIssues(t, d); len(all) != 2 || all[0].ID[0] != 3 || all[1].ID[0] != 4 {
		t.Errorf("%+v", all)
	}
	forget(IssueLimits{Occurrences: 1})
	if all := allIssues(t, d); len(all) != 1 || all[0].ID[0] != 4 {
		t.Errorf("%+v", all)
	}
}

func TestMarksTenantsAndTraces(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "meta.db"))
	if mark, err := d.IssueMark(t.Context()); err != nil || mark != 0 {
		t.Errorf("%d, %v", mark, err)
	}
	if _, err := d.KeepIssues(t.Context(), []issue.Story{story(1, seen(1, 0)), story(2, seen(1, 9))}, 42); err != nil {
		t.Fatal(err)
	}
	keep(t, d)
	if mark, err := d.IssueMark(t.Context()); err != nil || mark != 42 {
		t.Errorf("%d, %v", mark, err)
	}
	if all, err := d.Tenants(t.Context()); err != nil || !slices.Equal(all, []signal.Tenant{acme, signal.DefaultTenant}) {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := d.IssueTraces(t.Context(), signal.Range{From: began.Add(time.Minute)}); err != nil || !slices.Equal(all, []Trace{{acme, traceID(2)}}) {
		t.Errorf("%v, %v", all, err)
	}
}
