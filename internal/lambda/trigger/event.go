package trigger

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"clew/internal/signal"
)

// Event is one value of an event: an object, a list, a text, a number, a boolean
// or nothing.
type Event struct{ v any }

const (
	depthMax   = 64      // of nesting; what lies deeper is left out
	nodesMax   = 100_000 // values of one event
	recordsMax = 10_000  // the largest batch there is
)

// Parse reads a captured event. Tracers cut what they capture, so what stands
// before the cut is read, and whole tells whether there was no cut.
func Parse(text []byte) (e Event, whole bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	r := reader{d: d, left: nodesMax}
	v := r.value(0)
	return Event{v}, !r.cut
}

// reader builds the tree of an event token by token: encoding/json's own gives
// nothing for a text that is cut.
type reader struct {
	d    *json.Decoder
	left int
	cut  bool
}

func (r *reader) value(depth int) any {
	t, err := r.d.Token()
	if r.left--; err != nil || r.left < 0 || depth > depthMax {
		r.cut = true
		return nil
	}
	switch t {
	case json.Delim('{'):
		return r.object(depth)
	case json.Delim('['):
		return r.list(depth)
	}
	return t
}

func (r *reader) object(depth int) any {
	m := map[string]any{}
	for !r.cut && r.d.More() {
		key, err := r.d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			r.cut = true
			break
		}
		if v := r.value(depth + 1); !r.cut || v != nil {
			m[name] = v
		}
	}
	r.end()
	return m
}

func (r *reader) list(depth int) any {
	var l []any
	for !r.cut && r.d.More() {
		if v := r.value(depth + 1); !r.cut || v != nil {
			l = append(l, v)
		}
	}
	r.end()
	return l
}

// end takes the closing bracket.
func (r *reader) end() {
	if r.cut {
		return
	}
	if _, err := r.d.Token(); err != nil {
		r.cut = true
	}
}

// at goes down by names of members; what is not there is nothing.
func (e Event) at(path ...string) Event {
	for _, name := range path {
		m, _ := e.v.(map[string]any)
		e.v = m[name]
	}
	return e
}

// fold is at for a header: names differ in case only.
func (e Event) fold(name string) Event {
	m, _ := e.v.(map[string]any)
	if v, ok := m[name]; ok {
		return Event{v}
	}
	for k, v := range m {
		if strings.EqualFold(k, name) {
			return Event{v}
		}
	}
	return Event{}
}

func (e Event) list() []Event {
	l, _ := e.v.([]any)
	if len(l) > recordsMax {
		l = l[:recordsMax]
	}
	out := make([]Event, len(l))
	for i := range l {
		out[i] = Event{l[i]}
	}
	return out
}

// first is the first element of a list.
func (e Event) first() Event {
	if l, _ := e.v.([]any); len(l) > 0 {
		return Event{l[0]}
	}
	return Event{}
}

func (e Event) has(path ...string) bool { return e.at(path...).v != nil }

// members of an object, in no order.
func (e Event) members() map[string]any {
	m, _ := e.v.(map[string]any)
	return m
}

// text is a string or a number as it was written.
func (e Event) text(path ...string) string {
	switch v := e.at(path...).v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (e Event) number(path ...string) float64 {
	f, err := strconv.ParseFloat(e.text(path...), 64)
	if err != nil || math.IsNaN(f) {
		return 0
	}
	return f
}

// count is a small number; anything else is 0.
func (e Event) count(path ...string) int {
	if n := e.number(path...); n > 0 && n < 1<<20 {
		return int(n)
	}
	return 0
}

// inner parses a text that is JSON itself: messages hold messages.
func (e Event) inner() Event {
	s := e.text()
	if !strings.HasPrefix(strings.TrimLeft(s, " \t\r\n"), "{") {
		return Event{}
	}
	in, _ := Parse([]byte(s))
	return in
}

// innerBase64 is inner for a text in base64.
func (e Event) innerBase64() Event {
	raw, err := base64.StdEncoding.DecodeString(e.text())
	if err != nil {
		return Event{}
	}
	return Event{string(raw)}.inner()
}

// millis reads a time in milliseconds since 1970, seconds one in seconds.
func (e Event) millis(path ...string) signal.Time  { return timeOf(e.number(path...) * 1e6) }
func (e Event) seconds(path ...string) signal.Time { return timeOf(e.number(path...) * 1e9) }

// timeOf keeps microseconds: a float64 has no more for today's dates.
func timeOf(ns float64) signal.Time {
	if ns <= 0 || ns > math.MaxInt64/2 {
		return 0
	}
	return signal.Time(math.Round(ns/1e3)) * 1e3
}

// stamp reads an RFC 3339 time, with "Z" or "+0000".
func (e Event) stamp(path ...string) signal.Time {
	s := e.text(path...)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil && t.Unix() > 0 {
			return signal.TimeOf(t)
		}
	}
	return 0
}
