package connect

var opencensus = Client{Name: "opencensus", Says: "OpenCensus' agent exporters", Doc: "send/opencensus.md", Ways: []Way{
	{Language: "go", Lead: "Options of the exporter (contrib.go.opencensus.io/exporter/ocagent).", Lines: `
exporter, err := ocagent.NewExporter(
	ocagent.WithInsecure(),
	ocagent.WithAddress("{address}"),
	ocagent.WithServiceName("my-service"),
?token 	ocagent.WithGRPCDialOption(grpc.WithPerRPCCredentials(token)), // yours, returns authorization: Bearer {token}
)`, Traps: []string{"WithHeaders reaches the stream of spans only.", "The default samples 1 in 10,000: trace.AlwaysSample().", neverAgain}},
	{Language: "python", Lead: "The exporter (opencensus-ext-ocagent).", Lines: `
exporter = trace_exporter.TraceExporter(service_name="my-service", endpoint="{address}")`, Traps: []string{
		"It has no setting for headers: where a token is needed give it client=TraceServiceStub(channel) with a channel that adds authorization.",
		"opencensus-ext-ocagent needs protobuf below 3.21.",
		neverAgain,
	}},
}}

var htrace = Client{Name: "htrace", Says: "Apache HTrace in Hadoop, HBase and Accumulo", Doc: "send/htrace.md", Ways: []Way{
	{Language: "java", Lead: "Settings of the daemon, with htrace-zipkin on its class path. The server needs --legacy.", Lines: `
hadoop.htrace.span.receiver.classes=org.apache.htrace.impl.ZipkinSpanReceiver
hadoop.htrace.zipkin.transport.class=org.apache.htrace.impl.ScribeTransport
hadoop.htrace.zipkin.scribe.hostname={host}
hadoop.htrace.zipkin.scribe.port=9410
hadoop.htrace.sampler.classes=ProbabilitySampler
hadoop.htrace.sampler.fraction=0.01`, Traps: []string{
		"Scribe carries no token and is taken on loopback unless --legacy-host says otherwise.",
		"Without a sampler HTrace samples nothing.",
		"The prefix is the application's: hadoop, hbase or accumulo.",
	}},
}}

var envoy = Client{Name: "envoy", Says: "Envoy, and meshes made of it", Doc: "send/mesh.md", Ways: []Way{
	{Language: "otlp", Lead: "In the HTTP connection manager, with a cluster named clew that leads to {address}.", Lines: `
tracing:
  provider:
    name: envoy.tracers.opentelemetry
    typed_config:
      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
      service_name: my-mesh
      http_service:
        http_uri:
          uri: {url}/v1/traces
          cluster: clew
          timeout: 1s
?token         request_headers_to_add:
?token         - header: { key: authorization, value: "Bearer {token}" }`, Traps: []string{"Applications must pass traceparent on themselves."}},
	{Language: "zipkin", Lead: "In the HTTP connection manager, with a cluster named clew that leads to {address}.", Lines: `
tracing:
  provider:
    name: envoy.tracers.zipkin
    typed_config:
      "@type": type.googleapis.com/envoy.config.trace.v3.ZipkinConfig
      collector_cluster: clew
?token       collector_endpoint: /api/v2/spans?token={token}
?open       collector_endpoint: /api/v2/spans
      collector_endpoint_version: HTTP_JSON
      trace_id_128bit: true`, Traps: []string{
		"It ignores traceparent unless told otherwise, and starts a new trace.",
		"Applications must pass the x-b3- headers on themselves.",
	}},
}}

var linkerd = Client{Name: "linkerd", Says: "Linkerd's proxies", Doc: "send/opencensus.md", Ways: []Way{
	{Language: "opencensus", Lead: "Annotations of the pods, up to 2.18. The server needs --legacy.", Lines: `
config.linkerd.io/trace-collector: {host}:55678
config.alpha.linkerd.io/trace-collector-service-account: clew`, Traps: []string{
		"The proxies send no token. Where Clew needs one, put a proxy in front of it that adds the header; see the page.",
		"From 2.19 on they speak OTLP, set in the control plane.",
	}},
}}
