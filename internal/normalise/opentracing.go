package normalise

import (
	"net/netip"
	"strconv"

	"clew/internal/signal"
)

// This file knows the words that OpenTracing's conventions have for what
// OpenTelemetry has a name for. Decoders of protocols whose tracers speak
// OpenTracing call it while they read.

// Tag returns a span's tag under OpenTelemetry's name, where that means exactly
// the same, and with its value in OpenTelemetry's form; other tags as they are.
func Tag(key string, v signal.Value) (string, signal.Value) {
	if len(key) < 7 {
		return key, v
	}
	switch key[0] {
	case 'p':
		return peer(key, v)
	case 'd':
		switch key {
		case "db.type":
			return "db.system", v
		case "db.instance":
			return "db.name", v
		}
	case 'm':
		if key == "message_bus.destination" {
			return "messaging.destination.name", v
		}
	}
	return key, v
}

// peer is Tag for what a span talked to: addresses may be numbers, ports text.
func peer(key string, v signal.Value) (string, signal.Value) {
	switch key {
	case "peer.hostname":
		return "net.peer.name", v
	case "peer.ipv4":
		if n := v.Int(); v.Kind() == signal.KindInt && int64(int32(n)) == n || n>>32 == 0 && n != 0 {
			a := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
			v = signal.Str(a.String())
		}
		return "network.peer.address", v
	case "peer.ipv6":
		return "network.peer.address", v
	case "peer.port":
		if n, err := strconv.ParseUint(v.Text(), 10, 16); err == nil {
			v = signal.Int(int64(n))
		}
		return "network.peer.port", v
	}
	return key, v
}

// exceptionNames are the fields of a log whose event is "error".
var exceptionNames = [...][2]string{
	{"error.kind", "exception.type"}, {"message", "exception.message"}, {"stack", "exception.stacktrace"},
}

// Event gives e, whose attributes are the fields of a log record, a name: the
// field event, else message, which is no attribute any more then. An error's
// fields get the names that OpenTelemetry has for an exception's. The attributes
// are changed in place and must be e's own.
func Event(e *signal.Event) {
	at := -1
	for i := range e.Attrs {
		if k := e.Attrs[i].Key; k == "event" || k == "message" && at < 0 {
			at = i
			if k == "event" {
				break
			}
		}
	}
	if at < 0 {
		return
	}
	e.Name = e.Attrs[at].Value.String()
	e.Attrs = append(e.Attrs[:at], e.Attrs[at+1:]...)
	if e.Name != "error" {
		return
	}
	e.Name = "exception"
	for _, names := range exceptionNames {
		rename(e.Attrs, names[0], names[1])
	}
	if e.Attrs.Text("exception.message") == "" {
		rename(e.Attrs, "error.object", "exception.message")
	}
}

func rename(attrs signal.Attrs, from, to string) {
	for i := range attrs {
		if attrs[i].Key == from {
			attrs[i].Key = to
		}
	}
}
