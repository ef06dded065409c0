package explain

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"clew/internal/api"
)

// The most that is shown of each part; what is left out is counted.
const (
	maxNodes  = 60
	maxLines  = 12
	maxErrors = 8
)

// Write draws t.
func Write(w io.Writer, t *Told, color bool) error {
	p := &page{color: color}
	p.head(t)
	p.cause(t)
	p.graph(t)
	p.silent(t)
	p.errors(t)
	p.critical(t)
	p.waits(t)
	p.messages(t)
	p.cost(t)
	p.notes(t)
	_, err := w.Write(p.Bytes())
	return err
}

func (p *page) head(t *Told) {
	mark, st := "ok", bold
	if t.Outcome != "ok" {
		mark, st = "✗ "+t.Outcome, red
	}
	title := clean(t.Entry.Operation)
	if service := clean(t.Entry.Service); service != title {
		title += "  " + service
	}
	p.sides(title, st, mark)
	if t.Error != "" {
		p.wrap("", red, t.Error)
	}
	facts := []string{took(t.DurationNS) + " in all", took(t.ToUserNS) + " to the caller"}
	add := func(on bool, s string) {
		if on {
			facts = append(facts, s)
		}
	}
	add(t.QueueWaitNS > 0, took(t.QueueWaitNS)+" in queues")
	add(t.ColdToUserNS > 0, took(t.ColdToUserNS)+" for cold starts")
	if t.Cost != nil && len(t.Cost.Items) > 0 {
		add(true, costOf(t))
	}
	add(true, plural(t.Spans, "span", "spans"))
	p.wrap("", plain, strings.Join(facts, ", "))
	start := t.Start
	if at, err := time.Parse(time.RFC3339Nano, t.Start); err == nil {
		start = at.UTC().Format("2006-01-02 15:04:05.000 UTC")
	}
	p.line(p.in(dim, clean(t.ID)+"  "+start))
}

// costOf writes the cost; at least that much where parts are unknown.
func costOf(t *Told) string {
	s := perMillion(t.Cost.USD)
	if len(t.Cost.Unknown) > 0 {
		s = "at least " + s
	}
	return s
}

func (p *page) cause(t *Told) {
	c := t.Cause
	if c == nil {
		return
	}
	p.section("Cause", "confidence "+c.Confidence+", "+plural(c.Hops, "hop", "hops")+" before the failure")
	p.wrap("  ", red, c.Headline)
	for _, e := range c.Evidence {
		p.wrap("  · ", plain, e.Text)
	}
	for _, v := range c.Values {
		p.wrap("  · ", plain, t.value(&v))
	}
	for i, o := range c.Others {
		if i == 3 {
			p.line(p.in(dim, "  and "+plural(len(c.Others)-i, "less likely cause", "less likely causes")))
			break
		}
		p.wrap("  or, "+o.Confidence+": ", dim, o.Text)
	}
}

func (t *Told) value(v *api.Value) string {
	s := v.Path + " of the " + v.Role + " of " + t.rowName(v.Row)
	switch {
	case v.FromRow < 0 && v.Missing:
		return s + " is missing"
	case v.Missing:
		return s + " is missing: it is not in the " + v.FromRole + " of " + t.rowName(v.FromRow)
	case v.FromRow < 0:
		return s + ": where it came from is not known"
	}
	return s + " came from " + v.FromPath + " of the " + v.FromRole + " of " + t.rowName(v.FromRow)
}

// nodeName names node n.
func (t *Told) nodeName(n int) string {
	if n < 0 || n >= len(t.Nodes) {
		return "?"
	}
	return clean(t.Nodes[n].Name)
}

// rowName names row r by where it ran, and what it did where that is not the same.
func (t *Told) rowName(r int) string {
	if r < 0 || r >= len(t.Rows) {
		return "?"
	}
	row := &t.Rows[r]
	if node := t.nodeName(row.Node); node != row.Name {
		return node + " (" + clean(row.Name) + ")"
	}
	return clean(row.Name)
}

func (p *page) silent(t *Told) {
	if len(t.Silent) == 0 {
		return
	}
	p.section("Failed without telling", "")
	for i, s := range t.Silent {
		if i == maxErrors {
			p.line(p.in(dim, fmt.Sprintf("  and %d more", len(t.Silent)-i)))
			break
		}
		p.wrap("  ◦ ", plain, s.Text)
	}
}

func (p *page) errors(t *Told) {
	times := map[string]int{}
	var lines []string
	for r := range t.Rows {
		if t.Rows[r].Error == "" {
			continue
		}
		l := t.rowName(r) + ": " + t.Rows[r].Error
		if times[l]++; times[l] == 1 {
			lines = append(lines, l)
		}
		if t.Failure != nil && *t.Failure == r {
			times[l+visible] = 1
		}
	}
	if len(lines) == 0 {
		return
	}
	p.section("Errors", "")
	for i, l := range lines {
		if i == maxErrors {
			p.line(p.in(dim, fmt.Sprintf("  and %d more", len(lines)-i)))
			break
		}
		more := ""
		if times[l] > 1 {
			more = fmt.Sprintf(", %d times", times[l])
		}
		if times[l+visible] > 0 {
			more += visible
		}
		p.wrap("  ✗ ", plain, l+more)
	}
}

// visible marks the failure that the transaction ended with.
const visible = ", the visible failure"

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

func (p *page) notes(t *Told) {
	all := append(slices.Clone(t.Notes), t.Cut...)
	if len(all) == 0 {
		return
	}
	p.section("Notes", "")
	for _, n := range all {
		p.wrap("  ", dim, n)
	}
}
