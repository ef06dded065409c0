package connect

const otlpEnv = `
export OTEL_SERVICE_NAME=my-service
export OTEL_EXPORTER_OTLP_ENDPOINT={url}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
?token export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer {token}"`

var otlp = Client{Name: "otlp", Says: "OpenTelemetry: any SDK or collector", Doc: "send/otlp.md", Ways: []Way{
	{Language: "any", Lead: "Set these where the program runs; every official OpenTelemetry SDK reads them.", Lines: otlpEnv},
	{Language: "node", Lead: "Traces without a change to the code.", Lines: `
npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node
` + otlpEnv + `
node --require @opentelemetry/auto-instrumentations-node/register app.js`},
	{Language: "python", Lead: "Traces without a change to the code.", Lines: `
pip install opentelemetry-distro opentelemetry-exporter-otlp
opentelemetry-bootstrap -a install
` + otlpEnv + `
opentelemetry-instrument python app.py`},
	{Language: "go", Lead: "Set the variables and start the SDK once in main.", Lines: otlpEnv + `

// go get go.opentelemetry.io/otel/sdk go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp
exporter, err := otlptracehttp.New(ctx)
if err != nil {
	return err
}
provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
defer provider.Shutdown(ctx)
otel.SetTracerProvider(provider)`},
	{Language: "java", Lead: "Traces without a change to the code.", Lines: otlpEnv + `
java -javaagent:opentelemetry-javaagent.jar -jar app.jar`},
	{Language: "lambda", Lead: "Environment of a function that carries an OpenTelemetry layer. The address must be reachable from the function.", Lines: `
AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-handler
OTEL_SERVICE_NAME=my-function
OTEL_EXPORTER_OTLP_ENDPOINT={url}
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
?token OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer {token}"`},
}}
