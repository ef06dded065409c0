package datadog

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// This file reads dogstatsd: lines of
//
//	name:value[:value…]|type[|@rate][|#tag:value,…][|T<seconds>][|c:container]
//	_e{title length,text length}:title|text[|d:seconds][|t:type][|h:host][|#tags]
//	_sc|name|status[|d:seconds][|h:host][|#tags][|m:message]
//
// A sample stands for 1/rate of them. Nothing is gathered over time: a histogram
// has the samples of one line, and a set is the members that were told.

// decodeStats reads a datagram. A line that cannot be read is refused by itself.
func decodeStats(b *signal.Batch, body []byte, h ingest.Header) error {
	d := &stats{batch: b, arena: h.Rows()}
	for line := range strings.SplitSeq(wire.View(body), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		t, why := signal.Points, ""
		switch {
		case strings.HasPrefix(line, "_e{"):
			t, why = signal.Logs, d.event(line)
		case strings.HasPrefix(line, "_sc|"):
			why = d.check(line)
		default:
			why = d.sample(line)
		}
		if err := d.arena.Err(); err != nil {
			return err
		}
		if why != "" {
			b.Refuse(t, 1, why)
		}
	}
	return nil
}

type stats struct {
	batch *signal.Batch
	arena *ingest.Arena
	from  origin // of the last group
}

// origin is what the tags say of the process; the client adds them to every line.
type origin struct{ service, env, version, host, container string }

// fields are the parts of a line behind its value.
type fields struct {
	origin
	attrs   signal.Attrs
	rate    float64 // 0: none
	at      signal.Time
	alert   string
	message string
}

// Why a line is refused.
const (
	refuseLine  = "not a dogstatsd line"
	refuseValue = "a value that is not a finite number"
	refuseType  = "a metric type other than c, g, h, d, ms and s"
	refuseField = "a sample rate or a time that is not one"
	refuseEvent = "an event whose lengths do not fit"
	refuseCheck = "a service check whose status is not 0 to 3"
)

// read takes the parts in rest, divided by |.
func (d *stats) read(rest string) (f fields, why string) {
	var err error
	for part := range strings.SplitSeq(rest, "|") {
		switch {
		case part == "":
		case part[0] == '@':
			f.rate, err = strconv.ParseFloat(part[1:], 64)
			if err != nil || !(f.rate > 0 && f.rate <= 1) {
				return f, refuseField
			}
		case part[0] == '#':
			d.tags(&f, part[1:])
		case part[0] == 'T', strings.HasPrefix(part, "d:"):
			sec, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimPrefix(part, "T"), "d:"), 10, 34)
			if err != nil || sec < 0 {
				return f, refuseField
			}
			f.at = signal.Time(sec * int64(time.Second))
		case strings.HasPrefix(part, "c:"):
			f.container = strings.TrimPrefix(part[2:], "ci-")
		case strings.HasPrefix(part, "h:"):
			f.host = part[2:]
		case strings.HasPrefix(part, "t:"):
			f.alert = part[2:]
		case strings.HasPrefix(part, "m:"):
			f.message = part[2:]
		} // others concern the agent
	}
	return f, ""
}

func (d *stats) tags(f *fields, list string) {
	for tag := range strings.SplitSeq(list, ",") {
		key, value, _ := strings.Cut(tag, ":")
		switch key {
		case "":
		case "service":
			f.service = value
		case "env":
			f.env = value
		case "version":
			f.version = value
		case "host":
			f.host = value
		default:
			f.attrs = d.arena.Attrs.Push(f.attrs, signal.Attr{Key: key, Value: signal.Str(value)})
		}
	}
}

// group returns the group of a process: the last one, or another.
func (d *stats) group(from origin) *signal.Group {
	if n := len(d.batch.Groups); n > 0 && d.from == from {
		return &d.batch.Groups[n-1]
	}
	list, g := d.arena.Groups.Add(d.batch.Groups)
	d.batch.Groups, d.from = list, from
	for _, kv := range [...][2]string{
		{"service.name", from.service}, {"service.version", from.version}, {"deployment.environment.name", from.env},
		{"host.name", from.host}, {"container.id", from.container},
	} {
		if kv[1] != "" {
			g.Resource = d.arena.Attrs.Push(g.Resource, signal.Attr{Key: kv[0], Value: signal.Str(kv[1])})
		}
	}
	return g
}

func (d *stats) point(f *fields, p signal.Point) {
	p.At, p.Attrs = f.at, f.attrs
	g := d.group(f.origin)
	g.Points = d.arena.Points.Push(g.Points, p)
}

