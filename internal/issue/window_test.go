package issue

import (
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
)

func bucket(n int, each time.Duration) (b query.Bucket) {
	for range n {
		b.Durations.Add(int64(each))
	}
	b.Count, b.Min, b.Max = uint64(n), int64(each), int64(each)
	return b
}

func TestSlowIn(t *testing.T) {
	f := func(now, earlier query.Bucket, want string) {
		t.Helper()
		got := ""
		if o := SlowIn(&Window{Resource: worker, Operation: "GET /posts/17", Now: now, Earlier: earlier}); o != nil {
			got = o.Title + ": " + o.Error
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(bucket(20, 200*time.Millisecond), bucket(100, 50*time.Millisecond), "Slow: GET /posts/… in worker: p95 200ms, before 50ms, over 20 calls")
	f(bucket(19, 200*time.Millisecond), bucket(100, 50*time.Millisecond), "")
	f(bucket(20, 200*time.Millisecond), bucket(99, 50*time.Millisecond), "")
	f(bucket(20, 90*time.Millisecond), bucket(100, 50*time.Millisecond), "")
	f(bucket(20, 9*time.Millisecond), bucket(100, time.Millisecond), "")
}

func TestColdStartsIn(t *testing.T) {
	f := func(runs int, cold uint64, want bool) {
		t.Helper()
		o := ColdStartsIn(&Window{Resource: worker, Now: bucket(runs, 1), Cold: cold})
		if (o != nil) != want {
			t.Errorf("%d of %d: %+v", cold, runs, o)
		}
	}
	f(20, 10, true)
	f(20, 9, false)
	f(19, 19, false)
	f(100, 100, true)
}

func TestWindowsOfOneResourceAreOneIssue(t *testing.T) {
	a := ColdStartsIn(&Window{Resource: worker, From: 1, Now: bucket(20, 1), Cold: 20, Sample: signal.TraceID{1}})
	b := ColdStartsIn(&Window{Resource: worker, From: 2, Now: bucket(30, 9), Cold: 25, Sample: signal.TraceID{2}})
	if a.ID != b.ID || a.Title != "Cold starts in worker" {
		t.Errorf("%+v and %+v", a, b)
	}
}
