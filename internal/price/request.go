package price

import (
	"math"
	"strings"
)

// Request is one request to a service of AWS, as far as it is told.
type Request struct {
	Service   string // as SDKs call it, in lower case: sqs, dynamodb, s3, …
	Operation string // in lower case: sendmessage; "" where nobody told
	Region    string
	Bytes     int64   // of its payload; 0: not told
	Count     int     // of the messages, events, records or items in it; 0: not told
	FIFO      bool    // to a queue or topic that keeps the order
	Read      float64 // capacity units that DynamoDB said it took; 0: not told
	Write     float64
	Strong    bool // a strongly consistent read
}

// The sizes that requests are counted by, in bytes.
const (
	messageChunk = 64 << 10 // SQS, SNS, EventBridge
	recordChunk  = 25 << 10 // Kinesis
	writeUnit    = 1 << 10
	readUnit     = 4 << 10
	httpChunk    = 512 << 10
	frameChunk   = 32 << 10
)

// Request returns what q costs. Requests that are free cost no line; what costs
// something that cannot be said gives none and why.
func (b *Book) Request(q Request) (lines []Line, why string) {
	price, ok := services[q.Service]
	if !ok {
		return nil, "no price is known for " + q.Service
	}
	return price(b, q)
}

// services are those whose requests have a price, by all names SDKs give them.
var services = map[string]func(*Book, Request) ([]Line, string){
	"sqs": (*Book).sqs, "sns": (*Book).sns, "eventbridge": (*Book).eventBridge, "events": (*Book).eventBridge, "cloudwatchevents": (*Book).eventBridge,
	"dynamodb": (*Book).dynamoDB, "dax": (*Book).dynamoDB, "s3": (*Book).s3, "kinesis": (*Book).kinesis,
	"sfn": (*Book).states, "states": (*Book).states, "stepfunctions": (*Book).states,
	"apigatewaymanagementapi": (*Book).frames,
	"lambda":                  free, // its run is what is charged
	"sts":                     free,
}

func free(*Book, Request) ([]Line, string) { return nil, "" }

func one(l Line, ok bool) ([]Line, string) {
	if !ok {
		return nil, "the list has no price for it"
	}
	return []Line{l}, ""
}

// chunks counts the pieces of size that bytes make, one at least.
func chunks(bytes int64, size int64) float64 { return float64(max(1, (bytes+size-1)/size)) }

func (b *Book) sqs(q Request) ([]Line, string) {
	item, what := SQSStandard, "SQS request"
	if q.FIFO {
		item, what = SQSFIFO, "SQS FIFO request"
	}
	return one(b.line(what, item, q.Region, chunks(q.Bytes, messageChunk), ""))
}

func (b *Book) sns(q Request) ([]Line, string) {
	switch {
	case q.Operation != "" && !strings.HasPrefix(q.Operation, "publish"):
		return nil, ""
	case q.FIFO:
		return nil, "topics that keep the order are charged by what was published and delivered, in bytes"
	}
	return one(b.line("SNS publish", SNSPublish, q.Region, chunks(q.Bytes, messageChunk), ""))
}

func (b *Book) eventBridge(q Request) ([]Line, string) {
	if q.Operation != "" && q.Operation != "putevents" {
		return nil, ""
	}
	n := max(float64(max(1, q.Count)), chunks(q.Bytes, messageChunk))
	l, ok := b.line("EventBridge event", EventBridgeEvent, q.Region, n, "")
	l.Estimate = q.Count == 0
	return one(l, ok)
}

func (b *Book) kinesis(q Request) ([]Line, string) {
	switch q.Operation {
	case "putrecord", "putrecords":
	case "":
		return nil, "which operation it was is not told"
	default:
		return nil, "" // reading is part of what a shard costs by the hour
	}
	l, ok := b.line("Kinesis PUT", KinesisPut, q.Region, max(float64(max(1, q.Count)), chunks(q.Bytes, recordChunk)), "")
	l.Estimate = q.Bytes == 0
	return one(l, ok)
}

// states: executions are charged by their transitions, which the calls do not tell.
func (b *Book) states(q Request) ([]Line, string) {
	if q.Operation == "startsyncexecution" {
		return nil, "express executions are charged by memory and time that were not told"
	}
	return nil, ""
}

