package main

import "strings"

// target is a server to measure: how it is started and where it answers. In its
// command {dir} and {addr} stand for the data directory and HOST:PORT.
type target struct {
	name                     string
	command                  []string
	ingest, ready, traceByID string // paths
}

// clew is the server this harness is for.
func clew(binary string) target {
	return target{
		name:    "clew",
		command: []string{binary, "serve", "--data", "{dir}", "--listen", "{addr}", "--otlp-grpc", "off", "--otlp-http", "off", "--log-level", "warn"},
		ingest:  "/v1/traces", ready: "/readyz", traceByID: "/jaeger/api/traces/",
	}
}

// start returns the command with its places filled in.
func (t target) start(dir, addr string) []string {
	args := make([]string, len(t.command))
	for i, a := range t.command {
		args[i] = strings.NewReplacer("{dir}", dir, "{addr}", addr).Replace(a)
	}
	return args
}
