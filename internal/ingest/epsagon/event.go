package epsagon

import (
	"math"
	"strconv"
	"strings"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// event is one entry of a trace's events.
type event struct {
	id, origin  string
	typ         string // of its resource, lower case
	name, op    string
	start, took int64 // ns
	timed       bool  // start was told
	code        int64 // see the codes
	meta        signal.Attrs
	exception   exception
	seen        bool
}

// The codes of error_code.
const (
	codeTimeout = 3
	codeMax     = codeTimeout
)

type exception struct {
	typ, message, traceback string
	at                      int64
	frames                  signal.Value
	handled, told, warning  bool
}

func (d *decoder) event(r *wire.JSON) {
	if r.Peek() != '{' {
		r.Skip()
		d.batch.Refuse(signal.Spans, 1, "epsagon: an event is not an object")
		return
	}
	e := event{seen: true}
	for key := range r.Object() {
		switch key {
		case "id":
			e.id = d.text(r)
		case "start_time":
			e.start, e.timed = d.seconds(r)
		case "duration":
			e.took, _ = d.seconds(r)
		case "origin":
			e.origin = d.text(r)
		case "error_code":
			e.code = integer(d.value(r))
		case "resource":
			d.resource(r, &e)
		case "exception":
			d.exception(r, &e.exception)
		default:
			r.Skip()
		}
	}
	if d.err != nil {
		return
	}
	switch {
	case !e.timed || e.start <= 0:
		d.batch.Refuse(signal.Spans, 1, "epsagon: an event without start_time")
	case e.origin == "trigger" && !d.trigger.seen:
		d.trigger = e
	case e.origin == "runner" && !d.runner.seen:
		d.runner = e
	case e.origin == "runner" || e.origin == "trigger":
		d.batch.Refuse(signal.Spans, 1, "epsagon: a second "+e.origin+" in one trace")
	default:
		d.call(&e)
	}
}

func (d *decoder) resource(r *wire.JSON, e *event) {
	if r.Peek() != '{' {
		r.Skip()
		return
	}
	for key := range r.Object() {
		switch key {
		case "type":
			e.typ = strings.ToLower(d.text(r))
		case "name":
			e.name = d.text(r)
		case "operation":
			e.op = d.text(r)
		case "metadata":
			if r.Peek() == '{' {
				e.meta = d.members(r)
				continue
			}
			r.Skip()
		default:
			r.Skip()
		}
	}
}

// members reads an object of attributes. What JavaScript has not set says so in
// words.
func (d *decoder) members(r *wire.JSON) (list signal.Attrs) {
	for key := range r.Object() {
		v := d.value(r)
		if v.Kind() == signal.KindEmpty || v.Kind() == signal.KindString && (v.Text() == "" || v.Text() == "undefined") {
			continue
		}
		list = d.arena.Attrs.Push(list, signal.Attr{Key: key, Value: v})
	}
	return list
}

func (d *decoder) exception(r *wire.JSON, x *exception) {
	if r.Peek() != '{' {
		r.Skip()
		return
	}
	for key := range r.Object() {
		switch key {
		case "type":
			x.typ = d.text(r)
		case "message":
			x.message = d.text(r)
		case "traceback":
			x.traceback = d.text(r)
		case "time":
			x.at, _ = d.seconds(r)
		case "frames":
			x.frames = d.value(r)
		case "additional_data":
			d.additional(r, x)
		default:
			r.Skip()
		}
	}
}

func (d *decoder) additional(r *wire.JSON, x *exception) {
	if r.Peek() != '{' {
		r.Skip()
		return
	}
	for key := range r.Object() {
		switch key {
		case "handled":
			x.handled, x.told = truth(d.value(r)), true
		case "warning":
			x.warning = truth(d.value(r))
		default:
			r.Skip()
		}
	}
}

// value reads any value; the text of an object or a list is charged.
func (d *decoder) value(r *wire.JSON) signal.Value {
	v := r.Value(d.arena.Charge)
	d.fail(d.arena.Err())
	return v
}

// text reads a string, or another value as text.
func (d *decoder) text(r *wire.JSON) string {
	if r.Peek() == '"' {
		return r.Str()
	}
	return d.value(r).String()
}

// seconds reads seconds as nanoseconds and whether there are any.
func (d *decoder) seconds(r *wire.JSON) (ns int64, ok bool) {
	switch c := r.Peek(); {
	case c == '"', c == '-', '0' <= c && c <= '9':
		return parseSeconds(r.Number())
	}
	r.Skip()
	return 0, false
}

// parseSeconds reads decimal seconds. A double does not hold the microseconds of
// this century, its text may: the digits are read as they are where there is no
// exponent.
func parseSeconds(s string) (ns int64, ok bool) {
	whole, part, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	sec, err := strconv.ParseUint(whole, 10, 33)
	if len(part) > 9 && strings.IndexFunc(part[9:], func(c rune) bool { return c < '0' || c > '9' }) < 0 {
		part = part[:9]
	}
	frac := uint64(0)
	if err == nil && part != "" {
		frac, err = strconv.ParseUint(part, 10, 32)
	}
	if err != nil {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || !(math.Abs(f) < 1<<33) {
			return 0, false
		}
		return int64(math.Round(f * 1e9)), true
	}
	for range 9 - len(part) {
		frac *= 10
	}
	ns = int64(sec*1e9 + frac)
	if s[0] == '-' {
		ns = -ns
	}
	return ns, true
}

// truth reads a boolean that some clients send as text.
func truth(v signal.Value) bool { return v.Bool() || strings.EqualFold(v.Text(), "true") }

// integer reads a whole number that some clients send as text or as a double;
// anything else is 0.
func integer(v signal.Value) int64 {
	if f, ok := v.Number(); ok {
		return int64(f)
	}
	n, err := strconv.ParseInt(v.Text(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
