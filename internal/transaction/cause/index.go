package cause

import (
	"slices"
	"strings"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// index is the transaction as the search needs it. A stay is one run of code: the
// rows from where a process was entered to where it calls others.
type index struct {
	t        *transaction.Transaction
	facts    []*facts // by row; nil where nothing is known
	stay     []int    // by row: the row that entered the process it ran in
	lines    map[int][]line
	messages map[int][]int // by row, of a sender or an attempt: indices into t.Messages
	lastOK   map[again]signal.Time
	failing  []int // rows that failed, by row
	parsed   map[*payload]*node
	units    map[*payload][]unit
}

// again tells the calls apart that may be attempts at the same thing.
type again struct {
	stay, node int
	name       string
}

func newIndex(t *transaction.Transaction, e *Evidence) *index {
	x := &index{
		t: t, facts: make([]*facts, len(t.Rows)), stay: make([]int, len(t.Rows)),
		lines: map[int][]line{}, messages: map[int][]int{}, lastOK: map[again]signal.Time{}, parsed: map[*payload]*node{}, units: map[*payload][]unit{},
	}
	halves := t.Halves()
	for r := range t.Rows {
		row := &t.Rows[r]
		var half signal.TraceID
		if row.Flags&transaction.FlagMissing == 0 && row.Trace < len(t.Traces) {
			half = halves[row.Trace]
			x.facts[r] = e.rows[key{t.Traces[row.Trace], row.ID, row.Kind}]
			if f := e.rows[key{half, row.ID, row.Kind}]; f != nil && (x.facts[r] == nil || f.weight() > x.facts[r].weight()) {
				x.facts[r] = f
			}
		}
		x.stay[r] = r
		if p := row.Parent; p >= 0 && !x.entered(r, p) {
			x.stay[r] = x.stay[p]
		}
		x.addLines(e, r, half)
	}
	for m := range t.Messages {
		msg := &t.Messages[m]
		if msg.Sender >= 0 {
			x.messages[msg.Sender] = append(x.messages[msg.Sender], m)
		}
		for _, r := range msg.Attempts {
			x.messages[r] = append(x.messages[r], m)
		}
	}
	for r := range t.Rows {
		row := &t.Rows[r]
		switch {
		case row.Flags&transaction.FlagMissing != 0:
		case x.failed(r):
			x.failing = append(x.failing, r)
		case x.isCall(r) && row.Flags&transaction.FlagOpen == 0 && !x.callFailed(r):
			k := again{x.caller(r), x.target(r), row.Name}
			x.lastOK[k] = max(x.lastOK[k], row.Start)
		}
	}
	return x
}

func calls(k signal.SpanKind) bool { return k == signal.Client || k == signal.Producer }

// isCall reports whether row r calls somebody: by its kind, as a span of no kind
// that names whom it talked to, or as the callee where the caller's side was not told.
func (x *index) isCall(r int) bool {
	row := &x.t.Rows[r]
	switch s := x.stay[r]; {
	case calls(row.Kind):
		return true
	case s != r:
		return row.Kind == signal.KindUnset && row.Node != x.t.Rows[s].Node
	}
	return row.Parent >= 0 && row.Flags&(transaction.FlagAsync|transaction.FlagMissing) == 0 && !calls(x.t.Rows[row.Parent].Kind)
}

// caller is the stay that made call r.
func (x *index) caller(r int) int {
	if p := x.t.Rows[r].Parent; x.stay[r] == r && p >= 0 {
		return x.stay[p]
	}
	return x.stay[r]
}

// callsOf yields the outer calls of stay s.
func (x *index) callsOf(s int, yield func(c int) bool) {
	const gone = transaction.FlagMissing | transaction.FlagTwin
	for r := s + 1; r < s+x.t.Rows[s].Size; {
		if x.t.Rows[r].Flags&gone == 0 && x.isCall(r) && x.caller(r) == s && x.outer(r) && !yield(r) {
			return
		}
		if x.stay[r] != s {
			r += x.t.Rows[r].Size
		} else {
			r++
		}
	}
}

// entered reports whether row r begins a stay below p.
func (x *index) entered(r, p int) bool {
	row, parent := &x.t.Rows[r], &x.t.Rows[p]
	switch {
	case row.Flags&transaction.FlagTwin != 0:
		return false
	case parent.Flags&transaction.FlagMissing != 0 || row.Service != parent.Service:
		return !calls(row.Kind) || row.Service != parent.Service
	case row.Kind == signal.Server || row.Kind == signal.Consumer:
		return calls(parent.Kind)
	}
	return false
}

func (x *index) addLines(e *Evidence, r int, half signal.TraceID) {
	row := &x.t.Rows[r]
	if len(e.logs) == 0 || row.Flags&transaction.FlagMissing != 0 || row.Trace >= len(x.t.Traces) {
		return
	}
	for _, trace := range []signal.TraceID{x.t.Traces[row.Trace], half} {
		if trace.IsZero() {
			continue
		}
		x.lines[r] = append(slices.Clip(x.lines[r]), e.logs[place{trace, row.ID, ""}]...)
		if x.stay[r] == r {
			x.lines[r] = append(slices.Clip(x.lines[r]), e.logs[place{trace, signal.SpanID{}, x.t.Services[row.Service]}]...)
		}
	}
	if len(x.lines[r]) == 0 {
		delete(x.lines, r)
		return
	}
	x.lines[r] = firstLines(slices.Clone(x.lines[r]))
}

// failed reports whether row r failed by its own telling or by what it answered.
func (x *index) failed(r int) bool {
	row := &x.t.Rows[r]
	if row.Flags&(transaction.FlagError|transaction.FlagTimeout) != 0 {
		return true
	}
	f := x.facts[r]
	switch {
	case f == nil:
		return false
	case calls(row.Kind):
		return f.status >= 400 || f.code != ""
	}
	return f.status >= 500
}

// status is the HTTP status that row r tells, or that its answer holds; 0 unknown.
func (x *index) status(r int) int {
	f := x.facts[r]
	if f == nil {
		return 0
	}
	if f.status == 0 {
		for i := range f.payloads {
			if p := &f.payloads[i]; p.role == "response" && strings.Contains(p.text, "statusCode") {
				if n := x.read(p).member("statusCode"); n != nil && n.kind == 'n' {
					return statusOf(signal.Str(n.text))
				}
			}
		}
	}
	return f.status
}

// read parses a payload, once.
func (x *index) read(p *payload) *node {
	n, ok := x.parsed[p]
	if !ok {
		n = parse(p.text)
		x.parsed[p] = n
	}
	return n
}

// target is the node that a call went to.
func (x *index) target(r int) int {
	if s := x.callee(r); s >= 0 {
		return x.t.Rows[s].Node
	}
	return x.t.Rows[r].Node
}

// callee is the stay that answers call r, -1 where none was seen.
func (x *index) callee(r int) int {
	if x.stay[r] == r && !calls(x.t.Rows[r].Kind) {
		return r
	}
	for c, steps := r+1, 0; c < r+x.t.Rows[r].Size && steps < 64; steps++ {
		row := &x.t.Rows[c]
		switch {
		case x.stay[c] == c && row.Flags&(transaction.FlagAsync|transaction.FlagMissing) == 0:
			return c
		case calls(row.Kind) || row.Flags&transaction.FlagMissing != 0:
			c++ // the HTTP call below that of an SDK
		default:
			c += row.Size
		}
	}
	return -1
}

// rowsOf yields the rows of stay s without those of other stays, s first.
func (x *index) rowsOf(s int, yield func(r int) bool) {
	for r := s; r < s+x.t.Rows[s].Size; {
		if x.stay[r] != s {
			r += x.t.Rows[r].Size
			continue
		}
		if !yield(r) {
			return
		}
		r++
	}
}

// outer reports whether call r is not part of another call of its stay, as the
// HTTP span below an SDK's is.
func (x *index) outer(r int) bool {
	p := x.t.Rows[r].Parent
	return p < 0 || !calls(x.t.Rows[p].Kind) || x.stay[p] != x.stay[r]
}

// recovered reports whether failed call r was tried again and went well. A
// refusal for cause is never mended by trying again.
func (x *index) recovered(r int) bool {
	switch s := x.status(r); {
	case s >= 400 && s < 500 && s != 408 && s != 423 && s != 425 && s != 429 && s != 409:
		return false
	}
	at, ok := x.lastOK[again{x.caller(r), x.target(r), x.t.Rows[r].Name}]
	return ok && at > x.t.Rows[r].Start
}

// end is when row r ended, corrected for reading.
func (x *index) end(r int) signal.Time { return x.t.Rows[r].Start.Add(x.t.Rows[r].Dur) }

// senders returns the rows of the calls or messages by which stay s was entered.
func (x *index) senders(s int) (out []int) {
	for _, m := range x.messages[s] {
		if from := x.t.Messages[m].Sender; from >= 0 && from != s && !slices.Contains(out, from) && len(out) < maxSenders {
			out = append(out, from)
		}
	}
	if p := x.t.Rows[s].Parent; p >= 0 && len(out) == 0 {
		for calls(x.t.Rows[p].Kind) && !x.outer(p) {
			p = x.t.Rows[p].Parent
		}
		if x.t.Rows[p].Flags&transaction.FlagMissing == 0 {
			out = append(out, p)
		}
	}
	return out
}

// maxSenders of one batch are followed upstream.
const maxSenders = 32
