package instana

import (
	"strings"

	"clew/internal/signal"
)

// group returns the group of the spans of one sender: the last one where it is
// the same, else a new one.
func (d *decoder) group(s sender) *signal.Group {
	if d.at < 0 {
		d.first = len(d.batch.Groups)
	}
	if d.at >= 0 && d.senders[d.at].entity == s.entity {
		known := &d.senders[d.at]
		known.service = firstOf(known.service, s.service)
		known.runtime, known.version = firstOf(known.runtime, s.runtime), firstOf(known.version, s.version)
		return &d.batch.Groups[d.first+d.at]
	}
	var g *signal.Group
	d.batch.Groups, g = d.arena.Groups.Add(d.batch.Groups)
	d.arena.Charge(2 * 80) // a sender
	d.senders = append(d.senders, s)
	d.at = len(d.senders) - 1
	return g
}

// settle makes the resources of the groups, and whole the trace ids that only
// the first span of a trace was told in full.
func (d *decoder) settle() {
	for i, s := range d.senders {
		g := &d.batch.Groups[d.first+i]
		g.Resource = d.resource(s)
		for j := range g.Spans {
			id := g.Spans[j].Trace
			if full := d.long[id.Low()]; !full.IsZero() && isHalf(id) {
				g.Spans[j].Trace = full
			}
		}
	}
}

func isHalf(id signal.TraceID) bool { return [8]byte(id[:8]) == [8]byte{} }

// resource describes the sender: arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION.
func (d *decoder) resource(s sender) (as signal.Attrs) {
	p := strings.SplitN(s.entity, ":", 9)
	isLambda := len(p) >= 7 && p[0] == "arn" && p[2] == "lambda"
	name := s.service
	if isLambda {
		name = p[6]
	}
	d.set(&as, "service.name", firstOf(name, lastOf(s.entity, "/:"), d.plugin.name))
	d.set(&as, "telemetry.sdk.name", "instana")
	mine := d.plugin.entity == s.entity
	runtime := s.runtime
	if mine && d.plugin.node != "" {
		runtime = "nodejs"
	}
	d.set(&as, "telemetry.sdk.language", runtime)
	if mine {
		d.set(&as, "telemetry.sdk.version", d.plugin.sensor)
		d.set(&as, "process.runtime.version", d.plugin.node)
	}
	d.set(&as, "cloud.provider", s.provider)
	if len(p) >= 6 && p[0] == "arn" {
		d.set(&as, "cloud.region", p[3])
		d.set(&as, "cloud.account.id", p[4])
	}
	if isLambda {
		d.set(&as, "cloud.platform", "aws_lambda")
		d.set(&as, "faas.name", p[6])
		if len(p) > 7 {
			s.version = firstOf(s.version, p[7])
		}
		d.set(&as, "faas.version", s.version)
		d.set(&as, "cloud.resource_id", s.entity)
	} else {
		d.set(&as, "instana.entity", s.entity)
	}
	return as
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
