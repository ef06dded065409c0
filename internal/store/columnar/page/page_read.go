package page

import (
	"encoding/binary"
	"fmt"
	"slices"

	"clew/internal/query"
	"clew/internal/signal"
)

// Source gives the bytes of one page. Bytes panics through Fail.
type Source interface {
	// Bytes returns size bytes from off, which nobody changes later.
	Bytes(off int64, size int) []byte
}

// Memory is a page that is in memory.
type Memory []byte

// Bytes implements Source.
func (m Memory) Bytes(off int64, size int) []byte {
	if off < 0 || size < 0 || off+int64(size) > int64(len(m)) {
		damaged("bytes %d+%d of %d", off, size, len(m))
	}
	return m[off : off+int64(size)]
}

// Head is a page's header: what there is and where. It never changes.
type Head struct {
	Type         signal.Type
	Size         int64 // bytes of the whole page
	rows, groups tableHead
}

// ReadHead reads the header of a page. It panics as Guard expects.
func ReadHead(src Source) *Head {
	prefix := src.Bytes(0, 8)
	size := int(binary.LittleEndian.Uint32(prefix))
	d := decoder{OpenChunk(src.Bytes(8, size), binary.LittleEndian.Uint32(prefix[4:]))}
	if v := d.byte(); v != Version {
		Fail(fmt.Errorf("page: written in version %d, this one reads %d", v, Version))
	}
	h := &Head{Type: signal.Type(d.byte())}
	if int(h.Type) >= len(signal.Types) {
		damaged("page of signal %d", h.Type)
	}
	h.rows, h.Size = d.table(8 + int64(size))
	h.groups, h.Size = d.table(h.Size)
	return h
}

// Rows returns how many rows the page has.
func (h *Head) Rows() int { return h.rows.n }

// View reads a page's columns as they are asked for and keeps them. It is for
// one goroutine. All methods panic as Guard expects.
type View struct {
	*Head
	warm         *Warm
	rows, groups table
}

// Group is a resource and its scope.
type Group struct {
	Resource signal.Attrs
	Scope    signal.Scope
}

// Open returns a view of the page that h is the header of.
func (h *Head) Open(src Source) *View { return h.Warm(nil).Open(src) }

// Times returns the time of each row.
func (v *View) Times() []signal.Time {
	c := v.rows.coreOf(slotTime)
	out := make([]signal.Time, v.rows.n)
	for i := range out {
		out[i] = signal.Time(c.int(i))
	}
	return out
}

// Time returns the time of row i.
func (v *View) Time(i int) signal.Time { return signal.Time(v.rows.coreOf(slotTime).int(i)) }

// Seq returns the sequence number of row i.
func (v *View) Seq(i int) uint64 { return uint64(v.rows.coreOf(slotSeq).int(i)) }

// Trace and Span return ids of row i; points have none.
func (v *View) Trace(i int) (id signal.TraceID) {
	if v.Type != signal.Points {
		copyID(id[:], v.rows.coreOf(slotTrace).str(i))
	}
	return id
}

// Span returns the span id of row i.
func (v *View) Span(i int) (id signal.SpanID) {
	if v.Type != signal.Points {
		copyID(id[:], v.rows.coreOf(slotSpan).str(i))
	}
	return id
}

// GroupCount returns how many groups there are.
func (v *View) GroupCount() int { return v.groups.n }

// Parent returns the parent id of row i.
func (v *View) Parent(i int) (id signal.SpanID) {
	if v.Type == signal.Spans {
		copyID(id[:], v.rows.coreOf(slotParent).str(i))
	}
	return id
}

func copyID(dst []byte, s string) {
	if len(s) != len(dst) {
		damaged("id of %d bytes", len(s))
	}
	copy(dst, s)
}

// RowsOf returns the rows of one trace, ascending.
func (v *View) RowsOf(id signal.TraceID) []int {
	if v.Type == signal.Points || v.rows.n == 0 {
		return nil
	}
	return v.tracesWith(func(trace string) bool { return trace == string(id[:]) })
}

