'use strict'
// Request Processor: takes a new post, asks auth who wrote it, stores it and tells
// the topic. It has the bug of the story: when auth refuses, it goes on without a
// user, and whoever reads the topic breaks.

const { randomUUID } = require('node:crypto')
const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb')
const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns')
const { logger } = require('../../node/telemetry')

const { AUTH_URL, POSTS_TABLE, POSTS_TOPIC_ARN } = process.env
const log = logger('request-processor')
const dynamo = new DynamoDBClient({})
const sns = new SNSClient({})

async function whoIs(token) {
  try {
    const res = await fetch(`${AUTH_URL}/verify`, { headers: { authorization: `Bearer ${token}` } })
    const answer = await res.json()
    if (!res.ok) throw new Error(`auth answered ${res.status}: ${answer.error}`)
    return answer.user
  } catch (err) {
    log.warn('could not verify the author, going on', { 'error.type': err.name }, err)
    return undefined
  }
}

exports.handler = async event => {
  const post = JSON.parse(event.body)
  const id = randomUUID()
  log.info('new post', { 'post.id': id, 'post.title': post.title })
  const user = await whoIs(post.token)
  const item = { id: { S: id }, title: { S: post.title }, text: { S: post.text } }
  if (user) item.author = { S: user.name }
  await dynamo.send(new PutItemCommand({ TableName: POSTS_TABLE, Item: item }))
  const message = JSON.stringify({ id, title: post.title, text: post.text, user })
  const { MessageId } = await sns.send(new PublishCommand({ TopicArn: POSTS_TOPIC_ARN, Message: message }))
  log.info('post published', { 'post.id': id, 'messaging.message.id': MessageId })
  return {
    statusCode: 201,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id }),
  }
}
