'use strict'
// Functions traced by Instana.

const instana = require('@instana/aws-lambda')
const http = require('node:http')
const Redis = require('ioredis')

const { AUTH_URL, REDIS_URL } = process.env

function call(url, options, body) {
  return new Promise((resolve, reject) => {
    const req = http.request(url, options, res => {
      const chunks = []
      res.on('data', c => chunks.push(c))
      res.on('end', () => resolve({ status: res.statusCode, headers: JSON.parse(Buffer.concat(chunks).toString()) }))
    })
    req.on('error', reject)
    req.end(body)
  })
}

// Answers what a downstream service saw of the trace.
exports.view = instana.wrap(async event => {
  const redis = new Redis(REDIS_URL, { lazyConnect: true })
  await redis.connect()
  await redis.get('post:1')
  await redis.quit()
  const { status, headers } = await call(`${AUTH_URL}/verify?token=author-token-0987654321`, {})
  return { statusCode: 200, body: JSON.stringify({ status, headers, records: event.Records?.length }) }
})

exports.broken = instana.wrap(async () => {
  throw new RangeError('no such page')
})

// Ends long after its time limit.
exports.stuck = instana.wrap(async () => {
  await call(`${AUTH_URL}/slow`, {})
})
