package function

import (
	"cmp"
	"slices"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/transaction"
)

// Stats are sums over invocations. Those of parts add up to those of the whole,
// in any order.
type Stats struct {
	Invocations uint64
	By          map[transaction.Outcome]uint64 // all but ok
	Inits       [inits]uint64
	InitTime    time.Duration // of all inits
	Time        time.Duration // of all invocations
	Min, Max    time.Duration
	Durations   query.Sketch
	Billed      time.Duration
	Told        uint64 // invocations whose billed time the platform told
	Records     uint64 // of batches, that failed although the invocation went well

	MemorySize int64  // bytes, the newest told
	MemoryMax  int64  // bytes
	MemorySum  uint64 // bytes, of those that told
	MemoryTold uint64

	Bill Bill
	Idle []Idle // by resource
}

// Bill is what invocations cost in dollars. Compute includes Waiting, the part of
// it that passed while waiting.
type Bill struct {
	Compute, Waiting, Init, Requests float64
	Unknown                          uint64 // invocations whose memory size nobody told
}

// USD is the whole bill.
func (b *Bill) USD() float64 { return b.Compute + b.Init + b.Requests }

// Errors counts the invocations that failed in any way.
func (s *Stats) Errors() uint64 {
	var n uint64
	for o, count := range s.By {
		if o != transaction.Partial {
			n += count
		}
	}
	return n
}

// ColdStarts counts the invocations that waited for their environment to be made.
func (s *Stats) ColdStarts() uint64 { return s.Inits[Cold] + s.Inits[SnapStart] }

// Quantile returns the duration that a share q of the invocations do not exceed, in
// nanoseconds, within 1.6 %.
func (s *Stats) Quantile(q float64) int64 {
	return min(max(s.Durations.Quantile(q), int64(s.Min)), int64(s.Max))
}

// IdleTime is the billed time that passed while waiting.
func (s *Stats) IdleTime() (sum time.Duration) {
	for _, i := range s.Idle {
		sum += i.Time
	}
	return sum
}

// add counts inv, which costs b.
func (s *Stats) add(inv *Invocation, b Bill) {
	one := Stats{
		Invocations: 1, InitTime: inv.InitTime, Time: inv.Duration, Min: inv.Duration, Max: inv.Duration, Billed: inv.Billed,
		Records: uint64(inv.Failed), MemorySize: inv.MemorySize, MemoryMax: inv.MemoryUsed, MemorySum: uint64(inv.MemoryUsed), Bill: b, Idle: inv.Idle,
	}
	one.Inits[inv.Init] = 1
	if inv.Outcome != transaction.OK {
		one.By = map[transaction.Outcome]uint64{inv.Outcome: 1}
	}
	if inv.Billed > 0 {
		one.Told = 1
	}
	if inv.MemoryUsed > 0 {
		one.MemoryTold = 1
	}
	one.Durations.Add(int64(inv.Duration))
	s.Merge(&one)
}

// Merge adds what o counts; of memory sizes the one of o stands.
func (s *Stats) Merge(o *Stats) {
	switch {
	case o.Invocations == 0:
		return
	case s.Invocations == 0:
		s.Min = o.Min
	}
	s.Min, s.Max = min(s.Min, o.Min), max(s.Max, o.Max)
	s.Invocations += o.Invocations
	for outcome, n := range o.By {
		if s.By == nil {
			s.By = map[transaction.Outcome]uint64{}
		}
		s.By[outcome] += n
	}
	for i, n := range o.Inits {
		s.Inits[i] += n
	}
	s.InitTime += o.InitTime
	s.Time += o.Time
	s.Durations.Merge(&o.Durations)
	s.Billed += o.Billed
	s.Told += o.Told
	s.Records += o.Records
	s.MemorySize = cmp.Or(o.MemorySize, s.MemorySize)
	s.MemoryMax = max(s.MemoryMax, o.MemoryMax)
	s.MemorySum += o.MemorySum
	s.MemoryTold += o.MemoryTold
	s.Bill.Compute += o.Bill.Compute
	s.Bill.Waiting += o.Bill.Waiting
	s.Bill.Init += o.Bill.Init
	s.Bill.Requests += o.Bill.Requests
	s.Bill.Unknown += o.Bill.Unknown
	for _, i := range o.Idle {
		s.wait(i)
	}
}

func (s *Stats) wait(i Idle) {
	n, ok := slices.BinarySearchFunc(s.Idle, i.For, func(a Idle, b signal.Resource) int { return compare(a.For, b) })
	if ok {
		s.Idle[n].Time += i.Time
		return
	}
	s.Idle = slices.Insert(s.Idle, n, i)
}

func compare(a, b signal.Resource) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
}
