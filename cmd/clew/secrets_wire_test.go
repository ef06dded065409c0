package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
)

// secretSenders are, by protocol, the shortest requests that carry a span with
// the planted texts as its attributes.
var secretSenders = map[string]sender{
	"otlp": post("/v1/traces", "application/json", fmt.Appendf(nil,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902b7","startTimeUnixNano":"1750000000000000000","attributes":[%s]}]}]}]}`,
		each(",", func(k, v string) string { return fmt.Sprintf(`{"key":%q,"value":{"stringValue":%q}}`, k, v) }))),
	"opencensus": callGRPC("/opencensus.proto.agent.trace.v1.TraceService/Export", []byte(
		protoField(2, protoField(1, idTrace)+protoField(2, idSpan)+protoField(5, "\x08\x80\x8d\xbb\xc2\x06")+protoField(7, each("", func(k, v string) string {
			return protoField(1, protoField(1, k)+protoField(2, protoField(1, protoField(1, v))))
		}))))),
	"zipkin": post("/api/v2/spans", "application/json", fmt.Appendf(nil,
		`[{"traceId":"0af7651916cd43dd8448eb211c80319c","id":"00f067aa0ba902b7","timestamp":1750000000000000,"tags":{%s}}]`, each(",", pair))),
	"scribe": stream("scribe", scribeLog()),
	"jaeger": post("/api/traces", "application/x-thrift", []byte(jaegerBatch())),
	"lightstep": post("/api/v0/reports", "application/json", fmt.Appendf(nil,
		`{"runtime":{"guid":"1","group_name":"blog"},"span_records":[{"span_guid":"00f067aa0ba902b7","trace_guid":"8448eb211c80319c","span_name":"x","oldest_micros":1750000000000000,"youngest_micros":1750000000001000,"attributes":[%s]}]}`,
		each(",", func(k, v string) string { return fmt.Sprintf(`{"Key":%q,"Value":%q}`, k, v) }))),
	"xray": post("/TraceSegments", "application/json", fmt.Appendf(nil, `{"TraceSegmentDocuments":[%q]}`,
		`{"trace_id":"1-5759e988-bd862e3fe1be46a994272793","id":"53995c3f42cd8ad8","name":"blog","start_time":1750000000.1,"end_time":1750000000.2,"metadata":{"blog":{`+each(",", pair)+`}}}`)),
	"epsagon": post("/", "application/json", fmt.Appendf(nil,
		`{"app_name":"blog","token":"t","version":"1.0","platform":"node","events":[{"id":"e1","start_time":1750000000.1,"duration":0.1,"error_code":0,"origin":"runner","resource":{"name":"f","type":"lambda","operation":"invoke","metadata":{%s}}}],"exceptions":[]}`, each(",", pair))),
	"instana": post("/bundle", "application/json", fmt.Appendf(nil,
		`{"spans":[{"t":"8448eb211c80319c","s":"00f067aa0ba902b7","n":"sdk","k":1,"ts":1750000000000,"d":5,"data":{"sdk":{"name":"x","type":"entry","custom":{"tags":{%s}}}}}]}`, each(",", pair))),
	"firehose":   post("/firehose", "application/json", fmt.Appendf(nil, `{"requestId":"r","timestamp":1750000000000,"records":[{"data":%q}]}`, base64.StdEncoding.EncodeToString([]byte(subscription())))),
	"cloudwatch": post("/cloudwatch/logs", "application/json", []byte(subscription())),
	"datadog": post("/v0.4/traces", "application/msgpack", []byte("\x91\x91\x87"+packText("name")+packText("x")+packText("service")+packText("blog")+packText("resource")+packText("x")+
		packText("trace_id")+"\xcf\x84\x48\xeb\x21\x1c\x80\x31\x9c"+packText("span_id")+"\xcf\x00\xf0\x67\xaa\x0b\xa9\x02\xb7"+
		packText("start")+"\xcf"+string(binary.BigEndian.AppendUint64(nil, 1_750_000_000_000_000_000))+
		packText("meta")+string(rune(0x80 + len(planted)))[1:]+each("", func(k, v string) string { return packText(k) + packText(v) }))),
}

