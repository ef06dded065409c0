package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

var quiet = slog.New(slog.DiscardHandler)

func TestRunDrainsRequestsUnderWay(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		io.WriteString(w, "finished")
	})
	g, err := Listen([]Endpoint{{Name: "main", Addr: "127.0.0.1:0", Handler: h}}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx, 10*time.Second) }()

	answer := make(chan string, 1)
	go func() { answer <- get("http://" + g.Addr("main")) }()
	<-entered
	cancel()
	close(release)
	if got := <-answer; got != "finished" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestRunCutsRequestsThatDoNotEnd(t *testing.T) {
	entered := make(chan struct{})
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})
	g, err := Listen([]Endpoint{{Name: "main", Addr: "127.0.0.1:0", Handler: h}}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx, 20*time.Millisecond) }()
	go get("http://" + g.Addr("main"))
	<-entered
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Run = %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run did not return")
	}
}

func get(url string) string {
	res, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return string(b)
}

func TestListenAllOrNone(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()

	if _, err := Listen([]Endpoint{{Name: "a", Addr: "127.0.0.1:0"}, {Name: "b", Addr: addr}}, quiet); err == nil || !strings.Contains(err.Error(), "listen for b") {
		t.Errorf("Listen on a taken port = %v", err)
	}
	g, err := Listen([]Endpoint{{Name: "a", Addr: "127.0.0.1:0"}, {Name: "b", Addr: addr, Optional: true}}, quiet)
	if err != nil || g.Addr("b") != "" || g.Addr("a") == "" {
		t.Fatalf("an optional port that is taken: %v", err)
	}
	g.Close()
}

func TestBothHTTPVersionsOnOnePort(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	g, err := Listen([]Endpoint{{Name: "main", Addr: "127.0.0.1:0", Handler: h}}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	go g.Run(t.Context(), time.Second)
	var h2 http.Protocols
	h2.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: &h2}}
	res, err := client.Get("http://" + g.Addr("main"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); string(b) != "HTTP/2.0" {
		t.Errorf("h2c client got %q", b)
	}
	if got := get("http://" + g.Addr("main")); got != "HTTP/1.1" {
		t.Errorf("HTTP/1.1 client got %q", got)
	}
}

func TestHealth(t *testing.T) {
	var h Health
	mux := http.NewServeMux()
	h.Register(mux)
	g, err := Listen([]Endpoint{{Name: "main", Addr: "127.0.0.1:0", Handler: mux}}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	go g.Run(t.Context(), time.Second)
	base := "http://" + g.Addr("main")
	f := func(path, want string) {
		t.Helper()
		if got := get(base + path); !strings.HasPrefix(got, want) {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	f("/healthz", "ok")
	f("/readyz", "starting")
	h.SetReady(true)
	f("/readyz", "ok")
}
