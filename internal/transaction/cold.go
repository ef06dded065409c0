package transaction

import (
	"time"

	"clew/internal/signal"
)

// ColdToUser is how long the caller of the transaction waited for cold starts: for
// those of runs that were called and not sent messages, from the entry on. told
// returns what is known of the initialisation of the run at a row, 0 for nothing;
// it may be nil. Without it, a cold start took from the beginning of the call to the
// beginning of the run. Cold starts at the same time count once.
func (t *Transaction) ColdToUser(told func(row int) time.Duration) time.Duration {
	if t.Entry < 0 || t.Rows[t.Entry].Flags&FlagAsync != 0 {
		return 0
	}
	var colds []interval
	for r := t.Entry; r < t.Entry+t.Rows[t.Entry].Size; {
		row := &t.Rows[r]
		if row.Flags&FlagAsync != 0 {
			r += row.Size // nobody waits for what a message set off
			continue
		}
		if row.Flags&FlagCold != 0 && t.Invocation(r) {
			if from := t.coldFrom(r, told); from < row.Start {
				colds = append(colds, interval{from, row.Start})
			}
		}
		r++
	}
	return union(colds)
}

// coldFrom returns when the wait for the cold start before row r began. What was
// initialised before the call nobody waited for.
func (t *Transaction) coldFrom(r int, told func(int) time.Duration) signal.Time {
	row := &t.Rows[r]
	var init time.Duration
	if told != nil {
		init = told(r)
	}
	switch up := row.Parent; {
	case up >= 0 && calls(t.Rows[up].Kind) && init > 0:
		return max(t.Rows[up].Start, row.Start.Add(-init))
	case up >= 0 && calls(t.Rows[up].Kind):
		return t.Rows[up].Start
	}
	return row.Start.Add(-init)
}
