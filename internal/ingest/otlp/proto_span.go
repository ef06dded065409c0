package otlp

import "clew/internal/signal"

func (d *decoder) protoSpan(g *signal.Group, m []byte) {
	var sp *signal.Span
	g.Spans, sp = next(d, &d.arena.Spans, g.Spans)
	why := ""
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			setID(sp.Trace[:], s.Bytes(), &why, refuseTraceID)
		case 2:
			setID(sp.ID[:], s.Bytes(), &why, refuseSpanID)
		case 3:
			sp.TraceState = s.Text()
		case 4:
			setID(sp.Parent[:], s.Bytes(), &why, refuseParentID)
		case 5:
			sp.Name = s.Text()
		case 6:
			sp.Kind = kindOf(s.Uint())
		case 7:
			sp.Start = timeOf(s.Fixed())
		case 8:
			sp.End = timeOf(s.Fixed())
		case 9:
			d.protoAttr(&sp.Attrs, s.Bytes())
		case 10:
			sp.Dropped.Attrs = uint32(s.Uint())
		case 11:
			d.protoEvent(sp, s.Bytes())
		case 12:
			sp.Dropped.Events = uint32(s.Uint())
		case 13:
			d.protoLink(sp, s.Bytes(), &why)
		case 14:
			sp.Dropped.Links = uint32(s.Uint())
		case 15:
			d.protoStatus(&sp.Status, s.Bytes())
		case 16:
			sp.Flags = s.Fixed32()
		}
	}
	if why = refusedSpan(sp, why); why != "" && d.err == nil {
		g.Spans = d.arena.Spans.Drop(g.Spans)
		d.batch.Refuse(signal.Spans, 1, why)
	}
}

func (d *decoder) protoStatus(st *signal.Status, m []byte) {
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 2:
			st.Message = s.Text()
		case 3:
			st.Code = statusOf(s.Uint())
		}
	}
}

func (d *decoder) protoEvent(sp *signal.Span, m []byte) {
	var e *signal.Event
	sp.Events, e = next(d, &d.arena.Events, sp.Events)
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			e.At = timeOf(s.Fixed())
		case 2:
			e.Name = s.Text()
		case 3:
			d.protoAttr(&e.Attrs, s.Bytes())
		case 4:
			e.Dropped = uint32(s.Uint())
		}
	}
}

func (d *decoder) protoLink(sp *signal.Span, m []byte, why *string) {
	var l *signal.Link
	sp.Links, l = next(d, &d.arena.Links, sp.Links)
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			setID(l.Trace[:], s.Bytes(), why, "link: "+refuseTraceID)
		case 2:
			setID(l.Span[:], s.Bytes(), why, "link: "+refuseSpanID)
		case 3:
			l.TraceState = s.Text()
		case 4:
			d.protoAttr(&l.Attrs, s.Bytes())
		case 5:
			l.Dropped = uint32(s.Uint())
		case 6:
			l.Flags = s.Fixed32()
		}
	}
}
