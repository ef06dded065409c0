package lightstep

import (
	"math"
	"strconv"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// DecodeJSON appends a ReportRequest of the thrift structs, written as JSON, to
// b, which borrows body and what it cuts from a.
func DecodeJSON(b *signal.Batch, body []byte, a *ingest.Arena) error {
	r := report{batch: b, arena: a}
	j := wire.NewJSON(body, &r.err)
	for key := range j.Object() {
		switch key {
		case "runtime":
			r.jsonRuntime(&j)
		case "span_records":
			for range j.Array() {
				r.jsonSpan(&j)
			}
		case "timestamp_offset_micros":
			r.offset = jsonMicros(&j)
		case "youngest_micros":
			r.dropAt = jsonTime(&j)
		case "internal_metrics":
			r.jsonMetrics(&j)
		default:
			j.Skip()
		}
	}
	j.End()
	return r.end()
}

func (r *report) jsonRuntime(j *wire.JSON) {
	for key := range j.Object() {
		switch key {
		case "guid":
			r.reporter = j.Text()
		case "group_name":
			r.about(tagComponent, signal.Str(j.Text()))
		case "attrs":
			for range j.Array() {
				r.about(jsonKeyValue(j))
			}
		default:
			j.Skip()
		}
	}
}

func (r *report) jsonSpan(j *wire.JSON) {
	sp := r.open()
	for key := range j.Object() {
		switch key {
		case "span_guid":
			sp.ID, _ = signal.ParseSpanID(j.Text())
		case "trace_guid":
			sp.Trace, _ = signal.ParseTraceID(j.Text())
		case "span_name":
			sp.Name = j.Text()
		case "oldest_micros":
			sp.Start = jsonTime(j)
		case "youngest_micros":
			sp.End = jsonTime(j)
		case "attributes", "join_ids": // both are pairs of texts
			for range j.Array() {
				key, v := jsonKeyValue(j)
				r.tag(sp, key, v)
			}
		case "error_flag":
			if j.Bool() {
				sp.Status.Code = signal.StatusError
			}
		case "log_records":
			for range j.Array() {
				r.jsonLog(j, sp)
			}
		default:
			j.Skip()
		}
	}
	r.close(sp)
}

func (r *report) jsonLog(j *wire.JSON, sp *signal.Span) {
	var e *signal.Event
	sp.Events, e = r.arena.Events.Add(sp.Events)
	for key := range j.Object() {
		switch key {
		case "timestamp_micros":
			e.At = jsonTime(j)
		case "fields":
			for range j.Array() {
				key, v := jsonKeyValue(j)
				r.field(e, key, v)
			}
		case "stable_name", "message", "level", "payload_json", "filename":
			r.old(e, key, j.Text())
		case "error_flag":
			r.oldError(e, j.Bool())
		default:
			j.Skip()
		}
	}
	named(e)
}

// jsonKeyValue reads a KeyValue or a TraceJoinId. Values are texts, but not all
// clients keep to it.
func jsonKeyValue(j *wire.JSON) (key string, v signal.Value) {
	for name := range j.Object() {
		switch name {
		case "Key", "TraceKey":
			key = j.Text()
		case "Value":
			v = jsonValue(j)
		default:
			j.Skip()
		}
	}
	return key, v
}

func jsonValue(j *wire.JSON) signal.Value {
	switch j.Peek() {
	case '"':
		return signal.Str(j.Str())
	case 't', 'f':
		return signal.Bool(j.Bool())
	case 'n', '[', '{':
		j.Skip()
		return signal.Value{}
	}
	s := j.Number()
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return signal.Int(n)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		j.Fail("not a number")
	}
	return signal.Double(f)
}

// jsonMicros reads microseconds; JavaScript may have computed a fraction.
func jsonMicros(j *wire.JSON) int64 {
	s := j.Number()
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) {
		j.Fail("not a time")
		return 0
	}
	return int64(max(-1<<62, min(f, 1<<62)))
}

func jsonTime(j *wire.JSON) signal.Time { return signal.Time(micros(jsonMicros(j))) }

func (r *report) jsonMetrics(j *wire.JSON) {
	for key := range j.Object() {
		if key != "counts" {
			j.Skip()
			continue
		}
		for range j.Array() {
			r.jsonCount(j)
		}
	}
}

func (r *report) jsonCount(j *wire.JSON) {
	name, n := "", int64(0)
	for key := range j.Object() {
		switch key {
		case "name":
			name = j.Text()
		case "int64_value", "double_value": // one of them is null
			n = max(n, jsonMicros(j))
		default:
			j.Skip()
		}
	}
	r.count(name, n)
}
