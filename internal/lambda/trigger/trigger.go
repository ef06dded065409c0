// Package trigger reads what invoked a function out of the event it was invoked
// with: the resource, when each message was sent, the trace context it carries
// and the ids that are seen on both sides of the hop. It is the only place that
// reads events. One file is one family of triggers; layers/spec/triggers holds
// an event and its meaning for each of them, for the runtime layers to share.
//
// It decides nothing: which spans belong together is worked out by transaction.
package trigger

import (
	"clew/internal/signal"
)

// Parser reads the events of one trigger.
type Parser struct {
	Name  string // e.g. "sqs"
	Match func(e Event) bool
	Parse func(e Event) Cause
}

// parsers in the order in which they are asked: an event that two could read is
// the first one's.
var parsers = [...]Parser{
	sqs, sns, dynamodb, kinesis, s3, kafka, cloudfront, codeCommit,
	alb, authorizer, websocket, gatewayHTTP, gatewayREST, appSync, gatewayTemplate,
	cognito, logs, iot, scheduled, eventBridge, stepFunctions,
	cloudEvent, pubsub, azureHTTP, azureQueue, openWhisk,
}

// Cause is what invoked a function.
type Cause struct {
	Trigger   string          // name of the parser; "invoke" when no other knows the event
	Resource  signal.Resource // what delivered the event; zero where it does not say
	Async     bool            // a message, not a call
	Operation string          // of a call: "POST /new_post"
	Records   []Record        // one for each message of a batch; one for a call
}

// Record is one message or one call.
type Record struct {
	Sent   signal.Time // when it was sent, 0 where it does not say
	Parent signal.Link // trace context it carries; zero when none
	Keys   []signal.JoinKey
	// Via is what the message passed before Resource, nearest first: the topic
	// behind a queue.
	Via      []signal.Resource
	DeadFrom signal.Resource // whose dead-letter queue Resource is; zero where it does not say
	Attempts int             // deliveries so far, this one included; 0 where it does not say
}

// Read returns what e tells of its cause. Events that nobody knows are direct
// invocations.
func Read(e Event) Cause {
	for _, p := range parsers {
		if p.Match(e) {
			c := p.Parse(e)
			c.Trigger = p.Name
			return c
		}
	}
	c := Cause{Trigger: "invoke"}
	if keys := e.epsagonSteps(); len(keys) > 0 {
		c.Records = []Record{{Keys: keys}}
	}
	return c
}
