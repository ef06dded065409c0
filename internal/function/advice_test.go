package function

import (
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction"
)

func TestAdvise(t *testing.T) {
	base := func() Stats {
		return Stats{Invocations: 100, Time: 100 * time.Second, MemorySize: 512 << 20, MemoryMax: 300 << 20, MemoryTold: 100, Bill: Bill{Compute: 1}}
	}
	f := func(name string, change func(s *Stats), want ...string) {
		t.Helper()
		s := base()
		change(&s)
		var got []string
		for _, a := range Advise(&s, time.Hour) {
			got = append(got, a.Kind)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	f("nothing to say", func(*Stats) {})
	f("too few to say", func(s *Stats) { s.Invocations = 19; s.MemoryMax = 1 })
	f("half the memory would do", func(s *Stats) { s.MemoryMax = 90 << 20 }, "memory-spare")
	f("the smallest memory", func(s *Stats) { s.MemorySize, s.MemoryMax = 128<<20, 30<<20 })
	f("memory is short", func(s *Stats) { s.MemoryMax = 500 << 20 }, "memory-short")
	f("timeouts", func(s *Stats) { s.By = map[transaction.Outcome]uint64{transaction.Timeout: 2} }, "timeouts")
	f("waits", func(s *Stats) {
		s.Idle = []Idle{{For: signal.Resource{Name: "cache"}, Time: 62 * time.Second}, {For: signal.Resource{Name: "table"}, Time: 5 * time.Second}}
	}, "idle")
	f("cold starts", func(s *Stats) { s.Inits[Cold], s.InitTime = 3, 3*time.Second }, "cold-starts")
	f("few cold starts", func(s *Stats) { s.Inits[Cold], s.InitTime = 2, 3*time.Second })

	s := base()
	s.Idle, s.Bill.Waiting = []Idle{{For: signal.Resource{Name: "cache"}, Time: 62 * time.Second}}, 0.62
	a := Advise(&s, time.Hour)[0]
	if a.Text != "Waits for cache during 62 % of the time it is billed for." || a.USDPerDay < 14.87 || a.USDPerDay > 14.89 {
		t.Errorf("%+v", a)
	}
}