// sample reads a line of samples.
func (d *stats) sample(line string) (why string) {
	head, rest, ok := strings.Cut(line, "|")
	name, values, named := strings.Cut(head, ":")
	if !ok || !named || name == "" {
		return refuseLine
	}
	typ, rest, _ := strings.Cut(rest, "|")
	f, why := d.read(rest)
	if why != "" {
		return why
	}
	if typ == "s" {
		d.members(name, values, &f)
		return ""
	}
	v, why := sum(values)
	if why != "" {
		return why
	}
	m := signal.Metric{Name: name}
	switch typ {
	case "c":
		m.Kind, m.Temporality = signal.Sum, signal.Delta // not monotonic: counters may be decremented
		if f.rate > 0 {
			v.sum /= f.rate
		}
		d.point(&f, signal.Point{Metric: m, Value: signal.Number(v.sum)})
	case "g":
		m.Kind = signal.Gauge
		d.point(&f, signal.Point{Metric: m, Value: signal.Number(v.last)})
	case "ms", "h", "d":
		m.Kind, m.Temporality = signal.Histogram, signal.Delta
		if typ == "ms" {
			m.Unit = "ms"
		}
		d.distribution(m, v, &f)
	default:
		return refuseType
	}
	return ""
}

// values sums up the values of a line.
type values struct {
	n                   uint64
	sum, last, min, max float64
}

func sum(list string) (v values, why string) {
	v.min, v.max = math.Inf(1), math.Inf(-1)
	for text := range strings.SplitSeq(list, ":") {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
			return v, refuseValue
		}
		v.n++
		v.sum += x
		v.last, v.min, v.max = x, min(v.min, x), max(v.max, x)
	}
	return v, ""
}

func (d *stats) distribution(m signal.Metric, v values, f *fields) {
	dist := signal.Distribution{Count: v.n, Sum: v.sum, Min: v.min, Max: v.max, Has: signal.HasSum | signal.HasMin | signal.HasMax}
	if f.rate > 0 {
		dist.Count = uint64(min(math.Round(float64(v.n)/f.rate), 1<<62))
		dist.Sum /= f.rate
	}
	if !d.arena.Charge(int(unsafe.Sizeof(dist))) {
		return
	}
	dist.Counts = d.arena.Counts.Push(nil, dist.Count) // one bucket without bounds
	d.point(f, signal.Point{Metric: m, Dist: &dist})
}

// members reads a set: each member is a point with a value of 1.
func (d *stats) members(name, list string, f *fields) {
	shared := f.attrs
	for member := range strings.SplitSeq(list, ":") {
		f.attrs = nil
		for _, a := range shared {
			f.attrs = d.arena.Attrs.Push(f.attrs, a)
		}
		f.attrs = d.arena.Attrs.Push(f.attrs, signal.Attr{Key: "member", Value: signal.Str(member)})
		d.point(f, signal.Point{Metric: signal.Metric{Name: name, Kind: signal.Sum, Temporality: signal.Delta, Monotonic: true}, Value: signal.Int(1)})
		if d.arena.Err() != nil {
			return
		}
	}
}

// event reads _e{…}: as a log record.
func (d *stats) event(line string) (why string) {
	lengths, rest, ok := strings.Cut(line[len("_e{"):], "}:")
	first, second, both := strings.Cut(lengths, ",")
	title, err := strconv.ParseUint(first, 10, 31)
	text, err2 := strconv.ParseUint(second, 10, 31)
	if !ok || !both || err != nil || err2 != nil || uint64(len(rest)) < title+1+text || rest[title] != '|' {
		return refuseEvent
	}
	name, body, rest := rest[:title], rest[title+1:title+1+text], rest[title+1+text:]
	f, why := d.read(rest)
	if why != "" {
		return why
	}
	if strings.Contains(body, `\n`) {
		if !d.arena.Charge(len(body)) {
			return ""
		}
		body = strings.ReplaceAll(body, `\n`, "\n")
	}
	l := signal.Log{At: f.at, LevelText: f.alert, Level: levels[f.alert], Body: signal.Str(body), Event: name, Attrs: f.attrs}
	g := d.group(f.origin)
	g.Logs = d.arena.Logs.Push(g.Logs, l)
	return ""
}

var levels = map[string]signal.Level{"": 9, "info": 9, "success": 9, "user_update": 9, "warning": 13, "error": 17}

// check reads _sc: as a gauge, 0 ok, 1 warning, 2 critical, 3 unknown.
func (d *stats) check(line string) (why string) {
	name, rest, _ := strings.Cut(line[len("_sc|"):], "|")
	status, rest, _ := strings.Cut(rest, "|")
	n, err := strconv.ParseUint(status, 10, 8)
	if err != nil || n > 3 || name == "" {
		return refuseCheck
	}
	f, why := d.read(rest)
	if why != "" {
		return why
	}
	if f.message != "" {
		f.attrs = d.arena.Attrs.Push(f.attrs, signal.Attr{Key: "message", Value: signal.Str(f.message)})
	}
	d.point(&f, signal.Point{Metric: signal.Metric{Name: name, Kind: signal.Gauge}, Value: signal.Int(int64(n))})
	return ""
}
