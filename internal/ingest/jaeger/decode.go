package jaeger

import (
	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// decoder is the state of one request. The first error ends it.
type decoder struct {
	batch *signal.Batch
	arena *ingest.Arena
	err   error

	first   int      // group of the batch that is read, in batch.Groups
	origins []origin // of the groups from there on

	lifted signal.Attrs // of the span that was put last
	of     about        // the span that is read
}

// about is what the tags of a span say besides its attributes.
type about struct {
	scope signal.Scope
	bus   bool // it talks to a message bus
	flat  bool // they hold its resource
}

func newDecoder(b *signal.Batch, h ingest.Header) *decoder {
	return &decoder{batch: b, arena: h.Rows(), first: len(b.Groups)}
}

// next is list with one element more, from slab. Where memory is refused, which
// ends decoding, the element is one that no batch holds.
func next[T any](d *decoder, slab *ingest.Slab[T], list []T) ([]T, *T) {
	list, e := slab.Next(list)
	if e == nil {
		if d.err == nil {
			d.err = d.arena.Err()
		}
		e = new(T)
	}
	return list, e
}

func (d *decoder) attr(attrs *signal.Attrs, key string, v signal.Value) {
	list, a := next(d, &d.arena.Attrs, *attrs)
	*a = signal.Attr{Key: key, Value: v}
	*attrs = list
}

// scan walks the fields of a protobuf message; its first error ends decoding.
func (d *decoder) scan(m []byte) wire.Proto { return wire.NewProto(m, &d.err) }
