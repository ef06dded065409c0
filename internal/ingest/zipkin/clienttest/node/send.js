// Sends spans with zipkin-js, or OpenCensus's Zipkin exporter, and prints, as JSON, what it sent.
//
// Usage: send.js <v1|v2|opencensus> <url> <token>
'use strict'

const [mode, url, token] = process.argv.slice(2)
const path = mode === 'v1' ? '/api/v1/spans' : '/api/v2/spans'
const caller = { trace: '463ac35c9f6413ad48485a3953bb6124', span: '0020000000000001' }
const pause = () => new Promise((done) => setTimeout(done, 2))

async function zipkin() {
  const { Tracer, BatchRecorder, ExplicitContext, Annotation, InetAddress, TraceId, jsonEncoder, option, Request } = require('zipkin')
  const { HttpLogger } = require('zipkin-transport-http')
  const logger = new HttpLogger({
    endpoint: url + path,
    jsonEncoder: mode === 'v1' ? jsonEncoder.JSON_V1 : jsonEncoder.JSON_V2,
    headers: { Authorization: `Bearer ${token}` },
    httpInterval: 3600000,
  })
  const answered = new Promise((done) => ['success', 'error'].forEach((e) => logger.on(e, done)))
  const ctxImpl = new ExplicitContext()
  const tracer = new Tracer({ ctxImpl, recorder: new BatchRecorder({ logger }), localServiceName: 'node-client', traceId128Bit: true })

  const spans = []
  const record = (id, name, kind, attrs, more) => {
    tracer.setId(id)
    tracer.recordServiceName('node-client')
    tracer.recordRpc(name)
    for (const [k, v] of Object.entries(attrs)) tracer.recordBinary(k, v)
    spans.push({ trace: id.traceId, id: id.spanId, parent: id.parentSpanId.getOrElse(''), name, kind, attrs: { ...attrs, ...more?.attrs }, events: more?.events })
    if (more?.status) Object.assign(spans.at(-1), { status: more.status, message: more.message })
  }
  const server = tracer.join(new TraceId({ traceId: caller.trace, spanId: caller.span, parentId: option.None, sampled: new option.Some(true) }))
  record(server, 'post /new_post', 'server', { 'http.status_code': '200' })
  tracer.recordBinary('http.path', '/new_post?token=hunter2')
  tracer.recordAnnotation(new Annotation.ServerRecv())
  await pause()

  const client = tracer.letId(server, () => tracer.createChildId())
  record(client, 'get žluť 🧵', 'client', { numeric: '42', error: 'it failed' }, {
    status: 'error', message: 'it failed', events: [{ name: 'an event' }],
    attrs: { 'peer.service': 'redis', 'network.peer.address': '10.1.2.3', 'network.peer.port': { int: 6379 } },
  })
  tracer.recordAnnotation(new Annotation.ClientSend())
  tracer.recordAnnotation(new Annotation.ServerAddr({ serviceName: 'redis', host: new InetAddress('10.1.2.3'), port: 6379 }))
  tracer.recordMessage('an event')
  const injected = Request.addZipkinHeaders({ headers: {} }, client).headers
  await pause()
  tracer.recordAnnotation(new Annotation.ClientRecv())

  // The parent ends before this child.
  const local = tracer.letId(server, () => tracer.createChildId())
  record(local, 'work', 'internal', {})
  tracer.recordAnnotation(new Annotation.LocalOperationStart('work'))
  tracer.setId(server)
  tracer.recordAnnotation(new Annotation.ServerSend())
  await pause()
  tracer.setId(local)
  tracer.recordAnnotation(new Annotation.LocalOperationStop())

  logger.processQueue(logger.fetchImplementation)
  await answered
  return { spans, injected }
}

async function opencensus() {
  const { CoreTracer, B3Format, TraceContextFormat, SpanKind, CanonicalCode } = { ...require('@opencensus/core') }
  const { ZipkinTraceExporter } = require('@opencensus/exporter-zipkin')
  const tracer = new CoreTracer()
  tracer.start({ samplingRate: 1 })
  const exporter = new ZipkinTraceExporter({ url: `${url}${path}?token=${token}`, serviceName: 'node-client' })
  const spans = []
  const record = (s, kind, more) => spans.push({ trace: s.traceId, id: s.id, parent: s.parentSpanId || '', name: s.name, kind, ...more })
  let root
  await new Promise((done) =>
    tracer.startRootSpan({ name: 'post /new_post', kind: SpanKind.SERVER }, async (span) => {
      root = span
      const child = tracer.startChildSpan({ name: 'get žluť', kind: SpanKind.CLIENT, childOf: span })
      child.addAttribute('numeric', 42)
      child.addAnnotation('an event', {})
      child.setStatus(CanonicalCode.INTERNAL, 'it failed')
      await pause()
      child.end()
      record(child, 'client', { status: 'error', message: 'it failed', attrs: { numeric: '42' }, events: [{ name: 'an event' }] })
      await pause()
      span.end()
      record(span, 'server', { status: '' })
      done()
    }),
  )
  await exporter.publish([root])
  return { spans }
}

async function main() {
  const from = Date.now()
  const sent = await (mode === 'opencensus' ? opencensus() : zipkin())
  console.log(JSON.stringify({ service: 'node-client', from, to: Date.now() + 1, ...sent }))
}

main().catch((err) => {
  console.error(err)
  process.exit(1)
})
