// A Lambda function behind a URL: it goes on with the caller's trace. Started as
// a process of its own, it serves its handler and tells its parent the port.
'use strict'

const http = require('http')
const opentracing = require('opentracing')
const ledger = require('./tracing').start('resize-function')

function handler(event, context, callback) {
  const tracer = opentracing.globalTracer()
  const caller = tracer.extract(opentracing.FORMAT_HTTP_HEADERS, event.headers)
  const span = tracer.startSpan('resize', { childOf: caller, tags: { 'span.kind': 'server', 'faas.invocation_id': context.awsRequestId } })
  const { image, bytes } = JSON.parse(event.body)
  span.log({ event: 'resizing', image })
  if (bytes < 0) {
    const error = new Error(`image ${image} has ${bytes} bytes`)
    span.setTag('error', true)
    span.log({ event: 'error', 'error.object': error, message: error.message, stack: error.stack })
    span.finish()
    return callback(null, { statusCode: 500, body: error.message })
  }
  span.finish()
  callback(null, { statusCode: 200, body: 'done' })
}

let invocations = 0
const server = http.createServer((req, res) => {
  let body = ''
  req.on('data', (chunk) => (body += chunk))
  req.on('end', () => {
    const awsRequestId = `c0ffee00-0000-4000-8000-${String(++invocations).padStart(12, '0')}`
    handler({ headers: req.headers, body }, { awsRequestId }, (err, answer) => {
      res.writeHead(answer.statusCode)
      res.end(answer.body)
    })
  })
})
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('message', () => {
  process.send(ledger)
  process.disconnect()
  server.close()
})
