package ingesttest

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"testing"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// Store keeps the dump of every batch it is given. It copies what it keeps, as
// the contract says, so a door that reuses memory too early shows.
type Store struct {
	mu    sync.Mutex // guards all below
	dumps []json.RawMessage
	fail  error
	once  bool // fail is for the next Append only
	gate  chan struct{}
}

// Append keeps b, or returns what Fail said.
func (s *Store) Append(ctx context.Context, b *signal.Batch) error {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fail; err != nil {
		if s.once {
			s.fail, s.once = nil, false
		}
		return err
	}
	s.dumps = append(s.dumps, Dump(b))
	return nil
}

// Fail makes every Append return err from now on.
func (s *Store) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.once = err, false
}

// FailOnce makes the next Append return err.
func (s *Store) FailOnce(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.once = err, true
}

// Hold makes every Append wait until release is called or its context ends.
func (s *Store) Hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate := make(chan struct{})
	s.gate = gate
	return func() { close(gate) }
}

// Take returns the dumps of the batches kept since the last Take.
func (s *Store) Take() []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.dumps
	s.dumps = nil
	return out
}

// Serve opens a door with opt on a loopback port, as HTTP/1.1 and h2c, until the
// test ends, and returns the door and the port's address.
func Serve(t testing.TB, opt ingest.Options) (*ingest.Door, string) {
	t.Helper()
	door := ingest.New(opt)
	return door, serveHTTP(t, senders(door))
}

// senders has the routes of door.
func senders(door *ingest.Door) http.Handler {
	mux := http.NewServeMux()
	door.Register(mux)
	return door.Unknown(mux)
}

// serveHTTP serves h as HTTP/1.1 and h2c on a loopback port until the test ends.
func serveHTTP(t testing.TB, h http.Handler) (addr string) {
	srv := &http.Server{Handler: h, Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-ended; err != http.ErrServerClosed {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String()
}

// H2C returns a client that speaks HTTP/2 without TLS.
func H2C(t testing.TB) *http.Client {
	tr := &http.Transport{Protocols: new(http.Protocols)}
	tr.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}
