package pipeline

import "clew/internal/signal"

// AttrProtocol is the resource attribute that names the protocol a row came by.
// OTLP, the rule, is not marked: its resources carry telemetry.sdk.* instead.
const AttrProtocol = "clew.ingest.protocol"

// Stamp gives every row the tenant, the protocol and, where the sender gave
// none, a time. A log's observed time is left as it is: the same log sent twice
// must stay the same log.
func Stamp() Stage {
	return Stage{Name: "stamp", Run: func(b *signal.Batch, a Arrival) {
		b.Tenant = a.Tenant
		for i := range b.Groups {
			g := &b.Groups[i]
			if a.Protocol != "" && a.Protocol != "otlp" {
				g.Resource = g.Resource.Set(AttrProtocol, signal.Str(a.Protocol))
			}
			for j := range g.Spans {
				if s := &g.Spans[j]; s.Start == 0 {
					s.Start = firstTime(s.End, a.At)
				}
			}
			for j := range g.Logs {
				l := &g.Logs[j]
				l.At = firstTime(l.At, l.Observed, a.At)
			}
			for j := range g.Points {
				p := &g.Points[j]
				p.At = firstTime(p.At, a.At)
			}
		}
	}}
}

func firstTime(ts ...signal.Time) signal.Time {
	for _, t := range ts {
		if t != 0 {
			return t
		}
	}
	return 0
}
