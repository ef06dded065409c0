package lightstep

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

// attr is one of the 18 that a span of the corpus has: as OTLP's corpus, 12
// texts, 5 integers and a boolean, which older encodings write as texts.
type attr struct {
	key, text string
	n         uint64 // instead of a text
	field     byte   // in protobuf's KeyValue
}

func attrs() (out []attr) {
	for i := range 12 {
		out = append(out, attr{key: fmt.Sprintf("http.request.attribute.%d", i), text: "value of ordinary length", field: 2})
	}
	for i := range 5 {
		out = append(out, attr{key: fmt.Sprintf("http.response.number.%d", i), text: "41234", n: 41234, field: 3})
	}
	return append(out, attr{key: "faas.coldstart", text: "true", n: 1, field: 5})
}

func protoBytes(dst []byte, num byte, content []byte) []byte {
	return append(binary.AppendUvarint(append(dst, num<<3|wire.WireBytes), uint64(len(content))), content...)
}

func protoUint(dst []byte, num byte, n uint64) []byte {
	return binary.AppendUvarint(append(dst, num<<3|wire.WireVarint), n)
}

func protoCorpus(n int) (body []byte) {
	var tags []byte
	for _, a := range attrs() {
		kv := protoBytes(nil, 1, []byte(a.key))
		if a.field == 2 {
			kv = protoBytes(kv, 2, []byte(a.text))
		} else {
			kv = protoUint(kv, a.field, a.n)
		}
		tags = protoBytes(tags, 6, kv)
	}
	for i := range n {
		sp := protoBytes(nil, 1, protoUint(protoUint(nil, 1, 0x8448eb211c80319c), 2, uint64(i)+1<<60))
		sp = protoBytes(sp, 2, []byte("POST /new_post"))
		sp = protoBytes(sp, 3, protoBytes(nil, 2, protoUint(nil, 2, 1<<60)))
		sp = protoBytes(sp, 4, protoUint(protoUint(nil, 1, 1700000000), 2, 123456000))
		sp = protoUint(sp, 5, 2500)
		body = protoBytes(body, 3, append(sp, tags...))
	}
	return body
}

func jsonCorpus(n int) []byte {
	tags := ""
	for i, a := range attrs() {
		if i > 0 {
			tags += ","
		}
		tags += `{"Key":"` + a.key + `","Value":"` + a.text + `"}`
	}
	body := []byte(`{"span_records":[`)
	for i := range n {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"span_guid":"%016x","trace_guid":"8448eb211c80319c","runtime_guid":"065e737925dbbf63","span_name":"POST /new_post","join_ids":null,"oldest_micros":1700000000123456,"youngest_micros":1700000000125956,"attributes":[%s,{"Key":"parent_span_guid","Value":"1000000000000000"}],"error_flag":false,"log_records":[]}`, i+1, tags)
	}
	return append(body, "]}"...)
}

func thriftCorpus(n int) []byte {
	text := func(b []byte, id int16, s string) []byte {
		return wire.AppendThriftText(wire.AppendThriftField(b, wire.ThriftString, id), s)
	}
	micros := func(b []byte, id int16, us uint64) []byte {
		return binary.BigEndian.AppendUint64(wire.AppendThriftField(b, wire.ThriftI64, id), us)
	}
	list := func(b []byte, id int16, n int) []byte {
		return wire.AppendThriftI32(append(wire.AppendThriftField(b, wire.ThriftList, id), wire.ThriftStruct), int32(n))
	}
	all := append(attrs(), attr{key: tagParent, text: "1000000000000000"})
	body := wire.AppendThriftReply(nil, method, 0)
	body[3] = wire.ThriftCall
	body = wire.AppendThriftField(body, wire.ThriftStruct, 2)
	body = list(body, 3, n)
	for i := range n {
		body = text(body, 1, strconv.FormatUint(uint64(i)+1<<60, 16))
		body = text(body, 11, "8448eb211c80319c")
		body = text(body, 2, "065e737925dbbf63")
		body = text(body, 3, "POST /new_post")
		body = micros(micros(body, 5, 1700000000123456), 6, 1700000000125956)
		body = list(body, 8, len(all))
		for _, a := range all {
			body = append(text(text(body, 1, a.key), 2, a.text), wire.ThriftStop)
		}
		body = append(body, wire.ThriftStop)
	}
	return append(body, wire.ThriftStop, wire.ThriftStop)
}

func BenchmarkDecode(b *testing.B) {
	const spans = 512
	a := ingest.NewArena(0) // used again and again, as the door does
	run := func(name string, body []byte, decode func(*signal.Batch, []byte, *ingest.Arena) error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				a.Reset()
				var batch signal.Batch
				if err := decode(&batch, body, a); err != nil {
					b.Fatal(err)
				}
				if len(batch.Groups[0].Spans) != spans || len(batch.Groups[0].Spans[0].Attrs) != 18 {
					b.Fatal("spans or attributes are missing")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
		})
	}
	run("proto", protoCorpus(spans), DecodeProto)
	run("json", jsonCorpus(spans), DecodeJSON)
	run("thrift", thriftCorpus(spans), DecodeThrift)
}
