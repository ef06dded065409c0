package jaeger

import (
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

const (
	pathHTTP = "POST /api/traces"
	pathGRPC = "/jaeger.api_v2.CollectorService/PostSpans"
	thrift   = "application/x-thrift"
)

// recorded are what real clients sent (see clienttest), and two of them with
// broken ids.
var recorded = []ingesttest.Case{
	{File: "go_http.bin", Path: pathHTTP, Media: thrift},
	{File: "java_http.bin", Path: pathHTTP, Media: thrift},
	{File: "node_http.bin", Path: pathHTTP, Media: thrift},
	{File: "otel_http.bin", Path: pathHTTP, Media: thrift},
	{File: "census_http.bin", Path: pathHTTP, Media: thrift}, // OpenCensus for Python: a call, not a struct
	{File: "half_bad.bin", Path: pathHTTP, Media: thrift},
	{File: "go_udp.bin", Path: "jaeger-compact"},
	{File: "java_udp.bin", Path: "jaeger-compact"},
	{File: "python_udp.bin", Path: "jaeger-compact"},
	{File: "otel_udp.bin", Path: "jaeger-compact"},
	{File: "node_udp.bin", Path: "jaeger-binary"},
	{File: "otel_grpc.pb", Path: pathGRPC, Prefixes: true},
	{File: "half_bad.pb", Path: pathGRPC, Prefixes: true},
}

func TestKit(t *testing.T) {
	ingesttest.Run(t, ingesttest.Kit{Receiver: Receiver, Cases: recorded, Status: func(s int) int {
		if s == http.StatusOK {
			return http.StatusAccepted
		}
		return s
	}})
}

// TestSampling asks as the clients of every language do, without a token.
func TestSampling(t *testing.T) {
	_, door, addr := ingesttest.Door(t, Receiver)
	sockets := ingesttest.ServeSockets(t, door, Receiver)
	f := func(url string) {
		t.Helper()
		resp, err := http.Get("http://" + url + "?service=shop")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		const want = `{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1}}`
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" || string(body) != want {
			t.Errorf("%s: %s %q, %v", url, resp.Status, body, err)
		}
	}
	f(sockets["jaeger-sampling"] + "/") // Java
	f(sockets["jaeger-sampling"] + "/sampling")
	f(sockets["jaeger-http"] + "/api/sampling")
	f(addr + "/sampling")
	f(addr + "/api/sampling")

	resp, err := ingesttest.H2C(t).Do(grpcRequest(t, "http://"+sockets["jaeger-grpc"]+"/jaeger.api_v2.SamplingManager/GetSamplingStrategy", "\x0a\x04shop"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	// SamplingStrategyResponse{probabilisticSampling: {samplingRate: 1.0}}
	if got := hex.EncodeToString(body); err != nil || got != "000000000b"+"120909000000000000f03f" || resp.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("gRPC: %s %v, %v", got, resp.Trailer, err)
	}
}

func grpcRequest(t *testing.T, url, message string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader("\x00\x00\x00\x00"+string(rune(len(message)))+message))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/grpc")
	return req
}

// TestQueriesPass: the path of a search with Jaeger's API is the one that spans
// are posted to, and other methods of it are not the door's.
func TestQueriesPass(t *testing.T) {
	mux := http.NewServeMux()
	ingest.New(ingest.Options{Receivers: []ingest.Receiver{Receiver}, Store: new(ingesttest.Store)}).Register(mux)
	f := func(method, path, want string) {
		t.Helper()
		if _, got := mux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path}}); got != want {
			t.Errorf("%s %s: %q, want %q", method, path, got, want)
		}
	}
	mux.HandleFunc("/", http.NotFound)
	f("POST", "/api/traces", "POST /api/traces")
	f("GET", "/api/traces", "/")
	f("GET", "/api/traces/abc", "/")
	f("POST", "/api/sampling", "/")
}

func TestUnknownCall(t *testing.T) {
	var b signal.Batch
	var f *ingest.Fault
	err := decodeDatagram(&b, []byte("\x82\x81\x01\x0femitZipkinBatch\x00"), ingest.Header{})
	if !errors.As(err, &f) || f.Status != http.StatusBadRequest {
		t.Errorf("emitZipkinBatch: %v", err)
	}
}
