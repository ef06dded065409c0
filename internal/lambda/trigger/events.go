package trigger

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"

	"clew/internal/signal"
)

// This file is what AWS's own services tell functions: EventBridge, schedules,
// CloudWatch Logs, Cognito, Step Functions.

func isBusEvent(e Event) bool {
	return e.has("detail-type") && e.has("source") && e.has("detail") && e.has("id")
}

var scheduled = Parser{
	Name:  "scheduled",
	Match: func(e Event) bool { return isBusEvent(e) && e.text("detail-type") == "Scheduled Event" },
	Parse: func(e Event) Cause {
		rule := e.at("resources").first().text()
		c := Cause{Resource: resourceOf(signal.Bus, rule), Async: true, Operation: "schedule"}
		c.Records = []Record{{Sent: e.stamp("time"), Keys: []signal.JoinKey{key(signal.KeyEvent, e.text("id"))}}}
		return c
	},
}

var eventBridge = Parser{Name: "eventbridge", Match: isBusEvent, Parse: func(e Event) Cause {
	r := Record{Sent: e.stamp("time"), Parent: inData(e.at("detail")).parent(), Keys: []signal.JoinKey{key(signal.KeyEvent, e.text("id"))}}
	c := Cause{Async: true, Operation: e.text("source") + " " + e.text("detail-type"), Records: []Record{r}}
	c.Resource = signal.Resource{Kind: signal.Bus, Name: named(e.text("detail", "event-bus-name"), "default"), Account: e.text("account"), Region: e.text("region")}
	return c
}}

// logs matches subscriptions of CloudWatch Logs: a gzipped document.
var logs = Parser{
	Name:  "cloudwatch-logs",
	Match: func(e Event) bool { return e.text("awslogs", "data") != "" },
	Parse: func(e Event) Cause {
		doc := gunzip(e.text("awslogs", "data"))
		c := Cause{Resource: signal.Resource{Kind: signal.Stream, Name: doc.text("logGroup"), Account: doc.text("owner")}, Async: true}
		c.Records = []Record{{Sent: doc.at("logEvents").first().millis("timestamp")}}
		return c
	},
}

const logsMax = 8 << 20 // of an inflated document; Lambda's events are smaller

func gunzip(text string) Event {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return Event{}
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return Event{}
	}
	plain, _ := io.ReadAll(io.LimitReader(z, logsMax)) // what is there is read
	e, _ := Parse(plain)
	return e
}

var cognito = Parser{
	Name:  "cognito",
	Match: func(e Event) bool { return e.has("triggerSource") && e.has("userPoolId") },
	Parse: func(e Event) Cause {
		pool := e.text("userPoolId") // REGION_ID
		region, _, _ := strings.Cut(pool, "_")
		return Cause{Resource: signal.Resource{Kind: signal.Service, Name: pool, Region: named(e.text("region"), region)}, Operation: e.text("triggerSource"), Records: []Record{{}}}
	},
}

// stepFunctions matches tasks that are handed the context object, whole or under
// a name that its makers' tracers agree on.
var stepFunctions = Parser{
	Name: "stepfunctions",
	Match: func(e Event) bool {
		c := stepContext(e)
		return c.has("Execution", "Id") && c.has("State", "Name")
	},
	Parse: func(e Event) Cause {
		c := stepContext(e)
		machine := c.text("StateMachine", "Id")
		if machine == "" { // arn:…:execution:MACHINE:NAME
			if a, ok := parseARN(c.text("Execution", "Id")); ok {
				name, _, _ := strings.Cut(strings.TrimPrefix(a.resource, "execution:"), ":")
				machine = "arn:aws:states:" + a.region + ":" + a.account + ":stateMachine:" + name
			}
		}
		r := Record{
			Sent: c.stamp("State", "EnteredTime"), Attempts: c.count("State", "RetryCount") + 1,
			Parent: inData(e).parent(), Keys: []signal.JoinKey{key(signal.KeyExecution, c.text("Execution", "Id"))},
		}
		r.Keys = append(r.Keys, e.epsagonSteps()...)
		return Cause{Resource: resourceOf(signal.Service, machine), Operation: c.text("State", "Name"), Records: []Record{r}}
	},
}

func stepContext(e Event) Event {
	for _, name := range []string{"_datadog", "Context", "context", "clew"} {
		if c := e.at(name); c.has("Execution", "Id") {
			return c
		}
	}
	return e
}

// epsagonSteps are the keys of the count that Epsagon put into step payloads.
func (e Event) epsagonSteps() []signal.JoinKey {
	s := e.at("Epsagon")
	if !s.has("id") || !s.has("step_num") {
		return nil
	}
	return []signal.JoinKey{key(signal.KeyStep, s.text("id")+"/"+s.text("step_num"))}
}
