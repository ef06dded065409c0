// Reports spans with the published tracer and prints, as JSON, what they must be
// where they arrive. Usage: node send.js <proto|thrift> <host:port> <token>
'use strict'

const lightstep = require('lightstep-tracer')
const opentracing = require('opentracing')

const [transport, address, token] = process.argv.slice(2)
const [host, port] = address.split(':')

const tracer = new lightstep.Tracer({
  access_token: token,
  component_name: 'node-orders',
  collector_host: host,
  collector_port: Number(port),
  collector_encryption: 'none',
  transport,
  verbosity: 0,
})
opentracing.initGlobalTracer(tracer)

const texts = (tags) => Object.fromEntries(Object.entries(tags).map(([k, v]) => [k, String(v)]))

function ledgerSpan(span, more) {
  const { parent_span_guid: parent, ...tags } = span.getTags()
  return {
    trace: span.traceGUID().padStart(32, '0'),
    id: span.guid().padStart(16, '0'),
    parent,
    name: span.getOperationName(),
    start: `${span.beginMicros()}000`,
    end: `${span.endMicros()}000`,
    attrs: texts(tags), // the tracer sends every value as text
    ...more,
  }
}

// flush returns the error of one report, if it had one.
const flush = () => new Promise((resolve) => tracer.flush((err) => resolve(err && err.message)))

async function main() {
  const root = tracer.startSpan('POST /orders', {
    tags: { 'span.kind': 'server', 'http.method': 'POST', 'http.status_code': 500, express: true, ratio: 2.5, 'http.request.header.authorization': 'Bearer hunter2' },
  })
  root.setBaggageItem('customer', 'c-17')
  const call = tracer.startSpan('reserve žluť 🧵', { childOf: root, tags: { 'span.kind': 'client', 'peer.service': 'stock' } })
  const headers = {}
  tracer.inject(call.context(), opentracing.FORMAT_HTTP_HEADERS, headers)
  call.setTag('error', true)
  call.log({ event: 'error', 'error.kind': 'Timeout', message: 'stock did not answer' }, 1700000000000.25)
  call.logEvent('retry', { attempt: 2 })
  const late = tracer.startSpan('send mail', { references: [opentracing.followsFrom(root.context())] })
  call.finish()
  root.finish()
  late.finish() // after its parent

  const errors = []
  for (let i = 0; i < 3; i++) {
    const err = await flush()
    if (!err) break
    errors.push(err)
  }
  const [, retry] = call._log_records
  console.log(
    JSON.stringify({
      service: 'node-orders',
      language: 'nodejs',
      errors,
      kept: tracer._spanRecords.length,
      headers,
      spans: [
        ledgerSpan(root, { kind: 'server', status: 'error', attrs: { ...texts(root.getTags()), 'http.request.header.authorization': '***' } }),
        ledgerSpan(call, {
          kind: 'client',
          status: 'error',
          events: [
            { at: '1700000000000250000', name: 'error', attrs: { 'error.kind': 'Timeout', message: 'stock did not answer' } },
            { at: `${retry._timestampMicros}000`, name: 'retry', attrs: { payload: '{\n  "attempt": 2\n}' } },
          ],
        }),
        ledgerSpan(late),
      ],
    }),
  )
}

main().catch((err) => {
  console.error(err)
  process.exit(1)
})
