package signal

// This file is the vocabulary of join keys: ids that both sides of a hop know
// although neither knows the other's trace. Two keys join when Kind, Account,
// Region and Value are equal. Account and Region are set only where the value is
// unique no further than that; ids that are unique in the world leave them empty,
// because hops cross accounts.

// The kinds of join key. "Sender" is the span of the call, "receiver" the span of
// what the call set off.
const (
	// KeyRequest is the id that AWS gave a request. Sender: the call that
	// invoked a function. Receiver: the invocation, whose request id it is.
	KeyRequest = "aws.request_id"

	// KeyGatewayRequest is API Gateway's request id. Sender: the HTTP call, which
	// reads it in the answer (x-amzn-requestid, apigw-requestid). Receiver: the
	// invocation, whose event holds it (requestContext.requestId).
	KeyGatewayRequest = "aws.apigateway.request_id"

	// KeySNSMessage is an SNS message id. Sender: the publish. Receiver: what the
	// topic delivered it to, be it through a queue.
	KeySNSMessage = "aws.sns.message_id"

	// KeySQSMessage is an SQS message id. Sender: the send, one key for each
	// message of a batch. Receiver: the invocation or the receive call, one key
	// for each record.
	KeySQSMessage = "aws.sqs.message_id"

	// KeyKinesisRecord is STREAM/SHARD:SEQUENCE NUMBER, or STREAM/:SEQUENCE NUMBER
	// where the sender was not told the shard; receivers carry both forms.
	KeyKinesisRecord = "aws.kinesis.sequence_number"

	// KeyDynamoDBItem is LANGUAGE/TABLE/HASH of a written item: tracers hash alike
	// only within one language. Sender: the write. Receiver: what the table's
	// stream invoked. It is weak: equal items have equal keys.
	KeyDynamoDBItem = "aws.dynamodb.item_hash"

	// KeyS3Request is the request id of a write to S3. Sender: the write.
	// Receiver: what its notification invoked.
	KeyS3Request = "aws.s3.request_id"

	// KeyS3Object is BUCKET/KEY@ETAG, on the sides of KeyS3Request. It is weak:
	// writing the same content again gives the same key.
	KeyS3Object = "aws.s3.object"

	// KeyEvent is an EventBridge event id. Sender: PutEvents. Receiver: what a
	// rule invoked.
	KeyEvent = "aws.eventbridge.event_id"

	// KeyXRayTrace is the Root of X-Amzn-Trace-Id as 32 hex digits. Sender: a call
	// that carried the header. Receiver: what was called with it. It is weak: all
	// hops of one X-Ray trace share it.
	KeyXRayTrace = "aws.xray.trace_id"

	// KeyEpsagonHeader is the value of the header epsagon-trace-id, made anew for
	// every call. Sender: the HTTP call. Receiver: the service or function called.
	KeyEpsagonHeader = "epsagon.trace_id"

	// KeyEpsagonEvent is the id that a function returned as _epsagon_event_id.
	// Sender: the call that was answered with it. Receiver: that invocation.
	KeyEpsagonEvent = "epsagon.event_id"

	// KeyStep is EXECUTION/NUMBER of a step in Epsagon's count of a Step Functions
	// execution. Sender: the call that starts an execution, with number -1.
	// Receiver: the step that was handed the count; its number is one higher.
	KeyStep = "epsagon.step"

	// KeyStepDone is KeyStep as the step that handed it on has it, which is the
	// sender although its span is an invocation.
	KeyStepDone = "epsagon.step.done"

	// KeyExecution is the ARN of a Step Functions execution. Sender: the call
	// that starts it. Receiver: every task it runs.
	KeyExecution = "aws.stepfunctions.execution"

	// KeyPubSubMessage is a Google Pub/Sub message id, KeyAzureMessage one of an
	// Azure queue or of Service Bus, KeyCloudEvent SOURCE#ID of a CloudEvent.
	// Sender: the send. Receiver: what was handed the message.
	KeyPubSubMessage = "gcp.pubsub.message_id"
	KeyAzureMessage  = "azure.message_id"
	KeyCloudEvent    = "cloudevents.id"

	// KeyKafkaRecord is TOPIC/PARTITION:OFFSET. Sender: the send, once it was
	// acknowledged. Receiver: what was handed the record.
	KeyKafkaRecord = "kafka.record"
)

// Side tells the two ends of a hop apart: the kind that k joins under, and
// whether a span of kind of is the sender. Calls send, except that a step sends
// what it hands on.
func (k JoinKey) Side(of SpanKind) (kind string, sends bool) {
	if k.Kind == KeyStepDone {
		return KeyStep, true
	}
	return k.Kind, of == Client || of == Producer
}
