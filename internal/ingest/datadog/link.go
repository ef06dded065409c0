package datadog

import (
	"encoding/binary"
	"time"
	"unsafe"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// This file is what hangs on spans: links and events, which v0.4 has fields for
// and v0.5 writes as JSON into tags.

// link reads {"trace_id":…,"trace_id_high":…,"span_id":…,"attributes":{…},…}.
func (d *decoder) link(s *span) {
	var l signal.Link
	r := &d.r
	for key := range r.Map() {
		switch key {
		case "trace_id":
			binary.BigEndian.PutUint64(l.Trace[8:], r.Uint64())
		case "trace_id_high":
			binary.BigEndian.PutUint64(l.Trace[:8], r.Uint64())
		case "span_id":
			l.Span = spanID(r.Uint64())
		case "tracestate":
			l.TraceState = r.Text()
		case "flags":
			l.Flags = uint32(r.Uint64()) &^ (1 << 31) // that bit says that there are flags
		case "attributes":
			for key := range r.Map() {
				d.set(&l.Attrs, key, r.Value(d.charge))
			}
		default:
			r.Skip()
		}
	}
	d.addLink(s, l)
}

func (d *decoder) addLink(s *span, l signal.Link) {
	if !l.Trace.IsZero() {
		s.Links = d.arena.Links.Push(s.Links, l)
	}
}

// event reads {"name":…,"time_unix_nano":…,"attributes":{key:{"type":n,"string_value":…}}}.
func (d *decoder) event(s *span) {
	var e signal.Event
	r := &d.r
	for key := range r.Map() {
		switch key {
		case "name":
			e.Name = r.Text()
		case "time_unix_nano":
			e.At = signal.Time(max(0, r.Int64()))
		case "attributes":
			for key := range r.Map() {
				d.set(&e.Attrs, key, d.eventValue())
			}
		default:
			r.Skip()
		}
	}
	s.Events = d.arena.Events.Push(s.Events, e)
}

// eventValue reads the one of the typed fields that is there.
func (d *decoder) eventValue() (v signal.Value) {
	for key := range d.r.Map() {
		switch key {
		case "string_value", "bool_value", "int_value", "double_value", "array_value":
			v = d.r.Value(d.charge)
		default:
			d.r.Skip()
		}
	}
	return v
}

// fromJSON has read take every element of the JSON array in text. It returns
// false, and forgets what failed, if text is none.
func (d *decoder) fromJSON(text string, read func(r *wire.JSON)) bool {
	var err error
	r := wire.NewJSON(unsafe.Slice(unsafe.StringData(text), len(text)), &err)
	if r.Peek() != '[' {
		return false
	}
	for range r.Array() {
		if r.Peek() != '{' {
			r.Fail("want an object")
			break
		}
		read(&r)
	}
	r.End()
	return err == nil
}

// linkJSON reads {"trace_id":"32hex","span_id":"16hex","attributes":{…},…}.
func (d *decoder) linkJSON(r *wire.JSON, s *span) {
	var l signal.Link
	for key := range r.Object() {
		switch key {
		case "trace_id":
			l.Trace, _ = signal.ParseTraceID(r.Text()) // without one it is no link
		case "span_id":
			l.Span, _ = signal.ParseSpanID(r.Text()) // without one it points to the trace
		case "tracestate":
			l.TraceState = r.Text()
		case "flags":
			l.Flags = r.Uint32() &^ (1 << 31)
		case "attributes":
			for key := range r.Object() {
				d.set(&l.Attrs, key, r.Value(d.charge))
			}
		default:
			r.Skip()
		}
	}
	d.addLink(s, l)
}

// eventJSON reads {"name":…,"time_unix_nano":…,"attributes":{…}}.
func (d *decoder) eventJSON(r *wire.JSON, s *span) {
	var e signal.Event
	for key := range r.Object() {
		switch key {
		case "name":
			e.Name = r.Text()
		case "time_unix_nano":
			e.At = signal.Time(max(0, r.Int64()))
		case "attributes":
			for key := range r.Object() {
				d.set(&e.Attrs, key, r.Value(d.charge))
			}
		default:
			r.Skip()
		}
	}
	s.Events = d.arena.Events.Push(s.Events, e)
}

// durationOf is never below zero: no span ends before it starts here.
func durationOf(ns int64) time.Duration { return time.Duration(max(0, ns)) }
