package aws

import (
	"context"
	"crypto/md5" //nolint:gosec // the SQS protocol answers with MD5 sums, which SDKs check
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"
)

type queues struct {
	mu     sync.Mutex // guards byName
	byName map[string]*queue
}

type queue struct {
	name, url, arn string
	visibility     time.Duration
	waker          waker

	mu       sync.Mutex // guards messages
	messages []*queued
}

type queued struct {
	id, body   string
	attributes map[string]attribute
	sent       time.Time
	first      time.Time // first received; zero before
	visible    time.Time
	received   int
	receipt    string // of the last receive
}

// CreateQueue makes a queue, or finds it, and returns its URL.
func (c *Cloud) CreateQueue(name string) string {
	c.queues.mu.Lock()
	defer c.queues.mu.Unlock()
	if q := c.queues.byName[name]; q != nil {
		return q.url
	}
	q := &queue{
		name: name, arn: c.arn("sqs", name), visibility: 30 * time.Second,
		url: "https://sqs." + c.opts.Region + ".amazonaws.com/" + c.opts.Account + "/" + name,
	}
	c.queues.byName[name] = q
	return q.url
}

// queue finds by URL or ARN.
func (c *Cloud) queue(where string) (*queue, error) {
	name := where[strings.LastIndexAny(where, "/:")+1:]
	c.queues.mu.Lock()
	defer c.queues.mu.Unlock()
	if q := c.queues.byName[name]; q != nil {
		return q, nil
	}
	return nil, &Error{
		Code: "QueueDoesNotExist", Query: "AWS.SimpleQueueService.NonExistentQueue",
		Message: "The specified queue does not exist.",
	}
}

func (c *Cloud) sqsActions() map[string]jsonAction {
	return map[string]jsonAction{
		"CreateQueue":      typed(c.sqsCreateQueue),
		"GetQueueUrl":      typed(c.sqsQueueURL),
		"SendMessage":      typed(c.sqsSend),
		"SendMessageBatch": typed(c.sqsSendBatch),
		"ReceiveMessage":   typed(c.sqsReceive),
		"DeleteMessage":    typed(c.sqsDelete),
	}
}

type sqsNameInput struct{ QueueName string }

func (c *Cloud) sqsCreateQueue(_ context.Context, in *sqsNameInput) (any, error) {
	if in.QueueName == "" {
		return nil, invalid("InvalidParameterValue", "Queue name cannot be empty")
	}
	return map[string]string{"QueueUrl": c.CreateQueue(in.QueueName)}, nil
}

func (c *Cloud) sqsQueueURL(_ context.Context, in *sqsNameInput) (any, error) {
	q, err := c.queue(in.QueueName)
	if err != nil {
		return nil, err
	}
	return map[string]string{"QueueUrl": q.url}, nil
}

type sqsSendInput struct {
	QueueUrl, MessageBody string
	DelaySeconds          int
	MessageAttributes     map[string]attribute
}

func (c *Cloud) sqsSend(_ context.Context, in *sqsSendInput) (any, error) {
	q, err := c.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	switch {
	case in.MessageBody == "":
		return nil, invalid("MissingParameter", "The request must contain the parameter MessageBody.")
	case len(in.MessageBody) > maxMessage:
		return nil, invalid("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes.")
	case in.DelaySeconds < 0 || in.DelaySeconds > 900:
		return nil, invalid("InvalidParameterValue", "Value %d for parameter DelaySeconds is invalid.", in.DelaySeconds)
	case len(in.MessageAttributes) > 10:
		return nil, invalid("InvalidParameterValue", "Number of message attributes [%d] exceeds the allowed maximum [10].", len(in.MessageAttributes))
	}
	if err := checkAttributes(in.MessageAttributes); err != nil {
		return nil, err
	}
	now := c.now()
	m := &queued{
		id: newID(), body: in.MessageBody, attributes: in.MessageAttributes, sent: now,
		visible: now.Add(time.Duration(in.DelaySeconds) * time.Second),
	}
	q.mu.Lock()
	q.messages = append(q.messages, m)
	q.mu.Unlock()
	q.waker.wake()
	out := map[string]string{"MessageId": m.id, "MD5OfMessageBody": md5Hex([]byte(m.body))}
	if len(m.attributes) > 0 {
		out["MD5OfMessageAttributes"] = md5Attributes(m.attributes)
	}
	return out, nil
}

type sqsBatchInput struct {
	QueueUrl string
	Entries  []struct {
		Id string
		sqsSendInput
	}
}

type sqsBatchFailed struct {
	Id, Code, Message string
	SenderFault       bool
}

