package transaction

import (
	"cmp"
	"slices"

	"clew/internal/signal"
)

// Segment is one stretch of the critical path: the end of the transaction depended
// on Row, or, with Wait, on the message that Row was delivered while nothing that
// was seen ran for it.
type Segment struct {
	Row      int
	From, To signal.Time
	Wait     bool
}

// Critical tells what the duration of t consists of. The segments lie in [T0, End),
// each beginning where the one before it ends; none is empty. The way is found
// backwards from the last effect: a row that ended when it did because a call below
// it ended owns none of the time of that call, and what a message set off is on the
// way only where nothing before it lasted longer.
func (t *Transaction) Critical() []Segment {
	if len(t.Rows) == 0 {
		return nil
	}
	p := &path{t: t}
	p.measure()
	p.findAttempts()
	at := t.End
	for _, r := range p.byEnd() {
		if at <= t.T0 {
			break
		}
		// What began before this point and ended by it is what came before.
		if row := &t.Rows[r]; p.settled[r] || end(row) > at || row.Start >= at && at < t.End {
			continue
		}
		p.wait(p.upper(), end(&t.Rows[r]), at)
		at = p.climb(r, end(&t.Rows[r]))
	}
	p.wait(p.upper(), t.T0, at)
	slices.Reverse(p.segments)
	return p.segments
}

// path is the critical path while it is found, last segment first.
type path struct {
	t        *Transaction
	lasts    []signal.Time // by row: its end, or that of the last call below it
	below    []int         // calls below each row, those that ended last first
	first    []int         // by row: where its calls begin in below
	settled  []bool        // by row: the path has been there
	before   map[int]int   // by row: the attempt before it at the same message
	segments []Segment
}

func end(r *Row) signal.Time { return r.Start.Add(r.Dur) }

// measure computes when each row and the calls below it were over, and sorts the
// calls by that.
func (p *path) measure() {
	rows := p.t.Rows
	p.lasts, p.settled = make([]signal.Time, len(rows)), make([]bool, len(rows))
	p.first = make([]int, len(rows)+1)
	for r := len(rows) - 1; r >= 0; r-- {
		p.lasts[r] = max(p.lasts[r], end(&rows[r]))
		if up := rows[r].Parent; up >= 0 && rows[r].Flags&FlagAsync == 0 {
			p.lasts[up] = max(p.lasts[up], p.lasts[r])
			p.first[up+1]++
		}
	}
	for r := range rows {
		p.first[r+1] += p.first[r]
	}
	p.below = make([]int, p.first[len(rows)])
	next := slices.Clone(p.first)
	for r := range rows {
		if up := rows[r].Parent; up >= 0 && rows[r].Flags&FlagAsync == 0 {
			p.below[next[up]] = r
			next[up]++
		}
	}
	for r := range rows {
		slices.SortFunc(p.below[p.first[r]:p.first[r+1]], func(a, b int) int {
			return cmp.Or(cmp.Compare(p.lasts[b], p.lasts[a]), cmp.Compare(rows[a].Start, rows[b].Start), cmp.Compare(a, b))
		})
	}
}

func (p *path) findAttempts() {
	p.before = map[int]int{}
	for i := range p.t.Messages {
		tried := p.t.Messages[i].Attempts
		for a := 1; a < len(tried); a++ {
			if b, ok := p.before[tried[a]]; !ok || end(&p.t.Rows[tried[a-1]]) > end(&p.t.Rows[b]) {
				p.before[tried[a]] = tried[a-1]
			}
		}
	}
}

// byEnd returns the rows, last end first. Of rows that end together the outermost
// comes first, and one that only seems to end, because it never told, comes last.
func (p *path) byEnd() []int {
	rows := p.t.Rows
	order := make([]int, len(rows))
	for r := range rows {
		order[r] = r
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(end(&rows[b]), end(&rows[a])), cmp.Compare(rows[a].Flags&FlagOpen, rows[b].Flags&FlagOpen), cmp.Compare(a, b))
	})
	return order
}

// climb covers the time up to at that row r and what led to it took, and returns
// when the first of that began.
func (p *path) climb(r int, at signal.Time) signal.Time {
	for came := -1; r >= 0; {
		row := &p.t.Rows[r]
		if came >= 0 && at > end(row) { // r was over: a message lay around, or nothing was seen
			p.wait(came, max(end(row), p.t.T0), at)
			at = max(end(row), p.t.T0)
		}
		if at > row.Start {
			p.cover(r, row.Start, at)
			at = row.Start
		}
		p.settled[r] = true
		came = r
		r, at = p.cause(r, at)
	}
	return at
}

// cause returns the row because of which r began, and until when that row counts:
// the attempt before it, which failed, or the row above it, from which its message
// may have waited.
func (p *path) cause(r int, at signal.Time) (int, signal.Time) {
	row := &p.t.Rows[r]
	if b, ok := p.before[r]; ok && !p.settled[b] && end(&p.t.Rows[b]) <= at && p.t.Rows[b].Start < at {
		return b, at
	}
	if row.Flags&FlagAsync != 0 && row.Wait > 0 {
		from := max(row.Start.Add(-row.Wait), p.t.T0)
		if up := row.Parent; up >= 0 {
			from = max(from, p.t.Rows[up].Start)
		}
		from = min(from, at)
		p.wait(r, from, at)
		at = from
	}
	return row.Parent, at
}

// cover tells who took [from, at), in which r runs: the call below it that was
// over last before at, then the one before that one's start, and so on; what is
// left between them is r's own.
func (p *path) cover(r int, from, at signal.Time) {
	p.settled[r] = true
	for _, c := range p.below[p.first[r]:p.first[r+1]] {
		start := max(p.t.Rows[c].Start, from)
		if p.lasts[c] > at || p.lasts[c] <= start {
			continue
		}
		p.add(Segment{Row: r, From: p.lasts[c], To: at})
		p.cover(c, start, p.lasts[c])
		at = start
	}
	p.add(Segment{Row: r, From: from, To: at})
}

func (p *path) wait(r int, from, to signal.Time) {
	p.add(Segment{Row: r, From: from, To: to, Wait: true})
}

// upper returns the row whose beginning is not yet explained.
func (p *path) upper() int {
	if n := len(p.segments); n > 0 {
		return p.segments[n-1].Row
	}
	return max(p.t.Entry, 0)
}

// add puts s before the others and makes one of two that touch.
func (p *path) add(s Segment) {
	if s.From >= s.To {
		return
	}
	if n := len(p.segments); n > 0 {
		if l := &p.segments[n-1]; l.Row == s.Row && l.Wait == s.Wait && l.From == s.To {
			l.From = s.From
			return
		}
	}
	p.segments = append(p.segments, s)
}
