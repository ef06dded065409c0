package normalise

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"clew/internal/signal"
)

// This file finds the join keys of spans whose tracers say what the two sides of a
// hop know in attributes: ids of messages, requests and events. A key is made only
// where the other side can know it too, so that the index of keys stays small.

// word is what an attribute tells of a hop, under whichever name.
type word uint8

const (
	wordSystem    word = iota // messaging.system
	wordService               // of the AWS API
	wordMethod                // of the AWS API
	wordMessage               // id of a message
	wordMessages              // ids of a batch
	wordRequest               // AWS request id
	wordRun                   // id of an invocation
	wordAnswered              // request id that a gateway or a function's URL answered with
	wordXRay                  // header X-Amzn-Trace-Id
	wordEvent                 // EventBridge event id
	wordSequence              // Kinesis sequence number
	wordShard                 // Kinesis shard
	wordStream                // Kinesis stream
	wordTopic                 // destination
	wordPartition             // of a topic
	wordOffset                // in a partition
	wordCloudID               // CloudEvent id
	wordCloudFrom             // CloudEvent source
	wordExecution             // ARN of a Step Functions execution
	wordBucket                // S3 bucket
	wordObject                // S3 key
	wordETag                  // of an S3 object
	wordTrigger               // the event an invocation was handed
	wordCount
)

var words = map[string]word{
	"messaging.system": wordSystem,
	"rpc.service":      wordService, "aws.service": wordService, "aws_service": wordService,
	"rpc.method": wordMethod, "aws.operation": wordMethod,
	"messaging.message.id": wordMessage, "messaging.message_id": wordMessage, "aws.sqs.message_id": wordMessage, "aws.sns.message_id": wordMessage,
	"messaging.message.ids": wordMessages, "messaging.batch.message_ids": wordMessages, "aws.sqs.message_ids": wordMessages,
	"aws.request_id": wordRequest, "aws.requestId": wordRequest, "aws.request.id": wordRequest,
	"faas.invocation_id": wordRun, "faas.execution": wordRun, "aws.lambda.request_id": wordRun,
	"http.response.header.x-amzn-requestid": wordAnswered, "http.response.header.x_amzn_requestid": wordAnswered,
	"http.response.header.apigw-requestid": wordAnswered, "http.response.header.apigw_requestid": wordAnswered,
	"http.request.header.x-amzn-trace-id": wordXRay, "http.request.header.x_amzn_trace_id": wordXRay,
	"aws.eventbridge.event_id": wordEvent, "aws.eventbridge.event.id": wordEvent,
	"aws.kinesis.sequence_number": wordSequence, "aws.kinesis.shard_id": wordShard, "aws.kinesis.stream_name": wordStream, "aws.kinesis.stream.name": wordStream,
	"messaging.destination.name": wordTopic, "messaging.destination": wordTopic,
	"messaging.destination.partition.id": wordPartition, "messaging.kafka.destination.partition": wordPartition, "messaging.kafka.partition": wordPartition,
	"messaging.kafka.offset": wordOffset, "messaging.kafka.message.offset": wordOffset,
	"cloudevents.event_id": wordCloudID, "cloudevents.event_source": wordCloudFrom,
	"aws.step_functions.execution.arn": wordExecution, "aws.stepfunctions.execution_arn": wordExecution, "aws.sfn.execution_arn": wordExecution,
	"aws.s3.bucket": wordBucket, "aws.s3.key": wordObject, "aws.s3.etag": wordETag, "http.response.header.etag": wordETag,
	"clew.payload.event": wordTrigger, "faas.event": wordTrigger, "aws.lambda.event": wordTrigger,
}

var wordGate = gateOf(maps.Keys(words))

// gate tells by length and first letter which names are certainly not among some.
type gate [64]uint32

func gateOf(names iter.Seq[string]) (g gate) {
	for name := range names {
		g[len(name)] |= 1 << (name[0] & 31)
	}
	return g
}

func (g *gate) admits(name string) bool {
	return len(name) > 0 && len(name) < len(g) && g[len(name)]&(1<<(name[0]&31)) != 0
}

// set is a set of words.
type set uint32

func setOf(words ...word) (s set) {
	for _, w := range words {
		s |= 1 << w
	}
	return s
}

