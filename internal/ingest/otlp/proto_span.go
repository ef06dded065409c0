package otlp

import (
	"unsafe"

	"clew/internal/signal"
)

func (d *decoder) protoSpan(g *signal.Group, m []byte) {
	g.Spans = append(g.Spans, signal.Span{})
	sp := &g.Spans[len(g.Spans)-1]
	attrs, events := count(m, 9, 11)
	sp.Attrs, sp.Events = d.attrSlab(attrs), d.eventSlab(events)
	why := ""
	for s := d.scan(m); s.next(); {
		switch s.num {
		case 1:
			setID(sp.Trace[:], s.bytes(), &why, refuseTraceID)
		case 2:
			setID(sp.ID[:], s.bytes(), &why, refuseSpanID)
		case 3:
			sp.TraceState = s.text()
		case 4:
			setID(sp.Parent[:], s.bytes(), &why, refuseParentID)
		case 5:
			sp.Name = s.text()
		case 6:
			sp.Kind = kindOf(s.uint())
		case 7:
			sp.Start = timeOf(s.fixed())
		case 8:
			sp.End = timeOf(s.fixed())
		case 9:
			sp.Attrs = d.protoAttr(sp.Attrs, s.bytes())
		case 10:
			sp.Dropped.Attrs = uint32(s.uint())
		case 11:
			sp.Events = d.protoEvent(sp.Events, s.bytes())
		case 12:
			sp.Dropped.Events = uint32(s.uint())
		case 13:
			d.protoLink(sp, s.bytes(), &why)
		case 14:
			sp.Dropped.Links = uint32(s.uint())
		case 15:
			d.protoStatus(&sp.Status, s.bytes())
		case 16:
			sp.Flags = s.fixed32()
		}
	}
	if why = refusedSpan(sp, why); why != "" {
		g.Spans = g.Spans[:len(g.Spans)-1]
		d.batch.Refuse(signal.Spans, 1, why)
	}
}

func (d *decoder) protoStatus(st *signal.Status, m []byte) {
	for s := d.scan(m); s.next(); {
		switch s.num {
		case 2:
			st.Message = s.text()
		case 3:
			st.Code = statusOf(s.uint())
		}
	}
}

func (d *decoder) protoEvent(events []signal.Event, m []byte) []signal.Event {
	events = append(events, signal.Event{})
	e := &events[len(events)-1]
	attrs, _ := count(m, 3, 3)
	e.Attrs = d.attrSlab(attrs)
	for s := d.scan(m); s.next(); {
		switch s.num {
		case 1:
			e.At = timeOf(s.fixed())
		case 2:
			e.Name = s.text()
		case 3:
			e.Attrs = d.protoAttr(e.Attrs, s.bytes())
		case 4:
			e.Dropped = uint32(s.uint())
		}
	}
	return events
}

func (d *decoder) protoLink(sp *signal.Span, m []byte, why *string) {
	if !d.charge(2 * int(unsafe.Sizeof(signal.Link{}))) { // twice: append doubles
		return
	}
	sp.Links = append(sp.Links, signal.Link{})
	l := &sp.Links[len(sp.Links)-1]
	attrs, _ := count(m, 4, 4)
	l.Attrs = d.attrSlab(attrs)
	for s := d.scan(m); s.next(); {
		switch s.num {
		case 1:
			setID(l.Trace[:], s.bytes(), why, "link: "+refuseTraceID)
		case 2:
			setID(l.Span[:], s.bytes(), why, "link: "+refuseSpanID)
		case 3:
			l.TraceState = s.text()
		case 4:
			l.Attrs = d.protoAttr(l.Attrs, s.bytes())
		case 5:
			l.Dropped = uint32(s.uint())
		case 6:
			l.Flags = s.fixed32()
		}
	}
}
