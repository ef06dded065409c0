package opencensus

import (
	"encoding/binary"
	"math"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// attributes appends a Span.Attributes and returns how many were dropped before.
func (d *decoder) attributes(attrs *signal.Attrs, m []byte) (dropped uint32) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			list, a := d.arena.Attrs.Add(*attrs)
			*attrs = list
			d.attribute(a, f.Bytes())
		case 2:
			dropped = uint32(f.Uint())
		}
	}
	return dropped
}

// attribute reads one entry of an attribute map.
func (d *decoder) attribute(a *signal.Attr, m []byte) {
	if shortAttribute(a, m) {
		return
	}
	key, value := d.entry(m)
	a.Key = key
	d.value(&a.Value, value)
}

// The first bytes of the fields that shortAttribute knows.
const (
	tagKey    = 1<<3 | wire.WireBytes
	tagValue  = 2<<3 | wire.WireBytes
	tagString = 1<<3 | wire.WireBytes
	tagInt    = 2<<3 | wire.WireVarint
	tagBool   = 3<<3 | wire.WireVarint
	tagDouble = 4<<3 | wire.Wire64
)

// shortAttribute reads the form that nearly all attributes have, in a third of
// the time: a key and then a value, both shorter than 128 bytes. Anything else it
// leaves alone.
func shortAttribute(a *signal.Attr, m []byte) bool {
	if len(m) < 6 || m[0] != tagKey || m[1] >= 0x80 || int(m[1]) > len(m)-4 {
		return false
	}
	end := 2 + int(m[1])
	v := m[end+2:]
	if m[end] != tagValue || int(m[end+1]) != len(v) || len(v) < 2 || len(v) >= 0x80 {
		return false
	}
	switch {
	case v[0] == tagString && len(v) >= 4 && int(v[1]) == len(v)-2 && v[2] == tagString && int(v[3]) == len(v)-4:
		a.Value = signal.Str(wire.View(v[4:]))
	case v[0] == tagBool && len(v) == 2 && v[1] < 0x80:
		a.Value = signal.Bool(v[1] != 0)
	case v[0] == tagDouble && len(v) == 9:
		a.Value = signal.Double(math.Float64frombits(binary.LittleEndian.Uint64(v[1:])))
	case v[0] == tagInt:
		n, size := binary.Uvarint(v[1:])
		if size != len(v)-1 {
			return false
		}
		a.Value = signal.Int(int64(n))
	default:
		return false
	}
	a.Key = wire.View(m[2:end])
	return true
}

func (d *decoder) value(v *signal.Value, m []byte) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			*v = signal.Str(d.truncatable(f.Bytes()))
		case 2:
			*v = signal.Int(int64(f.Uint()))
		case 3:
			*v = signal.Bool(f.Uint() != 0)
		case 4:
			*v = signal.Double(f.Double())
		}
	}
}
