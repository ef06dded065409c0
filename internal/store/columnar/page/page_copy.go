package page

import (
	"clew/internal/signal"
)

// A Copier gives spans of one page to a Writer without building them: columns are
// matched once a page, and values that repeat are known by their code. It is how
// parts are made of pages in memory and of other parts.
type Copier struct {
	v      *View
	w      *Writer
	epoch  uint64     // of the writer: what is known below is of its page
	groups []int      // numbers in the writer, by group; -1: not known yet
	exact  []string   // exact form of each group, once one was needed
	shapes []int      // the same, by shape
	cols   []copyFrom // by column
	core   [slotAttr]copyFrom
	places []uint32 // positions of values, of each row in turn
	from   []int    // where those of each row begin
	rows   []int
	buf    []byte
	row    []uint32
}

// copyFrom is a column of the page and the one its values go to.
type copyFrom struct {
	v     *values
	to    *column
	at    uint32   // number of to
	known []uint32 // for dictionaries: one more than the id there, by code
}

// Copier returns a Copier of spans of v. Both v and w are its own until it is done.
func (w *Writer) Copier(v *View) *Copier {
	return &Copier{v: v, w: w, groups: make([]int, v.groups.n), shapes: make([]int, len(v.rows.shapes)), cols: make([]copyFrom, len(v.rows.cols))}
}

// Place names the rows, ascending, that Add will copy by their place in the list.
func (c *Copier) Place(rows []int) {
	c.rows = append(c.rows[:0], rows...)
	c.places, c.from = c.places[:0], c.from[:0]
	c.v.rows.walk(rows, func(_ int, cols []uint32, at []int) {
		c.from = append(c.from, len(c.places))
		for _, col := range cols {
			c.places = append(c.places, uint32(at[col]))
		}
	})
}

// Add copies row i of those placed.
func (c *Copier) Add(i int, seq uint64) {
	if c.epoch != c.w.epoch {
		c.begin()
	}
	w, row := c.w, c.rows[i]
	group := c.v.GroupOf()[row]
	if c.groups[group] < 0 {
		c.groups[group] = c.group(int(group))
	}
	t := w.start(c.groups[group], seq, c.v.Time(row))
	for _, s := range [...]slot{slotTrace, slotSpan, slotParent, slotName} {
		c.text(&c.core[s], row)
	}
	for _, s := range [...]slot{slotKind, slotStatus, slotDuration} {
		from := &c.core[s]
		from.to.addInt(from.v.int(row))
	}
	shape := c.v.rows.shapeOf()[row]
	at := c.places[c.from[i]:]
	for n, col := range c.v.rows.shapes[shape] {
		from := &c.cols[col]
		if from.to == nil {
			c.match(col, from)
		}
		switch from.to.class {
		case classInts:
			from.to.addInt(from.v.int(int(at[n])))
			w.bytes += 8
		case classStrings:
			c.text(from, int(at[n]))
		default:
			from.to.n++
		}
	}
	if c.shapes[shape] < 0 {
		c.shapes[shape] = c.shape(c.v.rows.shapes[shape])
	}
	t.coreColumn(slotShape).addInt(int64(c.shapes[shape]))
	t.n++
	w.bytes += 64
}

// begin forgets what was known of the writer's page before.
func (c *Copier) begin() {
	c.epoch = c.w.epoch
	for i := range c.groups {
		c.groups[i] = -1
	}
	for i := range c.shapes {
		c.shapes[i] = -1
	}
	for i := range c.cols {
		c.cols[i].to = nil
	}
	for _, s := range [...]slot{slotTrace, slotSpan, slotParent, slotName, slotKind, slotStatus, slotDuration} {
		from := &c.core[s]
		from.v, from.to = c.v.rows.coreOf(s), c.w.rows.coreColumn(s)
		from.reset()
	}
}

func (f *copyFrom) reset() {
	if f.v == nil || f.to.class != classStrings || f.v.width == 0 && !f.v.same {
		return
	}
	if f.known == nil {
		f.known = make([]uint32, f.v.count)
	}
	clear(f.known)
}

// match finds or makes the writer's column for column i.
func (c *Copier) match(i uint32, from *copyFrom) {
	t, id := &c.w.rows, c.v.rows.cols[i].id
	at, ok := t.index[id]
	if !ok {
		at = len(t.cols)
		t.newColumn(id)
	}
	from.to, from.at = t.cols[at], uint32(at)
	if from.to.class != classNone {
		from.v = c.v.rows.column(int(i))
	}
	from.reset()
}

// text copies a string.
func (c *Copier) text(f *copyFrom, at int) {
	to := f.to
	if f.known == nil || to.plain {
		s := ""
		if code := f.v.code(at); f.v.pack != packedNone {
			c.buf = f.v.unpack(c.buf[:0], code)
			s = text(c.buf)
		} else {
			s = f.v.at(code)
		}
		c.w.bytes += 8 + len(s)
		to.addString(s)
		return
	}
	code := f.v.code(at)
	if f.known[code] == 0 {
		s := f.v.at(code)
		c.w.bytes += len(s)
		f.known[code] = to.dict.add(s) + 1
	}
	c.w.bytes += 8
	to.addID(f.known[code] - 1)
}

// group returns the number of a group in the writer.
func (c *Copier) group(n int) int {
	if c.exact == nil {
		c.exact = make([]string, c.v.groups.n)
		for i, g := range c.v.readGroups(upTo(len(c.exact))) {
			c.buf = AppendGroup(c.buf[:0], g.Resource, &g.Scope)
			c.exact[i] = string(c.buf)
		}
	}
	if at, ok := c.w.known[c.exact[n]]; ok {
		return at
	}
	g := &c.v.readGroups([]int{n})[n]
	return c.w.group(g.Resource, &g.Scope)
}

// shape returns the number in the writer of a shape whose columns are matched.
func (c *Copier) shape(cols []uint32) int {
	c.row = c.row[:0]
	for _, col := range cols {
		c.row = append(c.row, c.cols[col].at)
	}
	return c.w.rows.shape(c.row)
}

// Facts is what a part keeps of a span besides its columns.
type Facts struct {
	Trace         signal.TraceID
	ID, Parent    signal.SpanID
	Kind          signal.SpanKind
	Status        signal.StatusCode
	Start         signal.Time
	Duration      int64
	Service, Name string
}

// Facts returns the facts of row i of those placed.
func (c *Copier) Facts(i int) Facts {
	v, row := c.v, c.rows[i]
	return Facts{Trace: v.Trace(row), ID: v.Span(row), Parent: v.Parent(row), Kind: v.Kind(row), Status: v.StatusCode(row), Start: v.Time(row), Duration: v.Duration(row), Service: v.Service(row), Name: c.v.rows.coreOf(slotName).str(row)}
}

// FactsOf returns the facts of a span that was read.
func FactsOf(service string, s *signal.Span) Facts {
	return Facts{Trace: s.Trace, ID: s.ID, Parent: s.Parent, Kind: s.Kind, Status: s.Status.Code, Start: s.Start, Duration: int64(s.Duration()), Service: service, Name: s.Name}
}