// RowsOfSpan returns the rows with that span id, ascending.
func (v *View) RowsOfSpan(id signal.SpanID) (out []int) {
	c := v.rows.coreOf(slotSpan)
	if c.ends == nil && c.fixed == len(id) && !c.same && c.width == 0 && c.pack == packedNone {
		want := binary.LittleEndian.Uint64(id[:]) // ids in a row: compare them as numbers
		for i, ids := 0, c.data; len(ids) >= len(id); i, ids = i+1, ids[len(id):] {
			if binary.LittleEndian.Uint64(ids) == want {
				out = append(out, i)
			}
		}
		return out
	}
	for i := range v.rows.n {
		if v.Span(i) == id {
			out = append(out, i)
		}
	}
	return out
}

func (v *View) tracesWith(want func(trace string) bool) []int {
	c := v.rows.coreOf(slotTrace)
	match := newSet(c.distinct())
	any := false
	for code := range c.distinct() {
		if want(c.at(code)) {
			match.Add(code)
			any = true
		}
	}
	if !any {
		return nil
	}
	var out []int
	for i := range v.rows.n {
		if match.Has(c.code(i)) {
			out = append(out, i)
		}
	}
	return out
}

// Kind returns the span kind of row i.
func (v *View) Kind(i int) signal.SpanKind { return signal.SpanKind(v.rows.coreOf(slotKind).int(i)) }

// StatusCode returns the status code of row i of spans.
func (v *View) StatusCode(i int) signal.StatusCode {
	return signal.StatusCode(v.rows.coreOf(slotStatus).int(i))
}

// Failed reports whether row i counts as an error.
func (v *View) Failed(i int) bool {
	switch v.Type {
	case signal.Spans:
		return signal.StatusCode(v.rows.coreOf(slotStatus).int(i)) == signal.StatusError
	case signal.Logs:
		return signal.Level(v.rows.coreOf(slotLevel).int(i)) >= 17
	}
	return false
}

// Duration returns the duration of row i in nanoseconds; 0 for other signals.
func (v *View) Duration(i int) int64 {
	if v.Type != signal.Spans {
		return 0
	}
	return duration(v.rows.coreOf(slotTime).int(i), v.rows.coreOf(slotDuration).int(i))
}

// duration is signal.Span.Duration of a span that lasts so long, 0 when it is open.
func duration(start, length int64) int64 {
	if length > 0 && start+length > start {
		return length
	}
	s := signal.Span{Start: signal.Time(start)}
	if length != 0 {
		s.End = s.Start + signal.Time(length)
	}
	return int64(s.Duration())
}

// Durations returns the shortest and the longest duration of a page of spans.
func (v *View) Durations() (shortest, longest int64) {
	for i := range v.rows.n {
		d := v.Duration(i)
		if i == 0 {
			shortest = d
		}
		shortest, longest = min(shortest, d), max(longest, d)
	}
	return shortest, longest
}

