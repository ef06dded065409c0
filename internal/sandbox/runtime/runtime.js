'use strict'
// A Lambda runtime for Node.js and nothing else: loads _HANDLER, then asks the
// Runtime API for events until the process is ended. Tests run functions on it
// that published tracers wrap. A handler may call back or return a promise.

const http = require('node:http')
const path = require('node:path')

const { AWS_LAMBDA_RUNTIME_API, _HANDLER, LAMBDA_TASK_ROOT, AWS_LAMBDA_FUNCTION_NAME } = process.env
const request = http.request // before a tracer wraps it
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
const [hostname, port] = AWS_LAMBDA_RUNTIME_API.split(':')

function call(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { agent, hostname, port, method, path: `/2018-06-01/runtime/${where}`, headers }
    const req = request(options, res => {
      const chunks = []
      res.on('data', c => chunks.push(c))
      res.on('error', reject)
      res.on('end', () => resolve({ headers: res.headers, body: Buffer.concat(chunks).toString() }))
    })
    req.on('error', reject)
    req.end(body)
  })
}

function postError(where, err) {
  const body = JSON.stringify({ errorType: err?.name ?? 'Error', errorMessage: String(err?.message ?? err), trace: String(err?.stack ?? '').split('\n') })
  return call('POST', where, body, { 'Lambda-Runtime-Function-Error-Type': err?.name ?? 'Error' })
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  const client = headers['lambda-runtime-client-context']
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(client) : undefined,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
}

function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const promise = handler(event, context, (err, result) => (err ? reject(err) : resolve(result)))
    if (typeof promise?.then === 'function') promise.then(resolve, reject)
  })
}

async function main() {
  let handler
  try {
    const [file, name] = [_HANDLER.slice(0, _HANDLER.lastIndexOf('.')), _HANDLER.slice(_HANDLER.lastIndexOf('.') + 1)]
    handler = require(path.resolve(LAMBDA_TASK_ROOT, file))[name]
  } catch (err) {
    await postError('init/error', err)
    throw err
  }
  for (;;) {
    const next = await call('GET', 'invocation/next')
    const id = next.headers['lambda-runtime-aws-request-id']
    process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id']
    try {
      const result = await run(handler, JSON.parse(next.body), contextOf(next.headers))
      await call('POST', `invocation/${id}/response`, JSON.stringify(result) ?? 'null')
    } catch (err) {
      await postError(`invocation/${id}/error`, err)
    }
  }
}

main().catch(err => {
  console.error(err)
  process.exit(1)
})
