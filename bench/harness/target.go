// Package harness starts servers to be measured, loads them, and reads the
// kernel's accounting of them. It knows no figure of merit; the commands beside
// it do.
package harness

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Target is a server to measure: how it is started and where it answers. In its
// command, its file and its addresses {dir} stands for the data directory, and
// {addr} and {addr2} for two free HOST:PORTs, {port} and {port2} for their ports.
type Target struct {
	Name    string
	Command []string
	File    string // written to {dir}.yaml before the start; empty: none
	Ingest  string // URL that takes the corpus
	Ready   string // URL that is 200 once the server is ready
	Query   string // URL prefix of its query API
	Dialect        // of both
}

// Dialect is what a server speaks.
type Dialect int

// The dialects: the wire of ingest and the API of queries.
const (
	JaegerAPI Dialect = iota // OTLP/HTTP protobuf in, Jaeger's query API out
	ZipkinAPI                // Zipkin's v2 JSON in and API out
)

// Clew is the server this harness is for.
func Clew(binary string) Target {
	return Target{
		Name:    "clew",
		Command: []string{binary, "serve", "--data", "{dir}", "--listen", "{addr}", "--otlp-grpc", "off", "--otlp-http", "off", "--log-level", "warn"},
		Ingest:  "http://{addr}/v1/traces", Ready: "http://{addr}/readyz", Query: "http://{addr}/jaeger/api",
	}
}

// TargetFlags adds the flags that name the servers to measure; the returned
// function gives them after the flags were parsed: Clew, then the known peers
// that are in the directory of peers, then the peer named by command.
func TargetFlags() func() []Target {
	peer := Target{}
	binary := flag.String("binary", "bin/clew", "server to measure")
	dir := flag.String("peers", "", "directory of peers to measure in turn, as scripts/install-peers makes it: victoria-traces, jaeger, zipkin.jar")
	only := flag.String("only", "", "measure only these servers, by name, separated by commas")
	command := flag.String("peer", "", "command of one more server: {dir} and {addr} stand for its data directory and HOST:PORT")
	ingest := flag.String("peer-ingest", "/v1/traces", "path of that server's OTLP/HTTP traces")
	ready := flag.String("peer-ready", "/health", "path of that server that is 200 when it is ready")
	query := flag.String("peer-jaeger", "/api", "prefix of that server's Jaeger query API")
	return func() []Target {
		targets := append([]Target{Clew(*binary)}, installed(*dir)...)
		if peer.Command = strings.Fields(*command); len(peer.Command) > 0 {
			peer.Name = filepath.Base(peer.Command[0])
			peer.Ingest, peer.Ready, peer.Query = "http://{addr}"+*ingest, "http://{addr}"+*ready, "http://{addr}"+*query
			targets = append(targets, peer)
		}
		if *only == "" {
			return targets
		}
		var kept []Target
		for _, t := range targets {
			if strings.Contains(","+*only+",", ","+t.Name+",") {
				kept = append(kept, t)
			}
		}
		return kept
	}
}

// installed lists the known peers whose program is in dir.
func installed(dir string) (found []Target) {
	if dir == "" {
		return nil
	}
	for _, p := range peers(dir) {
		program := p.Command[0]
		if program == "java" {
			program = p.Command[len(p.Command)-1]
		}
		if _, err := os.Stat(program); err != nil {
			fmt.Fprintf(os.Stderr, "not measured: %s (%v)\n", p.Name, err)
			continue
		}
		found = append(found, p)
	}
	return found
}
