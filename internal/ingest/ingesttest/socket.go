package ingesttest

import (
	"context"
	"net"
	"testing"

	"clew/internal/ingest"
)

// ServeSockets opens the sockets of rc on loopback ports until the test ends, and
// returns their addresses by name.
func ServeSockets(t testing.TB, door *ingest.Door, rc ingest.Receiver) map[string]string {
	t.Helper()
	addrs := map[string]string{}
	for i := range rc.Sockets {
		s := &rc.Sockets[i]
		if !s.Tokenless() {
			addrs[s.Name] = serveHTTP(t, s.Handler(senders(door)))
			continue
		}
		ctx, cancel := context.WithCancel(context.Background())
		var run func() error
		if s.Network == "udp" {
			conn, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			addrs[s.Name] = conn.LocalAddr().String()
			run = func() error { return door.ServePackets(ctx, conn, rc.Name, s) }
		} else {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			addrs[s.Name] = ln.Addr().String()
			run = func() error { return door.ServeConns(ctx, ln, rc.Name, s) }
		}
		ended := make(chan error, 1)
		go func() { ended <- run() }()
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("socket %s: %v", s.Name, err)
			}
		})
	}
	return addrs
}
