package harness

import "path/filepath"

// peers are the servers this harness knows how to run, each as its makers ship
// it, with limits on age or count lifted so far that nothing of a run is dropped.
func peers(dir string) []Target {
	at := func(name string) string { return filepath.Join(dir, name) }
	return []Target{
		{
			Name:    "victoria-traces",
			Command: []string{at("victoria-traces"), "-storageDataPath={dir}", "-httpListenAddr={addr}", "-loggerLevel=ERROR"},
			Ingest:  "http://{addr}/insert/opentelemetry/v1/traces", Ready: "http://{addr}/health", Query: "http://{addr}/select/jaeger/api",
		},
		{
			Name: "jaeger-badger", Command: []string{at("jaeger"), "--config", "{dir}.yaml"}, File: jaegerConfig(`
        badger:
          directories: {keys: "{dir}/keys", values: "{dir}/values"}
          ephemeral: false
          ttl: {spans: 72h}`),
			Ingest: "http://{addr2}/v1/traces", Ready: "http://{addr}/api/services", Query: "http://{addr}/api",
		},
		{
			Name: "jaeger-memory", Command: []string{at("jaeger"), "--config", "{dir}.yaml"}, File: jaegerConfig(`
        memory: {max_traces: 10000000}`),
			Ingest: "http://{addr2}/v1/traces", Ready: "http://{addr}/api/services", Query: "http://{addr}/api",
		},
		{
			Name:    "zipkin-memory",
			Command: []string{"java", "-Xmx6g", "-DQUERY_PORT={port}", "-Dserver.port={port}", "-Darmeria.ports[0].port={port}", "-Dzipkin.storage.mem.max-spans=20000000", "-jar", at("zipkin.jar")},
			Ingest:  "http://{addr}/api/v2/spans", Ready: "http://{addr}/health", Query: "http://{addr}/api/v2", Dialect: ZipkinAPI,
		},
	}
}

// jaegerConfig is the configuration of Jaeger 2 with one backend: OTLP/HTTP on
// {addr2}, its query API on {addr}.
func jaegerConfig(backend string) string {
	return `service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [jaeger_storage_exporter]}
  telemetry:
    metrics: {level: none}
    logs: {level: error}
extensions:
  jaeger_query:
    storage: {traces: store}
    http: {endpoint: "{addr}"}
    grpc: {endpoint: "127.0.0.1:0"}
  jaeger_storage:
    backends:
      store:` + backend + `
receivers:
  otlp:
    protocols:
      http: {endpoint: "{addr2}", max_request_body_size: 67108864}
processors:
  batch: {}
exporters:
  jaeger_storage_exporter: {trace_storage: store}
`
}
