package normalise

import (
	"fmt"
	"testing"

	"clew/internal/signal"
)

func TestTag(t *testing.T) {
	f := func(key string, v signal.Value, want string) {
		t.Helper()
		k, v := Tag(key, v)
		if got := fmt.Sprint(k, " ", v.Kind(), " ", v); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	text, num := signal.Str, signal.Int
	f("db.type", text("redis"), "db.system 1 redis")
	f("db.instance", text("users"), "db.name 1 users")
	f("db.statement", text("GET a"), "db.statement 1 GET a")
	f("message_bus.destination", text("jobs"), "messaging.destination.name 1 jobs")
	f("peer.hostname", text("db1"), "net.peer.name 1 db1")
	f("peer.service", text("users"), "peer.service 1 users")
	f("peer.ipv4", text("10.0.0.1"), "network.peer.address 1 10.0.0.1")
	f("peer.ipv4", num(0x0a000001), "network.peer.address 1 10.0.0.1")
	f("peer.ipv4", num(-1062731519), "network.peer.address 1 192.168.1.1")
	f("peer.ipv4", num(1<<40), "network.peer.address 3 1099511627776")
	f("peer.ipv6", text("::1"), "network.peer.address 1 ::1")
	f("peer.port", num(80), "network.peer.port 3 80")
	f("peer.port", text("80"), "network.peer.port 3 80")
	f("peer.port", text("http"), "network.peer.port 1 http")
	f("http.status_code", num(200), "http.status_code 3 200")
	f("error", signal.Bool(true), "error 2 true")
}

func TestEvent(t *testing.T) {
	f := func(want string, kv ...string) {
		t.Helper()
		e := signal.Event{}
		for i := 0; i < len(kv); i += 2 {
			e.Attrs = append(e.Attrs, signal.Attr{Key: kv[i], Value: signal.Str(kv[i+1])})
		}
		Event(&e)
		got := e.Name
		for _, a := range e.Attrs {
			got += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		}
		if got != want {
			t.Errorf("%v: %q, want %q", kv, got, want)
		}
	}
	f("")
	f(" a=b", "a", "b")
	f("hit a=b", "a", "b", "event", "hit")
	f("hit", "message", "hit")
	f("hit message=there", "message", "there", "event", "hit")
	f("hit message=there", "event", "hit", "message", "there")
	f("exception exception.type=E exception.message=m exception.stacktrace=s", "event", "error", "error.kind", "E", "message", "m", "stack", "s")
	f("exception exception.message=E: m", "event", "error", "error.object", "E: m")
	f("exception error.object=E: m exception.message=m", "event", "error", "error.object", "E: m", "message", "m")
}
