// Package harness starts servers to be measured, loads them, and reads the
// kernel's accounting of them. It knows no figure of merit; the commands beside
// it do.
package harness

import (
	"flag"
	"path/filepath"
	"strings"
)

// Target is a server to measure: how it is started and where it answers. In its
// command {dir} and {addr} stand for the data directory and HOST:PORT.
type Target struct {
	Name          string
	Command       []string
	Ingest, Ready string // paths of OTLP/HTTP traces and of readiness
	Jaeger        string // prefix of its Jaeger query API
}

// Clew is the server this harness is for.
func Clew(binary string) Target {
	return Target{
		Name:    "clew",
		Command: []string{binary, "serve", "--data", "{dir}", "--listen", "{addr}", "--otlp-grpc", "off", "--otlp-http", "off", "--log-level", "warn"},
		Ingest:  "/v1/traces", Ready: "/readyz", Jaeger: "/jaeger/api",
	}
}

// start returns the command with its places filled in.
func (t Target) start(dir, addr string) []string {
	args := make([]string, len(t.Command))
	for i, a := range t.Command {
		args[i] = strings.NewReplacer("{dir}", dir, "{addr}", addr).Replace(a)
	}
	return args
}

// PeerFlags adds the flags that name another server; the returned function gives
// it after the flags were parsed, and false when none was named.
func PeerFlags() func() (Target, bool) {
	var t Target
	command := flag.String("peer", "", "command of another server, measured in turn: {dir} and {addr} stand for its data directory and HOST:PORT")
	flag.StringVar(&t.Ingest, "peer-ingest", "/v1/traces", "path of the peer's OTLP/HTTP traces")
	flag.StringVar(&t.Ready, "peer-ready", "/health", "path of the peer that is 200 when it is ready")
	flag.StringVar(&t.Jaeger, "peer-jaeger", "/api", "prefix of the peer's Jaeger query API")
	return func() (Target, bool) {
		t.Command = strings.Fields(*command)
		if len(t.Command) == 0 {
			return t, false
		}
		t.Name = filepath.Base(t.Command[0])
		return t, true
	}
}
