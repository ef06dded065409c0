package bill

import (
	"strings"

	"clew/internal/price"
	"clew/internal/signal"
	"clew/internal/transaction"
)

// invocation charges the run at row r, and what it took to hand it its event.
func (b *biller) invocation(r int, it *fact) {
	row := &b.t.Rows[r]
	if it.request != "" { // two tracers may tell of one run
		k := runKey{row.Node, it.request}
		if last, ok := b.runs[k]; ok && row.Start < b.t.Rows[last].Start.Add(b.t.Rows[last].Dur) {
			return
		}
		b.runs[k] = r
	}
	if p := it.place.platform; p != "" && p != "aws_lambda" {
		b.unknown(r, row.Node, "compute", "no price is known for "+p)
		return
	}
	run := b.runOf(r, it)
	b.out.runs[r] = run
	region := b.regionOf(r, it)
	b.charge(r, row.Node, region, b.book.Run(run), "", "")
	if run.Memory == 0 {
		b.unknown(r, row.Node, "Lambda compute", "memory size not told")
	} else {
		b.noBilled = b.noBilled || run.Billed == 0
		b.noArch = b.noArch || it.place.arch == ""
	}
	b.trigger(r, it, region)
}

// runOf is the run at row r, as all who told of it say.
func (b *biller) runOf(r int, it *fact) price.Run {
	row := &b.t.Rows[r]
	report := b.said.reports[it.request]
	run := price.Run{
		Region: b.regionOf(r, it), Arch: it.place.arch, At: row.Start.Std(), Duration: row.Dur, Start: it.run.start,
		Memory: firstOf(it.run.memory, it.place.memory, report.MemorySize), Storage: firstOf(it.run.storage, it.place.storage),
		Billed: firstOf(it.run.billed, report.Billed), Init: firstOf(it.run.init, report.Init), Restore: firstOf(it.run.restore, report.BilledRestore),
		FreeStart: strings.Contains(strings.ToLower(it.place.runtime), "java") || strings.Contains(strings.ToLower(it.place.runtime), "openjdk"),
	}
	if run.Restore > 0 {
		run.Start = price.SnapStart
	}
	if run.Billed > 0 && report.BilledRestore > 0 && it.run.billed == 0 {
		run.Billed += report.BilledRestore // the report tells them apart
	}
	return run
}

func firstOf[T ~int64](all ...T) T {
	for _, n := range all {
		if n > 0 {
			return n
		}
	}
	return 0
}

// trigger charges the hop that brought the run at row r its event.
func (b *biller) trigger(r int, it *fact, region string) {
	row := &b.t.Rows[r]
	switch it.trigger {
	case "sqs":
		node := b.above(r, signal.Queue)
		done := row.Flags&transaction.FlagError == 0
		lines, why := b.book.Poll(region, strings.HasSuffix(b.t.Nodes[node].Name, ".fifo"), done)
		b.charge(r, node, region, lines, why, "SQS receive and delete")
	case "rest", "http", "websocket", "gateway":
		for up, steps := row.Parent, 0; up >= 0 && steps < near && !b.t.Invocation(up); up, steps = b.t.Rows[up].Parent, steps+1 {
			if b.gateways[up] {
				return
			}
		}
		b.gateways[r] = true
		lines, why := b.book.Gateway(it.trigger, region, it.bytes)
		b.charge(r, b.above(r, signal.Gateway), region, lines, why, "API Gateway request")
	case "states":
		lines, why := b.book.Transitions(region, 1)
		b.charge(r, row.Node, region, lines, why, "Step Functions transition")
	}
}

// above returns the node of that kind which row r was entered from, or r's own.
func (b *biller) above(r int, kind signal.ResourceKind) int {
	own := b.t.Rows[r].Node
	if up := b.t.Rows[r].Parent; up >= 0 && b.t.Nodes[b.t.Rows[up].Node].Kind == kind {
		return b.t.Rows[up].Node
	}
	found := -1
	for _, e := range b.t.Edges {
		if e.To == own && b.t.Nodes[e.From].Kind == kind {
			if found >= 0 && found != e.From {
				return own // it could be either
			}
			found = e.From
		}
	}
	if found < 0 {
		return own
	}
	return found
}

