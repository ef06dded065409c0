'use strict'
// The ledger says which spans a server has acknowledged: one JSON line a span,
// written after the export succeeded (acked) or was given up (not acked).

const fs = require('node:fs')
const path = require('node:path')
const { ExportResultCode } = require('@opentelemetry/core')

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer']
const STATUSES = ['unset', 'ok', 'error']

// Nanoseconds do not fit a JavaScript number; they are written digit by digit.
const nanos = ([s, ns]) => `${s}${String(ns).padStart(9, '0')}`

function line(span, acked) {
  const { traceId, spanId } = span.spanContext()
  const head = JSON.stringify({
    trace: traceId,
    span: spanId,
    parent: span.parentSpanContext?.spanId ?? '',
    name: span.name,
    kind: KINDS[span.kind],
    status: STATUSES[span.status.code],
    service: span.resource.attributes['service.name'],
    acked,
  })
  return `${head.slice(0, -1)},"start":${nanos(span.startTime)},"end":${nanos(span.endTime)}}\n`
}

/** Wraps a span exporter so that every span's fate is written to dir. */
function withLedger(exporter, dir, service) {
  if (!dir) return exporter
  const file = fs.openSync(path.join(dir, `${service}-${process.pid}-${Date.now()}.jsonl`), 'a')
  return {
    export(spans, done) {
      exporter.export(spans, result => {
        const acked = result.code === ExportResultCode.SUCCESS
        fs.writeSync(file, spans.map(s => line(s, acked)).join(''))
        done(result)
      })
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  }
}

module.exports = { withLedger }
