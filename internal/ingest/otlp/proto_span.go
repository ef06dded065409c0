package otlp

import "clew/internal/signal"

func (d *decoder) protoSpan(g *signal.Group, m []byte) {
	var sp *signal.Span
	g.Spans, sp = next(d, &d.arena.Spans, g.Spans)
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
			d.protoAttr(&sp.Attrs, s.bytes())
		case 10:
			sp.Dropped.Attrs = uint32(s.uint())
		case 11:
			d.protoEvent(sp, s.bytes())
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
	if why = refusedSpan(sp, why); why != "" && d.err == nil {
		g.Spans = d.arena.Spans.Drop(g.Spans)
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

func (d *decoder) protoEvent(sp *signal.Span, m []byte) {
	var e *signal.Event
	sp.Events, e = next(d, &d.arena.Events, sp.Events)
	for s := d.scan(m); s.next(); {
		switch s.num {
		case 1:
			e.At = timeOf(s.fixed())
		case 2:
			e.Name = s.text()
		case 3:
			d.protoAttr(&e.Attrs, s.bytes())
		case 4:
			e.Dropped = uint32(s.uint())
		}
	}
}

func (d *decoder) protoLink(sp *signal.Span, m []byte, why *string) {
	var l *signal.Link
	sp.Links, l = next(d, &d.arena.Links, sp.Links)
	for s := d.scan(m); s.next(); {
		switch s.num {
		case 1:
			setID(l.Trace[:], s.bytes(), why, "link: "+refuseTraceID)
		case 2:
			setID(l.Span[:], s.bytes(), why, "link: "+refuseSpanID)
		case 3:
			l.TraceState = s.text()
		case 4:
			d.protoAttr(&l.Attrs, s.bytes())
		case 5:
			l.Dropped = uint32(s.uint())
		case 6:
			l.Flags = s.fixed32()
		}
	}
}
