package otlp

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// protoRequest reads an Export request: the three have one form.
func (d *decoder) protoRequest(m []byte, t signal.Type) {
	for s := d.scan(m); s.Next(); {
		if s.Num == 1 {
			d.protoResource(s.Bytes(), t)
		}
	}
}

// protoResource reads a ResourceSpans, ResourceLogs or ResourceMetrics. Its
// resource may come after its rows.
func (d *decoder) protoResource(m []byte, t signal.Type) {
	first := len(d.batch.Groups)
	var resource signal.Attrs
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			d.protoAttrs(&resource, s.Bytes(), 1)
		case 2, 1000: // 1000 is what came before OTLP 0.15: instrumentation_library_*
			d.protoScoped(s.Bytes(), t)
		}
	}
	for i := first; i < len(d.batch.Groups); i++ {
		d.batch.Groups[i].Resource = resource
	}
}

// protoScoped reads a ScopeSpans, ScopeLogs or ScopeMetrics.
func (d *decoder) protoScoped(m []byte, t signal.Type) {
	var g *signal.Group
	d.batch.Groups, g = next(d, &d.arena.Groups, d.batch.Groups)
	for s := d.scan(m); s.Next(); {
		switch {
		case s.Num == 1:
			d.protoScope(&g.Scope, s.Bytes())
		case s.Num == 2 && t == signal.Spans:
			d.protoSpan(g, s.Bytes())
		case s.Num == 2 && t == signal.Logs:
			d.protoLog(g, s.Bytes())
		case s.Num == 2:
			d.protoMetric(g, s.Bytes())
		}
	}
}

func (d *decoder) protoScope(sc *signal.Scope, m []byte) {
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			sc.Name = s.Text()
		case 2:
			sc.Version = s.Text()
		case 3:
			d.protoAttr(&sc.Attrs, s.Bytes())
		}
	}
}

// protoAttrs appends the attributes in field num of m, which has nothing else of use.
func (d *decoder) protoAttrs(attrs *signal.Attrs, m []byte, num uint32) {
	for s := d.scan(m); s.Next(); {
		if s.Num == num {
			d.protoAttr(attrs, s.Bytes())
		}
	}
}

// protoAttr appends one KeyValue.
func (d *decoder) protoAttr(attrs *signal.Attrs, m []byte) {
	list, a := next(d, &d.arena.Attrs, *attrs)
	*attrs = list
	if shortAttr(a, m) {
		return
	}
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			a.Key = s.Text()
		case 2:
			d.protoValue(&a.Value, s.Bytes())
		}
	}
}

// shortAttr reads the form that nearly all attributes have, in half the time:
// a key and a value (SDKs write them in this order, the collector in the other),
// both shorter than 128 bytes, the value a string, a boolean or an integer.
// Anything else it leaves alone.
func shortAttr(a *signal.Attr, m []byte) bool {
	if len(m) < 6 || m[1] >= 0x80 || int(m[1]) > len(m)-4 {
		return false
	}
	end := 2 + int(m[1])
	if int(m[end+1]) != len(m)-end-2 || m[end+1] >= 0x80 {
		return false
	}
	key, v := m[2:end], m[end+2:]
	switch {
	case m[0] == tagKey && m[end] == tagValue:
	case m[0] == tagValue && m[end] == tagKey:
		key, v = v, key
	default:
		return false
	}
	if len(v) < 2 {
		return false
	}
	switch {
	case v[0] == tagString && int(v[1]) == len(v)-2:
		a.Value = signal.Str(wire.View(v[2:]))
	case v[0] == tagBool && len(v) == 2 && v[1] < 0x80:
		a.Value = signal.Bool(v[1] != 0)
	case v[0] == tagInt:
		i, size := binary.Uvarint(v[1:])
		if size != len(v)-1 {
			return false
		}
		a.Value = signal.Int(int64(i))
	default:
		return false
	}
	a.Key = wire.View(key)
	return true
}

// The first bytes of the fields that shortAttr knows.
const (
	tagKey    = 1<<3 | wire.WireBytes
	tagValue  = 2<<3 | wire.WireBytes
	tagString = 1<<3 | wire.WireBytes
	tagBool   = 2<<3 | wire.WireVarint
	tagInt    = 3<<3 | wire.WireVarint
)

// protoValue reads an AnyValue; the last of its fields counts.
func (d *decoder) protoValue(v *signal.Value, m []byte) {
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			*v = signal.Str(s.Text())
		case 2:
			*v = signal.Bool(s.Uint() != 0)
		case 3:
			*v = signal.Int(int64(s.Uint()))
		case 4:
			*v = signal.Double(s.Double())
		case 5, 6:
			*v = d.jsonText(func() { d.protoText(m, 0) })
			return
		case 7:
			*v = signal.Bytes(s.Text())
		}
	}
}

// jsonText makes a value of what write appends to d.text.
func (d *decoder) jsonText(write func()) signal.Value {
	d.text = d.text[:0]
	write()
	if !d.charge(len(d.text)) {
		return signal.Value{}
	}
	return signal.JSON(string(d.text))
}

// protoText appends an AnyValue to d.text as canonical JSON.
func (d *decoder) protoText(m []byte, depth int) {
	at := len(d.text)
	for s := d.scan(m); s.Next(); {
		if s.Num >= 1 && s.Num <= 7 {
			d.text = d.text[:at] // the last one counts
		}
		switch s.Num {
		case 1:
			d.text = signal.AppendJSONString(d.text, s.Text())
		case 2:
			d.text = strconv.AppendBool(d.text, s.Uint() != 0)
		case 3:
			d.text = strconv.AppendInt(d.text, int64(s.Uint()), 10)
		case 4:
			d.text = signal.AppendJSONDouble(d.text, math.Float64frombits(s.Fixed()))
		case 5:
			d.protoArray(s.Bytes(), depth+1)
		case 6:
			d.protoMap(s.Bytes(), depth+1)
		case 7:
			d.text = append(d.text, '"')
			d.text = base64.StdEncoding.AppendEncode(d.text, s.Bytes())
			d.text = append(d.text, '"')
		}
	}
	if len(d.text) == at {
		d.text = append(d.text, "null"...)
	}
}

func (d *decoder) protoArray(m []byte, depth int) {
	if depth > depthMax {
		d.fail(errDeep)
		return
	}
	d.text = append(d.text, '[')
	first := true
	for s := d.scan(m); s.Next(); {
		if s.Num != 1 {
			continue
		}
		if !first {
			d.text = append(d.text, ',')
		}
		first = false
		d.protoText(s.Bytes(), depth)
	}
	d.text = append(d.text, ']')
}

func (d *decoder) protoMap(m []byte, depth int) {
	if depth > depthMax {
		d.fail(errDeep)
		return
	}
	d.text = append(d.text, '{')
	first := true
	for s := d.scan(m); s.Next(); {
		if s.Num != 1 {
			continue
		}
		if !first {
			d.text = append(d.text, ',')
		}
		first = false
		d.protoMember(s.Bytes(), depth)
	}
	d.text = append(d.text, '}')
}

// protoMember appends a KeyValue as "key":value.
func (d *decoder) protoMember(m []byte, depth int) {
	var key string
	var value []byte
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			key = s.Text()
		case 2:
			value = s.Bytes()
		}
	}
	d.text = signal.AppendJSONString(d.text, key)
	d.text = append(d.text, ':')
	d.protoText(value, depth)
}
