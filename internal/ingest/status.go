package ingest

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"clew/internal/signal"
)

// statusGone is counted when the client hung up before the answer. It is written,
// too, though nobody reads it: writing nothing would mean 200.
const statusGone = 499

// status is the HTTP status that f stands for; no fault is 200.
func (f *Fault) status() int {
	if f == nil {
		return http.StatusOK
	}
	return f.Status
}

// Code returns the gRPC code that says the same as f's HTTP status.
//
// What OTLP's exporters retry decides the choice: UNAVAILABLE always,
// RESOURCE_EXHAUSTED only together with a RetryInfo (so a message that is too
// large, which carries none, is not sent again), INVALID_ARGUMENT and
// UNAUTHENTICATED never.
func (f *Fault) Code() int {
	switch f.Status {
	case http.StatusBadRequest:
		return 3 // INVALID_ARGUMENT
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return 4 // DEADLINE_EXCEEDED
	case http.StatusForbidden:
		return 7 // PERMISSION_DENIED
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return 8 // RESOURCE_EXHAUSTED
	case http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType, http.StatusNotFound:
		return 12 // UNIMPLEMENTED
	case http.StatusServiceUnavailable:
		return 14 // UNAVAILABLE
	case http.StatusUnauthorized:
		return 16 // UNAUTHENTICATED
	case statusGone:
		return 1 // CANCELLED
	}
	return 13 // INTERNAL
}

// AppendProto appends f as a protobuf google.rpc.Status, with a RetryInfo where
// the sender should try again.
func (f *Fault) AppendProto(dst []byte) []byte {
	dst = append(dst, 1<<3)
	dst = appendUvarint(dst, uint64(f.Code()))
	dst = appendField(dst, 2, []byte(f.Reason))
	if f.RetryAfter <= 0 {
		return dst
	}
	delay := appendUvarint([]byte{1 << 3}, uint64(f.RetryAfter/time.Second))
	if ns := f.RetryAfter % time.Second; ns > 0 {
		delay = appendUvarint(append(delay, 2<<3), uint64(ns))
	}
	info := appendField(nil, 1, []byte("type.googleapis.com/google.rpc.RetryInfo"))
	info = appendField(info, 2, appendField(nil, 1, delay))
	return appendField(dst, 3, info)
}

// AppendJSON appends f as a google.rpc.Status in JSON.
func (f *Fault) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"code":`...)
	dst = strconv.AppendInt(dst, int64(f.Code()), 10)
	dst = append(dst, `,"message":`...)
	dst = signal.AppendJSONString(dst, f.Reason)
	if f.RetryAfter > 0 {
		dst = append(dst, `,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"`...)
		dst = strconv.AppendFloat(dst, f.RetryAfter.Seconds(), 'f', -1, 64)
		dst = append(dst, `s"}]`...)
	}
	return append(dst, '}')
}

// detailsBin is the value of the grpc-status-details-bin trailer.
func (f *Fault) detailsBin() string {
	return base64.RawStdEncoding.EncodeToString(f.AppendProto(nil))
}

// retryAfter is the value of the Retry-After header: whole seconds, at least one.
func (f *Fault) retryAfter() string {
	return strconv.FormatInt(max(1, int64((f.RetryAfter+time.Second-1)/time.Second)), 10)
}

func appendUvarint(dst []byte, v uint64) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

func appendField(dst []byte, num int, body []byte) []byte {
	dst = appendUvarint(dst, uint64(num)<<3|2)
	dst = appendUvarint(dst, uint64(len(body)))
	return append(dst, body...)
}
