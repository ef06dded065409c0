'use strict'
// Drives the fakes with the AWS SDK for JavaScript and checks what it understands
// of the answers.

const assert = require('node:assert/strict')
const { createRequire } = require('node:module')
const need = createRequire(process.argv[2])
const { DynamoDBClient, PutItemCommand, GetItemCommand, ListTablesCommand } = need('@aws-sdk/client-dynamodb')
const { SNSClient, CreateTopicCommand, PublishCommand, PublishBatchCommand, ListTopicsCommand } = need('@aws-sdk/client-sns')
const { LambdaClient, InvokeCommand } = need('@aws-sdk/client-lambda')

async function sns() {
  const c = new SNSClient({ maxAttempts: 1 })
  const { TopicArn } = await c.send(new CreateTopicCommand({ Name: 'posts' }))
  const MessageAttributes = { a: { DataType: 'String', StringValue: 'ü' } }
  const { MessageId } = await c.send(new PublishCommand({ TopicArn, Message: 'one & two', MessageAttributes }))
  assert.match(MessageId, /^[0-9a-f-]{36}$/)
  const entries = [{ Id: 'x', Message: 'm' }, { Id: 'y', Message: 'n', MessageAttributes }]
  const batch = await c.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }))
  assert.deepEqual(batch.Successful.map(m => m.Id), ['x', 'y'])
  await assert.rejects(c.send(new PublishCommand({ TopicArn: TopicArn + '-no', Message: 'x' })), { name: /^NotFound/ })
  await assert.rejects(c.send(new ListTopicsCommand({})), { name: 'InvalidAction' })
}

async function dynamodb() {
  const c = new DynamoDBClient({ maxAttempts: 1 })
  const Item = { id: { S: 'js' }, at: { S: '1' }, ok: { BOOL: true }, list: { L: [{ N: '1' }, { NULL: true }] } }
  await c.send(new PutItemCommand({ TableName: 'items', Item }))
  const got = await c.send(new GetItemCommand({ TableName: 'items', Key: { id: { S: 'js' }, at: { S: '1' } } }))
  assert.deepEqual(got.Item, Item)
  await assert.rejects(c.send(new PutItemCommand({ TableName: 'none', Item })), { name: 'ResourceNotFoundException' })
  await assert.rejects(c.send(new ListTablesCommand({})), { name: 'UnknownOperationException' })
}

async function functions() {
  const c = new LambdaClient({ maxAttempts: 1 })
  const out = await c.send(new InvokeCommand({ FunctionName: 'f', Payload: '{"a":1}' }))
  assert.equal(Buffer.from(out.Payload).toString(), '{"a":1}')
  await assert.rejects(c.send(new InvokeCommand({ FunctionName: 'none' })), { name: 'ResourceNotFoundException' })
}

sns().then(dynamodb).then(functions)
