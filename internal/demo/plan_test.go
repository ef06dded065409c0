package demo

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
)

func steps(seed uint64, rate float64, faults string, n int) []step {
	on, err := ParseFaults(faults)
	if err != nil {
		panic(err)
	}
	p := newPlan(seed, rate, on)
	all := make([]step, n)
	for i := range all {
		all[i] = p.next()
	}
	return all
}

func TestPlanIsDecidedByItsSeed(t *testing.T) {
	a := steps(7, 3, "all", 300)
	if b := steps(7, 3, "all", 300); !reflect.DeepEqual(a, b) {
		t.Error("equal seeds made different plans")
	}
	if b := steps(8, 3, "all", 300); reflect.DeepEqual(a, b) {
		t.Error("different seeds made one plan")
	}
	for i, quiet := range steps(7, 3, "none", 300) {
		if len(quiet.faults) > 0 || quiet.mend || quiet.expired {
			t.Fatalf("step %d of a plan without faults = %+v", i, quiet)
		}
		if len(a[i].faults) == 0 && (a[i].post != quiet.post || a[i].text != quiet.text || a[i].id != quiet.id) {
			t.Fatalf("faults moved step %d: %+v, without them %+v", i, a[i], quiet)
		}
	}
}

func TestEveryFaultHappensEarlyAndAgain(t *testing.T) {
	for _, rate := range []float64{0.5, 3, 25} {
		first, times := map[Fault]time.Duration{}, map[Fault]int{}
		for _, st := range steps(1, rate, "all", int(200*rate)) {
			for _, f := range st.faults {
				if times[f]++; times[f] == 1 {
					first[f] = st.at
				}
			}
		}
		for _, f := range slices.Sorted(maps.Keys(first)) {
			if first[f] > 45*time.Second || times[f] < 3 {
				t.Errorf("rate %v: %s first at %v, %d times in 200 s", rate, f, first[f], times[f])
			}
		}
		if len(first) != len(FaultNames()) {
			t.Errorf("rate %v: faults seen = %v, want %v", rate, first, FaultNames())
		}
	}
}

func TestASlowCacheIsMended(t *testing.T) {
	slow := time.Duration(-1)
	for _, st := range steps(1, 3, "redis-slow", 600) {
		switch {
		case slices.Contains(st.faults, RedisSlow):
			slow = st.at
			if !st.post {
				t.Errorf("at %v nothing uses the slow cache", st.at)
			}
		case st.mend:
			if took := st.at - slow; slow < 0 || took != slowFor {
				t.Errorf("mended after %v, want %v", took, slowFor)
			}
			slow = -1
		}
	}
	if slow >= 0 {
		t.Error("the last slow phase was not mended")
	}
}

func TestParseFaults(t *testing.T) {
	f := func(in string, want ...Fault) {
		t.Helper()
		got, err := ParseFaults(in)
		if err != nil || len(got) != len(want) {
			t.Errorf("ParseFaults(%q) = %v, %v, want %v", in, got, err, want)
		}
		for _, w := range want {
			if !got[w] {
				t.Errorf("ParseFaults(%q) lacks %s", in, w)
			}
		}
	}
	f("none")
	f("", Auth401, RedisSlow, Timeout, Cold, Retry)
	f("all", Auth401, RedisSlow, Timeout, Cold, Retry)
	f("cold, retry", Cold, Retry)
	for _, bad := range []string{"auth402", "cold,", "all,cold", "none,cold"} {
		if got, err := ParseFaults(bad); err == nil {
			t.Errorf("ParseFaults(%q) = %v, want an error", bad, got)
		}
	}
}
