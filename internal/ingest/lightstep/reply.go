package lightstep

import (
	"encoding/binary"
	"strconv"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// replyProto is a ReportResponse. Parts that were not taken are warnings: after
// an error Go and Java clients would send the whole report again.
func replyProto(o ingest.Outcome, _ ingest.Header) ingest.Answer {
	if o.Fault != nil {
		return refusal(o.Fault)
	}
	a := ingest.Answer{Media: mediaBytes, Body: []byte{}}
	for _, r := range o.Refused {
		text := refused(r)
		a.Body = binary.AppendUvarint(append(a.Body, 5<<3|wire.WireBytes), uint64(len(text)))
		a.Body = append(a.Body, text...)
	}
	return a
}

// refusal is the text of a refused request. Python clients look at nothing but
// the body, and keep their spans only if it is no protobuf: no message begins
// with an n.
func refusal(f *ingest.Fault) ingest.Answer {
	return ingest.Answer{Media: "text/plain; charset=utf-8", Body: []byte("not taken: " + f.Reason + "\n")}
}

func refused(r signal.Refusal) string { return strconv.Itoa(r.Count) + " refused: " + r.Reason }

// replyJSON is a ReportResponse of the thrift structs as JSON. It may not be empty.
func replyJSON(o ingest.Outcome, _ ingest.Header) ingest.Answer {
	if o.Fault != nil {
		return refusal(o.Fault)
	}
	a := ingest.Answer{Media: mediaJSON, Body: []byte("{}")}
	if len(o.Refused) > 0 {
		a.Body = []byte(`{"warnings":[`)
		for i, r := range o.Refused {
			if i > 0 {
				a.Body = append(a.Body, ',')
			}
			a.Body = signal.AppendJSONString(a.Body, refused(r))
		}
		a.Body = append(a.Body, "]}"...)
	}
	return a
}

// method is what thrift's clients call. They number their calls but do not look
// at the number of the reply.
const method = "Report"

// replyThrift is the result of a call: a ReportResponse in field 0, or thrift's
// exception, which Python clients take as a reason to send again.
func replyThrift(o ingest.Outcome, _ ingest.Header) ingest.Answer {
	b := wire.AppendThriftReply(nil, method, 0)
	if o.Fault == nil {
		b = wire.AppendThriftField(b, wire.ThriftStruct, 0)
		return ingest.Answer{Media: mediaThrift, Body: append(b, wire.ThriftStop, wire.ThriftStop)}
	}
	const exception, internalError = 3, 6
	b[3] = exception
	b = wire.AppendThriftText(wire.AppendThriftField(b, wire.ThriftString, 1), "not taken: "+o.Fault.Reason)
	b = wire.AppendThriftI32(wire.AppendThriftField(b, wire.ThriftI32, 2), internalError)
	return ingest.Answer{Media: mediaThrift, Body: append(b, wire.ThriftStop)}
}
