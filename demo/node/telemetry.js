'use strict'
// OpenTelemetry for every Node process of the demo: the official SDK, exporters by
// the standard OTEL_EXPORTER_OTLP_* variables, and the ledger around the spans.

const { metrics, trace } = require('@opentelemetry/api')
const { logs, SeverityNumber } = require('@opentelemetry/api-logs')
const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { NodeTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-node')
const { LoggerProvider, BatchLogRecordProcessor } = require('@opentelemetry/sdk-logs')
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto')
const { OTLPLogExporter } = require('@opentelemetry/exporter-logs-otlp-proto')
const { defaultResource, detectResources, envDetector, resourceFromAttributes } = require('@opentelemetry/resources')
const { withLedger } = require('./ledger')

const PAYLOAD_LIMIT = 32 * 1024

function functionAttributes(env) {
  return {
    'cloud.provider': 'aws',
    'cloud.platform': 'aws_lambda',
    'cloud.region': env.AWS_REGION,
    'faas.name': env.AWS_LAMBDA_FUNCTION_NAME,
    'faas.version': env.AWS_LAMBDA_FUNCTION_VERSION,
    'faas.instance': env.AWS_LAMBDA_LOG_STREAM_NAME,
    'faas.max_memory': Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) * 1024 * 1024,
    'aws.log.group.names': [env.AWS_LAMBDA_LOG_GROUP_NAME],
  }
}

/** Starts the SDK. Call it before anything that shall be instrumented is required. */
function start(service, instrumentations, { withMetrics = false } = {}) {
  const env = process.env
  const attributes = { 'service.name': service, 'service.version': '1.0.0', 'deployment.environment.name': 'demo' }
  if (env.AWS_LAMBDA_FUNCTION_NAME) Object.assign(attributes, functionAttributes(env))
  const resource = defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(attributes))

  const tracerProvider = new NodeTracerProvider({
    resource,
    spanProcessors: [
      new BatchSpanProcessor(withLedger(new OTLPTraceExporter(), env.CLEW_DEMO_LEDGER, service), { scheduledDelayMillis: 500 }),
    ],
  })
  tracerProvider.register()
  const loggerProvider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(), scheduledDelayMillis: 500 })],
  })
  logs.setGlobalLoggerProvider(loggerProvider)
  const providers = [tracerProvider, loggerProvider]
  const meterProvider = withMetrics ? startMetrics(resource) : undefined
  if (meterProvider) providers.push(meterProvider)
  registerInstrumentations({ instrumentations, tracerProvider, loggerProvider, meterProvider })

  // A signal leaves half a second to send what is held.
  const stop = () => Promise.allSettled(providers.map(p => p.shutdown())).then(() => process.exit(0))
  if (!env.AWS_LAMBDA_FUNCTION_NAME) process.once('SIGTERM', stop)
  return { flush: () => Promise.allSettled(providers.map(p => p.forceFlush())) }
}

function startMetrics(resource) {
  const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics')
  const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-proto')
  const provider = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        exportIntervalMillis: 5000,
        exportTimeoutMillis: 4000,
      }),
    ],
  })
  metrics.setGlobalMeterProvider(provider)
  return provider
}

/** A payload as a span attribute: JSON text, cut. */
function payload(value) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  const bytes = Buffer.from(text)
  return bytes.length > PAYLOAD_LIMIT ? bytes.toString('utf8', 0, PAYLOAD_LIMIT) : text
}

/** A logger that writes to standard output and to OTLP, tied to the active span. */
function logger(name) {
  const write = level => (body, attributes = {}, err) => {
    if (err) {
      attributes = {
        ...attributes,
        'exception.type': err.name,
        'exception.message': err.message,
        'exception.stacktrace': err.stack,
      }
    }
    logs.getLogger(name).emit({ severityNumber: SeverityNumber[level], severityText: level, body, attributes })
    const span = trace.getActiveSpan()?.spanContext()
    console.log(JSON.stringify({ level, message: body, trace_id: span?.traceId, span_id: span?.spanId, ...attributes }))
  }
  return { info: write('INFO'), warn: write('WARN'), error: write('ERROR') }
}

module.exports = { start, payload, logger }
