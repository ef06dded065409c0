package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"clew/internal/config"
	"clew/internal/ingest"
)

// Every protocol has its own name and paths, and every conventional address is
// opened once, on the host that its tokens allow.
func TestReceiversDoNotCollide(t *testing.T) {
	names, addrs, paths := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, rc := range receivers {
		if names[rc.Name] {
			t.Errorf("two receivers are called %s", rc.Name)
		}
		names[rc.Name] = true
		for _, rt := range rc.Routes {
			if key := rt.Method + " " + rt.Path; paths[key] {
				t.Errorf("%s: %s is another's path", rc.Name, key)
			} else {
				paths[key] = true
			}
		}
	}
	c := serveCmd{Serve: config.Serve{Listen: "192.0.2.1:7171", Legacy: true, LegacyHost: "127.0.0.1"}}
	var door *ingest.Door
	for _, e := range c.legacy(http.NotFoundHandler(), &door) {
		network := "tcp"
		if e.Packets != nil {
			network = "udp"
		}
		if key := network + " " + e.Addr; addrs[key] || addrs[e.Name] {
			t.Errorf("%s: %s is opened twice", e.Name, key)
		} else {
			addrs[key], addrs[e.Name] = true, true
		}
		host, _, err := net.SplitHostPort(e.Addr)
		if err != nil {
			t.Fatal(err)
		}
		if tokenless := e.Handler == nil; tokenless != (host == "127.0.0.1") {
			t.Errorf("%s is on %s", e.Name, host)
		}
		if !e.Optional {
			t.Errorf("%s keeps the server from starting when its port is taken", e.Name)
		}
	}
	c.Legacy = false
	if n := len(c.legacy(http.NotFoundHandler(), &door)); n != 0 {
		t.Errorf("%d conventional addresses without --legacy", n)
	}
}

// The routes of all protocols, the UI and Jaeger's query API fit into one mux,
// which panics when patterns are ambiguous.
func TestRoutesFitTogether(t *testing.T) {
	mux := http.NewServeMux()
	door := ingest.New(ingest.Options{Receivers: receivers})
	door.Register(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, path := range []string{"/", "/tx", "/api/transactions", "/api/traces?service=x", "/jaeger/api/traces"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusTeapot {
			t.Errorf("GET %s is a receiver's: %d", path, w.Code)
		}
	}
}
