// Sends segments with the published SDK and prints, as JSON, what it sent.
// Usage: node send.js <service|lambda>; the daemon's address is in AWS_XRAY_DAEMON_ADDRESS.
'use strict'

const [mode] = process.argv.slice(2)
const traceHeader = 'Root=1-6b012a58-d4a39e644022402da8702c9e;Parent=53995c3f42cd8ad8;Sampled=1'
Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'test', AWS_XRAY_LOG_LEVEL: 'silent' })
if (mode === 'lambda') {
  Object.assign(process.env, { LAMBDA_TASK_ROOT: __dirname, AWS_LAMBDA_FUNCTION_NAME: 'blog-view', _X_AMZN_TRACE_ID: traceHeader })
}

const http = require('http')
const { once } = require('events')
const AWSXRay = require('aws-xray-sdk-core')
const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns')

const topic = 'arn:aws:sns:eu-west-1:123456789012:blog-new-posts'
const headers = []
const rows = []
const open = [] // segments to print once they have ended
const nanos = (s) => {
  const [whole, part = ''] = String(s).split('.')
  return whole + part.padEnd(9, '0')
}

// expect notes that s is to arrive as this span.
function expect(s, parent, kind, status = 'unset', attrs = {}, more = {}) {
  open.push(() => {
    const trace = (s.segment || s).trace_id.replace(/-/g, '').slice(1)
    rows.push({ trace, id: s.id, parent, name: s.name, kind, status, start: nanos(s.start_time), end: nanos(s.end_time), attrs, ...more })
  })
  return s
}

async function cloud(req, res) {
  headers.push(req.headers['x-amzn-trace-id'] ?? '')
  for await (const chunk of req) void chunk
  if (req.url.startsWith('/busy')) res.statusCode = 429
  res.setHeader('x-amzn-RequestId', '1f73aa00-0000-4000-8000-000000000001')
  if (req.method === 'POST') {
    res.setHeader('Content-Type', 'text/xml')
    res.end('<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>d509c7c5</MessageId></PublishResult>' +
      '<ResponseMetadata><RequestId>1f73aa00-0000-4000-8000-000000000001</RequestId></ResponseMetadata></PublishResponse>')
  } else res.end('ok')
}

async function listen(handler) {
  const server = http.createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return [server, `http://127.0.0.1:${server.address().port}`]
}

const fetched = (url) =>
  new Promise((resolve, reject) => http.get(url, (res) => res.resume().on('end', resolve)).on('error', reject))

// story does the same below a segment, real or that of a function.
async function story(segment, parent, url) {
  const work = expect(segment.addNewSubsegment('work'), parent, 'internal', 'unset', {
    post: 'žluť 🧵 "quoted"', count: { int: 3 }, ratio: { double: 2.5 }, draft: { bool: true },
    'aws.xray.metadata.blog': { json: { body: { tags: ['a', 1, null], password: '***' } } },
  })
  work.addAnnotation('post', 'žluť 🧵 "quoted"')
  work.addAnnotation('count', 3)
  work.addAnnotation('ratio', 2.5)
  work.addAnnotation('draft', true)
  work.addMetadata('body', { tags: ['a', 1, null], password: 'hunter2' }, 'blog')
  const early = expect(work.addNewSubsegment('ends before its child'), work.id, 'internal')
  const late = expect(early.addNewSubsegment('late child'), early.id, 'internal')
  early.close()
  late.close()
  const sns = AWSXRay.captureAWSv3Client(new SNSClient({ region: 'eu-west-1', endpoint: url }))
  const added = work.addSubsegment
  work.addSubsegment = function (s) { // the next call becomes a subsegment here
    if (s.name === 'SNS') {
      expect(s, work.id, 'producer', 'unset', {
        'rpc.system': 'aws-api', 'rpc.service': 'SNS', 'rpc.method': 'Publish', 'messaging.system': 'aws_sns', 'cloud.region': 'eu-west-1',
        'aws.request_id': '1f73aa00-0000-4000-8000-000000000001', 'aws.sns.topic.arn': topic, 'http.response.status_code': { int: 200 },
      })
    } else if (s.name === '127.0.0.1') {
      expect(s, work.id, 'client', 'error', { 'http.request.method': 'GET', 'http.response.status_code': { int: 429 }, 'aws.xray.throttle': { bool: true } })
    }
    return added.call(this, s)
  }
  await AWSXRay.getNamespace().runPromise(async () => {
    AWSXRay.setSegment(work)
    await sns.send(new PublishCommand({ TopicArn: topic, Message: '{}' }))
    await fetched(`${url}/busy?token=hunter2`)
  })
  work.close()
  const failed = expect(segment.addNewSubsegment('fails'), parent, 'internal', 'error', {}, { message: "cannot read 'title'", exception: 'TypeError' })
  failed.close(new TypeError("cannot read 'title'"))
}

async function service(url) {
  AWSXRay.middleware.setDefaultName('blog')
  let done
  let rule = ''
  const [server, own] = await listen(async (req, res) => {
    const segment = AWSXRay.middleware.traceRequestResponseCycle(req, res)
    rule = segment.aws.xray.rule_name ?? segment.aws.xray.sampling_rule_name ?? ''
    if (req.url === '/probe') segment.notTraced = true
    else {
      segment.setUser('ada')
      await story(segment, segment.id, url)
      expect(segment, '53995c3f42cd8ad8', 'server', 'error', {
        'http.request.method': 'GET', 'http.response.status_code': { int: 500 }, 'enduser.id': 'ada', 'client.address': '127.0.0.1',
      })
      done = segment
      res.statusCode = 500
    }
    res.end()
  })
  for (const end = Date.now() + 20000; rule !== 'Default' && Date.now() < end; ) await fetched(`${own}/probe`)
  const asked = rule
  await new Promise((resolve, reject) =>
    http.get(`${own}/new_post`, { headers: { 'X-Amzn-Trace-Id': traceHeader } }, (res) => res.resume().on('end', resolve)).on('error', reject))
  while (!done.isClosed()) await new Promise(setImmediate)
  server.close()
  return asked
}

async function main() {
  AWSXRay.setContextMissingStrategy('IGNORE_ERROR')
  AWSXRay.captureHTTPsGlobal(http, true)
  const [server, url] = await listen(cloud)
  let rule = ''
  if (mode === 'service') rule = await service(url)
  else await AWSXRay.getNamespace().runPromise(async () => {
    AWSXRay.setSegment(AWSXRay.getSegment())
    await story(AWSXRay.getSegment(), '53995c3f42cd8ad8', url)
  })
  server.close()
  open.forEach((f) => f())
  console.log(JSON.stringify({ service: mode === 'service' ? 'blog' : '', language: mode === 'service' ? 'nodejs' : '', rule, spans: rows, headers }))
  if (mode === 'service') process.exit() // the pollers of sampling rules would go on
}

main().catch((err) => {
  console.error(err)
  process.exit(1)
})
