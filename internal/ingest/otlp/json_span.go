package otlp

import "clew/internal/signal"

var (
	kindEnum   = []string{"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"}
	statusEnum = []string{"UNSET", "OK", "ERROR"}
)

func (d *decoder) jsonSpan(r *jsonReader, g *signal.Group) {
	var sp *signal.Span
	g.Spans, sp = next(d, &d.arena.Spans, g.Spans)
	why := ""
	for key := range r.object() {
		switch key {
		case "traceId":
			setID(sp.Trace[:], r.id(), &why, refuseTraceID)
		case "spanId":
			setID(sp.ID[:], r.id(), &why, refuseSpanID)
		case "traceState":
			sp.TraceState = r.text()
		case "parentSpanId":
			setID(sp.Parent[:], r.id(), &why, refuseParentID)
		case "name":
			sp.Name = r.text()
		case "kind":
			sp.Kind = kindOf(r.enum("SPAN_KIND_", kindEnum))
		case "startTimeUnixNano":
			sp.Start = timeOf(r.uint64())
		case "endTimeUnixNano":
			sp.End = timeOf(r.uint64())
		case "attributes":
			sp.Attrs = d.jsonAttrs(r)
		case "droppedAttributesCount":
			sp.Dropped.Attrs = r.uint32()
		case "events":
			for range r.array() {
				d.jsonEvent(r, sp)
			}
		case "droppedEventsCount":
			sp.Dropped.Events = r.uint32()
		case "links":
			for range r.array() {
				d.jsonLink(r, sp, &why)
			}
		case "droppedLinksCount":
			sp.Dropped.Links = r.uint32()
		case "status":
			d.jsonStatus(r, &sp.Status)
		case "flags":
			sp.Flags = r.uint32()
		default:
			r.skip()
		}
	}
	if why = refusedSpan(sp, why); why != "" && d.err == nil {
		g.Spans = d.arena.Spans.Drop(g.Spans)
		d.batch.Refuse(signal.Spans, 1, why)
	}
}

func (d *decoder) jsonStatus(r *jsonReader, st *signal.Status) {
	for key := range r.object() {
		switch key {
		case "message":
			st.Message = r.text()
		case "code":
			st.Code = statusOf(r.enum("STATUS_CODE_", statusEnum))
		default:
			r.skip()
		}
	}
}

func (d *decoder) jsonEvent(r *jsonReader, sp *signal.Span) {
	var e *signal.Event
	sp.Events, e = next(d, &d.arena.Events, sp.Events)
	for key := range r.object() {
		switch key {
		case "timeUnixNano":
			e.At = timeOf(r.uint64())
		case "name":
			e.Name = r.text()
		case "attributes":
			e.Attrs = d.jsonAttrs(r)
		case "droppedAttributesCount":
			e.Dropped = r.uint32()
		default:
			r.skip()
		}
	}
}

func (d *decoder) jsonLink(r *jsonReader, sp *signal.Span, why *string) {
	var l *signal.Link
	sp.Links, l = next(d, &d.arena.Links, sp.Links)
	for key := range r.object() {
		switch key {
		case "traceId":
			setID(l.Trace[:], r.id(), why, "link: "+refuseTraceID)
		case "spanId":
			setID(l.Span[:], r.id(), why, "link: "+refuseSpanID)
		case "traceState":
			l.TraceState = r.text()
		case "attributes":
			l.Attrs = d.jsonAttrs(r)
		case "droppedAttributesCount":
			l.Dropped = r.uint32()
		case "flags":
			l.Flags = r.uint32()
		default:
			r.skip()
		}
	}
}
