package price

import (
	"time"
)

// Run is one run of a function, as far as it is told.
type Run struct {
	Region    string
	Arch      string // arm64; anything else is x86_64
	Memory    int64  // bytes; 0: not told
	Storage   int64  // ephemeral, bytes; 0: not told, and free
	At        time.Time
	Duration  time.Duration // of the handler
	Billed    time.Duration // as told, with the initialisation; 0: not told
	Init      time.Duration // of a cold start; 0: none, or not told
	Restore   time.Duration // billed for restoring a snapshot
	Start     Start
	FreeStart bool // restoring costs nothing: Java's runtimes
}

// The lines of a run, by what they are for. Compute and storage are the others.
const (
	Requests = "Lambda request"
	Init     = "Lambda init"
	Restored = "SnapStart restore"
)

// Start is how the environment of a run came to be.
type Start uint8

// The kinds of start.
const (
	OnDemand Start = iota
	Provisioned
	SnapStart
)

// InitBilled is since when Lambda charges for every initialisation.
var InitBilled = time.Date(2025, 8, 1, 0, 0, 0, 0, time.UTC)

const (
	gb          = 1 << 30
	freeStorage = 512 << 20
)

// Run returns what r costs: its request, its compute with the initialisation apart,
// and what its environment adds. Without a memory size it is the request alone.
func (b *Book) Run(r Run) []Line {
	var lines []Line
	add := func(l Line, ok bool) {
		if ok {
			lines = append(lines, l)
		}
	}
	add(b.line(Requests, LambdaRequest, r.Region, 1, ""))
	if r.Memory <= 0 {
		return lines
	}
	arch := Item("x86_64")
	if r.Arch == "arm64" {
		arch = "arm64"
	}
	memory := float64(r.Memory) / gb
	seconds := func(what string, item Item, d time.Duration, size float64) {
		if d <= 0 {
			return
		}
		l, ok := b.line(what, item, r.Region, d.Seconds()*size, number(d.Seconds())+" s × "+number(size)+" GB")
		l.Estimate = r.Billed == 0
		add(l, ok)
	}
	billed, init := r.billed()
	compute := LambdaCompute
	if r.Start == Provisioned {
		compute = LambdaProvisioned
	}
	seconds(Init, compute+arch, init, memory)
	seconds("Lambda compute", compute+arch, billed-init, memory)
	if extra := r.Storage - freeStorage; extra > 0 {
		seconds("Lambda storage", LambdaStorage, billed, float64(extra)/gb)
	}
	if r.Start == SnapStart && r.Restore > 0 && !r.FreeStart {
		add(b.line(Restored, LambdaRestore, r.Region, memory, ""))
	}
	return lines
}

// billed returns the time that is charged, and what of it is initialisation. What
// was not told is the duration and the initialisation, rounded up to a millisecond.
func (r *Run) billed() (all, init time.Duration) {
	if r.Start == OnDemand && !r.At.Before(InitBilled) {
		init = r.Init
	}
	if r.Start == SnapStart {
		init = r.Restore
	}
	if r.Billed > 0 {
		return r.Billed, min(init, r.Billed)
	}
	return roundUp(init+r.Duration, time.Millisecond), init
}

func roundUp(d, unit time.Duration) time.Duration { return (d + unit - 1) / unit * unit }
