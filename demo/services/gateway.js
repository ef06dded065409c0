'use strict'
// gateway: takes HTTP requests as API Gateway does, makes version 2.0 proxy events
// of them and invokes the function behind the route.

const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const telemetry = require('../node/telemetry')

telemetry.start('blog-gateway', [new HttpInstrumentation({ ignoreIncomingRequestHook: req => req.url === '/healthz' })], {
  withMetrics: true,
})

const { randomUUID } = require('node:crypto')
const http = require('node:http')
const { context, metrics, propagation, trace, SpanKind, SpanStatusCode } = require('@opentelemetry/api')
const { getRPCMetadata, suppressTracing } = require('@opentelemetry/core')
const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda')

const ROUTES = { 'GET /post': 'view-post', 'POST /new_post': 'request-processor' }
const BODY_LIMIT = 1 << 20

const log = telemetry.logger('blog-gateway')
const tracer = trace.getTracer('blog-gateway')
const meter = metrics.getMeter('blog-gateway')
const requests = meter.createCounter('gateway.requests', { unit: '{request}', description: 'Requests by route and status' })
const latency = meter.createHistogram('gateway.request.duration', { unit: 's', description: 'Time to answer' })
const lambda = new LambdaClient({ maxAttempts: 2 })

function readBody(req) {
  return new Promise((resolve, reject) => {
    const chunks = []
    let size = 0
    req.on('data', chunk => {
      size += chunk.length
      if (size > BODY_LIMIT) reject(new Error('body is over 1 MiB'))
      else chunks.push(chunk)
    })
    req.on('end', () => resolve(Buffer.concat(chunks).toString()))
    req.on('error', reject)
  })
}

function proxyEvent(req, url, body) {
  const headers = { ...req.headers }
  propagation.inject(context.active(), headers)
  return {
    version: '2.0',
    routeKey: `${req.method} ${url.pathname}`,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers,
    queryStringParameters: Object.fromEntries(url.searchParams),
    requestContext: {
      accountId: process.env.AWS_ACCOUNT_ID,
      apiId: 'blog',
      domainName: req.headers.host,
      http: {
        method: req.method,
        path: url.pathname,
        protocol: 'HTTP/1.1',
        sourceIp: req.socket.remoteAddress,
        userAgent: req.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: `${req.method} ${url.pathname}`,
      stage: '$default',
      timeEpoch: Date.now(),
    },
    body: body || undefined,
    isBase64Encoded: false,
  }
}

/** Invokes a function inside a client span that the function's span continues. */
function invoke(fn, req, url, body) {
  const attributes = {
    'faas.invoked_name': fn,
    'faas.invoked_provider': 'aws',
    'faas.invoked_region': process.env.AWS_REGION,
    'rpc.system': 'aws-api',
    'rpc.service': 'Lambda',
    'rpc.method': 'Invoke',
  }
  return tracer.startActiveSpan(`invoke ${fn}`, { kind: SpanKind.CLIENT, attributes }, async span => {
    try {
      const event = proxyEvent(req, url, body)
      const command = new InvokeCommand({ FunctionName: fn, Payload: JSON.stringify(event) })
      const out = await context.with(suppressTracing(context.active()), () => lambda.send(command))
      span.setAttribute('faas.invocation_id', out.$metadata.requestId)
      const answer = JSON.parse(Buffer.from(out.Payload).toString())
      if (out.FunctionError) throw Object.assign(new Error(answer.errorMessage), { name: answer.errorType })
      return answer
    } catch (err) {
      span.recordException(err)
      span.setAttribute('error.type', err.name)
      span.setStatus({ code: SpanStatusCode.ERROR, message: err.message })
      log.error(`${fn} failed`, { 'faas.invoked_name': fn }, err)
      return { statusCode: err.name === 'Sandbox.Timedout' ? 504 : 502, body: '{"message":"Internal Server Error"}' }
    } finally {
      span.end()
    }
  })
}

async function answer(req, res) {
  const began = process.hrtime.bigint()
  const url = new URL(req.url, 'http://gateway')
  const fn = ROUTES[`${req.method} ${url.pathname}`]
  if (!fn) {
    res.writeHead(404).end('{"message":"Not Found"}')
    return
  }
  const route = getRPCMetadata(context.active())
  if (route) route.route = url.pathname
  const body = await readBody(req)
  const out = await invoke(fn, req, url, body)
  res.writeHead(out.statusCode ?? 200, { 'content-type': 'application/json', ...out.headers }).end(out.body ?? '')
  const labels = { 'http.route': url.pathname, 'http.response.status_code': out.statusCode ?? 200 }
  requests.add(1, labels)
  latency.record(Number(process.hrtime.bigint() - began) / 1e9, labels)
  log.info(`${req.method} ${url.pathname}`, labels)
}

const server = http.createServer((req, res) => {
  if (req.url === '/healthz') {
    res.end('{"ok":true}')
    return
  }
  answer(req, res).catch(err => {
    log.error('request failed', {}, err)
    if (!res.headersSent) res.writeHead(500)
    res.end()
  })
})
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ listening: server.address().port }))
})
