package zipkin

import (
	"bytes"
	"net/netip"
	"slices"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// protoSpans reads a ListOfSpans of zipkin.proto.
func (d *decoder) protoSpans() {
	for s := wire.NewProto(d.body, &d.err); s.Next(); {
		if s.Num == 1 {
			d.protoSpan(s.Bytes())
		}
		if err := d.arena.Err(); err != nil {
			s.Fail(err)
		}
	}
}

var protoKinds = [...]signal.SpanKind{signal.KindUnset, signal.Client, signal.Server, signal.Producer, signal.Consumer}

func (d *decoder) protoSpan(m []byte) {
	var s span
	d.begin()
	for f := wire.NewProto(m, &d.err); f.Next(); {
		switch f.Num {
		case 1:
			s.setID(s.Trace[:], f.Bytes(), refuseTraceBytes)
		case 2:
			s.setID(s.Parent[:], f.Bytes(), refuseParentBytes)
		case 3:
			s.setID(s.ID[:], f.Bytes(), refuseIDBytes)
		case 4:
			if k := f.Uint(); k < uint64(len(protoKinds)) {
				s.Kind = protoKinds[k]
			}
		case 5:
			s.Name = f.Text()
		case 6:
			s.stamp = micros(f.Fixed())
		case 7:
			s.took = micros(f.Uint())
		case 8:
			s.local = d.protoLocal(f.Bytes())
		case 9:
			s.remote = d.protoEndpoint(f.Bytes())
		case 10:
			d.protoNote(f.Bytes())
		case 11:
			d.protoTag(&s, f.Bytes())
		}
	}
	if s.byEnvoy() {
		slices.Reverse(s.ID[:])
		slices.Reverse(s.Parent[:])
	}
	d.add(&s)
}

// byEnvoy reports whether Envoy sent s, which writes the ids of spans (not that
// of the trace) in little-endian order in protobuf, and in protobuf only.
func (s *span) byEnvoy() bool {
	for i := range s.Attrs {
		if a := &s.Attrs[i]; a.Key == "component" {
			return a.Value.Text() == "proxy"
		}
	}
	return false
}

// Why a span in protobuf is refused.
const (
	refuseTraceBytes  = "trace id is longer than 16 bytes"
	refuseIDBytes     = "span id is longer than 8 bytes"
	refuseParentBytes = "parent id is longer than 8 bytes"
)

// setID left-pads an id. A parent of zeros, as zipkin-go sends it, is none.
func (s *span) setID(dst, id []byte, reason string) {
	if len(id) > len(dst) {
		s.why = reason
		return
	}
	clear(dst)
	copy(dst[len(dst)-len(id):], id)
}

// protoLocal is protoEndpoint for the side that most spans of a request share.
func (d *decoder) protoLocal(m []byte) endpoint {
	if !bytes.Equal(d.lastRaw, m) {
		d.lastRaw, d.last = m, d.protoEndpoint(m)
	}
	return d.last
}

func (d *decoder) protoEndpoint(m []byte) (e endpoint) {
	for f := wire.NewProto(m, &d.err); f.Next(); {
		switch f.Num {
		case 1:
			e.service = f.Text()
		case 2:
			if a := d.addr(f.Bytes()); a != "" {
				e.addr = a
			}
		case 3:
			if a := d.addr(f.Bytes()); e.addr == "" {
				e.addr = a
			}
		case 4:
			if p := f.Uint(); p < 1<<16 {
				e.port = int64(p)
			}
		}
	}
	return e
}

// addr writes 4 or 16 bytes as an address; zipkin-go maps IPv4 into 16 of them.
func (d *decoder) addr(b []byte) string {
	a, ok := netip.AddrFromSlice(b)
	if !ok || a.IsUnspecified() || !d.arena.Charge(len("255.255.255.255")) {
		return ""
	}
	return a.Unmap().String()
}

func (d *decoder) protoNote(m []byte) {
	var n note
	for f := wire.NewProto(m, &d.err); f.Next(); {
		switch f.Num {
		case 1:
			n.at = micros(f.Fixed())
		case 2:
			n.value = f.Text()
		}
	}
	d.notes = scratch(d, d.notes, n)
}

func (d *decoder) protoTag(s *span, m []byte) {
	key, value, ok := shortTag(m)
	if !ok {
		for f := wire.NewProto(m, &d.err); f.Next(); {
			switch f.Num {
			case 1:
				key = f.Text()
			case 2:
				value = f.Text()
			}
		}
	}
	s.Attrs = d.arena.Attrs.Push(s.Attrs, signal.Attr{Key: key, Value: signal.Str(value)})
}

// shortTag reads the form that nearly all tags have, in half the time: a key and
// a value, both shorter than 128 bytes.
func shortTag(m []byte) (key, value string, ok bool) {
	const tagKey, tagValue = 1<<3 | wire.WireBytes, 2<<3 | wire.WireBytes
	if len(m) < 4 || m[0] != tagKey || m[1] >= 0x80 {
		return "", "", false
	}
	end := 2 + int(m[1])
	if end+2 > len(m) || m[end] != tagValue || m[end+1] >= 0x80 || end+2+int(m[end+1]) != len(m) {
		return "", "", false
	}
	return wire.View(m[2:end]), wire.View(m[end+2:]), true
}
