package issue

import (
	"strings"

	"clew/internal/signal"
	"clew/internal/transaction"
	"clew/internal/transaction/cause"
)

// scene is one transaction with all that finders look at.
type scene struct {
	t      *transaction.Transaction
	notes  *Notes
	report *cause.Report
	run    []int     // by row: the row that its run of a function or service began with
	failed []failure // of runs, where a failure began, by row
}

// failure is a run that failed by itself, rather than by what it called.
type failure struct {
	run, row int // row says why
	outcome  transaction.Outcome
	text     failureText
	said     bool // text says more than a status does
	call     int  // row of the call that it was about; -1
}

func newScene(t *transaction.Transaction, n *Notes, r *cause.Report) *scene {
	s := &scene{t: t, notes: n, report: r, run: make([]int, len(t.Rows))}
	for i := range t.Rows {
		s.run[i] = i
		if !s.begins(i) {
			s.run[i] = s.run[t.Rows[i].Parent]
		}
	}
	for i := range t.Rows {
		if s.run[i] == i && s.isFailed(i) {
			if f, ok := s.failure(i); ok {
				s.failed = append(s.failed, f)
			}
		}
	}
	return s
}

func (s *scene) isFailed(r int) bool {
	return s.t.Rows[r].Flags&(transaction.FlagError|transaction.FlagMissing|transaction.FlagTwin) == transaction.FlagError
}

func isCall(k signal.SpanKind) bool { return k == signal.Client || k == signal.Producer }

// begins reports whether a run begins with row r.
func (s *scene) begins(r int) bool {
	row := &s.t.Rows[r]
	if row.Parent < 0 {
		return true
	}
	p := &s.t.Rows[row.Parent]
	switch {
	case p.Flags&transaction.FlagMissing != 0, p.Service != row.Service:
		return true
	case isCall(row.Kind):
		return false
	case row.Kind == signal.Consumer: // one message of a batch
		return true
	}
	return row.Flags&transaction.FlagAsync != 0 || isCall(p.Kind) && row.Kind != signal.Internal && row.Kind != signal.KindUnset
}

// resource is what run r is a run of.
func (s *scene) resource(r int) signal.Resource {
	row := &s.t.Rows[r]
	if n := &s.t.Nodes[row.Node]; n.Instrumented {
		return n.Resource
	}
	for i := range s.t.Nodes {
		if s.t.Nodes[i].Service == row.Service {
			return s.t.Nodes[i].Resource
		}
	}
	return s.t.Nodes[row.Node].Resource
}

// words are what row r says of its failure.
func (s *scene) words(r int) (f failureText, said bool) {
	n := s.notes.of(s.t, r)
	if n.typ != "" || n.message != "" {
		return readFailure(n.typ, n.message, n.stack, ""), true
	}
	return readFailure("", "", n.stack, s.t.Rows[r].Error), n.status != ""
}

// failure looks where the failure of run u began. ok is false when it began in
// another run that u called: that one tells of it.
func (s *scene) failure(u int) (f failure, ok bool) {
	f = failure{run: u, row: u, outcome: s.t.Rows[u].Outcome, call: -1}
	f.text, f.said = s.words(u)
	for !f.said {
		c := s.lastFailed(f.row)
		if c < 0 {
			break
		}
		if s.run[c] == c {
			return f, false
		}
		f.row = c
		f.text, f.said = s.words(c)
	}
	if f.said && s.relays(&f) {
		return f, false
	}
	if f.outcome == transaction.Failed {
		f.outcome = s.t.Rows[f.row].Outcome
	}
	if f.row != u && isCall(s.t.Rows[f.row].Kind) {
		f.call = f.row
	} else if f.outcome == transaction.Timeout {
		f.call = s.lastCall(u)
	}
	return f, true
}

// lastFailed is the call below row r that failed and began last; -1 without one.
func (s *scene) lastFailed(r int) int {
	last := -1
	for c := r + 1; c < r+s.t.Rows[r].Size; c += s.t.Rows[c].Size {
		if s.isFailed(c) && s.t.Rows[c].Flags&transaction.FlagAsync == 0 && (last < 0 || s.t.Rows[c].Start >= s.t.Rows[last].Start) {
			last = c
		}
	}
	return last
}

// relays reports whether f only tells of the failure of a run that it called and
// waited for.
func (s *scene) relays(f *failure) bool {
	for c := f.run + 1; c < f.run+s.t.Rows[f.run].Size; c++ {
		if s.t.Rows[c].Flags&transaction.FlagAsync != 0 {
			c += s.t.Rows[c].Size - 1 // nobody waited for it
			continue
		}
		if s.run[c] != c || !s.isFailed(c) {
			continue
		}
		below, said := s.words(c)
		if said && tells(&f.text, &below) || speaksOfStatus(f.text.Type+" "+f.text.Message) {
			return true
		}
	}
	return false
}

// tells reports whether a repeats what b says.
func tells(a, b *failureText) bool {
	text := a.Type + ": " + a.Message
	if len(b.Message) >= 4 && strings.Contains(text, b.Message) {
		return true
	}
	return b.Type != "" && strings.Contains(text, shortType(b.Type)) && shortType(a.Type) != shortType(b.Type)
}

// statusWords are how clients say that the server failed.
var statusWords = []string{
	"status code 5", "status code: 5", "status 5", "status: 5", "http 5", "http error 5", "500 ", "502 ", "503 ", "504 ", "500:", "502:", "503:", "internal server error", "internal error",
	"bad gateway", "service unavailable", "gateway timeout", "upstream", "function.unhandled", "unhandled", "functionerror", "invocation failed", "code = unknown", "code = internal", "code = unavailable", "unavailable:", "server error",
}

func speaksOfStatus(text string) bool {
	text = strings.ToLower(text)
	for _, w := range statusWords {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// lastCall is the call of run u that had not come back, or failed, when u ended:
// the one that began last; -1 without one.
func (s *scene) lastCall(u int) int {
	end := s.t.Rows[u].Start.Add(s.t.Rows[u].Dur)
	last := -1
	for c := u + 1; c < u+s.t.Rows[u].Size; c++ {
		row := &s.t.Rows[c]
		if s.run[c] != u || !isCall(row.Kind) || row.Parent != u && isCall(s.t.Rows[row.Parent].Kind) {
			continue
		}
		hung := row.Flags&(transaction.FlagOpen|transaction.FlagTimeout) != 0 || row.Start.Add(row.Dur) >= end
		if hung && (last < 0 || row.Start > s.t.Rows[last].Start) {
			last = c
		}
	}
	return last
}

// peer names what row r calls: "table posts"; "" where that is not known.
func (s *scene) peer(r int) string {
	if r < 0 {
		return ""
	}
	n := &s.t.Nodes[s.t.Rows[r].Node]
	if n.Resource == s.resource(s.run[r]) {
		return ""
	}
	return strings.TrimSpace(string(n.Kind) + " " + n.Name)
}

// where adds what was called to a title.
func where(title, verb, peer string) string {
	if peer == "" {
		return title
	}
	return title + " " + verb + " " + peer
}

// ended makes a found of every run that failed with outcome o.
func (s *scene) ended(o transaction.Outcome, make func(*failure) found) (all []found) {
	for i := range s.failed {
		if f := &s.failed[i]; f.outcome == o {
			x := make(f)
			x.run, x.row, x.resource, x.stack = f.run, f.row, s.resource(f.run), f.text.Stack
			all = append(all, x)
		}
	}
	return all
}
