package columnar

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync/atomic"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// A part of spans keeps how many there are of each operation and how long they took,
// in all and in each minute, so that nobody has to read spans to list services or to draw rates.
// The sums are of the rows the part was written with: where rows have died since,
// the minutes of their pages are counted anew.

// operation is what rollups tell spans apart by.
type operation struct {
	service, name string
	kind          signal.SpanKind
	status        signal.StatusCode
}

// tally sums up spans.
type tally struct {
	count          uint64
	sum, min, max  int64 // of durations
	oldest, newest signal.Time
	sketch         []byte // of durations, encoded; see tally.durations
}

func (t *tally) add(o tally) {
	if t.count == 0 {
		*t = o
		return
	}
	t.count += o.count
	t.sum += o.sum
	t.min, t.max = min(t.min, o.min), max(t.max, o.max)
	t.oldest, t.newest = min(t.oldest, o.oldest), max(t.newest, o.newest)
}

// rollup is the sums of a part.
type rollup struct {
	operations []operation
	totals     []tally // of each operation
	minutes    []minute
	services   atomic.Pointer[[]serviceTally] // the totals, once somebody asked by service
}

// serviceTally is the spans of a service; without a sketch.
type serviceTally struct {
	service string
	errors  uint64
	tally
}

// byService sums up the totals.
func (r *rollup) byService() []serviceTally {
	if known := r.services.Load(); known != nil {
		return *known
	}
	var out []serviceTally
	at := map[string]int{}
	for i := range r.totals {
		if r.totals[i].count == 0 {
			continue
		}
		o := &r.operations[i]
		n, ok := at[o.service]
		if !ok {
			n = len(out)
			at[o.service] = n
			out = append(out, serviceTally{service: o.service})
		}
		out[n].add(r.totals[i])
		if o.status == signal.StatusError {
			out[n].errors += r.totals[i].count
		}
	}
	r.services.Store(&out)
	return out
}

// minute is the spans that started in one minute.
type minute struct {
	number         int64
	oldest, newest signal.Time
	tallies        []minuteTally
}

type minuteTally struct {
	operation uint32
	tally
}

const minuteNanos = 60_000_000_000

// minuteOf rounds down, before 1970 too.
func minuteOf(at signal.Time) int64 {
	m := int64(at) / minuteNanos
	if int64(at)%minuteNanos < 0 {
		m--
	}
	return m
}

// counting is a tally that spans are still added to.
type counting struct {
	tally
	classes []uint16 // of each duration, see query.SketchOf
}

// tallying builds a rollup.
type tallying struct {
	rollup
	known map[operation]uint32
	at    map[[2]int64]*counting // minute and operation
	rows  int
	all   bool // however many different sums there are
	short bool // of rows that came when there were too many
}

func newTallying() *tallying {
	return &tallying{known: map[operation]uint32{}, at: map[[2]int64]*counting{}}
}

// add counts a span of op.
func (b *tallying) add(op operation, start signal.Time, d int64) {
	b.rows++
	if b.short = b.tooMany(); b.short {
		return
	}
	n, ok := b.known[op]
	if !ok {
		op.service, op.name = strings.Clone(op.service), strings.Clone(op.name)
		n = uint32(len(b.operations))
		b.known[op] = n
		b.operations = append(b.operations, op)
	}
	one := tally{count: 1, sum: d, min: d, max: d, oldest: start, newest: start}
	key := [2]int64{minuteOf(start), int64(n)}
	t := b.at[key]
	if t == nil {
		t = &counting{}
		b.at[key] = t
	}
	t.add(one)
	t.classes = append(t.classes, query.DurationClass(d))
}

// tooMany reports whether sums would hardly be shorter than the spans.
func (b *tallying) tooMany() bool {
	const few = 1 << 10
	return b.short || !b.all && len(b.at) > few+b.rows/8
}

// finish returns the rollup, or nil when there are too many different sums.
func (b *tallying) finish() *rollup {
	if b.tooMany() {
		return nil
	}
	keys := make([][2]int64, 0, len(b.at))
	for k := range b.at {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]int64) int { return slices.Compare(a[:], b[:]) })
	totals := make([]counting, len(b.operations))
	for _, k := range keys {
		t := b.at[k]
		totals[k[1]].add(t.tally)
		totals[k[1]].classes = append(totals[k[1]].classes, t.classes...)
		if n := len(b.minutes); n == 0 || b.minutes[n-1].number != k[0] {
			b.minutes = append(b.minutes, minute{number: k[0], oldest: t.oldest, newest: t.newest})
		}
		m := &b.minutes[len(b.minutes)-1]
		m.oldest, m.newest = min(m.oldest, t.oldest), max(m.newest, t.newest)
		m.tallies = append(m.tallies, minuteTally{uint32(k[1]), t.finish()})
	}
	for i := range totals {
		b.totals = append(b.totals, totals[i].finish())
	}
	return &b.rollup
}

// onlyOperations reports whether spans of one operation fulfil e alike.
func onlyOperations(e *query.Expr) bool {
	switch {
	case e == nil:
		return true
	case e.Op <= query.Not:
		return !slices.ContainsFunc(e.Args, func(a *query.Expr) bool { return !onlyOperations(a) })
	}
	return isOperationField(e.Field)
}

