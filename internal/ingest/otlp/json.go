package otlp

import (
	"encoding/base64"
	"strconv"

	"clew/internal/signal"
)

// The names that the three requests give to their levels: what holds the
// resources, the scopes and the rows. The second of a pair is its older name.
var jsonNames = [...]struct{ resources, scoped, scopedOld, rows string }{
	signal.Spans:  {"resourceSpans", "scopeSpans", "instrumentationLibrarySpans", "spans"},
	signal.Logs:   {"resourceLogs", "scopeLogs", "instrumentationLibraryLogs", "logRecords"},
	signal.Points: {"resourceMetrics", "scopeMetrics", "instrumentationLibraryMetrics", "metrics"},
}

func (d *decoder) jsonRequest(r *jsonReader, t signal.Type) {
	if r.peek() != '{' {
		r.fail("want an object")
		return
	}
	for key := range r.object() {
		if key != jsonNames[t].resources {
			r.skip()
			continue
		}
		for range r.array() {
			d.jsonResource(r, t)
		}
	}
}

func (d *decoder) jsonResource(r *jsonReader, t signal.Type) {
	first := len(d.batch.Groups)
	var resource signal.Attrs
	for key := range r.object() {
		switch key {
		case "resource":
			for key := range r.object() {
				if key == "attributes" {
					resource = d.jsonAttrs(r)
				} else {
					r.skip()
				}
			}
		case jsonNames[t].scoped, jsonNames[t].scopedOld:
			for range r.array() {
				d.jsonScoped(r, t)
			}
		default:
			r.skip()
		}
	}
	for i := first; i < len(d.batch.Groups); i++ {
		d.batch.Groups[i].Resource = resource
	}
}

func (d *decoder) jsonScoped(r *jsonReader, t signal.Type) {
	var g *signal.Group
	d.batch.Groups, g = next(d, &d.arena.Groups, d.batch.Groups)
	for key := range r.object() {
		switch key {
		case "scope", "instrumentationLibrary":
			d.jsonScope(r, &g.Scope)
		case jsonNames[t].rows:
			for range r.array() {
				switch t {
				case signal.Spans:
					d.jsonSpan(r, g)
				case signal.Logs:
					d.jsonLog(r, g)
				case signal.Points:
					d.jsonMetric(r, g)
				}
			}
		default:
			r.skip()
		}
	}
}

func (d *decoder) jsonScope(r *jsonReader, sc *signal.Scope) {
	for key := range r.object() {
		switch key {
		case "name":
			sc.Name = r.text()
		case "version":
			sc.Version = r.text()
		case "attributes":
			sc.Attrs = d.jsonAttrs(r)
		default:
			r.skip()
		}
	}
}

// jsonAttrs reads [{"key":…,"value":…}].
func (d *decoder) jsonAttrs(r *jsonReader) (attrs signal.Attrs) {
	for range r.array() {
		list, a := next(d, &d.arena.Attrs, attrs)
		attrs = list
		for key := range r.object() {
			switch key {
			case "key":
				a.Key = r.text()
			case "value":
				a.Value = d.jsonValue(r)
			default:
				r.skip()
			}
		}
	}
	return attrs
}

// jsonValue reads an AnyValue; the last of its fields counts.
func (d *decoder) jsonValue(r *jsonReader) (v signal.Value) {
	for key := range r.object() {
		switch key {
		case "stringValue":
			v = signal.Str(r.text())
		case "boolValue":
			v = signal.Bool(r.bool())
		case "intValue":
			v = signal.Int(r.int64())
		case "doubleValue":
			v = signal.Double(r.double())
		case "bytesValue":
			v = signal.Bytes(r.base64())
		case "arrayValue":
			v = d.jsonText(func() { d.jsonArray(r, 1) })
		case "kvlistValue":
			v = d.jsonText(func() { d.jsonMap(r, 1) })
		default:
			r.skip()
		}
	}
	return v
}

// jsonAny appends an AnyValue to d.text as canonical JSON.
func (d *decoder) jsonAny(r *jsonReader, depth int) {
	at := len(d.text)
	for key := range r.object() {
		known := true
		was := len(d.text)
		switch key {
		case "stringValue":
			d.text = signal.AppendJSONString(d.text, r.text())
		case "boolValue":
			d.text = strconv.AppendBool(d.text, r.bool())
		case "intValue":
			d.text = strconv.AppendInt(d.text, r.int64(), 10)
		case "doubleValue":
			d.text = signal.AppendJSONDouble(d.text, r.double())
		case "bytesValue":
			d.text = append(d.text, '"')
			d.text = base64.StdEncoding.AppendEncode(d.text, []byte(r.base64()))
			d.text = append(d.text, '"')
		case "arrayValue":
			d.jsonArray(r, depth+1)
		case "kvlistValue":
			d.jsonMap(r, depth+1)
		default:
			known = false
			r.skip()
		}
		if known { // the last one counts
			d.text = append(d.text[:at], d.text[was:]...)
		}
	}
	if len(d.text) == at {
		d.text = append(d.text, "null"...)
	}
}

func (d *decoder) jsonArray(r *jsonReader, depth int) {
	if depth > depthMax {
		d.fail(errDeep)
		return
	}
	d.text = append(d.text, '[')
	for key := range r.object() {
		if key != "values" {
			r.skip()
			continue
		}
		for i := range r.array() {
			if i > 0 {
				d.text = append(d.text, ',')
			}
			d.jsonAny(r, depth)
		}
	}
	d.text = append(d.text, ']')
}

func (d *decoder) jsonMap(r *jsonReader, depth int) {
	if depth > depthMax {
		d.fail(errDeep)
		return
	}
	d.text = append(d.text, '{')
	for key := range r.object() {
		if key != "values" {
			r.skip()
			continue
		}
		for i := range r.array() {
			if i > 0 {
				d.text = append(d.text, ',')
			}
			d.jsonMember(r, depth)
		}
	}
	d.text = append(d.text, '}')
}

// jsonMember appends {"key":…,"value":…} as "key":value. The value is passed
// over first and read once the key is known: it may stand before it.
func (d *decoder) jsonMember(r *jsonReader, depth int) {
	var name string
	value := -1
	for key := range r.object() {
		switch key {
		case "key":
			name = r.text()
		case "value":
			r.peek()
			value = r.i
			r.skip()
		default:
			r.skip()
		}
	}
	d.text = signal.AppendJSONString(d.text, name)
	d.text = append(d.text, ':')
	if value < 0 || d.err != nil {
		d.text = append(d.text, "null"...)
		return
	}
	after := r.i
	r.i = value
	d.jsonAny(r, depth)
	if d.err == nil {
		r.i = after
	}
}