// The words that make a key, by what makes it; the others say what kind it is of.
var (
	ofMessages = setOf(wordMessage, wordMessages)
	ofRequests = setOf(wordRequest, wordRun, wordAnswered)
	ofStreams  = setOf(wordSequence, wordOffset)
	ofOthers   = setOf(wordEvent, wordExecution, wordCloudID, wordXRay)
	ofEvents   = setOf(wordTrigger)
	ofKeys     = ofMessages | ofRequests | ofStreams | ofOthers | ofEvents
)

// hop is what the attributes of one span tell: where each word stands, from 1.
type hop struct {
	said  set
	at    [wordCount]int32
	attrs signal.Attrs
}

// hear looks for words.
func (h *hop) hear(attrs signal.Attrs) {
	h.attrs = attrs
	for i := range attrs {
		name := attrs[i].Key
		if !wordGate.admits(name) {
			continue
		}
		if w, ok := words[name]; ok && h.said&(1<<w) == 0 {
			h.said |= 1 << w
			h.at[w] = int32(i) + 1
		}
	}
}

func (h *hop) value(w word) signal.Value {
	if n := h.at[w]; n > 0 {
		return h.attrs[n-1].Value
	}
	return signal.Value{}
}

// text is the value of w; the first of a list of texts, as headers are.
func (h *hop) text(w word) string {
	v := h.value(w)
	if v.Kind() == signal.KindInt {
		return v.String()
	}
	s := v.Text()
	if list := texts(s); len(list) > 0 {
		s = list[0]
	}
	if len(s) > maxID {
		return ""
	}
	return s
}

const (
	maxID  = 1024  // bytes of an id; longer ones are something else
	maxIDs = 10000 // of a batch
)

