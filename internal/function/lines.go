package function

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"clew/internal/lambda"
	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/transaction"
)

// told is what the platform's log lines say of one request of one function. A
// request that is tried again has a report for each attempt.
type told struct {
	function signal.Resource
	fold     lambda.Fold
	at       signal.Time // of its last line
}

// request names an invocation, however much its sources know of where it ran.
type request struct{ function, id string }

// verdicts are the lines that say how an invocation went.
var verdicts = query.All(
	query.Any(
		query.Is(query.FieldBody, query.Word, signal.Str("report")),
		query.Is(query.FieldBody, query.Word, signal.Str("task timed out")),
		query.Is(query.FieldBody, query.Word, signal.Str("runtime exited")),
	),
	query.Any(
		&query.Expr{Op: query.Exists, Field: "resource.faas.name"},
		&query.Expr{Op: query.Exists, Field: "aws.log.group.names"},
		&query.Expr{Op: query.Exists, Field: "resource.cloud.platform"},
	),
)

// lines reads the platform's lines about invocations that ended in r or soon after.
func lines(ctx context.Context, st store.Store, t signal.Tenant, r signal.Range, intern func(string) string) (map[request][]told, string, error) {
	all := map[request][]told{}
	partial := ""
	q := &query.Query{Tenant: t, Type: signal.Logs, Range: signal.Range{From: r.From, To: r.To.Add(maxRun)}, Where: verdicts}
	for rows, err := range st.Scan(ctx, q) {
		if err != nil {
			return nil, "", err
		}
		partial = cmp.Or(partial, rows.Partial)
		for i := range rows.Rows {
			row := &rows.Rows[i]
			l := lambda.ReadLine(row.Log.Body.String())
			f := functionOf(row)
			if l.RequestID == "" || f.Kind != signal.Function || l.Type == lambda.Log {
				continue
			}
			f.Name, f.Account, f.Region = intern(f.Name), intern(f.Account), intern(f.Region)
			key := request{f.Name, intern(l.RequestID)}
			l.ErrorType, l.Message, l.Version = intern(l.ErrorType), intern(l.Message), intern(l.Version)
			all[key] = add(all[key], f, l, row.Log.At)
		}
	}
	return all, partial, nil
}

// functionOf tells whose log a line is from.
func functionOf(r *query.Row) signal.Resource {
	f := transaction.Resource(r.Resource)
	if f.Kind == signal.Function {
		return f
	}
	group := r.Resource.Text("aws.log.group.names")
	if v, ok := r.Log.Attrs.Find("aws.log.group.names"); ok {
		group = v.String()
	}
	if name, ok := strings.CutPrefix(strings.Trim(group, `[]"`), "/aws/lambda/"); ok {
		f.Kind, f.Name = signal.Function, name
	}
	return f
}

// attemptGap tells attempts apart: the lines of one come together.
const attemptGap = 5 * time.Second

// add takes a line to the attempt it belongs to; lines come newest first.
func add(attempts []told, f signal.Resource, l lambda.Line, at signal.Time) []told {
	n := len(attempts) - 1
	if n < 0 || attempts[n].at.Sub(at) > attemptGap || l.Type == lambda.Report && attempts[n].fold.Report.Type == lambda.Report && attempts[n].at != at {
		attempts = append(attempts, told{function: f, at: at})
		n++
	}
	attempts[n].fold.Add(l)
	return attempts
}

// join makes one of what several sources tell of an invocation. It keeps those
// that started in r.
func join(found []Invocation, all map[request][]told, r signal.Range) []Invocation {
	slices.SortFunc(found, func(a, b Invocation) int { return cmp.Or(cmp.Compare(a.Start, b.Start), a.rank(&b)) })
	byRequest := map[request][]int{}
	kept := found[:0]
	for _, inv := range found {
		if inv.Start == 0 {
			continue
		}
		key := request{inv.Function.Name, inv.Request}
		if n := inv.same(kept, byRequest[key]); inv.Request != "" && n >= 0 {
			kept[n].merge(&inv)
			continue
		}
		byRequest[key] = append(byRequest[key], len(kept))
		kept = append(kept, inv)
	}
	for key, attempts := range all {
		for i := range attempts {
			a := &attempts[i]
			if n := a.nearest(kept, byRequest[key]); n >= 0 {
				kept[n].hear(&a.fold)
			} else if start := a.at.Add(-a.fold.Report.Duration); a.fold.Report.Type == lambda.Report && r.Contains(start) {
				inv := Invocation{Function: a.function, Request: key.id, Start: start, Outcome: transaction.OK}
				inv.hear(&a.fold)
				kept = append(kept, inv)
			}
		}
	}
	return kept
}

