// The tracer as an application sets it up: options in code, and reports by its
// own loop and at the end of the process.
'use strict'

const lightstep = require('lightstep-tracer')
const opentracing = require('opentracing')

// The settings that the article reads as process.env.lightstep-token are read
// with brackets here: a dash in a name is a subtraction.
const [host, port] = process.env['lightstep-collector'].split(':')

exports.start = function (component) {
  const tracer = new lightstep.Tracer({
    access_token: process.env['lightstep-token'],
    component_name: component,
    collector_host: host,
    collector_port: Number(port),
    collector_encryption: 'none',
  })
  opentracing.initGlobalTracer(tracer)

  const ledger = []
  tracer.on('span_added', (span) => {
    const { parent_span_guid: parent, ...tags } = span.getTags()
    ledger.push({
      service: component,
      trace: span.traceGUID().padStart(32, '0'),
      id: span.guid().padStart(16, '0'),
      parent,
      name: span.getOperationName(),
      start: `${span.beginMicros()}000`,
      end: `${span.endMicros()}000`,
      attrs: Object.fromEntries(Object.entries(tags).map(([k, v]) => [k, String(v)])),
    })
  })
  return ledger
}
