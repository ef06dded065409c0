package lambda

// Fold takes the lines of one invocation together, in any order. Two
// generations of Lambda tell a timeout and a lack of memory in different lines,
// some in both: what is told twice counts once.
type Fold struct {
	Report    Line    // the report; Type is Log until it came
	Outcome   Outcome // of all lines so far
	ErrorType string
	Message   string // of what ended it badly
	killed    bool
}

// rank orders outcomes by how much they explain: a platform's verdict beats an
// exception that was logged before it.
var rank = map[Outcome]int{NoOutcome: 0, Failed: 1, Crashed: 2, TimedOut: 3, OOM: 4}

// Add takes one line of the invocation.
func (f *Fold) Add(l Line) {
	outcome := l.Outcome
	switch l.Type {
	case Report:
		f.Report = l
	case Crash:
		f.killed = f.killed || outcome == OOM
	}
	if rank[outcome] > rank[f.Outcome] {
		f.Outcome = outcome
		if l.ErrorType != "" {
			f.ErrorType = l.ErrorType
		}
	}
	if f.Message == "" && outcome != NoOutcome {
		f.Message = l.Message
	}
	// Killed with memory to spare was not for its memory; a full memory alone is
	// no failure, for Lambda reports it of functions that end well.
	if r := &f.Report; f.killed && r.Type == Report && r.ErrorType != "Runtime.OutOfMemory" && r.MemoryUsed < r.MemorySize && f.Outcome == OOM {
		f.Outcome = Crashed
	}
	if r := &f.Report; r.Type == Report && f.Outcome == Crashed && r.MemorySize > 0 && r.MemoryUsed >= r.MemorySize {
		f.Outcome = OOM
	}
}
