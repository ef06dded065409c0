package lightstep

import (
	"encoding/binary"
	"math"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// DecodeProto appends a ReportRequest of lightstep.collector to b, which borrows
// body and what it cuts from a.
func DecodeProto(b *signal.Batch, body []byte, a *ingest.Arena) error {
	r := report{batch: b, arena: a}
	for s := r.scan(body); s.Next(); {
		switch s.Num {
		case 1:
			r.protoReporter(s.Bytes())
		case 3:
			r.protoSpan(s.Bytes())
		case 5:
			r.offset = int64(s.Uint())
		case 6:
			r.protoMetrics(s.Bytes())
		}
	}
	return r.end()
}

// scan walks the fields of m; its first error ends decoding.
func (r *report) scan(m []byte) wire.Proto { return wire.NewProto(m, &r.err) }

func (r *report) protoReporter(m []byte) {
	for s := r.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			r.reporter = protoID(s.Uint()).String()
		case 4:
			r.about(r.protoKeyValue(s.Bytes()))
		}
	}
}

func (r *report) protoSpan(m []byte) {
	sp := r.open()
	took := uint64(0)
	for s := r.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			trace, span := r.protoContext(s.Bytes())
			copy(sp.Trace[8:], trace[:])
			sp.ID = span
		case 2:
			sp.Name = s.Text()
		case 3:
			r.protoReference(sp, s.Bytes())
		case 4:
			sp.Start = r.protoTime(s.Bytes())
		case 5:
			took = s.Uint()
		case 6:
			key, v := r.protoKeyValue(s.Bytes())
			r.tag(sp, key, v)
		case 7:
			r.protoLog(sp, s.Bytes())
		}
	}
	if sp.Start != 0 {
		sp.End = sp.Start.Add(micros(int64(min(took, math.MaxInt64))))
	}
	r.close(sp)
}

// protoContext reads the ids of a SpanContext. Its baggage is not kept.
func (r *report) protoContext(m []byte) (trace, span signal.SpanID) {
	for s := r.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			trace = protoID(s.Uint())
		case 2:
			span = protoID(s.Uint())
		}
	}
	return trace, span
}

func protoID(n uint64) (id signal.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// protoReference reads what a span follows: its parent, or a link.
func (r *report) protoReference(sp *signal.Span, m []byte) {
	var trace, span signal.SpanID
	follows := false
	for s := r.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			follows = s.Uint() == 1
		case 2:
			trace, span = r.protoContext(s.Bytes())
		}
	}
	r.reference(sp, trace, span, follows)
}

func (r *report) protoLog(sp *signal.Span, m []byte) {
	var e *signal.Event
	sp.Events, e = r.arena.Events.Add(sp.Events)
	for s := r.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			e.At = r.protoTime(s.Bytes())
		case 2:
			key, v := r.protoKeyValue(s.Bytes())
			r.field(e, key, v)
		}
	}
	named(e)
}

// protoKeyValue reads a tag or a field of a log.
func (r *report) protoKeyValue(m []byte) (key string, v signal.Value) {
	if key, text, ok := shortText(m); ok {
		return key, signal.Str(text)
	}
	for s := r.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			key = s.Text()
		case 2, 6: // JSON stays the text that it was sent as
			v = signal.Str(s.Text())
		case 3:
			v = signal.Int(int64(s.Uint()))
		case 4:
			v = signal.Double(s.Double())
		case 5:
			v = signal.Bool(s.Uint() != 0)
		}
	}
	return key, v
}

// shortText reads the form that nearly all tags have, in half the time: a key and
// after it a text, both shorter than 128 bytes.
func shortText(m []byte) (key, text string, ok bool) {
	if len(m) < 4 || m[0] != 1<<3|wire.WireBytes || m[1] >= 0x80 {
		return "", "", false
	}
	end := 2 + int(m[1])
	if len(m) < end+2 || m[end] != 2<<3|wire.WireBytes || m[end+1] >= 0x80 || int(m[end+1]) != len(m)-end-2 {
		return "", "", false
	}
	return wire.View(m[2:end]), wire.View(m[end+2:]), true
}

// protoTime reads a Timestamp; what does not fit into nanoseconds is unknown.
func (r *report) protoTime(m []byte) signal.Time {
	var seconds, nanos int64
	for s := r.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			seconds = int64(s.Uint())
		case 2:
			nanos = int64(int32(s.Uint()))
		}
	}
	const most = math.MaxInt64/int64(time.Second) - 1
	if seconds > most || seconds < -most || nanos < 0 || nanos >= int64(time.Second) {
		return 0
	}
	return signal.Time(seconds*int64(time.Second) + nanos)
}

// protoMetrics reads what a client says of itself.
func (r *report) protoMetrics(m []byte) {
	var start signal.Time
	took := uint64(0)
	for s := r.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			start = r.protoTime(s.Bytes())
		case 2:
			took = s.Uint()
		case 4:
			r.protoCount(s.Bytes())
		}
	}
	if start != 0 {
		r.dropAt = start.Add(micros(int64(min(took, math.MaxInt64))))
	}
}

func (r *report) protoCount(m []byte) {
	name, n := "", int64(0)
	for s := r.scan(m); s.Next(); {
		switch s.Num {
		case 1:
			name = s.Text()
		case 2:
			n = int64(s.Uint())
		case 3:
			n = int64(s.Double())
		}
	}
	r.count(name, n)
}