// texts reads a list of plain texts in JSON.
func texts(s string) (out []string) {
	if !strings.HasPrefix(s, `["`) {
		return nil
	}
	for s = s[1:]; len(out) < maxIDs; {
		rest, ok := strings.CutPrefix(strings.TrimLeft(s, " ,"), `"`)
		end := strings.IndexAny(rest, `"\`)
		if !ok || end < 0 || rest[end] != '"' {
			return out
		}
		out, s = append(out, rest[:end]), rest[end+1:]
	}
	return out
}

// messageKinds are the keys of messages by what tracers call the system.
var messageKinds = map[string]string{
	"aws_sqs": signal.KeySQSMessage, "aws.sqs": signal.KeySQSMessage, "amazonsqs": signal.KeySQSMessage, "sqs": signal.KeySQSMessage,
	"aws_sns": signal.KeySNSMessage, "aws.sns": signal.KeySNSMessage, "amazonsns": signal.KeySNSMessage, "sns": signal.KeySNSMessage,
	"gcp_pubsub": signal.KeyPubSubMessage, "google_pubsub": signal.KeyPubSubMessage, "pubsub": signal.KeyPubSubMessage,
	"servicebus": signal.KeyAzureMessage, "azservicebus": signal.KeyAzureMessage, "azqueue": signal.KeyAzureMessage, "azure_queue": signal.KeyAzureMessage,
	"aws_eventbridge": signal.KeyEvent, "eventbridge": signal.KeyEvent,
}

// awsMessages are the services whose calls set something off that may see their
// request id, or that several tracers tell of with nothing else in common.
var awsMessages = []string{"lambda", "sns", "sqs", "eventbridge", "events", "kinesis", "sfn", "stepfunctions", "states"}

// keys adds the join keys that the attributes of s tell of.
func keys(s *signal.Span, budget *int) {
	var h hop
	if h.hear(s.Attrs); h.said&ofKeys == 0 {
		return
	}
	k := keying{s: s, hop: &h, sends: s.Kind == signal.Client || s.Kind == signal.Producer}
	if h.said&ofMessages != 0 {
		k.messages()
	}
	if h.said&ofRequests != 0 {
		k.requests()
	}
	if h.said&ofStreams != 0 {
		k.streams()
	}
	if h.said&ofOthers != 0 {
		k.others()
	}
	if h.said&ofEvents != 0 && !k.sends {
		k.trigger(budget)
	}
}

// keying adds keys to one span.
type keying struct {
	s     *signal.Span
	hop   *hop
	sends bool
	own   bool                    // s.Keys may grow in place
	have  map[signal.JoinKey]bool // of s.Keys, once there are many
}

func (k *keying) add(kind, value string) { k.addKey(signal.JoinKey{Kind: kind, Value: value}) }

// addKey adds a key unless s has it. Lists of decoders share their memory.
func (k *keying) addKey(key signal.JoinKey) {
	const many = 32
	if key.Value == "" || k.have[key] || k.have == nil && slices.Contains(k.s.Keys, key) {
		return
	}
	if k.have == nil && len(k.s.Keys) >= many {
		k.have = map[signal.JoinKey]bool{}
		for _, known := range k.s.Keys {
			k.have[known] = true
		}
	}
	if k.have != nil {
		k.have[key] = true
	}
	if !k.own {
		k.s.Keys, k.own = slices.Clip(k.s.Keys), true
	}
	k.s.Keys = append(k.s.Keys, key)
}

// messages adds the ids of messages.
func (k *keying) messages() {
	kind := messageKinds[lower(k.hop.text(wordSystem))]
	if kind == "" {
		kind = messageKinds[lower(k.hop.text(wordService))]
	}
	if kind == "" {
		return
	}
	k.add(kind, k.hop.text(wordMessage))
	for _, w := range [...]word{wordMessage, wordMessages} {
		for _, id := range texts(k.hop.value(w).Text()) {
			k.add(kind, id)
		}
	}
}

// requests adds the ids of requests.
func (k *keying) requests() {
	service := k.hop.text(wordService)
	if !k.sends {
		run := k.hop.text(wordRun)
		if run == "" && k.s.Kind == signal.Server && service == "" {
			run = k.hop.text(wordRequest)
		}
		if k.s.Kind == signal.Server || k.s.Kind == signal.Consumer {
			k.add(signal.KeyRequest, run)
		}
		return
	}
	switch {
	case slices.ContainsFunc(awsMessages, func(name string) bool { return strings.EqualFold(name, service) }):
		k.add(signal.KeyRequest, k.hop.text(wordRequest))
	case strings.EqualFold(service, "s3") && writes(lower(k.hop.text(wordMethod))):
		k.add(signal.KeyS3Request, k.hop.text(wordRequest))
		bucket, object, etag := k.hop.text(wordBucket), k.hop.text(wordObject), strings.Trim(k.hop.text(wordETag), `"`)
		if bucket != "" && object != "" && etag != "" {
			k.add(signal.KeyS3Object, bucket+"/"+object+"@"+etag)
		}
	case service == "":
		id := k.hop.text(wordAnswered)
		k.add(signal.KeyGatewayRequest, id)
		k.add(signal.KeyRequest, id) // a function's URL answers with the invocation's
	}
}

func writes(method string) bool {
	for _, word := range [...]string{"put", "upload", "copy", "delete", "complete", "post"} {
		if strings.Contains(method, word) {
			return true
		}
	}
	return false
}

// streams adds the places of records in streams.
func (k *keying) streams() {
	stream := k.hop.text(wordStream)
	if stream == "" {
		stream = k.hop.text(wordTopic)
	}
	if number := k.hop.text(wordSequence); number != "" && stream != "" {
		shard := k.hop.text(wordShard)
		k.add(signal.KeyKinesisRecord, stream+"/"+shard+":"+number)
		if !k.sends && shard != "" {
			k.add(signal.KeyKinesisRecord, stream+"/:"+number)
		}
	}
	if topic, partition, offset := k.hop.text(wordTopic), k.hop.text(wordPartition), k.hop.text(wordOffset); topic != "" && partition != "" && offset != "" {
		k.add(signal.KeyKafkaRecord, topic+"/"+partition+":"+offset)
	}
}

// others adds the ids that stand alone.
func (k *keying) others() {
	k.add(signal.KeyEvent, k.hop.text(wordEvent))
	k.add(signal.KeyExecution, k.hop.text(wordExecution))
	if id, from := k.hop.text(wordCloudID), k.hop.text(wordCloudFrom); id != "" && from != "" {
		k.add(signal.KeyCloudEvent, from+"#"+id)
	}
	k.add(signal.KeyXRayTrace, xrayRoot(k.hop.text(wordXRay)))
}

// xrayRoot reads Root=1-8 hex-24 hex;… as 32 hex digits.
func xrayRoot(header string) string {
	_, rest, ok := strings.Cut(header, "Root=1-")
	if !ok || len(rest) < 33 || rest[8] != '-' {
		return ""
	}
	root := rest[:8] + rest[9:33]
	if _, err := signal.ParseTraceID(root); err != nil {
		return ""
	}
	return root
}

// lower is strings.ToLower for the short names of systems; others are none.
func lower(s string) string {
	if len(s) > 32 {
		return ""
	}
	return strings.ToLower(s)
}
