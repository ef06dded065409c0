package jaeger

import (
	"slices"
	"strings"
	"unsafe"

	"clew/internal/signal"
)

// This file puts spans into groups of one resource and one scope.

// origin is what the spans of a group say of where they were made: a process of
// their own, and attributes of their resource among their tags.
type origin struct{ process, lifted signal.Attrs }

// begin forgets what was noted of the span before.
func (d *decoder) begin() { d.of = about{} }

// put puts a span that was read to its end into the group of its origin and
// scope. process is its own, if it named one.
func (d *decoder) put(sp *signal.Span, process signal.Attrs) {
	switch {
	case d.err != nil:
		return
	case sp.Trace.IsZero():
		d.batch.Refuse(signal.Spans, 1, "trace id is missing or all zero")
		return
	case sp.ID.IsZero():
		d.batch.Refuse(signal.Spans, 1, "span id is missing or all zero")
		return
	}
	d.parent(sp)
	if d.of.bus {
		d.system(sp)
	}
	o := origin{process: process}
	if d.of.flat {
		d.lift(sp)
		o.lifted = d.lifted
	}
	g := d.groupOf(o)
	list, e := next(d, &d.arena.Spans, g.Spans)
	g.Spans, *e = list, *sp
}

// lookBack is how many groups are looked at for the one of a span.
const lookBack = 8

func (d *decoder) groupOf(o origin) *signal.Group {
	for i := len(d.origins) - 1; i >= max(0, len(d.origins)-lookBack); i-- {
		g, made := &d.batch.Groups[d.first+i], d.origins[i]
		if g.Scope.Name == d.of.scope.Name && g.Scope.Version == d.of.scope.Version && same(made.process, o.process) && same(made.lifted, o.lifted) {
			return g
		}
	}
	list, g := next(d, &d.arena.Groups, d.batch.Groups)
	if d.err == nil && !d.arena.Charge(int(unsafe.Sizeof(o))) {
		d.err = d.arena.Err()
	}
	if d.err != nil {
		return g
	}
	d.batch.Groups, d.origins = list, append(d.origins, o)
	g.Scope = d.of.scope
	return g
}

// lift moves the attributes of a resource from the tags of sp to d.lifted, which
// stays the list it is when they are the same as the last span's.
func (d *decoder) lift(sp *signal.Span) {
	tags, n, known := sp.Attrs, 0, true
	for _, a := range tags {
		if ofResource(a.Key) {
			known = known && n < len(d.lifted) && d.lifted[n] == a
			n++
		}
	}
	if !known || n != len(d.lifted) {
		d.lifted = nil
		for _, a := range tags {
			if ofResource(a.Key) {
				d.attr(&d.lifted, a.Key, a.Value)
			}
		}
	}
	sp.Attrs = slices.DeleteFunc(tags, func(a signal.Attr) bool { return ofResource(a.Key) || a.Key == "service.name" })
}

// ofResource reports whether an attribute belongs to a resource. service.name
// does, but its process has it, too.
func ofResource(key string) bool {
	for _, p := range [...]string{"cloud.", "container.", "deployment.", "faas.", "host.", "k8s.", "os.", "process.", "service.", "telemetry."} {
		if strings.HasPrefix(key, p) {
			return key != "service.name" && !ofInvocation[key]
		}
	}
	return false
}

// ofInvocation are the attributes that say more of a span than of its function.
var ofInvocation = map[string]bool{
	"faas.invocation_id": true, "faas.execution": true, "faas.trigger": true, "faas.coldstart": true, "faas.time": true, "faas.cron": true,
	"faas.invoked_name": true, "faas.invoked_provider": true, "faas.invoked_region": true,
	"faas.document.collection": true, "faas.document.operation": true, "faas.document.name": true, "faas.document.time": true,
}

// same reports whether two lists are one.
func same(a, b signal.Attrs) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// end gives the groups of the batch that was read their resource, of which
// process is what the batch says.
func (d *decoder) end(process signal.Attrs) {
	var last origin
	var resource signal.Attrs
	for i, o := range d.origins {
		if o.process == nil {
			o.process = process
		}
		switch {
		case o.lifted == nil:
			resource = o.process
		case i == 0 || !same(o.process, last.process) || !same(o.lifted, last.lifted):
			resource = nil
			for _, a := range o.process {
				d.attr(&resource, a.Key, a.Value)
			}
			for _, a := range o.lifted {
				d.set(&resource, a.Key, a.Value)
			}
		}
		d.batch.Groups[d.first+i].Resource = resource
		last = o
	}
	d.first, d.origins = len(d.batch.Groups), d.origins[:0]
}
