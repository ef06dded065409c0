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

// TargetFlags adds the flags that name the servers to measure; the returned
// function gives them after the flags were parsed: Clew, then the peer if one was
// named.
func TargetFlags() func() []Target {
	var peer Target
	binary := flag.String("binary", "bin/clew", "server to measure")
	command := flag.String("peer", "", "command of another server, measured in turn: {dir} and {addr} stand for its data directory and HOST:PORT")
	flag.StringVar(&peer.Ingest, "peer-ingest", "/v1/traces", "path of the peer's OTLP/HTTP traces")
	flag.StringVar(&peer.Ready, "peer-ready", "/health", "path of the peer that is 200 when it is ready")
	flag.StringVar(&peer.Jaeger, "peer-jaeger", "/api", "prefix of the peer's Jaeger query API")
	return func() []Target {
		targets := []Target{Clew(*binary)}
		if peer.Command = strings.Fields(*command); len(peer.Command) > 0 {
			peer.Name = filepath.Base(peer.Command[0])
			targets = append(targets, peer)
		}
		return targets
	}
}
