package otlp

import "clew/internal/signal"

func (d *decoder) protoLog(g *signal.Group, m []byte) {
	var l *signal.Log
	g.Logs, l = next(d, &d.arena.Logs, g.Logs)
	why := ""
	for s := d.scan(m); s.next(); {
		switch s.num {
		case 1:
			l.At = timeOf(s.fixed())
		case 2:
			l.Level = levelOf(s.uint())
		case 3:
			l.LevelText = s.text()
		case 5:
			d.protoValue(&l.Body, s.bytes())
		case 6:
			d.protoAttr(&l.Attrs, s.bytes())
		case 7:
			l.Dropped = uint32(s.uint())
		case 8:
			l.Flags = s.fixed32()
		case 9:
			setID(l.Trace[:], s.bytes(), &why, refuseTraceID)
		case 10:
			setID(l.Span[:], s.bytes(), &why, refuseSpanID)
		case 11:
			l.Observed = timeOf(s.fixed())
		case 12:
			l.Event = s.text()
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
