package opencensus

import "clew/internal/signal"

// timeEvents reads a Span.TimeEvents: annotations, and messages sent or received.
func (d *decoder) timeEvents(sp *signal.Span, m []byte) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			list, e := d.arena.Events.Add(sp.Events)
			sp.Events = list
			d.timeEvent(e, f.Bytes())
		case 2, 3: // annotations and messages that were dropped
			sp.Dropped.Events += uint32(f.Uint())
		}
	}
}

func (d *decoder) timeEvent(e *signal.Event, m []byte) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			e.At = d.timestamp(f.Bytes())
		case 2:
			d.annotation(e, f.Bytes())
		case 3:
			e.Name = "message"
			d.message(e, f.Bytes())
		}
	}
}

func (d *decoder) annotation(e *signal.Event, m []byte) {
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			e.Name = d.truncatable(f.Bytes())
		case 2:
			e.Dropped = d.attributes(&e.Attrs, f.Bytes())
		}
	}
}

// message reads a Span.TimeEvent.MessageEvent.
func (d *decoder) message(e *signal.Event, m []byte) {
	number := func(key string, n uint64) {
		e.Attrs = d.arena.Attrs.Push(e.Attrs, signal.Attr{Key: key, Value: signal.Int(int64(n))})
	}
	for f := d.scan(m); f.Next(); {
		switch f.Num {
		case 1:
			switch f.Uint() {
			case 1:
				d.textAttr(&e.Attrs, "message.type", "SENT")
			case 2:
				d.textAttr(&e.Attrs, "message.type", "RECEIVED")
			}
		case 2:
			number("message.id", f.Uint())
		case 3:
			number("message.uncompressed_size", f.Uint())
		case 4:
			number("message.compressed_size", f.Uint())
		}
	}
}