func isOperationField(f string) bool {
	return f == query.FieldService || f == query.FieldName || f == query.FieldKind || f == query.FieldStatus
}

// field is what a span of the operation has in an operation field.
func (o *operation) field(name string) signal.Value {
	switch name {
	case query.FieldService:
		return signal.Str(o.service)
	case query.FieldName:
		return signal.Str(o.name)
	case query.FieldKind:
		return signal.Str(o.kind.String())
	}
	return signal.Str(o.status.String())
}

// row is a span of the operation, with what rows of it have in common.
func (o *operation) row() query.Row {
	return query.Row{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str(o.service)}}, Span: &signal.Span{Name: o.name, Kind: o.kind, Status: signal.Status{Code: o.status}}}
}

// encode appends two chunks: the totals and the minutes.
func (r *rollup) encode(dst []byte) (out []byte, totals int) {
	raw := binary.AppendUvarint(nil, uint64(len(r.operations)))
	for i := range r.operations {
		o := &r.operations[i]
		for _, s := range []string{o.service, o.name} {
			raw = append(binary.AppendUvarint(raw, uint64(len(s))), s...)
		}
		raw = r.totals[i].encode(append(raw, byte(o.kind), byte(o.status)))
	}
	from := len(dst)
	dst = page.AppendChunk(dst, raw, true)
	totals = len(dst) - from
	raw = binary.AppendUvarint(raw[:0], uint64(len(r.minutes)))
	for i := range r.minutes {
		m := &r.minutes[i]
		raw = binary.AppendVarint(raw, m.number)
		raw = binary.AppendUvarint(raw, uint64(len(m.tallies)))
		for j := range m.tallies {
			raw = binary.AppendUvarint(raw, uint64(m.tallies[j].operation))
			raw = m.tallies[j].encode(raw)
		}
	}
	return page.AppendChunk(dst, raw, true), totals
}

func (t *tally) encode(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, t.count)
	dst = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(dst, t.sum), t.min), t.max)
	dst = binary.AppendVarint(binary.AppendVarint(dst, int64(t.oldest)), int64(t.newest))
	return append(dst, t.sketch...)
}

// finish encodes the sketch: nothing where two spans have it in min and max, and
// none where all are of the class of min.
func (t *counting) finish() tally {
	if t.count <= 2 {
		return t.tally
	}
	if d := query.SketchOf(t.classes); d.Even() {
		t.sketch = []byte{0}
	} else {
		t.sketch = d.Append(nil)
	}
	return t.tally
}

// durations adds the durations of the spans to s.
func (t *tally) durations(s *query.SketchSum) {
	switch {
	case t.count <= 2:
		s.AddN(t.min, 1)
		if t.count == 2 {
			s.AddN(t.max, 1)
		}
	case t.sketch[0] == 0:
		s.AddN(t.min, t.count)
	default:
		s.MergeEncoded(t.sketch)
	}
}

// tally reads one; before versionCalls they had no sketch.
func (r *footReader) tally(version byte) tally {
	t := tally{count: r.uvarint(), sum: r.varint(), min: r.varint(), max: r.varint(), oldest: signal.Time(r.varint()), newest: signal.Time(r.varint())}
	if version < versionCalls || t.count <= 2 || r.bad {
		return t
	}
	enc, rest, n, ok := query.CutSketch(r.b)
	if r.bad = !ok || n > 0 && n != t.count; !r.bad {
		t.sketch, r.b = enc, rest
	}
	return t
}

func (r *footReader) str() string {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.bad = true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// decodeTotals and decodeMinutes are the inverse of encode; false: damaged.
func (out *rollup) decodeTotals(b []byte, version byte) bool {
	r := footReader{b: b}
	n := r.uvarint()
	for i := uint64(0); i < n && !r.bad; i++ {
		o := operation{service: r.str(), name: r.str()}
		if len(r.b) < 2 {
			return false
		}
		o.kind, o.status, r.b = signal.SpanKind(r.b[0]), signal.StatusCode(r.b[1]), r.b[2:]
		out.operations = append(out.operations, o)
		out.totals = append(out.totals, r.tally(version))
	}
	return !r.bad && len(r.b) == 0
}

func (out *rollup) decodeMinutes(b []byte, version byte) bool {
	r := footReader{b: b}
	n := r.uvarint()
	for i := uint64(0); i < n && !r.bad; i++ {
		m := minute{number: r.varint()}
		k := r.uvarint()
		for j := uint64(0); j < k && !r.bad; j++ {
			t := minuteTally{uint32(r.uvarint()), r.tally(version)}
			if int(t.operation) >= len(out.operations) {
				return false
			}
			if j == 0 {
				m.oldest, m.newest = t.oldest, t.newest
			}
			m.oldest, m.newest = min(m.oldest, t.oldest), max(m.newest, t.newest)
			m.tallies = append(m.tallies, t)
		}
		out.minutes = append(out.minutes, m)
	}
	return !r.bad && len(r.b) == 0
}