func (b *Book) frames(q Request) ([]Line, string) {
	if q.Operation != "posttoconnection" {
		return nil, ""
	}
	return one(b.line("WebSocket message", GatewayWebSocket, q.Region, chunks(q.Bytes, frameChunk), ""))
}

func (b *Book) s3(q Request) ([]Line, string) {
	switch op := q.Operation; {
	case op == "":
		return nil, "which operation it was is not told"
	case hasAny(op, "delete", "abort"):
		return nil, ""
	case hasAny(op, "put", "copy", "post", "list", "create", "upload", "complete", "restore"):
		return one(b.line("S3 write or list", S3Write, q.Region, 1, ""))
	}
	return one(b.line("S3 read", S3Read, q.Region, 1, ""))
}

func hasAny(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// dynamoDB charges the capacity that was told. What was not is what such a request
// takes at least: units of the size told, or one for each item.
func (b *Book) dynamoDB(q Request) ([]Line, string) {
	if q.Read > 0 || q.Write > 0 {
		var lines []Line
		for _, u := range []struct {
			what string
			item Item
			n    float64
		}{{"DynamoDB read", DynamoDBRead, q.Read}, {"DynamoDB write", DynamoDBWrite, q.Write}} {
			if l, ok := b.line(u.what, u.item, q.Region, u.n, ""); ok && u.n > 0 {
				lines = append(lines, l)
			}
		}
		return lines, ""
	}
	items := float64(max(1, q.Count))
	var l Line
	var ok bool
	switch op := q.Operation; {
	case hasAny(op, "putitem", "updateitem", "deleteitem", "batchwriteitem", "transactwriteitems", "batchexecutestatement"):
		n := max(items, math.Ceil(float64(q.Bytes)/writeUnit))
		if hasAny(op, "transact") {
			n *= 2
		}
		l, ok = b.line("DynamoDB write", DynamoDBWrite, q.Region, n, "")
	case hasAny(op, "getitem", "batchgetitem", "transactgetitems", "query", "scan"):
		n := max(items, math.Ceil(float64(q.Bytes)/readUnit))
		switch {
		case hasAny(op, "transact"):
			n *= 2
		case !q.Strong:
			n /= 2
		}
		l, ok = b.line("DynamoDB read", DynamoDBRead, q.Region, n, "")
	case op == "" || hasAny(op, "execute"):
		return nil, "neither its operation nor the capacity it took is told"
	default:
		return nil, "" // managing tables is free
	}
	l.Estimate = true
	return one(l, ok)
}

// Gateway returns what one call through API Gateway costs. kind is rest, http or
// websocket; bytes is the larger of request and response, 0 where not told.
func (b *Book) Gateway(kind, region string, bytes int64) (lines []Line, why string) {
	switch kind {
	case "rest":
		return one(b.line("API Gateway REST request", GatewayREST, region, 1, ""))
	case "http":
		return one(b.line("API Gateway HTTP request", GatewayHTTP, region, chunks(bytes, httpChunk), ""))
	case "websocket":
		return one(b.line("WebSocket message", GatewayWebSocket, region, chunks(bytes, frameChunk), ""))
	}
	return nil, "which kind of API it is is not told"
}

// Poll returns what it costs Lambda to take one batch from a queue for a function:
// receiving it and, where it was done, deleting it. Looking in vain is not in it.
func (b *Book) Poll(region string, fifo, done bool) ([]Line, string) {
	item, n := SQSStandard, 1.0
	if fifo {
		item = SQSFIFO
	}
	if done {
		n = 2
	}
	return one(b.line("SQS receive and delete", item, region, n, ""))
}

// Delivery returns what one delivery of a topic over HTTP costs. Those to queues
// and functions are free.
func (b *Book) Delivery(region string, bytes int64) ([]Line, string) {
	return one(b.line("SNS delivery", SNSHTTP, region, chunks(bytes, messageChunk), ""))
}

// Transitions returns what n transitions of a standard execution cost.
func (b *Book) Transitions(region string, n int) ([]Line, string) {
	l, ok := b.line("Step Functions transition", StatesTransition, region, float64(n), "")
	l.Estimate = true
	return one(l, ok)
}
