package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Fault is one of the things that go wrong.
type Fault string

// The faults of the story.
const (
	Auth401   Fault = "auth401"    // auth refuses an expired token, request-processor swallows it, post-analysis breaks
	RedisSlow Fault = "redis-slow" // the sentiment cache takes 400 ms a command for five seconds
	Timeout   Fault = "timeout"    // Redis hangs and view-post runs into its timeout
	Cold      Fault = "cold"       // every environment is recycled
	Retry     Fault = "retry"      // the cache's connection breaks once, the event is tried again
)

// schedule says when each fault happens first and how often after that.
var schedule = []struct {
	fault        Fault
	first, every time.Duration
}{
	{Auth401, 4 * time.Second, 20 * time.Second},
	{RedisSlow, 7 * time.Second, 40 * time.Second},
	{Retry, 13 * time.Second, 40 * time.Second},
	{Timeout, 15 * time.Second, 60 * time.Second},
	{Cold, 20 * time.Second, 60 * time.Second},
}

const (
	slowBy     = 400 * time.Millisecond
	slowFor    = 5 * time.Second
	stuckFor   = 5 * time.Second // more than view-post's timeout
	knownPosts = 20
)

// FaultNames lists every fault.
func FaultNames() []string {
	var names []string
	for _, s := range schedule {
		names = append(names, string(s.fault))
	}
	return names
}

// ParseFaults reads a comma list of names, all (also when empty) or none.
func ParseFaults(list string) (map[Fault]bool, error) {
	on := map[Fault]bool{}
	switch list {
	case "none":
		return on, nil
	case "", "all":
		list = strings.Join(FaultNames(), ",")
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(FaultNames(), name) {
			return nil, fmt.Errorf("demo: no fault is called %q; there are all, none and %s", name, strings.Join(FaultNames(), ", "))
		}
		on[Fault(name)] = true
	}
	return on, nil
}

// step is one request of the plan and what is broken or mended right before it.
type step struct {
	at      time.Duration // since the load began
	faults  []Fault
	mend    bool // the cache is fast again
	post    bool // POST /new_post instead of GET /post
	expired bool // with a token that auth refuses
	id      int  // of the post to read, or a number for the new post
	author  string
	text    string
}

// plan tells the n-th step. Equal seeds, rates and faults tell equal steps.
type plan struct {
	rand *rand.Rand
	rate float64
	on   map[Fault]bool
	n    int
}

func newPlan(seed uint64, rate float64, on map[Fault]bool) *plan {
	return &plan{rand: rand.New(rand.NewPCG(seed, 0x636c6577)), rate: rate, on: on}
}

// next returns the following step. Every step draws the same number of random
// values, so that faults do not move the rest of the plan.
func (p *plan) next() step {
	st := step{
		at:     time.Duration(float64(p.n) / p.rate * float64(time.Second)),
		post:   p.rand.IntN(10) < 4,
		id:     1 + p.rand.IntN(knownPosts+1), // the last one does not exist
		author: authors[p.rand.IntN(len(authors))],
		text:   text(p.rand.IntN(1000)),
	}
	for _, s := range schedule {
		if !p.on[s.fault] {
			continue
		}
		if p.due(s.first, s.every) {
			st.suffer(s.fault)
		}
		if s.fault == RedisSlow && p.due(s.first+slowFor, s.every) {
			st.mend = true
		}
	}
	p.n++
	return st
}

// due reports whether this is the step at first, first+period and so on.
func (p *plan) due(first, period time.Duration) bool {
	since := p.n - every(first, p.rate)
	return since >= 0 && since%every(period, p.rate) == 0
}

// every returns how many requests pass in d at rate, at least one.
func every(d time.Duration, rate float64) int {
	return max(1, int(math.Round(d.Seconds()*rate)))
}

// suffer makes this step show the fault.
func (st *step) suffer(f Fault) {
	st.faults = append(st.faults, f)
	switch f {
	case Auth401:
		st.post, st.expired = true, true
	case RedisSlow, Retry:
		st.post = true
	case Timeout:
		st.post, st.id = false, 1
	}
}

var authors = []string{"ada", "grace", "linus", "margaret", "ken"}

var words = []string{"the", "sun", "is", "great", "and", "rain", "sad", "today", "we", "love", "slow", "trains", "happy", "broken", "good", "news"}

// text is a sentence that the number n decides.
func text(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	picked := make([]string, 8)
	for i := range picked {
		picked[i] = words[r.IntN(len(words))]
	}
	return strings.Join(picked, " ")
}
