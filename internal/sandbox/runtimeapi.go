package sandbox

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// maxPayload is Lambda's limit for synchronous requests and responses.
const maxPayload = 6 << 20

// ask is a runtime waiting in /next. A closed reply refuses it.
type ask struct{ reply chan event }

// event is what /next answers.
type event struct {
	*invocation
	deadline time.Time
}

type answerKind int

const (
	response answerKind = iota
	handlerError
	initError
)

// answer is what the runtime posts.
type answer struct {
	kind      answerKind
	requestID string
	body      []byte
	verdict   chan verdict
}

type verdict int

const (
	accepted verdict = iota
	refusedID
	refusedState
)

func (a answer) result() Result {
	if a.kind == handlerError {
		return Result{FunctionError: "Unhandled", Payload: a.body}
	}
	if len(a.body) > maxPayload {
		return failure("Function.ResponseSizeTooLarge",
			"Response payload size ("+strconv.Itoa(len(a.body))+" bytes) exceeded maximum allowed payload size (6291456 bytes).")
	}
	return Result{Payload: a.body}
}

// runtimeAPI serves one environment on a port of its own, because runtimes take a
// host and port and nothing else.
type runtimeAPI struct {
	addr string
	srv  *http.Server
	done chan struct{} // closed when the server has ended
}

func serveRuntimeAPI(e *environment) (*runtimeAPI, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	const root = "/2018-06-01/runtime/"
	mux.HandleFunc("GET "+root+"invocation/next", e.handleNext)
	mux.HandleFunc("POST "+root+"invocation/{id}/response", e.handleAnswer(response))
	mux.HandleFunc("POST "+root+"invocation/{id}/error", e.handleAnswer(handlerError))
	mux.HandleFunc("POST "+root+"init/error", e.handleAnswer(initError))
	api := &runtimeAPI{
		addr: l.Addr().String(),
		srv:  &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second},
		done: make(chan struct{}),
	}
	go func() {
		defer close(api.done)
		_ = api.srv.Serve(l) // always ends with ErrServerClosed or a dead listener
	}()
	return api, nil
}

func (a *runtimeAPI) close() {
	_ = a.srv.Close()
	<-a.done
}

func (e *environment) handleNext(w http.ResponseWriter, r *http.Request) {
	n := ask{reply: make(chan event, 1)}
	select {
	case e.asks <- n:
	case <-r.Context().Done():
		return
	}
	select {
	case ev, ok := <-n.reply:
		if !ok {
			writeRuntimeError(w, http.StatusForbidden, "InvalidStateTransition", "the current invocation has not been answered")
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", ev.RequestID)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(ev.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", e.fn.box.ARN(e.fn.Name))
		h.Set("Lambda-Runtime-Trace-Id", ev.TraceHeader)
		if ev.ClientContext != "" {
			h.Set("Lambda-Runtime-Client-Context", ev.ClientContext)
		}
		_, _ = w.Write(ev.Payload) // a runtime that is gone is seen as an exit
	case <-r.Context().Done():
	}
}

func (e *environment) handleAnswer(kind answerKind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// One byte over the limit is enough to know that it is too large.
		body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
		if err != nil {
			writeRuntimeError(w, http.StatusBadRequest, "InvalidRequest", err.Error())
			return
		}
		a := answer{kind: kind, requestID: r.PathValue("id"), body: body, verdict: make(chan verdict, 1)}
		if kind == handlerError || kind == initError {
			a.body = errorBody(body, r.Header.Get("Lambda-Runtime-Function-Error-Type"))
		}
		select {
		case e.answers <- a:
		case <-r.Context().Done():
			return
		}
		select {
		case v := <-a.verdict:
			a.reply(w, v)
		case <-r.Context().Done():
		}
	}
}

func (a answer) reply(w http.ResponseWriter, v verdict) {
	switch {
	case v == refusedID:
		writeRuntimeError(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
	case v == refusedState:
		writeRuntimeError(w, http.StatusForbidden, "InvalidStateTransition", "Transition is not allowed in the current state")
	case a.kind == response && len(a.body) > maxPayload:
		writeRuntimeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291456 bytes).")
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"status":"OK"}`+"\n")
	}
}

// errorBody keeps what the runtime said when it is an error object, and makes one
// out of the header when it is not.
func errorBody(body []byte, kind string) []byte {
	var o map[string]any
	if json.Unmarshal(body, &o) == nil {
		return body
	}
	if kind == "" {
		kind = "Runtime.Unknown"
	}
	return failure(kind, "the runtime reported an error without details").Payload
}

func writeRuntimeError(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"errorMessage": message, "errorType": kind})
}