// rank puts what tells more first, for invocations that start at the same time.
func (inv *Invocation) rank(o *Invocation) int {
	return cmp.Or(cmp.Compare(o.Duration, inv.Duration), cmp.Compare(len(o.Idle), len(inv.Idle)), bytes.Compare(inv.Span[:], o.Span[:]))
}

// same returns which of the invocations of one request inv is, told by another
// tracer: further attempts do not overlap.
func (inv *Invocation) same(all []Invocation, of []int) int {
	for _, n := range of {
		o := &all[n]
		if inv.Start < o.Start.Add(max(o.Duration, time.Millisecond)) && o.Start < inv.Start.Add(max(inv.Duration, time.Millisecond)) {
			return n
		}
	}
	return -1
}

// merge adds what o knows of the same run.
func (inv *Invocation) merge(o *Invocation) {
	if o.Function.Account != "" && inv.Function.Account == "" {
		inv.Function = o.Function
	}
	inv.Version, inv.Trigger, inv.Arch = cmp.Or(inv.Version, o.Version), cmp.Or(inv.Trigger, o.Trigger), cmp.Or(inv.Arch, o.Arch)
	inv.Init, inv.InitTime = max(inv.Init, o.Init), max(inv.InitTime, o.InitTime)
	inv.MemorySize = max(inv.MemorySize, o.MemorySize)
	inv.Duration, inv.Open = max(inv.Duration, o.Duration), inv.Open && o.Open
	inv.Failed = max(inv.Failed, o.Failed)
	if len(inv.Idle) == 0 {
		inv.Idle = o.Idle
	}
	if inv.Outcome == transaction.OK || inv.Outcome == transaction.Partial || inv.Outcome == transaction.Failed && o.Outcome != transaction.OK && o.Outcome != transaction.Partial {
		if o.Outcome != transaction.OK {
			inv.Outcome, inv.Error = o.Outcome, cmp.Or(inv.Error, o.Error)
		}
	}
}

// nearest returns which of the invocations of one request a tells of: the one that
// ended last before it, with some grace for clocks.
func (a *told) nearest(all []Invocation, of []int) int {
	best := -1
	for _, n := range of {
		if all[n].Start <= a.at.Add(time.Second) && (best < 0 || all[n].Start > all[best].Start) {
			best = n
		}
	}
	return best
}

// outcomes of lines, as all sources call them.
var outcomes = map[lambda.Outcome]transaction.Outcome{
	lambda.Failed: transaction.Failed, lambda.TimedOut: transaction.Timeout, lambda.OOM: transaction.OOM, lambda.Crashed: transaction.Crash,
}

// hear adds what the platform itself says, which knows best.
func (inv *Invocation) hear(f *lambda.Fold) {
	if l := &f.Report; l.Type == lambda.Report {
		inv.Duration, inv.Billed, inv.Open = l.Duration, l.Billed, false
		inv.MemorySize, inv.MemoryUsed = l.MemorySize, l.MemoryUsed
		switch {
		case l.Restore > 0:
			inv.Init, inv.InitTime = SnapStart, l.Restore
			inv.Billed += l.BilledRestore
		case l.Init > 0:
			inv.Init, inv.InitTime = max(inv.Init, Cold), l.Init
		}
	}
	if o, ok := outcomes[f.Outcome]; ok && (inv.Outcome == transaction.OK || inv.Outcome == transaction.Partial || o != transaction.Failed) {
		inv.Outcome, inv.Error = o, cmp.Or(inv.Error, f.Message, f.ErrorType)
	}
}
