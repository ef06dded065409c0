package otlp

import (
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

var (
	kindEnum   = []string{"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"}
	statusEnum = []string{"UNSET", "OK", "ERROR"}
)

func (d *decoder) jsonSpan(r *wire.JSON, g *signal.Group) {
	var sp *signal.Span
	g.Spans, sp = next(d, &d.arena.Spans, g.Spans)
	why := ""
	for key := range r.Object() {
		switch key {
		case "traceId":
			setID(sp.Trace[:], r.ID(), &why, refuseTraceID)
		case "spanId":
			setID(sp.ID[:], r.ID(), &why, refuseSpanID)
		case "traceState":
			sp.TraceState = r.Text()
		case "parentSpanId":
			setID(sp.Parent[:], r.ID(), &why, refuseParentID)
		case "name":
			sp.Name = r.Text()
		case "kind":
			sp.Kind = kindOf(r.Enum("SPAN_KIND_", kindEnum))
		case "startTimeUnixNano":
			sp.Start = timeOf(r.Uint64())
		case "endTimeUnixNano":
			sp.End = timeOf(r.Uint64())
		case "attributes":
			sp.Attrs = d.jsonAttrs(r)
		case "droppedAttributesCount":
			sp.Dropped.Attrs = r.Uint32()
		case "events":
			for range r.Array() {
				d.jsonEvent(r, sp)
			}
		case "droppedEventsCount":
			sp.Dropped.Events = r.Uint32()
		case "links":
			for range r.Array() {
				d.jsonLink(r, sp, &why)
			}
		case "droppedLinksCount":
			sp.Dropped.Links = r.Uint32()
		case "status":
			d.jsonStatus(r, &sp.Status)
		case "flags":
			sp.Flags = r.Uint32()
		default:
			r.Skip()
		}
	}
	if why = refusedSpan(sp, why); why != "" && d.err == nil {
		g.Spans = d.arena.Spans.Drop(g.Spans)
		d.batch.Refuse(signal.Spans, 1, why)
	}
}

func (d *decoder) jsonStatus(r *wire.JSON, st *signal.Status) {
	for key := range r.Object() {
		switch key {
		case "message":
			st.Message = r.Text()
		case "code":
			st.Code = statusOf(r.Enum("STATUS_CODE_", statusEnum))
		default:
			r.Skip()
		}
	}
}

func (d *decoder) jsonEvent(r *wire.JSON, sp *signal.Span) {
	var e *signal.Event
	sp.Events, e = next(d, &d.arena.Events, sp.Events)
	for key := range r.Object() {
		switch key {
		case "timeUnixNano":
			e.At = timeOf(r.Uint64())
		case "name":
			e.Name = r.Text()
		case "attributes":
			e.Attrs = d.jsonAttrs(r)
		case "droppedAttributesCount":
			e.Dropped = r.Uint32()
		default:
			r.Skip()
		}
	}
}

func (d *decoder) jsonLink(r *wire.JSON, sp *signal.Span, why *string) {
	var l *signal.Link
	sp.Links, l = next(d, &d.arena.Links, sp.Links)
	for key := range r.Object() {
		switch key {
		case "traceId":
			setID(l.Trace[:], r.ID(), why, "link: "+refuseTraceID)
		case "spanId":
			setID(l.Span[:], r.ID(), why, "link: "+refuseSpanID)
		case "traceState":
			l.TraceState = r.Text()
		case "attributes":
			l.Attrs = d.jsonAttrs(r)
		case "droppedAttributesCount":
			l.Dropped = r.Uint32()
		case "flags":
			l.Flags = r.Uint32()
		default:
			r.Skip()
		}
	}
}
