package lightstep

import (
	"errors"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

var errMethod = errors.New("lightstep: decode: not a call of Report")

// DecodeThrift appends the report in a call of ReportingService.Report, in
// thrift's binary protocol, to b, which borrows body and what it cuts from a.
func DecodeThrift(b *signal.Batch, body []byte, a *ingest.Arena) error {
	r := report{batch: b, arena: a}
	t := wire.NewThrift(body, false, &r.err)
	if name, kind, _ := t.Message(); r.err == nil && (name != method || kind != wire.ThriftCall) {
		return errMethod
	}
	for f := t.Struct(); t.Next(&f); {
		if f.ID == 2 { // 1 is the token, which came in a header
			r.thriftRequest(&t)
			continue
		}
		t.Skip()
	}
	t.End()
	return r.end()
}

func (r *report) thriftRequest(t *wire.Thrift) {
	for f := t.Struct(); t.Next(&f); {
		switch f.ID {
		case 1:
			r.thriftRuntime(t)
		case 3:
			for l := t.List(); t.Elem(&l); {
				r.thriftSpan(t)
			}
		case 5:
			r.offset = t.Int()
		case 8:
			r.dropAt = thriftTime(t)
		case 11:
			r.thriftMetrics(t)
		default:
			t.Skip()
		}
	}
}

func (r *report) thriftRuntime(t *wire.Thrift) {
	for f := t.Struct(); t.Next(&f); {
		switch f.ID {
		case 1:
			r.reporter = t.Text()
		case 3:
			r.about(tagComponent, signal.Str(t.Text()))
		case 4:
			for l := t.List(); t.Elem(&l); {
				r.about(thriftKeyValue(t))
			}
		default:
			t.Skip()
		}
	}
}

func (r *report) thriftSpan(t *wire.Thrift) {
	sp := r.open()
	for f := t.Struct(); t.Next(&f); {
		switch f.ID {
		case 1:
			sp.ID, _ = signal.ParseSpanID(t.Text())
		case 11:
			sp.Trace, _ = signal.ParseTraceID(t.Text())
		case 3:
			sp.Name = t.Text()
		case 4, 8: // join_ids and attributes: both are pairs of texts
			for l := t.List(); t.Elem(&l); {
				key, v := thriftKeyValue(t)
				r.tag(sp, key, v)
			}
		case 5:
			sp.Start = thriftTime(t)
		case 6:
			sp.End = thriftTime(t)
		case 9:
			if t.Bool() {
				sp.Status.Code = signal.StatusError
			}
		case 10:
			for l := t.List(); t.Elem(&l); {
				r.thriftLog(t, sp)
			}
		default:
			t.Skip()
		}
	}
	r.close(sp)
}

// oldFields are the fields that logs had before they had any.
var oldFields = map[int16]string{4: "stable_name", 5: "message", 6: "level", 8: "filename", 11: "payload_json"}

func (r *report) thriftLog(t *wire.Thrift, sp *signal.Span) {
	var e *signal.Event
	sp.Events, e = r.arena.Events.Add(sp.Events)
	for f := t.Struct(); t.Next(&f); {
		switch f.ID {
		case 1:
			e.At = thriftTime(t)
		case 13:
			for l := t.List(); t.Elem(&l); {
				key, v := thriftKeyValue(t)
				r.field(e, key, v)
			}
		case 4, 5, 6, 8, 11:
			r.old(e, oldFields[f.ID], t.Text())
		case 12:
			r.oldError(e, t.Bool())
		default:
			t.Skip()
		}
	}
	named(e)
}

func thriftKeyValue(t *wire.Thrift) (key string, v signal.Value) {
	if key, text, ok := t.Pair(); ok {
		return key, signal.Str(text)
	}
	for f := t.Struct(); t.Next(&f); {
		switch f.ID {
		case 1:
			key = t.Text()
		case 2:
			v = signal.Str(t.Text())
		default:
			t.Skip()
		}
	}
	return key, v
}

func thriftTime(t *wire.Thrift) signal.Time { return signal.Time(micros(t.Int())) }

func (r *report) thriftMetrics(t *wire.Thrift) {
	for f := t.Struct(); t.Next(&f); {
		if f.ID != 1 {
			t.Skip()
			continue
		}
		for l := t.List(); t.Elem(&l); {
			r.thriftCount(t)
		}
	}
}

func (r *report) thriftCount(t *wire.Thrift) {
	name, n := "", int64(0)
	for f := t.Struct(); t.Next(&f); {
		switch f.ID {
		case 1:
			name = t.Text()
		case 2:
			n = t.Int()
		case 3:
			n = int64(t.Double())
		default:
			t.Skip()
		}
	}
	r.count(name, n)
}
