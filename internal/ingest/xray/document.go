package xray

import (
	"errors"
	"unsafe"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// decoder is the state of one request.
type decoder struct {
	batch *signal.Batch
	arena *ingest.Arena
	err   error // of the document at hand

	group  *signal.Group
	places []place // of the group's spans
}

// place is what is known of a span only when its document was read to the end.
type place struct {
	parent  int  // index of the span it is nested in; -1: in none
	vague   bool // it may yet turn out to be a call, or another kind of call
	refused bool
}

func newDecoder(b *signal.Batch, h ingest.Header) *decoder {
	return &decoder{batch: b, arena: h.Rows()}
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Why a document or a span is refused.
var (
	errTrace = errors.New("xray: decode document: trace_id is neither 1-8hex-24hex nor 32 hex")
	errID    = "segment id is missing, zero or not 16 hexadecimal digits"
	errVague = "subsegment in progress that does not say yet what kind of call it is: send it again when it ends"
)

// document reads one segment document into a group of its own, or nothing of it.
func (d *decoder) document(text string) error {
	d.batch.Groups, d.group = d.arena.Groups.Add(d.batch.Groups)
	d.err, d.places = nil, d.places[:0]
	r := wire.NewJSON(unsafe.Slice(unsafe.StringData(text), len(text)), &d.err)
	if r.Peek() != '{' {
		r.Fail("want an object")
	}
	d.segment(&r, -1)
	r.End()
	if d.err == nil {
		d.settle()
	}
	if d.arena.Err() == nil && (d.err != nil || len(d.group.Spans) == 0) {
		d.batch.Groups = d.arena.Groups.Drop(d.batch.Groups)
	}
	return d.err
}

// settle gives the spans what the segments around them said: nested subsegments
// have the trace of the outermost and the parent they are nested in, whatever
// parent_id says (aws-xray-sdk-go puts the segment's there).
func (d *decoder) settle() {
	spans := d.group.Spans
	if spans[0].Trace.IsZero() {
		d.err = errTrace
		return
	}
	open := spans[0].End == 0
	trace := ""
	for i := range spans {
		s, at := &spans[i], &d.places[i]
		if at.parent >= 0 {
			s.Trace, s.Parent = spans[0].Trace, spans[at.parent].ID
		}
		if s.Kind == signal.Client || s.Kind == signal.Producer { // it carried X-Amzn-Trace-Id
			if trace == "" && d.arena.Charge(32) {
				trace = s.Trace.String()
			}
			d.key(s, signal.KeyXRayTrace, trace)
		}
		switch {
		case s.ID.IsZero():
			at.refused = true
			d.batch.Refuse(signal.Spans, 1, errID)
			s.ID = s.Parent // the parent of what is nested in it
		case at.vague && open && s.End == 0:
			// The store knows a span by its kind, too: one kept now would stay beside the one that ended.
			at.refused = true
			d.batch.Refuse(signal.Spans, 1, errVague)
		}
	}
	kept := 0
	for i := range spans {
		if !d.places[i].refused {
			spans[kept] = spans[i]
			kept++
		}
	}
	for len(d.group.Spans) > kept {
		d.group.Spans = d.arena.Spans.Drop(d.group.Spans)
	}
}

// next adds a span to the group and returns its index; -1 ends decoding.
func (d *decoder) next(parent int) int {
	list, s := d.arena.Spans.Next(d.group.Spans)
	if s == nil || !d.arena.Charge(2*int(unsafe.Sizeof(place{}))) {
		d.fail(d.arena.Err())
		return -1
	}
	d.group.Spans = list
	d.places = append(d.places, place{parent: parent})
	return len(list) - 1
}

func (d *decoder) set(attrs *signal.Attrs, key string, v signal.Value) {
	if v.Kind() != signal.KindEmpty {
		*attrs = d.arena.Attrs.Push(*attrs, signal.Attr{Key: key, Value: v})
	}
}

func (d *decoder) setText(attrs *signal.Attrs, key, text string) {
	if text != "" {
		d.set(attrs, key, signal.Str(text))
	}
}

// key gives s an id that the other side of its hop knows, too.
func (d *decoder) key(s *signal.Span, kind, value string) {
	if value != "" {
		s.Keys = d.arena.Keys.Push(s.Keys, signal.JoinKey{Kind: kind, Value: value})
	}
}

// value reads the next value as an attribute.
func (d *decoder) value(r *wire.JSON) signal.Value {
	v := r.Value(d.arena.Charge)
	d.fail(d.arena.Err())
	return v
}

// text reads a string, or another value as text.
func (d *decoder) text(r *wire.JSON) string {
	if r.Peek() == '"' {
		return r.Str()
	}
	return d.value(r).String()
}

func (d *decoder) isTrue(r *wire.JSON) bool { return d.value(r).Bool() }

// join makes the name of an attribute of two parts.
func (d *decoder) join(prefix, name string) string {
	if !d.arena.Charge(len(prefix) + len(name)) {
		d.fail(d.arena.Err())
		return prefix
	}
	return prefix + name
}

// members sets an attribute, named prefix and its name, for each member of an object.
func (d *decoder) members(r *wire.JSON, attrs *signal.Attrs, prefix string) {
	for key := range r.Object() {
		d.member(r, attrs, prefix, key)
	}
}

func (d *decoder) member(r *wire.JSON, attrs *signal.Attrs, prefix, key string) {
	name := d.join(prefix, key)
	d.set(attrs, name, d.value(r))
}
