package connect

const (
	noVariable = "There is no environment variable for this: it is an option of the constructor. Without an edit: a preload, or DNS and a certificate; see the page."
	legacyUDP  = "UDP carries no token and is taken on loopback unless --legacy-host says otherwise; the server needs --legacy."
	neverAgain = "The client never sends again what was refused, and does not say so: look at the refused list on the Connect page."
)

var lightstep = Client{Name: "lightstep", Says: "Lightstep's OpenTracing tracers", Doc: "send/lightstep.md", Ways: []Way{
	{Language: "node", Lead: "Options of the tracer (lightstep-tracer).", Lines: `
const tracer = new lightstep.Tracer({
  component_name: 'my-service',
  access_token: '{token}',
  collector_host: '{host}',
  collector_port: {port},
?plain   collector_encryption: 'none',
})`, Traps: []string{
		noVariable,
		"process.env.lightstep-token is a subtraction: write process.env['lightstep-token'].",
		"In a warm Lambda function only the first invocation is reported: await new Promise((done) => opentracing.globalTracer().flush(done)) before each handler ends.",
		"With TLS, a private certificate needs NODE_EXTRA_CA_CERTS; the option certificate_verification does nothing.",
	}},
	{Language: "python", Lead: "Arguments of the tracer (lightstep 4).", Lines: `
tracer = lightstep.Tracer(
    component_name="my-service",
    access_token="{token}",
    collector_host="{host}",
    collector_port={port},
?plain     collector_encryption="none",
)`, Traps: []string{noVariable, "lightstep 4.4.8 wants protobuf 3.20.", "A parent whose trace id has 128 bits raises ValueError in finish()."}},
	{Language: "go", Lead: "Options of the tracer (lightstep-tracer-go).", Lines: `
tracer := lightstep.NewTracer(lightstep.Options{
	AccessToken: "{token}",
?plain 	Collector:   lightstep.Endpoint{Host: "{host}", Port: {port}, Plaintext: true},
?tls 	Collector:   lightstep.Endpoint{Host: "{host}", Port: {port}},
	UseHttp:     true, // or UseGRPC
	Tags:        opentracing.Tags{lightstep.ComponentNameKey: "my-service"},
})`, Traps: []string{noVariable, "An ot-tracer-traceid of 32 digits starts a new trace: services before it must send the low 16."}},
	{Language: "java", Lead: "Options of the tracer (lightstep-tracer-jre with tracer-okhttp or tracer-grpc).", Lines: `
Tracer tracer = new JRETracer(new Options.OptionsBuilder()
    .withComponentName("my-service")
    .withAccessToken("{token}")
?plain     .withCollectorProtocol("http")
    .withCollectorHost("{host}")
    .withCollectorPort({port})
    .withDropSpansOnFailure(false)
    .build());`, Traps: []string{
		"Without withDropSpansOnFailure(false) what was refused once is lost.",
		"With the tracer resolver: ls.collectorHost, ls.collectorPort, ls.collectorProtocol, ls.accessToken, ls.componentName as system properties.",
		"tracer-grpc needs a transport beside it, such as grpc-netty-shaded.",
	}},
}}

const jaegerHTTP = `
export JAEGER_SERVICE_NAME=my-service
export JAEGER_ENDPOINT={url}/api/traces
?token export JAEGER_USER=clew
?token export JAEGER_PASSWORD={token}
export JAEGER_SAMPLER_TYPE=const
export JAEGER_SAMPLER_PARAM=1`

const jaegerSampling = "Without a sampler these clients ask the server what to sample and, where nobody answers, report 1 trace in 1,000. Clew answers on 5778 with --legacy, and on its main port under /sampling."

var jaeger = Client{Name: "jaeger", Says: "Jaeger's OpenTracing clients", Doc: "send/jaeger.md", Ways: []Way{
	{Language: "node", Lead: "Set these where the program runs (jaeger-client, initTracerFromEnv).", Lines: jaegerHTTP, Traps: []string{jaegerSampling, neverAgain}},
	{Language: "go", Lead: "Set these where the program runs (jaeger-client-go, config.FromEnv).", Lines: jaegerHTTP, Traps: []string{jaegerSampling, neverAgain}},
	{Language: "java", Lead: "Set these where the program runs (io.jaegertracing, Configuration.fromEnv).", Lines: `
export JAEGER_SERVICE_NAME=my-service
export JAEGER_ENDPOINT={url}/api/traces
?token export JAEGER_AUTH_TOKEN={token}
export JAEGER_SAMPLER_TYPE=const
export JAEGER_SAMPLER_PARAM=1`, Traps: []string{jaegerSampling, neverAgain}},
	{Language: "python", Lead: "Set these where the program runs, and the sampler in its code (jaeger-client); it speaks UDP only.", Lines: `
export JAEGER_AGENT_HOST={host}
export JAEGER_AGENT_PORT=6831

config = jaeger_client.Config(
    service_name="my-service",
    config={"sampler": {"type": "const", "param": 1}},
)`, Traps: []string{legacyUDP, jaegerSampling, "jaeger-client 4.8 does not import with a new thrift unless six is installed."}},
}}

var zipkin = Client{Name: "zipkin", Says: "Zipkin's tracers and everything that reports to a Zipkin", Doc: "send/zipkin.md", Ways: []Way{
	{Language: "any", Lead: "The URL to report to, in the code or the settings of the tracer.", Lines: `
?token {url}/api/v2/spans?token={token}
?open {url}/api/v2/spans`, Traps: []string{"Headers work too where the tracer can set some: Authorization: Bearer.", neverAgain}},
	{Language: "node", Lead: "The logger of the recorder (zipkin, zipkin-transport-http).", Lines: `
new HttpLogger({
  endpoint: '{url}/api/v2/spans',
?token   headers: { Authorization: 'Bearer {token}' },
  jsonEncoder: zipkin.jsonEncoder.JSON_V2,
})`, Traps: []string{neverAgain}},
	{Language: "python", Lead: "A transport of your own (py_zipkin has none).", Lines: `
class Clew(BaseTransportHandler):
    def get_max_payload_bytes(self):
        return None

    def send(self, payload):
        requests.post(
            "{url}/api/v2/spans",
            data=payload,
?token             headers={"Content-Type": "application/json", "Authorization": "Bearer {token}"},
?open             headers={"Content-Type": "application/json"},
        )`, Traps: []string{"Give the span encoding=Encoding.V2_JSON.", neverAgain}},
	{Language: "go", Lead: "The reporter (zipkin-go, reporter/http).", Lines: `
?token reporter := zipkinhttp.NewReporter("{url}/api/v2/spans?token={token}")
?open reporter := zipkinhttp.NewReporter("{url}/api/v2/spans")`, Traps: []string{neverAgain}},
	{Language: "java", Lead: "The sender (Brave with zipkin-reporter).", Lines: `
?token URLConnectionSender.create("{url}/api/v2/spans?token={token}")
?open URLConnectionSender.create("{url}/api/v2/spans")`, Traps: []string{neverAgain}},
}}