func (c *Cloud) sqsSendBatch(ctx context.Context, in *sqsBatchInput) (any, error) {
	switch n := len(in.Entries); {
	case n == 0:
		return nil, &Error{Code: "EmptyBatchRequest", Message: "There should be at least one SendMessageBatchRequestEntry in the request."}
	case n > 10:
		return nil, &Error{Code: "TooManyEntriesInBatchRequest", Message: "Maximum number of entries per request are 10."}
	}
	if _, err := c.queue(in.QueueUrl); err != nil {
		return nil, err
	}
	sent, failed := []any{}, []sqsBatchFailed{}
	for i := range in.Entries {
		e := &in.Entries[i]
		e.QueueUrl = in.QueueUrl
		out, err := c.sqsSend(ctx, &e.sqsSendInput)
		if err != nil {
			why := asError(err)
			failed = append(failed, sqsBatchFailed{e.Id, why.Code, why.Message, why.Status < 500})
			continue
		}
		receipt := out.(map[string]string)
		receipt["Id"] = e.Id
		sent = append(sent, receipt)
	}
	return map[string]any{"Successful": sent, "Failed": failed}, nil
}

type sqsReceiveInput struct {
	QueueUrl                                                string
	MaxNumberOfMessages, WaitTimeSeconds, VisibilityTimeout *int
}

// sqsMessage is a message as ReceiveMessage tells it.
type sqsMessage struct {
	MessageId, ReceiptHandle, Body, MD5OfBody string
	Attributes                                map[string]string
	MessageAttributes                         map[string]attribute `json:",omitempty"`
	MD5OfMessageAttributes                    string               `json:",omitempty"`
}

func (c *Cloud) sqsReceive(ctx context.Context, in *sqsReceiveInput) (any, error) {
	q, err := c.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	limit, wait, hidden := 1, time.Duration(0), q.visibility
	if n := in.MaxNumberOfMessages; n != nil {
		limit = *n
	}
	if n := in.WaitTimeSeconds; n != nil {
		wait = time.Duration(*n) * time.Second
	}
	if n := in.VisibilityTimeout; n != nil {
		hidden = time.Duration(*n) * time.Second
	}
	if limit < 1 || limit > 10 || wait < 0 || wait > 20*time.Second || hidden < 0 || hidden > 12*time.Hour {
		return nil, invalid("InvalidParameterValue", "a parameter of ReceiveMessage is out of range")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := c.opts.Clock.AfterFunc(wait, cancel)
	defer stop()
	got := c.receive(ctx, q, limit, hidden)
	out := make([]sqsMessage, 0, len(got))
	for _, m := range got {
		out = append(out, c.tell(m))
	}
	return map[string]any{"Messages": out}, nil
}

// receive takes up to limit visible messages, waiting for the first one until ctx
// ends. What it returns are copies.
func (c *Cloud) receive(ctx context.Context, q *queue, limit int, hidden time.Duration) []queued {
	for {
		changed := q.waker.changed()
		got, next := q.take(c.now(), limit, hidden)
		if len(got) > 0 {
			return got
		}
		reappears := make(chan struct{})
		stop := func() bool { return true }
		if next > 0 {
			stop = c.opts.Clock.AfterFunc(next, func() { close(reappears) })
		}
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-changed:
		case <-reappears:
		}
		stop()
	}
}

// take also returns how long until the next hidden message shows; 0: there is none.
func (q *queue) take(now time.Time, limit int, hidden time.Duration) (got []queued, next time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		if d := m.visible.Sub(now); d > 0 {
			if next == 0 || d < next {
				next = d
			}
			continue
		}
		if len(got) == limit {
			break
		}
		m.received++
		m.receipt = newID()
		m.visible = now.Add(hidden)
		if m.first.IsZero() {
			m.first = now
		}
		got = append(got, *m)
	}
	return got, next
}

// drop deletes the message that was received under receipt.
func (q *queue) drop(receipt string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, m := range q.messages {
		if m.receipt == receipt {
			q.messages = append(q.messages[:i], q.messages[i+1:]...)
			return
		}
	}
}

type sqsDeleteInput struct{ QueueUrl, ReceiptHandle string }

func (c *Cloud) sqsDelete(_ context.Context, in *sqsDeleteInput) (any, error) {
	q, err := c.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if in.ReceiptHandle == "" {
		return nil, invalid("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
	}
	q.drop(in.ReceiptHandle) // deleting twice is no error
	return struct{}{}, nil
}

func (c *Cloud) tell(m queued) sqsMessage {
	out := sqsMessage{
		MessageId: m.id, ReceiptHandle: m.receipt, Body: m.body, MD5OfBody: md5Hex([]byte(m.body)),
		Attributes: map[string]string{
			"ApproximateReceiveCount":          strconv.Itoa(m.received),
			"SentTimestamp":                    strconv.FormatInt(m.sent.UnixMilli(), 10),
			"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.first.UnixMilli(), 10),
			"SenderId":                         c.opts.Account,
		},
		MessageAttributes: m.attributes,
	}
	if len(m.attributes) > 0 {
		out.MD5OfMessageAttributes = md5Attributes(m.attributes)
	}
	return out
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// md5Attributes follows SQS's description of the attribute digest: by name, each
// part with its length, and one byte for the kind of value.
func md5Attributes(m map[string]attribute) string {
	var b []byte
	part := func(s []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	for _, name := range sortedNames(m) {
		a := m[name]
		part([]byte(name))
		part([]byte(a.DataType))
		if len(a.BinaryValue) > 0 {
			b = append(b, 2)
			part(a.BinaryValue)
			continue
		}
		b = append(b, 1)
		part([]byte(a.StringValue))
	}
	return md5Hex(b)
}
