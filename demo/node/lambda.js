'use strict'
// The official instrumentations a Node function runs with, and what their hooks
// add: payloads, triggers and today's names of messaging attributes.

const { AwsInstrumentation } = require('@opentelemetry/instrumentation-aws-sdk')
const { AwsLambdaInstrumentation } = require('@opentelemetry/instrumentation-aws-lambda')
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
const { payload } = require('./telemetry')

function onEvent(span, { event }) {
  span.setAttribute('clew.payload.event', payload(event))
  const http = event?.requestContext?.http
  if (http) {
    span.setAttributes({
      'faas.trigger': 'http',
      'http.request.method': http.method,
      'http.route': http.path,
      'url.path': http.path,
    })
  }
}

function onAnswer(span, { err, res }) {
  if (err) return
  span.setAttribute('clew.payload.response', payload(res))
  if (res?.statusCode) span.setAttribute('http.response.status_code', res.statusCode)
}

function beforeSend(span, { request }) {
  if (request.serviceName === 'SNS') {
    const arn = request.commandInput.TopicArn
    span.setAttributes({
      'messaging.system': 'aws_sns',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': arn.slice(arn.lastIndexOf(':') + 1),
      'aws.sns.topic.arn': arn,
    })
  }
}

function afterSend(span, { response }) {
  if (response.request.serviceName === 'SNS' && response.data?.MessageId) {
    span.setAttribute('messaging.message.id', response.data.MessageId)
  }
}

const instrumentations = () => [
  new AwsLambdaInstrumentation({ requestHook: onEvent, responseHook: onAnswer }),
  new AwsInstrumentation({ suppressInternalInstrumentation: true, preRequestHook: beforeSend, responseHook: afterSend }),
  new UndiciInstrumentation(),
]

module.exports = { instrumentations }
