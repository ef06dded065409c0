package xray

import (
	"strconv"

	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// http reads the request a service took or made, and its response.
func (d *decoder) http(r *wire.JSON, s *segment) {
	for key := range r.Object() {
		switch key {
		case "request":
			for key := range r.Object() {
				d.request(r, s, key)
			}
		case "response":
			for key := range r.Object() {
				d.response(r, s, key)
			}
		default:
			r.Skip()
		}
	}
}

func (d *decoder) request(r *wire.JSON, s *segment, key string) {
	switch key {
	case "method":
		d.setText(&s.Attrs, "http.request.method", d.text(r))
	case "url":
		url := d.text(r)
		s.url = url != ""
		d.setText(&s.Attrs, "url.full", url)
	case "user_agent":
		d.setText(&s.Attrs, "user_agent.original", d.text(r))
	case "client_ip":
		d.setText(&s.Attrs, "client.address", d.text(r))
	case "traced", "x_forwarded_for": // whether the other side tells too; whether a proxy told the address
		if d.isTrue(r) {
			d.set(&s.Attrs, d.join("aws.xray.", key), signal.Bool(true))
		}
	default:
		d.member(r, &s.Attrs, "http.request.", key)
	}
}

func (d *decoder) response(r *wire.JSON, s *segment, key string) {
	switch key {
	case "status":
		d.set(&s.Attrs, "http.response.status_code", d.number(r))
	case "content_length":
		d.set(&s.Attrs, "http.response.body.size", d.number(r))
	default:
		d.member(r, &s.Attrs, "http.response.", key)
	}
}

// number reads an integer that some SDKs copy from a header as text.
func (d *decoder) number(r *wire.JSON) signal.Value {
	v := d.value(r)
	if n, err := strconv.ParseInt(v.Text(), 10, 64); err == nil {
		return signal.Int(n)
	}
	return v
}

var sqlNames = map[string]string{
	"database_type": "db.system.name", "sanitized_query": "db.query.text", "url": "db.url",
}

func (d *decoder) sql(r *wire.JSON, s *segment) {
	for key := range r.Object() {
		if name := sqlNames[key]; name != "" {
			d.set(&s.Attrs, name, d.value(r))
		} else {
			d.member(r, &s.Attrs, "db.", key)
		}
	}
}

var serviceNames = map[string]string{
	"version": "service.version", "runtime": "process.runtime.name", "runtime_version": "process.runtime.version",
}

// service reads the build of what a segment is told by.
func (d *decoder) service(r *wire.JSON, s *segment) {
	for key := range r.Object() {
		switch name := serviceNames[key]; {
		case key == "name": // of the package; the segment's is the service's
			r.Skip()
		case name != "":
			if v := d.value(r); v.Text() != "unknown" { // as aws-xray-sdk-core says outside a package
				d.set(&s.resource, name, v)
			}
		default:
			d.member(r, &s.resource, "service.", key)
		}
	}
}

// cause reads why a segment failed: exceptions, or the id of one that another
// segment of the trace tells.
func (d *decoder) cause(r *wire.JSON, s *segment) {
	if r.Peek() == '"' {
		d.setText(&s.Attrs, "aws.xray.cause", r.Str())
		return
	}
	for key := range r.Object() {
		switch key {
		case "exceptions":
			for range r.Array() {
				d.exception(r, s)
			}
		case "message":
			s.Status.Message = d.text(r)
		default:
			r.Skip() // the directory and the search path it ran in
		}
	}
}

func (d *decoder) exception(r *wire.JSON, s *segment) {
	e := signal.Event{Name: "exception"}
	for key := range r.Object() {
		switch key {
		case "type":
			d.setText(&e.Attrs, "exception.type", d.text(r))
		case "message":
			message := d.text(r)
			d.setText(&e.Attrs, "exception.message", message)
			if s.Status.Message == "" {
				s.Status.Message = message
			}
		case "stack":
			d.setText(&e.Attrs, "exception.stacktrace", d.stack(r))
		case "id", "cause":
			d.setText(&e.Attrs, d.join("aws.xray.exception.", key), d.text(r))
		case "remote":
			if d.isTrue(r) {
				d.set(&e.Attrs, "aws.xray.exception.remote", signal.Bool(true))
			}
		default:
			r.Skip()
		}
	}
	s.Events = d.arena.Events.Push(s.Events, e)
}

// stack prints the frames of an exception, the innermost first as they are sent.
func (d *decoder) stack(r *wire.JSON) string {
	if r.Peek() == '"' {
		return r.Str()
	}
	var text []byte
	for range r.Array() {
		var label, path string
		line := int64(0)
		for key := range r.Object() {
			switch key {
			case "label":
				label = d.text(r)
			case "path":
				path = d.text(r)
			case "line":
				line = d.number(r).Int()
			default:
				r.Skip()
			}
		}
		if !d.arena.Charge(2 * (len(label) + len(path) + 32)) { // it grows by doubling
			d.fail(d.arena.Err())
			break
		}
		text = append(append(append(append(append(text, "at "...), label...), " ("...), path...), ':')
		text = append(strconv.AppendInt(text, line, 10), ")\n"...)
	}
	return wire.View(text)
}
