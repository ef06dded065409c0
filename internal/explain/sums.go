package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// This file is what is added up over the whole transaction: times, messages, cost.

// stretch is time that the critical path spends in one place.
type stretch struct {
	what  string
	wait  bool
	ns    int64
	times int
}

func (p *page) critical(t *Told) {
	all := t.stretches()
	if len(all) < 2 {
		return
	}
	order := "in order"
	if len(all) > maxLines {
		all, order = together(all), "added up by place"
	}
	p.section("Critical path", "what the "+took(t.DurationNS)+" were spent on, "+order)
	for i, s := range all {
		if i == maxLines {
			p.line(p.in(dim, fmt.Sprintf("  and %d more", len(all)-i)))
			break
		}
		const bar = 20
		n := int(float64(bar)*float64(s.ns)/float64(max(1, t.DurationNS)) + 0.5)
		fill := "█"
		if s.wait {
			fill = "░"
		}
		left := "  " + cut(s.what, 36)
		if s.times > 1 {
			left = "  " + cut(s.what, 30) + fmt.Sprintf(" ×%d", s.times)
		}
		p.sides(left+strings.Repeat(" ", max(1, 40-columns(left)))+strings.Repeat(fill, min(n, bar)), plain, fmt.Sprintf("%9s %5s", took(s.ns), percent(s.ns, t.DurationNS)))
	}
}

// stretches are the segments of the critical path, those of one place that follow
// each other as one.
func (t *Told) stretches() []stretch {
	var all []stretch
	for _, s := range t.Critical {
		if s.Row < 0 || s.Row >= len(t.Rows) {
			continue
		}
		what := t.nodeName(t.Rows[s.Row].Node)
		if s.Wait {
			what = "waiting for " + what
		}
		if n := len(all); n > 0 && all[n-1].what == what {
			all[n-1].ns += s.ToNS - s.FromNS
			continue
		}
		all = append(all, stretch{what, s.Wait, s.ToNS - s.FromNS, 1})
	}
	return all
}

// together adds up what was spent in each place, longest first.
func together(all []stretch) []stretch {
	at := map[string]int{}
	var sums []stretch
	for _, s := range all {
		i, ok := at[s.what]
		if !ok {
			at[s.what] = len(sums)
			sums = append(sums, s)
			continue
		}
		sums[i].ns += s.ns
		sums[i].times++
	}
	slices.SortStableFunc(sums, func(a, b stretch) int { return cmp.Compare(b.ns, a.ns) })
	return sums
}

// waits tells what was paid for while it waited.
func (p *page) waits(t *Told) {
	type wait struct {
		node         int
		billed, idle int64
		by           map[int]int64
	}
	byNode := map[int]*wait{}
	for _, i := range t.Idle {
		if i.Row < 0 || i.Row >= len(t.Rows) {
			continue
		}
		n := t.Rows[i.Row].Node
		w := byNode[n]
		if w == nil {
			w = &wait{node: n, by: map[int]int64{}}
			byNode[n] = w
		}
		w.billed, w.idle = w.billed+i.BilledNS, w.idle+i.IdleNS
		for _, by := range i.By {
			w.by[by.Node] += by.IdleNS
		}
	}
	all := make([]*wait, 0, len(byNode))
	for _, w := range byNode {
		all = append(all, w)
	}
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, func(a, b *wait) int { return cmp.Or(cmp.Compare(b.idle, a.idle), cmp.Compare(a.node, b.node)) })
	p.section("Billed while waiting", "")
	for _, w := range all[:min(len(all), maxLines)] {
		p.sides("  "+t.nodeName(w.node), plain, took(w.idle)+" of "+took(w.billed)+", "+percent(w.idle, w.billed))
		var parts []string
		for _, n := range sortedBy(w.by) {
			parts = append(parts, t.nodeName(n)+" "+took(w.by[n]))
		}
		p.wrap("    for ", dim, strings.Join(parts, ", "))
	}
}

// sortedBy returns the keys of m, those with the largest values first.
func sortedBy(m map[int]int64) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b int) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	return keys
}

// messages tells of those whose life was not just sent and taken.
func (p *page) messages(t *Told) {
	fates := map[string]int{}
	var lines []string
	for i := range t.Messages {
		m := &t.Messages[i]
		fates[m.Fate]++
		if len(m.Attempts) < 2 && m.DLQ < 0 && !m.Redriven && (m.Fate == "delivered" || m.Fate == "unknown") {
			continue
		}
		s := "message"
		if m.Sender >= 0 {
			s += " of " + t.rowName(m.Sender)
		}
		s += ": " + plural(len(m.Attempts), "attempt", "attempts")
		if m.DLQ >= 0 {
			s += ", went to " + t.nodeName(m.DLQ)
		}
		if m.Redriven {
			s += ", sent again from there"
		}
		lines = append(lines, s+", "+m.Fate)
	}
	if len(lines) == 0 {
		return
	}
	var sum []string
	for _, fate := range []string{"delivered", "retrying", "dead", "dropped", "unknown"} {
		if fates[fate] > 0 {
			sum = append(sum, fmt.Sprintf("%d %s", fates[fate], fate))
		}
	}
	p.section("Messages", strings.Join(sum, ", "))
	for i, l := range lines {
		if i == maxErrors {
			p.line(p.in(dim, fmt.Sprintf("  and %d more", len(lines)-i)))
			break
		}
		p.wrap("  ", plain, l)
	}
}

func (p *page) cost(t *Told) {
	if t.Cost == nil {
		return
	}
	p.section("Cost", "a million such transactions, prices of "+t.Cost.Prices)
	type part struct {
		what string
		n    int
		usd  float64
	}
	byWhat := map[string]*part{}
	var all []*part
	for _, i := range t.Cost.Items {
		key := t.nodeName(i.Node) + ": " + clean(i.What)
		if byWhat[key] == nil {
			byWhat[key] = &part{what: key}
			all = append(all, byWhat[key])
		}
		byWhat[key].n++
		byWhat[key].usd += i.USD
	}
	slices.SortStableFunc(all, func(a, b *part) int { return cmp.Compare(b.usd, a.usd) })
	rest := 0.0
	for i, c := range all {
		if i >= maxLines {
			rest += c.usd
			continue
		}
		times := ""
		if c.n > 1 {
			times = fmt.Sprintf(" ×%d", c.n)
		}
		p.sides("  "+c.what+times, plain, perMillion(c.usd))
	}
	if more := len(all) - maxLines; more > 0 {
		p.sides(fmt.Sprintf("  and %d more", more), dim, perMillion(rest))
	}
	if t.Cost.ItemsCut > 0 {
		p.line(p.in(dim, "  "+plural(t.Cost.ItemsCut, "small item is", "small items are")+" only in the sum"))
	}
	if len(t.Cost.Items) > 0 {
		p.sides("  in all", bold, costOf(t))
	}
	for _, u := range t.Cost.Unknown[:min(len(t.Cost.Unknown), maxErrors)] {
		times := ""
		if u.Times > 1 {
			times = fmt.Sprintf(" (%d times)", u.Times)
		}
		p.wrap("  ? ", dim, t.nodeName(u.Node)+": "+u.What+" is not known: "+u.Why+times)
	}
	for _, n := range t.Cost.Notes {
		p.wrap("  ", dim, n)
	}
}
