package function

import (
	"fmt"
	"time"

	"clew/internal/transaction"
)

// Advice is one thing worth doing about a function, in words.
type Advice struct {
	Kind string // timeouts, memory-short, memory-spare, idle, cold-starts
	Text string
	// USDPerDay is what it would save, or what is lost now; 0 where nobody can tell.
	USDPerDay float64
}

// Bounds of advice: less is not worth a sentence.
const (
	adviceRuns  = 20   // invocations before anything is said
	adviceShare = 0.02 // of invocations with cold starts
	adviceIdle  = 0.3  // of billed time spent waiting for one resource
	spareShare  = 0.4  // of memory ever used
	shortShare  = 0.9
	smallest    = 128 << 20 // bytes a function must have
)

// Advise says what is worth doing about a function that did this in a window of
// that length.
func Advise(s *Stats, over time.Duration) (all []Advice) {
	if s.Invocations < adviceRuns || over <= 0 {
		return nil
	}
	daily := func(usd float64) float64 { return usd * float64(24*time.Hour) / float64(over) }
	if n := s.By[transaction.Timeout]; n > 0 {
		all = append(all, Advice{Kind: "timeouts", Text: fmt.Sprintf("%d of %d invocations timed out; their callers may have tried again.", n, s.Invocations)})
	}
	if s.MemoryTold >= adviceRuns && s.MemorySize > 0 {
		all = append(all, s.adviseMemory(daily)...)
	}
	for _, i := range s.Idle {
		share := float64(i.Time) / float64(max(s.Time, 1))
		if share < adviceIdle {
			continue
		}
		text := fmt.Sprintf("Waits for %s during %.0f %% of the time it is billed for.", i.For.Name, 100*share)
		all = append(all, Advice{Kind: "idle", Text: text, USDPerDay: daily(s.Bill.Waiting * float64(i.Time) / float64(s.IdleTime()))})
	}
	if cold := s.ColdStarts(); float64(cold) > adviceShare*float64(s.Invocations) && s.InitTime > 0 {
		each := s.InitTime / time.Duration(cold+s.Inits[Provisioned])
		text := fmt.Sprintf("%.0f %% of invocations wait %v for a cold start: less code to load, SnapStart or provisioned concurrency would spare that.",
			100*float64(cold)/float64(s.Invocations), each.Round(time.Millisecond))
		all = append(all, Advice{Kind: "cold-starts", Text: text, USDPerDay: daily(s.Bill.Init)})
	}
	return all
}

func (s *Stats) adviseMemory(daily func(float64) float64) []Advice {
	share := float64(s.MemoryMax) / float64(s.MemorySize)
	mb := func(bytes int64) int64 { return bytes >> 20 }
	switch {
	case share >= shortShare:
		return []Advice{{Kind: "memory-short", Text: fmt.Sprintf("Uses up to %d of its %d MB: it is close to being killed for want of memory.", mb(s.MemoryMax), mb(s.MemorySize))}}
	case share <= spareShare && s.MemorySize/2 >= smallest:
		text := fmt.Sprintf("Uses at most %d of its %d MB: with %d MB each second would cost half. Less memory is also less CPU, so watch its duration.",
			mb(s.MemoryMax), mb(s.MemorySize), mb(s.MemorySize/2))
		return []Advice{{Kind: "memory-spare", Text: text, USDPerDay: daily((s.Bill.Compute + s.Bill.Init) / 2)}}
	}
	return nil
}
