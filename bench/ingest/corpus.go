package main

import (
	"bytes"
	"compress/gzip"
	"time"

	"clew/bench/harness"
	"clew/bench/otlpwire"
	"clew/internal/signal"
	"clew/internal/store/storetest"
)

// corpus is what will be sent, and for some traces what must come back.
type corpus struct {
	bodies [][]byte
	spans  int
	bytes  int
	want   map[signal.TraceID][]signal.SpanID
}

func encodeCorpus(o options, d harness.Dialect) *corpus {
	c := &corpus{want: map[signal.TraceID][]signal.SpanID{}}
	gen := storetest.NewCorpus(signal.DefaultTenant, o.seed, signal.TimeOf(time.Now().Add(-10*time.Minute)))
	every := uint16(max(1, o.spans/9/max(o.check, 1)))
	for c.spans < o.spans {
		b := gen.Next(o.perRequest)
		for i := range b.Groups {
			for j := range b.Groups[i].Spans {
				s := &b.Groups[i].Spans[j]
				if (uint16(s.Trace[0])<<8|uint16(s.Trace[1]))%every == 0 {
					c.want[s.Trace] = append(c.want[s.Trace], s.ID)
				}
			}
			c.spans += len(b.Groups[i].Spans)
		}
		body := otlpwire.Append(nil, b, d == harness.ZipkinAPI)
		c.bytes += len(body)
		if o.gzip {
			body = packed(body)
		}
		c.bodies = append(c.bodies, body)
	}
	return c
}

func packed(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(body) // a bytes.Buffer takes everything
	w.Close()
	return out.Bytes()
}
