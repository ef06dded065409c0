package explain

import (
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
