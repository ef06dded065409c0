// Sends spans, logs and metrics with the official SDK and prints, as JSON, what
// it sent. Usage: node send.js <proto|json|grpc> <endpoint> <token>
'use strict'

const { context, trace, SpanKind, SpanStatusCode } = require('@opentelemetry/api')
const { defaultResource, resourceFromAttributes } = require('@opentelemetry/resources')
const { BasicTracerProvider, SimpleSpanProcessor, InMemorySpanExporter } = require('@opentelemetry/sdk-trace-node')
const { LoggerProvider, SimpleLogRecordProcessor } = require('@opentelemetry/sdk-logs')
const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics')
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')

const [protocol, endpoint, token] = process.argv.slice(2)
const module_ = { proto: 'proto', json: 'http', grpc: 'grpc' }[protocol]

function exporter(signal, name) {
  const Exporter = require(`@opentelemetry/exporter-${signal}-otlp-${module_}`)[name]
  const options = { compression: 'gzip', timeoutMillis: 5000 }
  if (protocol === 'grpc') {
    const { Metadata, credentials } = require('@grpc/grpc-js')
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${token}`)
    return new Exporter({ ...options, url: endpoint, metadata, credentials: credentials.createInsecure() })
  }
  const path = signal === 'trace' ? 'traces' : signal
  return new Exporter({ ...options, url: `${endpoint}/v1/${path}`, headers: { Authorization: `Bearer ${token}` } })
}

// fail makes an export that the server refused end this process with an error.
function checked(e) {
  const send = e.export.bind(e)
  e.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== 0) {
        console.error(result.error)
        process.exitCode = 1
      }
      done(result)
    })
  return e
}

const value = (v) =>
  typeof v === 'string' ? v
  : typeof v === 'boolean' ? { bool: v }
  : typeof v === 'number' ? (Number.isInteger(v) ? { int: v } : { double: v })
  : { json: v }
const values = (attrs) => Object.fromEntries(Object.entries(attrs).map(([k, v]) => [k, value(v)]))
const nanos = ([s, ns]) => String(BigInt(s) * 1000000000n + BigInt(ns))
const kinds = ['internal', 'server', 'client', 'producer', 'consumer']
const statuses = ['unset', 'ok', 'error']

function ledgerSpan(s) {
  return {
    trace: s.spanContext().traceId,
    id: s.spanContext().spanId,
    parent: s.parentSpanContext?.spanId,
    name: s.name,
    kind: kinds[s.kind],
    status: statuses[s.status.code],
    message: s.status.message,
    start: nanos(s.startTime),
    end: nanos(s.endTime),
    state: s.spanContext().traceState?.serialize(),
    attrs: values(s.attributes),
    events: s.events.map((e) => ({ at: nanos(e.time), name: e.name, attrs: values(e.attributes) })),
    links: s.links.map((l) => ({ trace: l.context.traceId, span: l.context.spanId, attrs: values(l.attributes) })),
  }
}

async function main() {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const resource = defaultResource().merge(resourceFromAttributes({ 'service.name': 'node-client', 'service.version': '1.2.3' }))
  const memory = new InMemorySpanExporter()
  const tracers = new BasicTracerProvider({
    resource,
    spanProcessors: [new SimpleSpanProcessor(checked(exporter('trace', 'OTLPTraceExporter'))), new SimpleSpanProcessor(memory)],
  })
  const loggers = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter: checked(exporter('logs', 'OTLPLogExporter')) })] })
  const reader = new PeriodicExportingMetricReader({ exporter: checked(exporter('metrics', 'OTLPMetricExporter')), exportIntervalMillis: 3600000 })
  const meters = new MeterProvider({ resource, readers: [reader] })

  const tracer = tracers.getTracer('client-test', '0.1')
  const logs = []
  const root = tracer.startSpan('POST /new_post', { kind: SpanKind.SERVER })
  const inRoot = trace.setSpan(context.active(), root)
  for (const kind of [SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.INTERNAL]) {
    const span = tracer.startSpan(`child ${kind} žluť 🧵`, { kind, links: [{ context: root.spanContext(), attributes: { why: 'test' } }] }, inRoot)
    span.setAttributes({
      text: 'quote " and \u0001', empty: '', yes: true, no: false, int: 42, negative: -7, large: 9007199254740991, double: 2.5,
      texts: ['a', 'b'], numbers: [1, 2.5], booleans: [true, false],
    })
    span.addEvent('an event', { n: 1 })
    if (kind === SpanKind.CLIENT) span.recordException(new Error('it failed'))
    if (kind === SpanKind.CLIENT) span.setStatus({ code: SpanStatusCode.ERROR, message: 'it failed' })
    if (kind === SpanKind.PRODUCER) span.setStatus({ code: SpanStatusCode.OK })
    const at = trace.setSpan(inRoot, span)
    loggers.getLogger('client-test').emit({ body: `said ${kind}`, severityNumber: 17, severityText: 'ERROR', attributes: { n: kind }, context: at })
    const { traceId, spanId } = span.spanContext()
    logs.push({ trace: traceId, span: spanId, level: 17, level_text: 'ERROR', body: `said ${kind}`, attrs: { n: { int: kind } } })
    span.end()
  }
  root.end()

  const meter = meters.getMeter('client-test')
  meter.createCounter('posts', { unit: '{post}', description: 'posts written' }).add(3, { blog: 'a' })
  meter.createHistogram('took', { unit: 'ms' }).record(7)
  const points = [
    { name: 'posts', unit: '{post}', description: 'posts written', kind: 'sum', monotonic: true, temporality: 2, value: { double: 3.0 }, attrs: { blog: 'a' } },
    { name: 'took', unit: 'ms', kind: 'histogram', count: 1 },
  ]
  await tracers.forceFlush()
  await loggers.forceFlush()
  const ledger = { service: 'node-client', spans: memory.getFinishedSpans().map(ledgerSpan), logs, points }
  await Promise.all([tracers.shutdown(), loggers.shutdown(), meters.shutdown()])
  console.log(JSON.stringify(ledger))
}

main().catch((err) => {
  console.error(err)
  process.exit(1)
})
