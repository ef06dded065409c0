package weave

import (
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	var b budget
	f := func(what string, want time.Duration) {
		t.Helper()
		if got := b.wait(now); got != want {
			t.Errorf("%s: wait %v, want %v", what, got, want)
		}
	}
	f("at first there is a full purse", 0)
	b.spend(purse)
	f("it is empty", time.Millisecond)
	b.earn(1)
	f("a span pays", 0)
	b.spend(100*time.Millisecond + perSpan)
	f("a debt takes its time", 2*time.Second+time.Millisecond)
	now = now.Add(time.Second)
	f("half of it", time.Second+time.Millisecond)
	b.earn(int(50 * time.Millisecond / perSpan))
	f("spans pay the rest", time.Millisecond)
	now = now.Add(time.Hour)
	f("after an hour", 0)
	b.spend(purse - 1)
	f("no more than the purse was saved", 0)
	b.spend(1)
	f("no more than the purse was saved", time.Millisecond)
}
