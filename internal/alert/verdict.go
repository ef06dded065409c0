package alert

// Missing says what a window without data means, in CloudWatch's words.
type Missing string

// The four treatments of missing data.
const (
	NotBreaching     Missing = "notBreaching" // as if it were within the bound
	Breaching        Missing = "breaching"    // as if it were beyond the bound
	Ignore           Missing = "ignore"       // the state stays what it is
	MissingIsMissing Missing = "missing"      // no data is a state of its own
)

// verdict is what one window says.
type verdict uint8

const (
	absent verdict = iota
	within
	beyond
)

// answer is what the last windows of a series say together.
type answer uint8

const (
	keep    answer = iota // nothing new
	calm                  // fewer than M windows are beyond the bound
	alarm                 // at least M are
	unknown               // there is no data to tell
)

// evaluate answers for the windows of the evaluation range, oldest first, of which n
// decide and m must be beyond the bound. It is CloudWatch's evaluation: windows with
// data count before missing ones, however old they are within the range, and as
// few missing ones as possible are made up for.
func evaluate(windows []verdict, m, n int, missing Missing) answer {
	bad, good, oldest := 0, 0, 0 // oldest: age of the oldest that is beyond, 1 the newest
	for i := len(windows) - 1; i >= 0 && bad+good < n; i-- {
		switch windows[i] {
		case beyond:
			bad++
			oldest = len(windows) - i
		case within:
			good++
		}
	}
	made := n - bad - good // windows to make up for
	switch {
	case missing == Breaching:
		bad += made
	case missing == NotBreaching, made == 0:
	case bad+good == 0:
		return without(missing)
	case bad < m && good == 0: // only bad ones, too few: CloudWatch waits for them to grow old
		if missing == Ignore || oldest < m {
			return without(missing)
		}
		return alarm
	}
	if bad >= m {
		return alarm
	}
	return calm
}

func without(missing Missing) answer {
	if missing == Ignore {
		return keep
	}
	return unknown
}
