// What to paste to make something send to this server.

export interface Snippet {
  key: string
  name: string
  lead: string
  text: string
}

/** snippets returns the texts for a server reached at endpoint. */
export function snippets(endpoint: string, tokenAuth: boolean): Snippet[] {
  const base = endpoint.replace(/\/+$/, '')
  const header = tokenAuth ? 'authorization=Bearer YOUR_TOKEN' : ''
  const env = (name: string, service: string) =>
    [`OTEL_SERVICE_NAME=${service}`, `OTEL_EXPORTER_OTLP_ENDPOINT=${base}`, 'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf', ...(header ? [`OTEL_EXPORTER_OTLP_HEADERS="${header}"`] : [])]
      .map((line) => (name === 'export' ? `export ${line}` : line))
      .join('\n')
  return [
    { key: 'env', name: 'Any SDK', lead: 'Set these where the program runs; every official OpenTelemetry SDK reads them.', text: env('export', 'my-service') },
    {
      key: 'node',
      name: 'Node.js',
      lead: 'Traces without a change to the code.',
      text: `npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node\n\n${env('export', 'my-service')}\nnode --require @opentelemetry/auto-instrumentations-node/register app.js`,
    },
    {
      key: 'python',
      name: 'Python',
      lead: 'Traces without a change to the code.',
      text: `pip install opentelemetry-distro opentelemetry-exporter-otlp\nopentelemetry-bootstrap -a install\n\n${env('export', 'my-service')}\nopentelemetry-instrument python app.py`,
    },
    {
      key: 'go',
      name: 'Go',
      lead: 'Set the variables and start the SDK once in main.',
      text: `${env('export', 'my-service')}\n\n// go get go.opentelemetry.io/otel/sdk go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp\nexporter, err := otlptracehttp.New(ctx)\nif err != nil {\n\treturn err\n}\nprovider := trace.NewTracerProvider(trace.WithBatcher(exporter))\ndefer provider.Shutdown(ctx)\notel.SetTracerProvider(provider)`,
    },
    {
      key: 'lambda',
      name: 'Lambda',
      lead: 'Environment of a function that carries an OpenTelemetry layer. The address must be reachable from the function.',
      text: `AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-handler\n${env('', 'my-function')}`,
    },
  ]
}
