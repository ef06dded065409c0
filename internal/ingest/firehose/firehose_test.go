package firehose

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

func TestKit(t *testing.T) {
	var cases []ingesttest.Case
	for _, name := range []string{"logs.json", "metrics_json.json", "metrics_otel10.json", "metrics_otel07.json", "half_bad.json"} {
		cases = append(cases, ingesttest.Case{File: name, Path: "/firehose", Media: "application/json"})
	}
	ingesttest.Run(t, ingesttest.Kit{Receiver: Receiver, Cases: cases})
}

// TestExchange: the service wants its request id back, and 401 without its key.
func TestExchange(t *testing.T) {
	body, err := os.ReadFile("testdata/logs.json")
	if err != nil {
		t.Fatal(err)
	}
	st := new(ingesttest.Store)
	_, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{Receiver}, Store: st, Authorize: func(token string) (signal.Tenant, error) {
		if token != "right" {
			return "", fmt.Errorf("unknown token")
		}
		return signal.DefaultTenant, nil
	}})
	f := func(key string, body []byte, status int, want string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/firehose", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Amz-Firehose-Request-Id", "ed4acda5")
		req.Header.Set("X-Amz-Firehose-Source-Arn", "arn:aws:firehose:eu-west-1:123456789012:deliverystream/clew")
		if key != "" {
			req.Header.Set("X-Amz-Firehose-Access-Key", key)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var said struct {
			RequestID string
			Timestamp int64
			Error     string `json:"errorMessage"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != status || said.RequestID != "ed4acda5" || (said.Error == "") != (want == "") || !strings.Contains(said.Error, want) || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("key %q: %d %+v", key, resp.StatusCode, said)
		}
		if status == 200 && said.Timestamp != 1795237939000 {
			t.Errorf("timestamp %d", said.Timestamp)
		}
	}
	f("right", body, 200, "")
	f("wrong", body, 401, "token")
	f("", body, 401, "token")
	f("right", []byte(`{"requestId":"x"}`), 400, "not a delivery")
	batches := st.Take()
	if len(batches) != 1 || !bytes.Contains(batches[0], []byte("eu-west-1")) {
		t.Errorf("%d batches", len(batches))
	}
}

// TestBomb: a small record may not become a large one.
func TestBomb(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(make([]byte, 200<<20)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	body := fmt.Appendf(nil, `{"records":[{"data":%q}]}`, base64.StdEncoding.EncodeToString(z.Bytes()))
	b := new(signal.Batch)
	if err := decode(b, body, ingest.Header{}); err != nil || len(b.Refused) != 1 || !b.Empty() {
		t.Errorf("%v %+v", err, b.Refused)
	}
	if err := decode(new(signal.Batch), body, ingest.Header{Arena: ingest.NewArena(1 << 20)}); err == nil {
		t.Error("more memory than there is")
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"logs.json", "metrics_json.json", "metrics_otel10.json", "metrics_otel07.json", "half_bad.json"} {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := new(signal.Batch)
		if decode(b, body, ingest.Header{}) == nil {
			ingesttest.Again(t, b, ingest.NewArena(0), func(c *signal.Batch, a *ingest.Arena) error {
				return decode(c, body, ingest.Header{Arena: a})
			})
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body, err := os.ReadFile("testdata/logs.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	a := ingest.NewArena(0)
	for b.Loop() {
		a.Reset()
		if err := decode(new(signal.Batch), body, ingest.Header{Arena: a}); err != nil {
			b.Fatal(err)
		}
	}
}
