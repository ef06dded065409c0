package otlp

import "clew/internal/signal"

func (d *decoder) protoLog(g *signal.Group, m []byte) {
	var l *signal.Log
	g.Logs, l = next(d, &d.arena.Logs, g.Logs)
	why := ""
	for s := d.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			l.At = timeOf(s.Fixed())
		case 2:
			l.Level = levelOf(s.Uint())
		case 3:
			l.LevelText = s.Text()
		case 5:
			d.protoValue(&l.Body, s.Bytes())
		case 6:
			d.protoAttr(&l.Attrs, s.Bytes())
		case 7:
			l.Dropped = uint32(s.Uint())
		case 8:
			l.Flags = s.Fixed32()
		case 9:
			setID(l.Trace[:], s.Bytes(), &why, refuseTraceID)
		case 10:
			setID(l.Span[:], s.Bytes(), &why, refuseSpanID)
		case 11:
			l.Observed = timeOf(s.Fixed())
		case 12:
			l.Event = s.Text()
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
