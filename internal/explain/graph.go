package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"clew/internal/api"
)

// graph draws the resources as a tree along the hops, each where it was first
// entered.
func (p *page) graph(t *Told) {
	if len(t.Nodes) == 0 {
		return
	}
	p.section("Way", "")
	g := &tree{page: p, t: t, from: map[int][]api.Edge{}, seen: map[int]bool{}, onWay: map[int]bool{}}
	entered := map[int]bool{}
	for _, e := range t.Edges {
		g.from[e.From] = append(g.from[e.From], e)
		if e.From != e.To {
			entered[e.To] = true
		}
	}
	for n := range g.from { // as they were entered: nodes are in that order
		slices.SortStableFunc(g.from[n], func(a, b api.Edge) int { return cmp.Compare(a.To, b.To) })
	}
	if t.Cause != nil {
		for _, n := range t.Cause.Nodes {
			g.onWay[n] = true
		}
	}
	for n := range t.Nodes {
		if !entered[n] {
			g.draw(n, "  ", "", nil)
		}
	}
	for n := range t.Nodes { // what only itself leads to
		if !g.seen[n] {
			g.draw(n, "  ", "", nil)
		}
	}
	if g.left > 0 {
		p.line(p.in(dim, "  and "+plural(g.left, "resource more", "resources more")))
	}
}

// tree is the drawing of the resources.
type tree struct {
	*page
	t     *Told
	from  map[int][]api.Edge
	seen  map[int]bool
	onWay map[int]bool // on the path of the cause
	drawn int
	left  int // not drawn, for there is no room
}

// deepest is how far to the right the tree grows, in columns.
const deepest = 40

// arrows of calls and of messages.
const (
	call    = "──▶ "
	message = "╌╌▶ "
)

// draw writes node n behind indent and arrow, and below it what it leads to.
func (g *tree) draw(n int, indent, arrow string, by *api.Edge) {
	again := g.seen[n]
	g.seen[n] = true
	if g.drawn >= maxNodes {
		if !again {
			g.left++
			for _, e := range g.from[n] {
				if !g.seen[e.To] {
					g.draw(e.To, indent, arrow, &e)
				}
			}
		}
		return
	}
	g.drawn++
	left := indent + arrow + g.name(n)
	if again {
		g.sides(left+" (above)", dim, edgeFacts(by))
		return
	}
	st := plain
	if g.onWay[n] {
		st = blue
	}
	if g.t.Nodes[n].Errors > 0 {
		st = red
	}
	g.sides(left, st, strings.Trim(edgeFacts(by)+", "+g.facts(n), ", "))
	below := strings.Repeat(" ", columns(arrow))
	switch {
	case strings.HasPrefix(arrow, "├"):
		below = "│   "
	case arrow != "":
		below = "    "
	}
	if columns(indent+below) > deepest {
		below = "" // a long chain goes straight down from here
	}
	next := g.from[n]
	for i, e := range next {
		branch, line := "├", call
		if i == len(next)-1 {
			branch = "└"
		}
		if e.Async {
			line = message
		}
		g.draw(e.To, indent+below, branch+line[len("─"):], &e)
	}
}

var glyphs = map[string]string{
	"function": "λ", "gateway": "API", "queue": "queue", "topic": "topic", "stream": "stream", "bus": "bus", "table": "table", "database": "db",
	"cache": "cache", "bucket": "bucket", "http": "http", "service": "service",
}

func (g *tree) name(n int) string {
	node := &g.t.Nodes[n]
	kind := glyphs[node.Kind]
	if kind == "" {
		kind = "?"
	}
	s := kind + " " + clean(node.Name)
	if c := g.t.Cause; c != nil && c.Row >= 0 && c.Row < len(g.t.Rows) && g.t.Rows[c.Row].Node == n {
		s += " ◆ cause"
	}
	if node.Errors > 0 {
		s += " ✗"
		if node.Calls > 1 {
			s += fmt.Sprintf("%d", node.Errors)
		}
	}
	return s
}

// facts tells of node n what stands at the end of its line.
func (g *tree) facts(n int) string {
	node := &g.t.Nodes[n]
	var f []string
	if node.Cold {
		f = append(f, "cold")
	}
	if node.DurationNS > 0 {
		f = append(f, took(node.DurationNS))
	}
	return strings.Join(f, ", ")
}

func edgeFacts(e *api.Edge) string {
	if e == nil {
		return ""
	}
	var f []string
	if e.Calls > 1 {
		f = append(f, fmt.Sprintf("×%d", e.Calls))
	}
	if e.Attempts > 1 {
		f = append(f, plural(e.Attempts, "attempt", "attempts"))
	}
	if e.WaitNS > 0 {
		f = append(f, "waited "+took(e.WaitNS))
	}
	return strings.Join(f, ", ")
}