const (
	idTrace = "\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c"
	idSpan  = "\x00\xf0\x67\xaa\x0b\xa9\x02\xb7"
)

// protoField is a length-delimited field of protobuf.
func protoField(num byte, body string) string {
	return string(num<<3|2) + string(binary.AppendUvarint(nil, uint64(len(body)))) + body
}

// packText is a MessagePack string.
func packText(s string) string {
	return "\xda" + string(binary.BigEndian.AppendUint16(nil, uint16(len(s)))) + s
}

// The types of thrift's binary protocol that are used here.
const (
	thriftI32    = 8
	thriftI64    = 10
	thriftText   = 11
	thriftStruct = 12
	thriftList   = 15
	thriftStop   = "\x00"
)

func thriftField(kind, id byte, body string) string { return string([]byte{kind, 0, id}) + body }

func thriftString(s string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) + s
}

func thriftI(bytes int, v uint64) string {
	return string(binary.BigEndian.AppendUint64(nil, v))[8-bytes:]
}

func thriftListOf(kind byte, n int, body string) string {
	return string([]byte{kind}) + thriftI(4, uint64(n)) + body
}

// jaegerBatch is Jaeger's Batch: a process, and spans whose tags have a type.
func jaegerBatch() string {
	tags := each("", func(k, v string) string {
		return thriftField(thriftText, 1, thriftString(k)) + thriftField(thriftI32, 2, thriftI(4, 0)) + thriftField(thriftText, 3, thriftString(v)) + thriftStop
	})
	span := thriftField(thriftI64, 1, idTrace[8:]) + thriftField(thriftI64, 2, idTrace[:8]) + thriftField(thriftI64, 3, idSpan) + thriftField(thriftI64, 4, thriftI(8, 0)) +
		thriftField(thriftText, 5, thriftString("x")) + thriftField(thriftI32, 7, thriftI(4, 1)) + thriftField(thriftI64, 8, thriftI(8, 1_750_000_000_000_000)) +
		thriftField(thriftI64, 9, thriftI(8, 1000)) + thriftField(thriftList, 10, thriftListOf(thriftStruct, len(planted), tags)) + thriftStop
	return thriftField(thriftStruct, 1, thriftField(thriftText, 1, thriftString("blog"))+thriftStop) + thriftField(thriftList, 2, thriftListOf(thriftStruct, 1, span)) + thriftStop
}

// scribeLog is a framed call of Log with one span of Zipkin's version 1.
func scribeLog() []byte {
	annotations := each("", func(k, v string) string {
		return thriftField(thriftText, 1, thriftString(k)) + thriftField(thriftText, 2, thriftString(v)) + thriftField(thriftI32, 3, thriftI(4, 6)) + thriftStop
	})
	span := thriftField(thriftI64, 1, idTrace[8:]) + thriftField(thriftText, 3, thriftString("x")) + thriftField(thriftI64, 4, idSpan) +
		thriftField(thriftList, 8, thriftListOf(thriftStruct, len(planted), annotations)) + thriftField(thriftI64, 10, thriftI(8, 1_750_000_000_000_000)) + thriftStop
	entry := thriftField(thriftText, 1, thriftString("zipkin")) + thriftField(thriftText, 2, thriftString(base64.StdEncoding.EncodeToString([]byte(span)))) + thriftStop
	var call strings.Builder
	call.WriteString("\x80\x01\x00\x01" + thriftString("Log") + thriftI(4, 1))
	call.WriteString(thriftField(thriftList, 1, thriftListOf(thriftStruct, 1, entry)) + thriftStop)
	return []byte(thriftString(call.String()))
}

// subscription is a document of CloudWatch Logs whose lines are JSON.
func subscription() string {
	return `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/aws/lambda/f","logStream":"s","logEvents":[` +
		each(",", func(k, v string) string {
			return fmt.Sprintf(`{"id":%q,"timestamp":1750000000000,"message":%q}`, k, "{"+pair(k, v)+"}")
		}) + `]}`
}
