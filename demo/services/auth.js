'use strict'
// auth: an Express service in a container. A token is a name and the second it
// expires, as in "alice.1893456000".

const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')
const telemetry = require('../node/telemetry')

telemetry.start('auth', [new HttpInstrumentation(), new ExpressInstrumentation()], { withMetrics: true })

const { metrics, trace } = require('@opentelemetry/api')
const express = require('express')

const log = telemetry.logger('auth')
const meter = metrics.getMeter('auth')
const verifications = meter.createCounter('auth.verifications', { unit: '{token}', description: 'Tokens looked at' })
const took = meter.createHistogram('auth.verification.duration', { unit: 's', description: 'Time to look at a token' })

function verify(header) {
  const [name, expires] = (header ?? '').replace(/^Bearer /, '').split('.')
  if (!name || !expires) return { error: 'no token' }
  if (Number(expires) * 1000 < Date.now()) return { error: 'token expired' }
  return { user: { name, id: `u-${name}` } }
}

const app = express()

app.get('/healthz', (req, res) => res.json({ ok: true }))

app.get('/verify', (req, res) => {
  const began = process.hrtime.bigint()
  trace.getActiveSpan()?.setAttribute('http.request.header.authorization', [req.headers.authorization ?? ''])
  const answer = verify(req.headers.authorization)
  const outcome = answer.error ? 'refused' : 'accepted'
  verifications.add(1, { outcome })
  took.record(Number(process.hrtime.bigint() - began) / 1e9, { outcome })
  if (answer.error) {
    log.error('token refused', { reason: answer.error }, new Error(answer.error))
    res.status(401).json(answer)
    return
  }
  log.info('token accepted', { 'enduser.id': answer.user.id })
  res.json(answer)
})

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ listening: server.address().port }))
})
