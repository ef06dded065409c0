package aws

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"clew/internal/sandbox"
)

// Mapping feeds a queue to a function, as Lambda's event source mapping does.
type Mapping struct {
	Queue     string // URL, ARN or name
	Function  string
	BatchSize int // 0 is 10
	// Hidden is how long a batch stays invisible; 0 is the queue's 30 s.
	Hidden time.Duration
}

// RunMapping polls until ctx ends. A batch that failed stays in the queue and
// shows again when its visibility timeout is over; a function that answers
// batchItemFailures keeps only those.
func (c *Cloud) RunMapping(ctx context.Context, m Mapping) error {
	q, err := c.queue(m.Queue)
	if err != nil {
		return fmt.Errorf("aws: map queue %s: %w", m.Queue, err)
	}
	if m.BatchSize == 0 {
		m.BatchSize = 10
	}
	if m.Hidden == 0 {
		m.Hidden = q.visibility
	}
	for {
		batch := c.receive(ctx, q, m.BatchSize, m.Hidden)
		if len(batch) == 0 {
			return nil // only the end of ctx brings back nothing
		}
		event, err := json.Marshal(c.sqsEvent(q, batch))
		if err != nil {
			return fmt.Errorf("aws: map queue %s: encode event: %w", q.name, err)
		}
		res, err := c.opts.Functions.Invoke(ctx, sandbox.Request{Function: m.Function, Payload: event})
		if err != nil || res.FunctionError != "" {
			continue
		}
		keep := failedItems(res.Payload)
		for _, msg := range batch {
			if !keep[msg.id] {
				q.drop(msg.receipt)
			}
		}
	}
}

func failedItems(response []byte) map[string]bool {
	var out struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if json.Unmarshal(response, &out) != nil {
		return nil // any other answer means that all went well
	}
	failed := map[string]bool{}
	for _, f := range out.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	return failed
}

// sqsEvent is the event Lambda gives to a function for a batch.
func (c *Cloud) sqsEvent(q *queue, batch []queued) any {
	records := make([]any, 0, len(batch))
	for _, m := range batch {
		t := c.tell(m)
		attrs := map[string]any{}
		for name, a := range m.attributes {
			v := map[string]any{"dataType": a.DataType, "stringListValues": []any{}, "binaryListValues": []any{}}
			if len(a.BinaryValue) > 0 {
				v["binaryValue"] = base64.StdEncoding.EncodeToString(a.BinaryValue)
			} else {
				v["stringValue"] = a.StringValue
			}
			attrs[name] = v
		}
		records = append(records, map[string]any{
			"messageId":         t.MessageId,
			"receiptHandle":     t.ReceiptHandle,
			"body":              t.Body,
			"md5OfBody":         t.MD5OfBody,
			"attributes":        t.Attributes,
			"messageAttributes": attrs,
			"eventSource":       "aws:sqs",
			"eventSourceARN":    q.arn,
			"awsRegion":         c.opts.Region,
		})
	}
	return map[string]any{"Records": records}
}