// Metric returns the exact form of the metric of row i, which sorts by name.
func (v *View) Metric(i int) string {
	if v.Type != signal.Points {
		return ""
	}
	return v.rows.coreOf(slotMetric).str(i)
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// Read builds the wanted rows, given ascending, in that order. With head it
// reads of spans only what query.Query.Head promises. Rows share the view's memory.
func (v *View) Read(want []int, head bool) []query.Row {
	if len(want) == 0 {
		return nil
	}
	out := make([]query.Row, 0, len(want))
	groups, groupOf := v.groupsOf(want), v.GroupOf()
	add := func(row int) *query.Row {
		g := &groups[groupOf[row]]
		out = append(out, query.Row{Resource: g.Resource, Scope: &g.Scope})
		return &out[len(out)-1]
	}
	if v.Type == signal.Spans {
		return v.readSpans(want, head, add, &out)
	}
	v.rows.walk(want, func(row int, cols []uint32, at []int) {
		r := add(row)
		if v.Type == signal.Logs {
			r.Log = v.log(row, cols, at)
		} else {
			r.Point = v.point(row, cols, at)
		}
	})
	return out
}

func (v *View) readSpans(want []int, head bool, add func(int) *query.Row, out *[]query.Row) []query.Row {
	spans := make([]signal.Span, len(want))
	t := &v.rows
	start, length, name := t.coreOf(slotTime), t.coreOf(slotDuration), t.coreOf(slotName)
	parent, status := t.coreOf(slotParent), t.coreOf(slotStatus)
	i := 0
	visit := func(row int, cols []uint32, at []int) {
		s := &spans[i]
		i++
		*s = signal.Span{Trace: v.Trace(row), ID: v.Span(row), Kind: v.Kind(row), Name: name.str(row), Start: signal.Time(start.int(row))}
		copyID(s.Parent[:], parent.str(row))
		s.Status.Code = signal.StatusCode(status.int(row))
		s.End = s.Start + signal.Time(length.int(row))
		for _, c := range cols {
			if t.cols[c].id.slot == slotOpen {
				s.End = 0
			}
		}
		if !head {
			v.optional(s, cols, at)
		}
		add(row).Span = s
	}
	t.walk(want, visit)
	return *out
}

func (v *View) optional(s *signal.Span, cols []uint32, at []int) {
	t := &v.rows
	s.Attrs = make(signal.Attrs, 0, len(cols))
	for _, c := range cols {
		id := &t.cols[c].id
		switch id.slot {
		case slotAttr:
			s.Attrs = append(s.Attrs, signal.Attr{Key: id.key, Value: t.value(c, at[c])})
		case slotMessage:
			s.Status.Message = t.column(int(c)).str(at[c])
		case slotState:
			s.TraceState = t.column(int(c)).str(at[c])
		case slotFlags:
			s.Flags = uint32(t.column(int(c)).int(at[c]))
		case slotEvents:
			s.Events = t.blob(c, at).events()
		case slotLinks:
			s.Links = t.blob(c, at).links()
		case slotKeys:
			s.Keys = t.blob(c, at).keys()
		case slotDropped:
			s.Dropped = t.blob(c, at).dropped()
		}
	}
}

func (t *table) blob(c uint32, at []int) *decoder {
	return &decoder{rawBytes(t.column(int(c)).str(at[c]))}
}

func (v *View) log(row int, cols []uint32, at []int) *signal.Log {
	t := &v.rows
	l := &signal.Log{At: signal.Time(t.coreOf(slotTime).int(row)), Trace: v.Trace(row), Span: v.Span(row), Level: signal.Level(t.coreOf(slotLevel).int(row))}
	l.Observed = l.At + signal.Time(t.coreOf(slotObserved).int(row))
	l.Attrs = make(signal.Attrs, 0, len(cols))
	for _, c := range cols {
		id := &t.cols[c].id
		switch id.slot {
		case slotAttr:
			l.Attrs = append(l.Attrs, signal.Attr{Key: id.key, Value: t.value(c, at[c])})
		case slotBody:
			l.Body = t.value(c, at[c])
		case slotLevelText:
			l.LevelText = t.column(int(c)).str(at[c])
		case slotEvent:
			l.Event = t.column(int(c)).str(at[c])
		case slotFlags:
			l.Flags = uint32(t.column(int(c)).int(at[c]))
		case slotDropped:
			l.Dropped = t.blob(c, at).dropped().Attrs
		}
	}
	return l
}

func (v *View) point(row int, cols []uint32, at []int) *signal.Point {
	t := &v.rows
	d := decoder{rawBytes(t.coreOf(slotMetric).str(row))}
	p := &signal.Point{At: signal.Time(t.coreOf(slotTime).int(row)), Metric: d.metric()}
	p.Attrs = make(signal.Attrs, 0, len(cols))
	for _, c := range cols {
		id := &t.cols[c].id
		switch id.slot {
		case slotAttr:
			p.Attrs = append(p.Attrs, signal.Attr{Key: id.key, Value: t.value(c, at[c])})
		case slotStart:
			p.Start = signal.Time(t.column(int(c)).int(at[c]))
		case slotFlags:
			p.Flags = uint32(t.column(int(c)).int(at[c]))
		case slotValue:
			p.Value = t.value(c, at[c])
		case slotDist:
			p.Dist = t.blob(c, at).dist()
		case slotExemplars:
			p.Exemplars = t.blob(c, at).exemplars()
		}
	}
	return p
}

// Exact appends the exact form of a log or point row built by Read.
func Exact(dst []byte, r *query.Row) []byte {
	dst = AppendGroup(dst, r.Resource, r.Scope)
	if r.Log != nil {
		return AppendLog(dst, r.Log)
	}
	return AppendPoint(dst, r.Point)
}

// All returns the numbers of all rows.
func (v *View) All() []int { return upTo(v.rows.n) }

// Sorted returns rows in ascending order, as Read wants them.
func Sorted(rows []int) []int {
	slices.Sort(rows)
	return rows
}
