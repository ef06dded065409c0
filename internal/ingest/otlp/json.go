package otlp

import (
	"encoding/base64"
	"strconv"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// The names that the three requests give to their levels: what holds the
// resources, the scopes and the rows. The second of a pair is its older name.
var jsonNames = [...]struct{ resources, scoped, scopedOld, rows string }{
	signal.Spans:  {"resourceSpans", "scopeSpans", "instrumentationLibrarySpans", "spans"},
	signal.Logs:   {"resourceLogs", "scopeLogs", "instrumentationLibraryLogs", "logRecords"},
	signal.Points: {"resourceMetrics", "scopeMetrics", "instrumentationLibraryMetrics", "metrics"},
}

func (d *decoder) jsonRequest(r *wire.JSON, t signal.Type) {
	if r.Peek() != '{' {
		r.Fail("want an object")
		return
	}
	for key := range r.Object() {
		if key != jsonNames[t].resources {
			r.Skip()
			continue
		}
		for range r.Array() {
			d.jsonResource(r, t)
		}
	}
}

func (d *decoder) jsonResource(r *wire.JSON, t signal.Type) {
	first := len(d.batch.Groups)
	var resource signal.Attrs
	for key := range r.Object() {
		switch key {
		case "resource":
			for key := range r.Object() {
				if key == "attributes" {
					resource = d.jsonAttrs(r)
				} else {
					r.Skip()
				}
			}
		case jsonNames[t].scoped, jsonNames[t].scopedOld:
			for range r.Array() {
				d.jsonScoped(r, t)
			}
		default:
			r.Skip()
		}
	}
	for i := first; i < len(d.batch.Groups); i++ {
		d.batch.Groups[i].Resource = resource
	}
}

func (d *decoder) jsonScoped(r *wire.JSON, t signal.Type) {
	var g *signal.Group
	d.batch.Groups, g = next(d, &d.arena.Groups, d.batch.Groups)
	for key := range r.Object() {
		switch key {
		case "scope", "instrumentationLibrary":
			d.jsonScope(r, &g.Scope)
		case jsonNames[t].rows:
			for range r.Array() {
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
			r.Skip()
		}
	}
}

func (d *decoder) jsonScope(r *wire.JSON, sc *signal.Scope) {
	for key := range r.Object() {
		switch key {
		case "name":
			sc.Name = r.Text()
		case "version":
			sc.Version = r.Text()
		case "attributes":
			sc.Attrs = d.jsonAttrs(r)
		default:
			r.Skip()
		}
	}
}

// jsonAttrs reads [{"key":…,"value":…}].
func (d *decoder) jsonAttrs(r *wire.JSON) (attrs signal.Attrs) {
	for range r.Array() {
		list, a := next(d, &d.arena.Attrs, attrs)
		attrs = list
		for key := range r.Object() {
			switch key {
			case "key":
				a.Key = r.Text()
			case "value":
				a.Value = d.jsonValue(r)
			default:
				r.Skip()
			}
		}
	}
	return attrs
}

// jsonValue reads an AnyValue; the last of its fields counts.
func (d *decoder) jsonValue(r *wire.JSON) (v signal.Value) {
	for key := range r.Object() {
		switch key {
		case "stringValue":
			v = signal.Str(r.Text())
		case "boolValue":
			v = signal.Bool(r.Bool())
		case "intValue":
			v = signal.Int(r.Int64())
		case "doubleValue":
			v = signal.Double(r.Double())
		case "bytesValue":
			v = signal.Bytes(r.Base64())
		case "arrayValue":
			v = d.jsonText(func() { d.jsonArray(r, 1) })
		case "kvlistValue":
			v = d.jsonText(func() { d.jsonMap(r, 1) })
		default:
			r.Skip()
		}
	}
	return v
}

// jsonAny appends an AnyValue to d.text as canonical JSON.
func (d *decoder) jsonAny(r *wire.JSON, depth int) {
	at := len(d.text)
	for key := range r.Object() {
		known := true
		was := len(d.text)
		switch key {
		case "stringValue":
			d.text = signal.AppendJSONString(d.text, r.Text())
		case "boolValue":
			d.text = strconv.AppendBool(d.text, r.Bool())
		case "intValue":
			d.text = strconv.AppendInt(d.text, r.Int64(), 10)
		case "doubleValue":
			d.text = signal.AppendJSONDouble(d.text, r.Double())
		case "bytesValue":
			d.text = append(d.text, '"')
			d.text = base64.StdEncoding.AppendEncode(d.text, []byte(r.Base64()))
			d.text = append(d.text, '"')
		case "arrayValue":
			d.jsonArray(r, depth+1)
		case "kvlistValue":
			d.jsonMap(r, depth+1)
		default:
			known = false
			r.Skip()
		}
		if known { // the last one counts
			d.text = append(d.text[:at], d.text[was:]...)
		}
	}
	if len(d.text) == at {
		d.text = append(d.text, "null"...)
	}
}

func (d *decoder) jsonArray(r *wire.JSON, depth int) {
	if depth > depthMax {
		d.fail(errDeep)
		return
	}
	d.text = append(d.text, '[')
	for key := range r.Object() {
		if key != "values" {
			r.Skip()
			continue
		}
		for i := range r.Array() {
			if i > 0 {
				d.text = append(d.text, ',')
			}
			d.jsonAny(r, depth)
		}
	}
	d.text = append(d.text, ']')
}

func (d *decoder) jsonMap(r *wire.JSON, depth int) {
	if depth > depthMax {
		d.fail(errDeep)
		return
	}
	d.text = append(d.text, '{')
	for key := range r.Object() {
		if key != "values" {
			r.Skip()
			continue
		}
		for i := range r.Array() {
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
func (d *decoder) jsonMember(r *wire.JSON, depth int) {
	var name string
	value := -1
	for key := range r.Object() {
		switch key {
		case "key":
			name = r.Text()
		case "value":
			value = r.Mark()
			r.Skip()
		default:
			r.Skip()
		}
	}
	d.text = signal.AppendJSONString(d.text, name)
	d.text = append(d.text, ':')
	if value < 0 || d.err != nil {
		d.text = append(d.text, "null"...)
		return
	}
	after := r.Mark()
	r.Rewind(value)
	d.jsonAny(r, depth)
	r.Rewind(after)
}
