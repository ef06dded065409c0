package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// serveInvoke is POST /2015-03-31/functions/{name}/invocations as the SDKs call it.
func (s *Sandbox) serveInvoke(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
	if err != nil {
		return // the caller is gone
	}
	req := Request{
		Function:    functionName(r.PathValue("name")),
		Payload:     body,
		TraceHeader: r.Header.Get("X-Amzn-Trace-Id"),
		RequestID:   uuid4(),
	}
	w.Header().Set("X-Amzn-RequestId", req.RequestID)
	if cc := r.Header.Get("X-Amz-Client-Context"); cc != "" {
		raw, err := base64.StdEncoding.DecodeString(cc)
		if err != nil || !json.Valid(raw) {
			writeInvokeError(w, http.StatusBadRequest, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")
			return
		}
		req.ClientContext = string(raw)
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		s.invokeSync(w, r, req)
	case "Event":
		if _, err := s.InvokeAsync(req); err != nil {
			s.refuseInvoke(w, req, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	case "DryRun":
		if _, _, err := s.admit(req, maxPayload); err != nil {
			s.refuseInvoke(w, req, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		writeInvokeError(w, http.StatusBadRequest, "InvalidParameterValueException", "unknown invocation type "+kind)
	}
}

func (s *Sandbox) invokeSync(w http.ResponseWriter, r *http.Request, req Request) {
	res, err := s.Invoke(r.Context(), req)
	if err != nil {
		s.refuseInvoke(w, req, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amz-Executed-Version", "$LATEST")
	if res.FunctionError != "" {
		h.Set("X-Amz-Function-Error", res.FunctionError)
	}
	_, _ = w.Write(res.Payload) // the caller may be gone
}

func (s *Sandbox) refuseInvoke(w http.ResponseWriter, req Request, err error) {
	switch {
	case errors.Is(err, ErrNoFunction):
		writeInvokeError(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+s.ARN(req.Function))
	case errors.Is(err, ErrThrottled):
		writeInvokeError(w, http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.")
	case errors.Is(err, ErrTooLarge):
		writeInvokeError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", "Request must be smaller than 6291456 bytes for the InvokeFunction operation")
	case errors.Is(err, ErrBadPayload):
		writeInvokeError(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json")
	default:
		writeInvokeError(w, http.StatusInternalServerError, "ServiceException", err.Error())
	}
}

func writeInvokeError(w http.ResponseWriter, status int, kind, message string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-ErrorType", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Type": "User", "message": message})
}

// functionName reads a name, name:qualifier, partial or full ARN.
func functionName(s string) string {
	if i := strings.Index(s, ":function:"); i >= 0 {
		s = s[i+len(":function:"):]
	} else if i := strings.Index(s, "function:"); i == 0 {
		s = s[len("function:"):]
	}
	name, _, _ := strings.Cut(s, ":")
	return name
}
