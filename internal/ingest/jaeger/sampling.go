package jaeger

import (
	"encoding/binary"
	"math"
	"net/http"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// everything is the sampling strategy of every service: what is dull is
// forgotten early by the store, but not before it was measured.
const everything = 1.0

const everythingJSON = `{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1}}`

// nothing decodes requests that carry no rows.
func nothing(*signal.Batch, []byte, ingest.Header) error { return nil }

func samplingOverHTTP(path string) ingest.Route {
	return ingest.Route{
		Path: path, Method: http.MethodGet, Signal: signal.Spans, Public: true, Unretried: true, Decode: nothing,
		Reply: func(o ingest.Outcome, _ ingest.Header) ingest.Answer {
			if o.Fault != nil {
				return ingest.Answer{}
			}
			return ingest.Answer{Media: "application/json", Body: []byte(everythingJSON)}
		},
	}
}

func samplingOverGRPC(path string) ingest.Route {
	// SamplingStrategyResponse{strategyType = 1: PROBABILISTIC (0), probabilisticSampling = 2: {samplingRate = 1}}
	answer := binary.LittleEndian.AppendUint64([]byte{2<<3 | 2, 9, 1<<3 | 1}, math.Float64bits(everything))
	return ingest.Route{
		Path: path, GRPC: true, Signal: signal.Spans, Public: true, Unretried: true, Decode: nothing,
		Reply: func(ingest.Outcome, ingest.Header) ingest.Answer { return ingest.Answer{Body: answer} },
	}
}
