'use strict'
// A Node runtime for Lambda: loads _HANDLER, then asks the Runtime API for events
// until the process is ended. It starts OpenTelemetry first and sends everything
// before it posts an answer, because the process is frozen right after.

const http = require('node:http')
const path = require('node:path')
const telemetry = require('./telemetry')
const { instrumentations } = require('./lambda')

const { AWS_LAMBDA_RUNTIME_API, _HANDLER, LAMBDA_TASK_ROOT, AWS_LAMBDA_FUNCTION_NAME } = process.env
const [hostname, port] = AWS_LAMBDA_RUNTIME_API.split(':')
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })

function call(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { agent, hostname, port, method, path: `/2018-06-01/runtime/${where}`, headers }
    const req = http.request(options, res => {
      const chunks = []
      res.on('data', c => chunks.push(c))
      res.on('error', reject)
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(chunks).toString() }))
    })
    req.on('error', reject)
    req.end(body)
  })
}

function postError(where, err) {
  const type = err?.name ?? 'Error'
  const body = JSON.stringify({
    errorType: type,
    errorMessage: String(err?.message ?? err),
    trace: String(err?.stack ?? '').split('\n'),
  })
  return call('POST', where, body, { 'Lambda-Runtime-Function-Error-Type': type })
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  const clientContext = headers['lambda-runtime-client-context']
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: clientContext ? JSON.parse(clientContext) : undefined,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
}

async function serve(handler, flush) {
  for (;;) {
    const next = await call('GET', 'invocation/next')
    const id = next.headers['lambda-runtime-aws-request-id']
    process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id']
    try {
      const result = await handler(JSON.parse(next.body), contextOf(next.headers))
      await flush()
      await call('POST', `invocation/${id}/response`, JSON.stringify(result) ?? 'null')
    } catch (err) {
      await flush()
      await postError(`invocation/${id}/error`, err)
    }
  }
}

async function main() {
  let handler, flush
  try {
    ;({ flush } = telemetry.start(AWS_LAMBDA_FUNCTION_NAME, instrumentations()))
    const [file, name] = _HANDLER.split('.')
    handler = require(path.resolve(LAMBDA_TASK_ROOT, file))[name]
    if (typeof handler !== 'function') throw new Error(`${_HANDLER} is not a function`)
  } catch (err) {
    await postError('init/error', err)
    throw err
  }
  await serve(handler, flush)
}

main().catch(err => {
  console.error(err)
  process.exit(1)
})