// gateway charges a call that API Gateway itself tells of.
func (b *biller) gateway(r int, it *fact) {
	row := &b.t.Rows[r]
	if up := row.Parent; it.trigger == "" || up >= 0 && b.t.Rows[up].Node == row.Node && !isCall(b.t.Rows[up].Kind) {
		return
	}
	b.gateways[r] = true
	region := b.regionOf(r, it)
	lines, why := b.book.Gateway(it.trigger, region, it.bytes)
	b.charge(r, row.Node, region, lines, why, "API Gateway request")
}

// delivery charges what a topic handed to something that is neither a queue nor a
// function.
func (b *biller) delivery(r int, it *fact) {
	row := &b.t.Rows[r]
	up := row.Parent
	if row.Flags&transaction.FlagAsync == 0 || up < 0 || b.t.Nodes[row.Node].Kind == signal.Function {
		return
	}
	if from := b.facts[up]; from != nil && from.call != nil && from.call.Service == "sns" && b.t.Nodes[b.t.Rows[up].Node].Kind == signal.Topic {
		region := b.regionOf(up, from)
		lines, why := b.book.Delivery(region, from.bytes)
		b.charge(r, b.t.Rows[up].Node, region, lines, why, "SNS delivery")
	}
}

// call charges the request to AWS at row r, as often as it was sent and answered.
func (b *biller) call(r int, it *fact) {
	row := &b.t.Rows[r]
	if it.call.Operation == "process" || b.within(r, it) {
		return
	}
	n := b.answered(r, it)
	if n == 0 {
		return
	}
	region := b.regionOf(r, it)
	switch {
	case it.call.api != "":
		if !b.below(r, func(c int) bool {
			f := b.facts[c]
			return f != nil && f.trigger != "" && (b.t.Invocation(c) || b.t.Nodes[b.t.Rows[c].Node].Kind == signal.Gateway)
		}) {
			_, why := b.book.Gateway(it.call.api, region, 0)
			b.unknown(r, row.Node, "API Gateway request", why)
		}
		return
	case it.call.Service == "lambda" && strings.HasPrefix(it.call.Operation, "invoke"):
		if !b.below(r, b.t.Invocation) {
			b.charge(r, row.Node, region, b.book.Run(price.Run{Region: region}), "", "")
			b.unknown(r, row.Node, "Lambda compute", "the function is not instrumented")
		}
		return
	}
	q := it.call.Request
	q.Region = region
	for range n {
		lines, why := b.book.Request(q)
		b.charge(r, row.Node, region, lines, why, it.call.Service+" request")
	}
}

// within reports whether row r is part of a request above it: SDKs put the HTTP
// call below their own span.
func (b *biller) within(r int, it *fact) bool {
	service := b.t.Rows[r].Service
	for up, steps := b.t.Rows[r].Parent, 0; up >= 0 && steps < near; up, steps = b.t.Rows[up].Parent, steps+1 {
		row := &b.t.Rows[up]
		if row.Service != service {
			return false
		}
		if f := b.facts[up]; f != nil && f.call != nil {
			return it.call.raw || f.call.Service == it.call.Service && f.call.Operation == it.call.Operation
		}
		if row.Kind != signal.Internal && !isCall(row.Kind) {
			return false
		}
	}
	return false
}

// answered counts how often the request at row r was sent and not refused: by the
// HTTP calls below it, where they are told.
func (b *biller) answered(r int, it *fact) int {
	sent, done := 0, 0
	row := &b.t.Rows[r]
	for c, steps := r+1, 0; c < r+row.Size && steps < near; steps++ {
		child := &b.t.Rows[c]
		f := b.facts[c]
		switch {
		case child.Service != row.Service || child.Kind != signal.Internal && child.Kind != signal.Client:
			c += child.Size
		case f != nil && f.http:
			sent++
			if !f.refused() {
				done++
			}
			c += child.Size
		default:
			c++
		}
	}
	switch {
	case sent > 0:
		return done
	case it.refused() || row.Outcome == transaction.Throttled:
		return 0
	}
	return 1
}

// near bounds how far the parts of one request are looked for: SDKs put few spans
// between them, and the whole must stay linear.
const near = 64

// below reports whether ok holds for any row shortly below r.
func (b *biller) below(r int, ok func(int) bool) bool {
	for c := r + 1; c < r+min(near, b.t.Rows[r].Size); c++ {
		if ok(c) {
			return true
		}
	}
	return false
}
