package otlp

import (
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

var levelEnum = []string{
	"UNSPECIFIED", "TRACE", "TRACE2", "TRACE3", "TRACE4", "DEBUG", "DEBUG2", "DEBUG3", "DEBUG4",
	"INFO", "INFO2", "INFO3", "INFO4", "WARN", "WARN2", "WARN3", "WARN4",
	"ERROR", "ERROR2", "ERROR3", "ERROR4", "FATAL", "FATAL2", "FATAL3", "FATAL4",
}

func (d *decoder) jsonLog(r *wire.JSON, g *signal.Group) {
	var l *signal.Log
	g.Logs, l = next(d, &d.arena.Logs, g.Logs)
	why := ""
	for key := range r.Object() {
		switch key {
		case "timeUnixNano":
			l.At = timeOf(r.Uint64())
		case "observedTimeUnixNano":
			l.Observed = timeOf(r.Uint64())
		case "severityNumber":
			l.Level = levelOf(r.Enum("SEVERITY_NUMBER_", levelEnum))
		case "severityText":
			l.LevelText = r.Text()
		case "body":
			l.Body = d.jsonValue(r)
		case "attributes":
			l.Attrs = d.jsonAttrs(r)
		case "droppedAttributesCount":
			l.Dropped = r.Uint32()
		case "flags":
			l.Flags = r.Uint32()
		case "traceId":
			setID(l.Trace[:], r.ID(), &why, refuseTraceID)
		case "spanId":
			setID(l.Span[:], r.ID(), &why, refuseSpanID)
		case "eventName":
			l.Event = r.Text()
		default:
			r.Skip()
		}
	}
	if l.At == 0 {
		l.At = l.Observed
	}
	if why != "" && d.err == nil {
		g.Logs = d.arena.Logs.Drop(g.Logs)
		d.batch.Refuse(signal.Logs, 1, why)
	}
}
