package opencensus

import (
	"strings"

	"clew/internal/signal"
)

// ownCalls begin the names of the spans that exporters make of their own calls.
const ownCalls = "opencensus.proto.agent."

// Why a span is refused.
const (
	refuseTrace   = "trace id is not 1 to 16 bytes or all zero"
	refuseSpan    = "span id is not 1 to 8 bytes or all zero"
	refuseParent  = "parent span id is longer than 8 bytes"
	refuseLink    = "link: ids are longer than 16 and 8 bytes"
	flagHasRemote = 1 << 8 // OTLP's: whether the parent is remote is known
	flagRemote    = 1 << 9
)

// span reads a Span into the group of its resource, which stands behind most fields.
func (d *decoder) span(m []byte) {
	var resource []byte
	own := false
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 4:
			own = strings.HasPrefix(strings.TrimPrefix(d.truncatable(f.Bytes()), "Sent."), ownCalls)
		case 16:
			resource = f.Bytes()
		}
	}
	if own || d.err != nil {
		return
	}
	g := d.group(resource)
	spans, sp := d.arena.Spans.Add(g.Spans)
	g.Spans = spans
	if why := d.spanFields(sp, m); why != "" && d.err == nil && d.arena.Err() == nil {
		g.Spans = d.arena.Spans.Drop(g.Spans)
		d.batch.Refuse(signal.Spans, 1, why)
	}
}

func (d *decoder) spanFields(sp *signal.Span, m []byte) (why string) {
	refuse := func(ok bool, reason string) {
		if !ok {
			why = reason
		}
	}
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			refuse(setID(sp.Trace[:], f.Bytes()), refuseTrace)
		case 2:
			refuse(setID(sp.ID[:], f.Bytes()), refuseSpan)
		case 3:
			refuse(setID(sp.Parent[:], f.Bytes()), refuseParent)
		case 4:
			sp.Name = d.truncatable(f.Bytes())
		case 5:
			sp.Start = d.timestamp(f.Bytes())
		case 6:
			sp.End = d.timestamp(f.Bytes())
		case 7:
			sp.Dropped.Attrs = d.attributes(&sp.Attrs, f.Bytes())
		case 9:
			d.timeEvents(sp, f.Bytes())
		case 10:
			d.links(sp, f.Bytes(), refuse)
		case 11:
			d.status(sp, f.Bytes())
		case 12:
			sp.Flags = d.remoteness(f.Bytes())
		case 14:
			sp.Kind = kindOf(f.Uint())
		case 15:
			sp.TraceState = d.traceState(f.Bytes())
		}
	}
	refuse(!sp.Trace.IsZero(), refuseTrace)
	refuse(!sp.ID.IsZero(), refuseSpan)
	return why
}

// setID copies an id of up to len(dst) bytes, left-padding short ones: Linkerd
// passes 64-bit trace ids on as they came.
func setID(dst, id []byte) bool {
	clear(dst)
	if len(id) > len(dst) {
		return false
	}
	copy(dst[len(dst)-len(id):], id)
	return true
}

func kindOf(n uint64) signal.SpanKind {
	switch n {
	case 1:
		return signal.Server
	case 2:
		return signal.Client
	}
	return signal.KindUnset
}

// remoteness reads same_process_as_parent_span, a BoolValue.
func (d *decoder) remoteness(m []byte) uint32 {
	flags := uint32(flagHasRemote | flagRemote)
	for f := d.scan(m); f.Next(); {
		if f.Num == 1 && f.Uint() != 0 {
			flags = flagHasRemote
		}
	}
	return flags
}

// codes are gRPC's names, which OpenCensus's statuses are of.
var codes = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
	"FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// status reads a Status. Code 0 is OK, and also what is sent where nothing was
// said, so it says nothing.
func (d *decoder) status(sp *signal.Span, m []byte) {
	code, message := int32(0), ""
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			code = int32(f.Uint())
		case 2:
			message = f.Text()
		}
	}
	if code == 0 {
		return
	}
	if message == "" && code > 0 && int(code) < len(codes) {
		message = codes[code]
	}
	sp.Status = signal.Status{Code: signal.StatusError, Message: message}
	sp.Attrs = d.arena.Attrs.Push(sp.Attrs, signal.Attr{Key: "census.status_code", Value: signal.Int(int64(code))})
}

// traceState reads a Tracestate into the form that W3C's header has.
func (d *decoder) traceState(m []byte) string {
	d.text = d.text[:0]
	for f := d.scan(m); f.Next(); {
		if f.Num != 1 {
			continue
		}
		key, value := d.entry(f.Bytes())
		if len(d.text) > 0 {
			d.text = append(d.text, ',')
		}
		d.text = append(append(append(d.text, key...), '='), value...)
	}
	if !d.arena.Charge(2 * len(d.text)) {
		return ""
	}
	return string(d.text)
}

// links reads a Span.Links.
func (d *decoder) links(sp *signal.Span, m []byte, refuse func(bool, string)) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			list, l := d.arena.Links.Add(sp.Links)
			sp.Links = list
			d.link(l, f.Bytes(), refuse)
		case 2:
			sp.Dropped.Links = uint32(f.Uint())
		}
	}
}

func (d *decoder) link(l *signal.Link, m []byte, refuse func(bool, string)) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			refuse(setID(l.Trace[:], f.Bytes()), refuseLink)
		case 2:
			refuse(setID(l.Span[:], f.Bytes()), refuseLink)
		case 3:
			switch f.Uint() {
			case 1:
				d.textAttr(&l.Attrs, "opencensus.link.type", "child")
			case 2:
				d.textAttr(&l.Attrs, "opencensus.link.type", "parent")
			}
		case 4:
			l.Dropped = d.attributes(&l.Attrs, f.Bytes())
		case 5:
			l.TraceState = d.traceState(f.Bytes())
		}
	}
}
