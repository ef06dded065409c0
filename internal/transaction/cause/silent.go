package cause

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// This file finds failures that nobody was told of.

const maxSilent = 100

func (f *finder) silent() (out []Silent) {
	for r := range f.t.Rows {
		row := &f.t.Rows[r]
		if row.Flags&(transaction.FlagMissing|transaction.FlagTwin) != 0 {
			continue
		}
		if f.stay[r] == r {
			if back, of := f.handedBack(r); back > 0 {
				out = append(out, Silent{r, PartialBatch, f.name(r) + " succeeded and handed back " + strconv.Itoa(back) + of})
			} else if said := f.errorBody(r); said != "" && !f.failed(r) && f.status(r) < 400 {
				out = append(out, Silent{r, ErrorBody, f.name(r) + " answered well with an error inside: " + short(said)})
			}
		}
		if text := f.wentOn(r); text != "" {
			out = append(out, Silent{r, Swallowed, text})
		}
		if len(out) >= maxSilent {
			break
		}
	}
	out = append(out, f.drops()...)
	slices.SortStableFunc(out, func(a, b Silent) int { return cmp.Compare(a.Row, b.Row) })
	return out[:min(len(out), maxSilent)]
}

// wentOn says that row r failed while its stay went well; lookups that find
// nothing, attempts that were made good and what was given up are no failures.
func (f *finder) wentOn(r int) string {
	s := f.caller(r)
	row := &f.t.Rows[r]
	if !f.isCall(r) {
		s = f.stay[r]
	}
	if s == r && !f.threw(r) || f.failed(s) || f.status(s) >= 400 || f.errorBody(s) != "" || f.t.Rows[s].Flags&transaction.FlagOpen != 0 {
		return ""
	}
	switch {
	case f.isCall(r):
		switch f.status(r) {
		case 304, 404, 409, 410, 412:
			return ""
		}
		if !f.outer(r) || !f.callFailed(r) || f.recovered(r) || f.cancelled(r) || anyText([]string{row.Error}, []string{"conditionalcheckfailed", "nosuchkey", "not found", "notfound"}) {
			return ""
		}
	case !f.failed(r) && !f.threw(r) || f.below(r):
		return ""
	}
	return f.name(s) + " swallowed " + f.fault(r)
}

// below reports whether a row of r's stay below it failed, too, and tells it better.
func (f *finder) below(r int) bool {
	for c := r + 1; c < r+f.t.Rows[r].Size && c < r+64; c++ {
		if f.stay[c] == f.stay[r] && (f.failed(c) || f.threw(c)) {
			return true
		}
	}
	return false
}

// handedBack counts the messages that stay s gave back although it succeeded.
func (f *finder) handedBack(s int) (n int, of string) {
	x := f.facts[s]
	if x == nil || f.t.Rows[s].Flags&transaction.FlagError != 0 && f.t.Rows[s].Outcome != transaction.Partial {
		return 0, ""
	}
	for i := range x.payloads {
		if p := &x.payloads[i]; p.role == "response" && strings.Contains(p.text, "batchItemFailures") {
			if list := f.read(p).member("batchItemFailures"); list != nil {
				n = max(n, len(list.kids))
			}
		}
	}
	if n == 0 {
		return 0, ""
	}
	total := 0
	for _, m := range f.messages[s] {
		total = max(total, f.t.Messages[m].Batch)
	}
	for _, d := range f.took(s) {
		total = max(total, len(d.units))
	}
	if total > 1 && total >= n {
		return n, " of " + strconv.Itoa(total) + " messages"
	}
	if n == 1 {
		return n, " message"
	}
	return n, " messages"
}

// errorBody returns the error in an answer whose status is good, "" without one.
func (x *index) errorBody(r int) string {
	known := x.facts[r]
	if known == nil || known.status >= 400 {
		return ""
	}
	for i := range known.payloads {
		p := &known.payloads[i]
		if p.role != "response" || !strings.Contains(p.text, "rror") && !strings.Contains(p.text, `"success"`) && !strings.Contains(p.text, `"ok"`) && !strings.Contains(p.text, `"fail`) && !strings.Contains(p.text, "statusCode") {
			continue
		}
		n := x.read(p)
		if n == nil || n.kind != '{' {
			continue
		}
		if code := n.member("statusCode"); code != nil && code.kind == 'n' {
			if s := statusOf(signal.Str(code.text)); s >= 500 {
				return "statusCode " + code.text
			} else if s >= 400 {
				continue // told, and the caller's business
			}
			if body := n.member("body").opened(); body != nil && body.kind == '{' {
				n = body
			}
		}
		if said := errorOf(n); said != "" {
			return said
		}
	}
	return ""
}

