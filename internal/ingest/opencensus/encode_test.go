package opencensus

import (
	"encoding/binary"
	"math"
	"strings"

	"clew/internal/signal"
)

// This file writes protobuf for requests that no client here sends: Linkerd's,
// and those with every field.

func tag(num, wire uint64) string { return varint(num<<3 | wire) }

func varint(v uint64) string { return string(binary.AppendUvarint(nil, v)) }

// msg is a message, text or bytes in field num.
func msg(num uint64, parts ...string) string {
	body := strings.Join(parts, "")
	return tag(num, 2) + varint(uint64(len(body))) + body
}

func number(num, v uint64) string { return tag(num, 0) + varint(v) }

func double(num uint64, f float64) string {
	return tag(num, 1) + string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)))
}

func at(num uint64, t signal.Time) string {
	return msg(num, number(1, uint64(t/1e9)), number(2, uint64(t%1e9)))
}

func textAt(num uint64, s string) string { return msg(num, msg(1, s)) }

// attrsAt is Span.Attributes of texts, names and values in turn.
func attrsAt(num uint64, dropped uint64, pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, msg(1, msg(1, pairs[i]), msg(2, textAt(1, pairs[i+1]))))
	}
	if dropped > 0 {
		out = append(out, number(2, dropped))
	}
	return msg(num, out...)
}

// labels is a map of texts in field num.
func labels(num uint64, pairs ...string) string {
	out := ""
	for i := 0; i < len(pairs); i += 2 {
		out += msg(num, msg(1, pairs[i]), msg(2, pairs[i+1]))
	}
	return out
}
