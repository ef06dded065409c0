// service.js is one service of a mixed team: it answers HTTP, calls the next service if there
// is one, and is traced by the client that its environment names. It prints its address, reads
// the next one's URL, or nothing, as the only line of its standard input, and hands over its
// spans and exits when that ends.
//
// TRACER otel, jaeger, zipkin or lightstep   NAME of the service   CLEW host:port   TOKEN
// EXTRACT, INJECT   propagators of otel: w3c, jaeger, b3 or ottrace
'use strict'

const http = require('node:http')

const { TRACER, NAME, CLEW, TOKEN, EXTRACT, INJECT } = process.env
let next = ''
const clew = `http://${CLEW}`
const authorization = `Bearer ${TOKEN}`

// call asks the next service with the headers given and returns its answer.
async function call(headers) {
  const answer = await fetch(next, { headers })
  if (!answer.ok) throw new Error(`${next}: ${answer.status} ${await answer.text()}`)
  return answer.text()
}

// Each client gives serve(req, work), which runs work in a server span, client(fetch), which runs
// fetch with the headers of a client span, and flush().

function otel() {
  const api = require('@opentelemetry/api')
  const { BatchSpanProcessor, BasicTracerProvider } = require('@opentelemetry/sdk-trace-base')
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http')
  const { resourceFromAttributes } = require('@opentelemetry/resources')
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
  const { W3CTraceContextPropagator } = require('@opentelemetry/core')
  const { B3InjectEncoding, B3Propagator } = require('@opentelemetry/propagator-b3')
  const { JaegerPropagator } = require('@opentelemetry/propagator-jaeger')
  const { OTTracePropagator } = require('@opentelemetry/propagator-ot-trace')
  const forms = {
    w3c: () => new W3CTraceContextPropagator(),
    jaeger: () => new JaegerPropagator(),
    b3: () => new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }),
    ottrace: () => new OTTracePropagator(),
  }
  const extract = EXTRACT && forms[EXTRACT]()
  const inject = INJECT && forms[INJECT]()
  const exporter = new OTLPTraceExporter({ url: `${clew}/v1/traces`, headers: { authorization } })
  const provider = new BasicTracerProvider({ resource: resourceFromAttributes({ 'service.name': NAME }), spanProcessors: [new BatchSpanProcessor(exporter)] })
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const tracer = provider.getTracer('onetree')
  const run = (name, kind, ctx, f) => {
    const span = tracer.startSpan(name, { kind }, ctx)
    return api.context.with(api.trace.setSpan(ctx, span), f).finally(() => span.end())
  }
  return {
    serve(req, work) {
      let ctx = api.ROOT_CONTEXT
      if (extract) ctx = extract.extract(ctx, req.headers, api.defaultTextMapGetter)
      return run(`GET ${NAME}`, api.SpanKind.SERVER, ctx, work)
    },
    client(f) {
      return run('GET next', api.SpanKind.CLIENT, api.context.active(), () => {
        const headers = {}
        inject.inject(api.context.active(), headers, api.defaultTextMapSetter)
        return f(headers)
      })
    },
    flush: () => provider.shutdown(),
  }
}

// opentracing serves the two clients of that interface; injects lists the formats they write.
function opentracing(tracer, injects, flush) {
  const { FORMAT_HTTP_HEADERS, Tags } = require('opentracing')
  const { AsyncLocalStorage } = require('node:async_hooks')
  const active = new AsyncLocalStorage()
  const run = (name, kind, childOf, f) => {
    const span = tracer.startSpan(name, { childOf, tags: { [Tags.SPAN_KIND]: kind } })
    return active.run(span, f).finally(() => span.finish())
  }
  return {
    serve: (req, work) => run(`GET ${NAME}`, 'server', tracer.extract(FORMAT_HTTP_HEADERS, req.headers) || undefined, work),
    client: (f) =>
      run('GET next', 'client', active.getStore(), () => {
        const headers = {}
        for (const form of injects) tracer.inject(active.getStore(), form, headers)
        return f(headers)
      }),
    flush,
  }
}

function jaeger() {
  const { initTracer, ZipkinB3TextMapCodec } = require('jaeger-client')
  const { FORMAT_HTTP_HEADERS } = require('opentracing')
  const tracer = initTracer({
    serviceName: NAME,
    sampler: { type: 'const', param: 1 },
    reporter: { collectorEndpoint: `${clew}/api/traces`, username: 'any', password: TOKEN },
  })
  // The next one reads B3: the client's own codec for it, beside its usual one.
  tracer.registerInjector('b3', new ZipkinB3TextMapCodec({ urlEncoding: true }))
  return opentracing(tracer, [FORMAT_HTTP_HEADERS, 'b3'], () => new Promise((done) => tracer.close(done)))
}

function lightstep() {
  const lightstep = require('lightstep-tracer')
  const { FORMAT_HTTP_HEADERS } = require('opentracing')
  const [host, port] = CLEW.split(':')
  const tracer = new lightstep.Tracer({
    access_token: TOKEN, component_name: NAME, collector_host: host, collector_port: Number(port), collector_encryption: 'none', disable_report_on_exit: true,
  })
  return opentracing(tracer, [FORMAT_HTTP_HEADERS], () => new Promise((done) => tracer.flush(done)))
}

function zipkin() {
  const { BatchRecorder, ExplicitContext, Instrumentation, Tracer, jsonEncoder, option } = require('zipkin')
  const { HttpLogger } = require('zipkin-transport-http')
  const posts = []
  const logger = new HttpLogger({
    endpoint: `${clew}/api/v2/spans`, jsonEncoder: jsonEncoder.JSON_V2, headers: { authorization },
    fetchImplementation: (url, options) => posts[posts.push(fetch(url, options)) - 1],
  })
  const tracer = new Tracer({ ctxImpl: new ExplicitContext(), recorder: new BatchRecorder({ logger }), localServiceName: NAME })
  const server = new Instrumentation.HttpServer({ tracer, port: 0 })
  const client = new Instrumentation.HttpClient({ tracer })
  let serving // one request at a time is enough here
  return {
    async serve(req, work) {
      const header = (name) => (req.headers[name.toLowerCase()] === undefined ? option.None : new option.Some(req.headers[name.toLowerCase()]))
      serving = tracer.scoped(() => server.recordRequest('GET', `http://${NAME}/`, header))
      const text = await work()
      tracer.scoped(() => server.recordResponse(serving, '200'))
      return text
    },
    async client(f) {
      const [id, request] = tracer.letId(serving, () => {
        const sent = client.recordRequest({ headers: {} }, next, 'GET')
        return [tracer.id, sent]
      })
      const text = await f(request.headers)
      tracer.scoped(() => client.recordResponse(id, '200'))
      return text
    },
    async flush() {
      logger.processQueue(logger.fetchImplementation)
      await Promise.all(posts)
    },
  }
}

const traced = { otel, jaeger, lightstep, zipkin }[TRACER]()

const server = http.createServer((req, res) => {
  traced
    .serve(req, async () => (next ? `${NAME} ${await traced.client(call)}` : NAME))
    .then((text) => res.end(text))
    .catch((err) => {
      res.statusCode = 502
      res.end(`${NAME}: ${err.stack}`)
    })
})
server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`))
process.stdin.on('data', (line) => (next += String(line).trim()))
process.stdin.on('end', () => traced.flush().then(() => process.exit(0)))