// errorOf reads the error that an answer is, in the ways they are written.
func errorOf(n *node) string {
	if n == nil || n.kind != '{' {
		return ""
	}
	if e := n.member("errors"); e != nil && (e.kind == '[' || e.kind == '{') && len(e.kids) > 0 { // GraphQL, JSON:API
		return tellError(e.kids[0])
	}
	if e := n.member("errorMessage"); e != nil && e.kind == 's' { // Lambda
		if t := n.member("errorType"); t != nil && t.text != "" {
			return t.text + ": " + e.text
		}
		return firstText(e.text, "errorMessage")
	}
	if e := n.member("error"); e != nil && (e.kind == 's' && e.text != "" || e.kind == '{' && len(e.kids) > 0 || e.kind == 'b' && e.text == "true") {
		return tellError(e)
	}
	for _, name := range []string{"success", "ok", "succeeded"} {
		if v := n.member(name); v != nil && v.kind == 'b' && v.text == "false" {
			return firstText(tellError(n), name+": false")
		}
	}
	if v := n.member("status"); v != nil && v.kind == 's' {
		switch strings.ToLower(v.text) {
		case "error", "failed", "fail", "failure":
			return firstText(tellError(n), "status: "+v.text)
		}
	}
	return ""
}

func tellError(n *node) string {
	if n.kind == 's' && n.text != "" {
		return n.text
	}
	for _, name := range []string{"message", "errorMessage", "detail", "title", "reason", "error", "description", "code"} {
		if m := n.member(name); m != nil && m.kind == 's' && m.text != "" {
			return m.text
		}
	}
	return "error"
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" && t != "error" {
			return t
		}
	}
	return "error"
}

// drops finds messages that nobody took although others sent to the same place
// were taken, and sooner than this one had time for.
func (f *finder) drops() (out []Silent) {
	type lane struct {
		taken int
		wait  time.Duration
	}
	lanes := map[int]*lane{}
	var sent []sending
	for r := range f.t.Rows {
		for _, s := range f.sendings(r) {
			l := lanes[s.node]
			if l == nil {
				l = &lane{}
				lanes[s.node] = l
			}
			l.taken += s.taken
			l.wait = max(l.wait, s.wait)
			sent = append(sent, s)
		}
	}
	type group struct{ stay, node int }
	lost := map[group][]sending{}
	var order []group
	for _, s := range sent {
		l := lanes[s.node]
		if s.count <= s.taken || l.taken == 0 || f.end(s.row).Add(l.wait) > f.t.End {
			continue
		}
		g := group{f.stay[s.row], s.node}
		if lost[g] == nil {
			order = append(order, g)
		}
		lost[g] = append(lost[g], s)
	}
	for _, g := range order {
		name := f.t.Nodes[g.node].Name
		if missing := lost[g]; len(missing) == 1 && missing[0].count == 1 {
			out = append(out, Silent{missing[0].row, AsyncDrop, "nobody took the message that " + f.name(g.stay) + " sent to " + name + ", though others were taken"})
			continue
		}
		count, taken := 0, 0
		for _, s := range sent {
			if s.node == g.node && f.stay[s.row] == g.stay {
				count += s.count
				taken += s.taken
			}
		}
		out = append(out, Silent{g.stay, Lost, f.name(g.stay) + " sent " + strconv.Itoa(count) + " messages to " + name + ", " + strconv.Itoa(taken) + " were seen again"})
	}
	return out
}

// sending is a row that sent messages, and how many of them were taken.
type sending struct {
	row, node, count, taken int
	wait                    time.Duration
}

func (f *finder) sendings(r int) []sending {
	row := &f.t.Rows[r]
	if row.Kind != signal.Producer || !f.outer(r) || f.failed(r) {
		return nil
	}
	s := sending{row: r, node: row.Node, count: 1}
	if ms := f.messages[r]; len(ms) > 0 {
		s.count = 0
		for _, m := range ms {
			msg := &f.t.Messages[m]
			if msg.Sender != r {
				continue
			}
			s.count++
			if len(msg.Attempts) > 0 {
				s.taken++
				s.wait = max(s.wait, f.t.Rows[msg.Attempts[0]].Start.Sub(f.end(r)))
			} else if msg.DLQ >= 0 {
				s.taken++
			}
		}
		return []sending{s}
	}
	for c := r + 1; c < r+row.Size; c += f.t.Rows[c].Size {
		if f.stay[c] == c {
			s.taken = 1
			s.wait = max(s.wait, f.t.Rows[c].Start.Sub(f.end(r)))
		}
	}
	return []sending{s}
}
