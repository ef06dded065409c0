// An Express application whose route calls a function many times. The span of the
// route ends once the calls are on their way: before all of its children.
'use strict'

const http = require('http')
const express = require('express')
const opentracing = require('opentracing')

function call(url, body, parent) {
  const tracer = opentracing.globalTracer()
  const span = tracer.startSpan('call resize', { childOf: parent.context(), tags: { 'span.kind': 'client', 'http.method': 'POST', 'http.url': url } })
  const headers = { 'content-type': 'application/json' }
  tracer.inject(span.context(), opentracing.FORMAT_HTTP_HEADERS, headers)
  return new Promise((resolve) => {
    const done = (status) => {
      if (status >= 400) span.setTag('error', true)
      span.setTag('http.status_code', status)
      span.finish()
      resolve(status)
    }
    const req = http.request(url, { method: 'POST', headers }, (res) => {
      res.resume()
      res.on('end', () => done(res.statusCode))
    })
    req.on('error', () => done(502))
    req.end(JSON.stringify(body))
  })
}

exports.make = function (url) {
  const app = express()
  app.get('/images/:count', async (req, res) => {
    const span = opentracing.globalTracer().startSpan('GET /images', { tags: { 'span.kind': 'server', 'http.method': 'GET' } })
    const calls = []
    for (let image = 0; image < Number(req.params.count); image++) {
      calls.push(call(url, { image, bytes: image === Number(req.query.broken) ? -1 : 1000 }, span))
    }
    span.finish()
    const answers = await Promise.all(calls)
    res.status(answers.every((s) => s === 200) ? 200 : 502).json(answers)
  })
  return app
}
