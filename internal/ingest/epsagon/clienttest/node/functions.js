'use strict'
// Functions traced by Epsagon. What goes wrong in them is what goes wrong in the
// functions of its users.

const epsagon = require('epsagon')
const http = require('node:http')

epsagon.init({ token: process.env.EPSAGON_TOKEN, appName: 'blog', metadataOnly: false })

const { AUTH_URL, AWS_ENDPOINT_URL: endpoint, TOPIC_ARN, QUEUE_URL, REDIS_URL } = process.env

function call(url, options, body) {
  return new Promise((resolve, reject) => {
    const req = http.request(url, options, res => {
      const chunks = []
      res.on('data', c => chunks.push(c))
      res.on('end', () => resolve({ status: res.statusCode, body: Buffer.concat(chunks).toString() }))
    })
    req.on('error', reject)
    req.end(body)
  })
}

const answer = (statusCode, body) => ({ statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

// The story's bug: a refusal by auth is swallowed, and the message has no user.
async function requestProcessor(event) {
  const post = JSON.parse(event.body)
  const auth = await call(`${AUTH_URL}/verify`, { method: 'POST', headers: { authorization: `Bearer ${post.token}`, 'content-type': 'application/x-www-form-urlencoded' } },
    `grant=check&password=${post.password}`)
  const user = auth.status === 200 ? JSON.parse(auth.body).user : undefined
  epsagon.label('post.title', post.title)
  const SNS = require('aws-sdk/clients/sns') // loaded where used: they take a while
  const sns = new SNS({ endpoint })
  const Message = JSON.stringify({ id: post.id, title: post.title, text: post.text, user })
  const { MessageId } = await sns.publish({ TopicArn: TOPIC_ARN, Message, Subject: 'new_post' }).promise()
  return answer(201, { id: post.id, message: MessageId })
}

// Sends a batch, one more with each of the newer clients, and calls a function.
async function sender(event) {
  const [SQS, Lambda] = [require('aws-sdk/clients/sqs'), require('aws-sdk/clients/lambda')]
  const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns')
  const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs')
  const [sqs, lambda, sns3, sqs3] = [new SQS({ endpoint }), new Lambda({ endpoint }), new SNSClient({ endpoint }), new SQSClient({ endpoint })]
  const Entries = event.bodies.map((body, i) => ({ Id: `${i}`, MessageBody: body }))
  const batch = await sqs.sendMessageBatch({ QueueUrl: QUEUE_URL, Entries }).promise()
  const single = await sqs3.send(new SendMessageCommand({ QueueUrl: QUEUE_URL, MessageBody: 'single' }))
  const topic = await sns3.send(new PublishCommand({ TopicArn: TOPIC_ARN, Message: '{"user":{"name":"ann"}}' }))
  const called = await lambda.invoke({ FunctionName: 'node-worker', Payload: '{"who":"sender"}' }).promise()
  return { batch: batch.Successful.map(m => m.MessageId), single: single.MessageId, topic: topic.MessageId, called: JSON.parse(called.Payload) }
}

async function worker(event) {
  const Redis = require('ioredis')
  const redis = new Redis(REDIS_URL, { lazyConnect: true })
  await redis.connect()
  const post = await redis.get('post:1')
  await redis.quit()
  epsagon.setWarning(new Error('the cache is nearly full'))
  return { records: (event.Records ?? []).map(r => r.messageId), post }
}

function broken(event, context, callback) {
  callback(new RangeError('no such page'))
}

// Ends long after its time limit, while a call is under way.
async function stuck() {
  await call(`${AUTH_URL}/slow`, {})
}

for (const [name, handler] of Object.entries({ requestProcessor, sender, worker, broken, stuck })) {
  exports[name] = epsagon.lambdaWrapper(handler)
}
