// Package aws plays the parts of SNS, SQS and DynamoDB that functions in the
// sandbox need, on one loopback endpoint that the official SDKs accept as
// AWS_ENDPOINT_URL. State lives in memory. Signatures are not checked, and what
// is not played is refused with an error the SDKs can parse, never ignored.
package aws

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"clew/internal/sandbox"
)

// Functions is what the fakes need of a sandbox.
type Functions interface {
	Invoke(ctx context.Context, r sandbox.Request) (sandbox.Result, error)
	InvokeAsync(r sandbox.Request) (requestID string, err error)
}

// Options describes the account the fakes belong to.
type Options struct {
	Clock     sandbox.Clock // sandbox.SystemClock when nil
	Region    string        // us-east-1 when empty
	Account   string        // 123456789012 when empty
	Functions Functions     // whom topics and queues invoke
	// Lambda serves what no fake takes, usually the sandbox's Invoke API.
	Lambda http.Handler
}

// Cloud is one account in one region.
type Cloud struct {
	opts   Options
	topics topics
	queues queues
	tables tables
}

// New returns an empty account.
func New(o Options) *Cloud {
	if o.Clock == nil {
		o.Clock = sandbox.SystemClock{}
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Account == "" {
		o.Account = "123456789012"
	}
	c := &Cloud{opts: o}
	c.topics.byARN = map[string]*topic{}
	c.queues.byName = map[string]*queue{}
	c.tables.byName = map[string]*table{}
	return c
}

func (c *Cloud) arn(service, name string) string {
	return "arn:aws:" + service + ":" + c.opts.Region + ":" + c.opts.Account + ":" + name
}

// maxBody is above every limit of the services played.
const maxBody = 4 << 20

// ServeHTTP picks the service the way requests tell them apart: JSON protocols
// name a target, the query protocol an action.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := r.Header.Get("X-Amz-Target")
	form := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	if target == "" && !form {
		if c.opts.Lambda != nil {
			c.opts.Lambda.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return // the caller is gone
	}
	if len(body) > maxBody {
		writeJSONError(w, &Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLarge", Message: "request is over 4 MiB"})
		return
	}
	service, action, _ := strings.Cut(target, ".")
	switch {
	case service == "AmazonSQS":
		serveJSON(w, r.Context(), action, body, c.sqsActions())
	case strings.HasPrefix(service, "DynamoDB_"):
		serveJSON(w, r.Context(), action, body, c.dynamoActions())
	case target != "":
		writeJSONError(w, unknownAction(target))
	default:
		c.serveSNS(w, body)
	}
}

// Error is an AWS error: SDKs turn Code into an exception's name.
type Error struct {
	Status        int // 400 when 0
	Code, Message string
	// Query is what the code was called in the query protocol; SQS still says it
	// and SDKs still show it.
	Query string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func invalid(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func unknownAction(name string) *Error {
	return invalid("UnknownOperationException", "the sandbox does not play %s", name)
}

type jsonAction func(ctx context.Context, body []byte) (any, error)

// typed makes a jsonAction of a function with its own input.
func typed[In any](f func(context.Context, *In) (any, error)) jsonAction {
	return func(ctx context.Context, body []byte) (any, error) {
		in := new(In)
		if err := json.Unmarshal(body, in); err != nil {
			return nil, invalid("SerializationException", "%v", err)
		}
		return f(ctx, in)
	}
}

func serveJSON(w http.ResponseWriter, ctx context.Context, action string, body []byte, actions map[string]jsonAction) {
	do, ok := actions[action]
	if !ok {
		writeJSONError(w, unknownAction(action))
		return
	}
	out, err := do(ctx, body)
	if err != nil {
		writeJSONError(w, err)
		return
	}
	w.Header().Set("X-Amzn-RequestId", newID())
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(out) // the caller may be gone
}

func writeJSONError(w http.ResponseWriter, err error) {
	e := asError(err)
	w.Header().Set("X-Amzn-RequestId", newID())
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if e.Query != "" {
		w.Header().Set("X-Amzn-Query-Error", e.Query+";Sender")
	}
	w.WriteHeader(e.Status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.sandbox#" + e.Code, "message": e.Message})
}

func asError(err error) *Error {
	e := &Error{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: err.Error()}
	var own *Error
	if errors.As(err, &own) {
		c := *own
		e = &c
	}
	if e.Status == 0 {
		e.Status = http.StatusBadRequest
	}
	return e
}

// newID returns a random id in UUID form.
func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: crypto/rand aborts the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// attribute is a message attribute of SNS and SQS.
type attribute struct {
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

func (a attribute) check(name string) error {
	base, _, _ := strings.Cut(a.DataType, ".")
	switch {
	case name == "" || base != "String" && base != "Number" && base != "Binary":
		return invalid("InvalidParameterValue", "message attribute %q has data type %q", name, a.DataType)
	case base == "Binary" && len(a.BinaryValue) == 0, base != "Binary" && a.StringValue == "":
		return invalid("InvalidParameterValue", "message attribute %q has no value", name)
	}
	return nil
}

func checkAttributes(m map[string]attribute) error {
	for name, a := range m {
		if err := a.check(name); err != nil {
			return err
		}
	}
	return nil
}

// waker lets many goroutines wait for one thing to change.
type waker struct {
	mu sync.Mutex // guards ch
	ch chan struct{}
}

// changed returns a channel that the next wake closes.
func (k *waker) changed() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ch == nil {
		k.ch = make(chan struct{})
	}
	return k.ch
}

func (k *waker) wake() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ch != nil {
		close(k.ch)
		k.ch = nil
	}
}

const isoMillis = "2006-01-02T15:04:05.000Z"

func (c *Cloud) now() time.Time { return c.opts.Clock.Now().UTC() }
