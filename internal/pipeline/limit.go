package pipeline

import (
	"slices"
	"strings"
	"unicode/utf8"

	"clew/internal/signal"
)

// AttrTruncated is set on rows that lost text to a limit; it is the JSON array
// of the keys that were cut ("name", "message" and "body" are the row's own).
const AttrTruncated = "clew.truncated"

// Limits bounds what one row may hold; a zero field takes the default. What is
// over is cut and counted (in the row's Dropped counters, too), never refused:
// the rest of a story is worth more than none.
type Limits struct {
	Attrs   int // attributes of a row, event or link; 1024
	Events  int // events of a span; 1024
	Links   int // links of a span; 1024
	Value   int // bytes of a value; 64 KiB
	Payload int // bytes of a payload's value, a stack trace or a log's body; 256 KiB
	Name    int // bytes of a name or a key; 4 KiB
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		v *int
		d int
	}{{&l.Attrs, 1024}, {&l.Events, 1024}, {&l.Links, 1024}, {&l.Value, 64 << 10}, {&l.Payload, 256 << 10}, {&l.Name, 4 << 10}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	return l
}

// Limit cuts what is over l and tells count how many things it cut.
func Limit(l Limits, count func(int)) Stage {
	l = l.withDefaults()
	return Stage{Name: "limit", Run: func(b *signal.Batch, _ Arrival) {
		c := cutter{Limits: l}
		for i := range b.Groups {
			g := &b.Groups[i]
			g.Resource, _ = c.attrs(g.Resource)
			g.Resource = c.mark(g.Resource)
			g.Scope.Attrs, _ = c.attrs(g.Scope.Attrs)
			g.Scope.Attrs = c.mark(g.Scope.Attrs)
			for j := range g.Spans {
				c.span(&g.Spans[j])
			}
			for j := range g.Logs {
				c.log(&g.Logs[j])
			}
			for j := range g.Points {
				p := &g.Points[j]
				p.Attrs, _ = c.attrs(p.Attrs)
				p.Attrs = c.mark(p.Attrs)
			}
		}
		if c.n > 0 {
			count(c.n)
		}
	}}
}

// cutter is the state of one batch.
type cutter struct {
	Limits
	n    int      // things cut
	keys []string // cut in the row at hand
}

func (c *cutter) span(s *signal.Span) {
	s.Name = c.text(s.Name, "name", c.Name)
	s.Status.Message = c.text(s.Status.Message, "message", c.Value)
	var n uint32
	s.Attrs, n = c.attrs(s.Attrs)
	s.Dropped.Attrs += n
	if over := len(s.Events) - c.Events; over > 0 {
		s.Events = s.Events[:c.Events]
		s.Dropped.Events += uint32(over)
		c.n += over
	}
	if over := len(s.Links) - c.Links; over > 0 {
		s.Links = s.Links[:c.Links]
		s.Dropped.Links += uint32(over)
		c.n += over
	}
	for i := range s.Events {
		e := &s.Events[i]
		e.Name = c.text(e.Name, "event name", c.Value)
		e.Attrs, n = c.attrs(e.Attrs)
		e.Dropped += n
	}
	for i := range s.Links {
		s.Links[i].Attrs, n = c.attrs(s.Links[i].Attrs)
		s.Links[i].Dropped += n
	}
	s.Attrs = c.mark(s.Attrs)
}

func (c *cutter) log(l *signal.Log) {
	var n uint32
	l.Body = c.value(l.Body, "body", c.Payload)
	l.Attrs, n = c.attrs(l.Attrs)
	l.Dropped += n
	l.Attrs = c.mark(l.Attrs)
}

// attrs returns a within the limits and how many attributes it lost.
func (c *cutter) attrs(a signal.Attrs) (signal.Attrs, uint32) {
	lost := max(0, len(a)-c.Attrs)
	a = a[:len(a)-lost]
	c.n += lost
	copied := false
	for i := range a {
		kv := a[i]
		if len(kv.Key) <= c.Name && len(kv.Value.Text()) <= c.Value {
			continue
		}
		limit := c.Value
		if isPayload(kv.Key) {
			limit = c.Payload
		}
		kv.Key = c.text(kv.Key, "", c.Name)
		kv.Value = c.value(kv.Value, kv.Key, limit)
		if kv == a[i] {
			continue
		}
		if !copied {
			a, copied = slices.Clone(a), true
		}
		a[i] = kv
	}
	return a, uint32(lost)
}

// mark notes on a row's attributes which texts it lost.
func (c *cutter) mark(a signal.Attrs) signal.Attrs {
	if len(c.keys) == 0 {
		return a
	}
	list := []byte{'['}
	for i, k := range c.keys {
		if i > 0 {
			list = append(list, ',')
		}
		list = signal.AppendJSONString(list, k)
	}
	c.keys = c.keys[:0]
	return a.Set(AttrTruncated, signal.JSON(string(append(list, ']'))))
}

// value cuts v to limit bytes. Arrays and maps become strings: half of one is
// no JSON any more.
func (c *cutter) value(v signal.Value, key string, limit int) signal.Value {
	if len(v.Text()) <= limit {
		return v
	}
	if v.Kind() == signal.KindBytes {
		c.n++
		c.keys = append(c.keys, key)
		return signal.Bytes(v.Text()[:limit])
	}
	return signal.Str(c.text(v.Text(), key, limit))
}

// text cuts s to limit bytes without cutting a character in two.
func (c *cutter) text(s, key string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for back := 0; back < utf8.UTFMax && limit > 0 && !utf8.RuneStart(s[limit]); back++ {
		limit--
	}
	c.n++
	if key != "" {
		c.keys = append(c.keys, key)
	}
	return s[:limit]
}

// isPayload reports whether key holds what a request or message carried, or
// another text that is long by nature.
func isPayload(key string) bool {
	key = strings.ToLower(key)
	for _, end := range []string{"payload", "body", "stacktrace", "event", "db.statement", "db.query.text"} {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return strings.Contains(key, ".payload.") || strings.Contains(key, ".body.")
}
