package otlp

import (
	"strconv"
	"strings"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// replyHTTP is an ExportXServiceResponse, or a google.rpc.Status for a refused
// request, in the encoding of the request.
func replyHTTP(t signal.Type, o ingest.Outcome, h ingest.Header) ingest.Answer {
	a := ingest.Answer{Media: mediaProto}
	json := h.Media == mediaJSON
	if json {
		a.Media = mediaJSON
	}
	switch {
	case o.Fault != nil && json:
		a.Body = o.Fault.AppendJSON(nil)
	case o.Fault != nil:
		a.Body = o.Fault.AppendProto(nil)
	case json:
		a.Body = appendPartialJSON(nil, t, o.Refused)
	default:
		a.Body = appendPartialProto(nil, t, o.Refused)
	}
	return a
}

// partial sums up refusals; n is 0 when everything was taken.
func partial(refused []signal.Refusal) (n int, message string) {
	var b strings.Builder
	for i, r := range refused {
		n += r.Count
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(strconv.Itoa(r.Count))
		b.WriteString(" refused: ")
		b.WriteString(r.Reason)
	}
	return n, b.String()
}

// appendPartialProto appends ExportXServiceResponse{partial_success = 1:
// {rejected = 1, error_message = 2}}; the three signals number their fields alike.
func appendPartialProto(dst []byte, _ signal.Type, refused []signal.Refusal) []byte {
	n, message := partial(refused)
	if n == 0 {
		return dst
	}
	in := appendUvarint([]byte{1 << 3}, uint64(n))
	in = append(in, 2<<3|2)
	in = appendUvarint(in, uint64(len(message)))
	in = append(in, message...)
	dst = append(dst, 1<<3|2)
	dst = appendUvarint(dst, uint64(len(in)))
	return append(dst, in...)
}

var rejectedName = [...]string{
	signal.Spans:  "rejectedSpans",
	signal.Logs:   "rejectedLogRecords",
	signal.Points: "rejectedDataPoints",
}

func appendPartialJSON(dst []byte, t signal.Type, refused []signal.Refusal) []byte {
	n, message := partial(refused)
	if n == 0 {
		return append(dst, "{}"...)
	}
	dst = append(dst, `{"partialSuccess":{"`...)
	dst = append(dst, rejectedName[t]...)
	dst = append(dst, `":"`...) // 64-bit integers are strings in protobuf's JSON
	dst = strconv.AppendInt(dst, int64(n), 10)
	dst = append(dst, `","errorMessage":`...)
	dst = signal.AppendJSONString(dst, message)
	return append(dst, "}}"...)
}

func appendUvarint(dst []byte, v uint64) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}
