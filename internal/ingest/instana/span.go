package instana

import (
	"math"
	"strconv"
	"strings"
	"time"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// said is one span as it is read.
type said struct {
	s              signal.Span
	name           string // n, the kind of library
	kind, errors   int64
	sender         sender
	lt             signal.TraceID
	attrs          signal.Attrs
	groups         [4]string // the first members of data
	failure        string
	ms, took       float64
	badID, untimed bool
	stack          string
}

func (d *decoder) span(r *wire.JSON) {
	x := said{untimed: true}
	for key := range r.Object() {
		switch key {
		case "t":
			x.s.Trace = d.traceID(r, &x)
		case "lt":
			x.lt = d.traceID(r, &x)
		case "s":
			x.s.ID = d.spanID(r, &x)
		case "p":
			x.s.Parent = d.spanID(r, &x)
		case "n":
			x.name = d.text(r)
		case "k":
			x.kind = d.integer(r)
		case "ec":
			x.errors = d.integer(r)
		case "ts":
			x.ms, x.untimed = d.number(r), false
		case "d":
			x.took = d.number(r)
		case "f":
			d.from(r, &x.sender)
		case "stack":
			x.stack = d.stack(r)
		case "data":
			d.data(r, &x)
		case "b":
			d.members(r, &x.attrs, "instana.batch.")
		case "sy", "fp", "crid", "crtp":
			name := d.join("instana.", key)
			d.member(r, &x.attrs, name)
		default:
			r.Skip()
		}
	}
	if d.err != nil {
		return
	}
	switch {
	case x.badID || x.s.Trace.IsZero() || x.s.ID.IsZero():
		d.batch.Refuse(signal.Spans, 1, "instana: t, s or p is missing or not a hexadecimal id")
	case x.untimed || x.ms <= 0 || x.ms > math.MaxInt64/1e6/2:
		d.batch.Refuse(signal.Spans, 1, "instana: ts is missing or no time")
	case d.ours(&x):
	default:
		d.add(&x)
	}
}

func (d *decoder) traceID(r *wire.JSON, x *said) signal.TraceID {
	id, err := signal.ParseTraceID(d.text(r))
	x.badID = x.badID || err != nil
	return id
}

// spanID reads an id; a null is none.
func (d *decoder) spanID(r *wire.JSON, x *said) signal.SpanID {
	text := d.text(r)
	if text == "" {
		return signal.SpanID{}
	}
	id, err := signal.ParseSpanID(text)
	x.badID = x.badID || err != nil
	return id
}

func (d *decoder) integer(r *wire.JSON) int64 { return int64(d.number(r)) }

// number reads a number, also as text; anything else is 0.
func (d *decoder) number(r *wire.JSON) float64 {
	v := d.value(r)
	if f, ok := v.Number(); ok {
		return f
	}
	f, err := strconv.ParseFloat(v.Text(), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

func (d *decoder) from(r *wire.JSON, s *sender) {
	if r.Peek() != '{' {
		r.Skip()
		return
	}
	for key := range r.Object() {
		switch key {
		case "e":
			s.entity = d.text(r)
		case "cp":
			s.provider = d.text(r)
		default:
			r.Skip()
		}
	}
}

// data reads {"library":{"member":…}}: one attribute for each member.
func (d *decoder) data(r *wire.JSON, x *said) {
	if r.Peek() != '{' {
		r.Skip()
		return
	}
	n := 0
	for group := range r.Object() {
		if r.Peek() != '{' {
			if v := d.value(r); group == "service" && v.Text() != "" {
				x.sender.service = v.Text()
			} else if v.Kind() != signal.KindEmpty {
				d.push(&x.attrs, group, v)
			}
			continue
		}
		if n < len(x.groups) {
			x.groups[n] = group
			n++
		}
		d.members(r, &x.attrs, d.join(group, "."))
	}
}

func (d *decoder) members(r *wire.JSON, as *signal.Attrs, prefix string) {
	if r.Peek() != '{' {
		r.Skip()
		return
	}
	for key := range r.Object() {
		d.member(r, as, d.join(prefix, key))
	}
}

// member adds one attribute unless it is null or empty, as much of it is.
func (d *decoder) member(r *wire.JSON, as *signal.Attrs, name string) {
	if v := d.value(r); v.Kind() != signal.KindEmpty && (v.Kind() != signal.KindString || v.Text() != "") {
		d.push(as, name, v)
	}
}

// stack reads [{"m":method,"c":file,"n":line}], innermost first.
func (d *decoder) stack(r *wire.JSON) string {
	if r.Peek() != '[' {
		r.Skip()
		return ""
	}
	from := r.Mark()
	var out []byte
	for range r.Array() {
		if r.Peek() != '{' {
			r.Skip()
			continue
		}
		var method, file, line string
		for key := range r.Object() {
			switch key {
			case "m":
				method = d.text(r)
			case "c":
				file = d.text(r)
			case "n":
				line = d.text(r)
			default:
				r.Skip()
			}
		}
		out = append(append(append(out, "at "...), method...), " ("...)
		out = append(append(append(append(out, file...), ':'), line...), ")\n"...)
	}
	d.arena.Charge(2 * max(len(out), r.Mark()-from))
	return strings.TrimSuffix(string(out), "\n")
}

// ours reports whether x is the client's own post of a bundle to us, which
// Python's reports with the next one.
func (d *decoder) ours(x *said) bool {
	if x.kind != 2 || x.attrs.Text("http.method") != "POST" {
		return false
	}
	_, url, ok := strings.Cut(x.attrs.Text("http.url"), "://")
	if !ok {
		return false
	}
	host, path, _ := strings.Cut(url, "/")
	return (d.host == "" || host == d.host) && ("/"+path == "/bundle" || strings.HasSuffix(path, "/bundle"))
}

// nanoseconds reads milliseconds; whole ones stay exact, which a product of
// doubles of this century would not.
func nanoseconds(ms float64) int64 {
	whole := math.Floor(ms)
	return int64(whole)*int64(time.Millisecond) + int64(math.Round((ms-whole)*float64(time.Millisecond)))
}

// add appends the span to the group of its sender.
func (d *decoder) add(x *said) {
	d.name(x)
	group := d.group(x.sender)
	list, s := d.arena.Spans.Next(group.Spans)
	if s == nil {
		d.fail(d.arena.Err())
		return
	}
	group.Spans = list
	*s = x.s
	s.Start = signal.Time(nanoseconds(x.ms))
	s.End = s.Start.Add(time.Duration(nanoseconds(min(max(x.took, 0), 1e12))))
	s.Attrs = x.attrs
	d.set(&s.Attrs, "code.stacktrace", x.stack)
	if !x.lt.IsZero() && x.lt.Low() == s.Trace.Low() && d.arena.Charge(4*len(x.lt)) {
		if d.long == nil {
			d.long = map[[8]byte]signal.TraceID{}
		}
		if old, ok := d.long[x.lt.Low()]; ok && old != x.lt {
			d.long[x.lt.Low()] = signal.TraceID{} // whose the others are cannot be told
		} else {
			d.long[x.lt.Low()] = x.lt
		}
		if isHalf(s.Trace) {
			s.Trace = x.lt
		}
	}
	if x.errors > 0 {
		s.Status = signal.Status{Code: signal.StatusError, Message: x.failure}
	}
	if x.errors > 0 && x.failure != "" {
		var e *signal.Event
		s.Events, e = d.arena.Events.Add(s.Events)
		e.Name, e.At = "exception", s.End
		d.set(&e.Attrs, "exception.message", x.failure)
	}
}
