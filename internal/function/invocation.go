// Package function is what functions do: their invocations, read from spans and
// from the platform's log lines alike, and the sums of them over any window. It
// reads a store and keeps nothing but sums.
package function

import (
	"strconv"
	"strings"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// Init is how the environment of an invocation came to be.
type Init uint8

// The kinds of init. Warm is an environment that had run before.
const (
	Warm Init = iota
	Cold
	Provisioned
	SnapStart
	inits
)

var initNames = [...]string{"warm", "cold", "provisioned", "snapstart"}

func (i Init) String() string { return initNames[i] }

// Invocation is one run of a function, whatever its platform and whoever told of
// it. Absent fields are zero.
type Invocation struct {
	Function signal.Resource
	Version  string
	Request  string // id; "" where the platform gives none
	Trigger  string // faas.trigger: http, pubsub, datasource, timer, other
	Arch     string // arm64 or amd64

	Start      signal.Time
	Duration   time.Duration
	Billed     time.Duration // as told; 0: not told
	Init       Init
	InitTime   time.Duration
	MemorySize int64 // bytes
	MemoryUsed int64 // bytes
	Outcome    transaction.Outcome
	Error      string // one line
	Failed     int    // records of its batch that failed, where it ended well
	Open       bool   // its end was not told

	Trace signal.TraceID
	Span  signal.SpanID
	Idle  []Idle // what it waited for; together never more than Duration
}

// Idle is time a function was billed for while it waited for one resource.
type Idle struct {
	For  signal.Resource
	Time time.Duration
}

// isInvocation reports whether s is a run of a function: a served or received
// span of a function that its own platform numbered, or that came from outside.
func isInvocation(s *signal.Span) bool {
	if s.Kind != signal.Server && s.Kind != signal.Consumer {
		return false
	}
	return s.Attrs.First(requestKeys...) != "" || s.Attrs.First("faas.trigger", "faas.coldstart") != ""
}

// requestKeys are the attributes that hold an invocation's id.
var requestKeys = []string{"faas.invocation_id", "faas.execution", "aws.request_id"}

// fromSpan reads what a span says of an invocation. The text is borrowed.
func fromSpan(f signal.Resource, s *signal.Span, resource signal.Attrs) Invocation {
	first := func(keys ...string) string {
		if v := s.Attrs.First(keys...); v != "" {
			return v
		}
		return resource.First(keys...)
	}
	inv := Invocation{
		Function: f, Version: first("faas.version"), Request: s.Attrs.First(requestKeys...), Trigger: s.Attrs.Text("faas.trigger"), Arch: first("host.arch"),
		Start: s.Start, Duration: s.Duration(), Open: s.End == 0, Outcome: transaction.OK, Trace: s.Trace, Span: s.ID,
		MemorySize: memory(s, resource), InitTime: time.Duration(number(s.Attrs, "aws.lambda.cold_start_duration") * 1e9), // Epsagon's, in seconds
	}
	if first("faas.coldstart", "faas.cold_start") == "true" {
		inv.Init = initOf(first("aws.lambda.initialization_type", "faas.initialization_type"))
	}
	switch failed := failedRecords(s.Attrs); {
	case s.Status.Code == signal.StatusError:
		inv.Outcome, inv.Error = transaction.Failure(s)
	case failed > 0:
		inv.Outcome, inv.Failed = transaction.Partial, failed
	}
	return inv
}

// initOf reads AWS_LAMBDA_INITIALIZATION_TYPE of an environment's first invocation.
func initOf(kind string) Init {
	switch kind {
	case "provisioned-concurrency":
		return Provisioned
	case "snap-start":
		return SnapStart
	}
	return Cold
}

// memory is the size of the function in bytes; older senders say it in megabytes.
func memory(s *signal.Span, resource signal.Attrs) int64 {
	size := number(s.Attrs, "faas.max_memory")
	if size == 0 {
		size = number(resource, "faas.max_memory")
	}
	if size < 1<<20 {
		size *= 1 << 20
	}
	return int64(size)
}

// number reads an attribute that counts something; 0 where it does not.
func number(a signal.Attrs, key string) float64 {
	v, _ := a.Find(key)
	f, ok := v.Number()
	if !ok {
		f, _ = strconv.ParseFloat(v.Text(), 64)
	}
	if f > 0 && f < 1<<53 {
		return f
	}
	return 0
}

// failedRecords counts the records that a function says it could not do, in what
// it returned.
func failedRecords(a signal.Attrs) int {
	response := a.First("clew.payload.response", "faas.response")
	_, list, ok := strings.Cut(response, `"batchItemFailures"`)
	if !ok {
		return 0
	}
	return strings.Count(list, `"itemIdentifier"`)
}
