package ingesttest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// sender sends requests to one route.
type sender struct {
	t                 testing.TB
	addr, path, media string
	grpc              bool
	client            *http.Client
}

// request is one request; zero fields are the good ones.
type request struct {
	method, token, media, encoding string
	body                           []byte
	chunked                        bool
}

// answer is what came back; code and message are gRPC's.
type answer struct {
	status, code  int
	message, body string
	retry         bool
}

func (s sender) send(q request) answer {
	s.t.Helper()
	or := func(v, d string) string {
		if v == "" {
			return d
		}
		return v
	}
	body := q.body
	if s.grpc {
		frame := []byte{0}
		if q.encoding != "" {
			frame[0] = 1
		}
		body = append(binary.BigEndian.AppendUint32(frame, uint32(len(body))), body...)
	}
	var r io.Reader = bytes.NewReader(body)
	if q.chunked {
		r = struct{ io.Reader }{r}
	}
	req, err := http.NewRequest(or(q.method, http.MethodPost), "http://"+s.addr+s.path, r)
	if err != nil {
		s.t.Fatal(err)
	}
	header := "Content-Encoding"
	if s.grpc {
		req.Header.Set("Content-Type", "application/grpc")
		header = "Grpc-Encoding"
	} else {
		req.Header.Set("Content-Type", or(q.media, s.media)+"; charset=utf-8")
	}
	if q.encoding != "" {
		req.Header.Set(header, q.encoding)
	}
	if token := or(q.token, "right"); token != "-" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, body: string(text), retry: resp.Header.Get("Retry-After") != ""}
	if s.grpc {
		a.code, err = strconv.Atoi(resp.Trailer.Get("Grpc-Status"))
		if err != nil {
			s.t.Fatalf("no grpc-status: %v %s", resp.Status, text)
		}
		a.message = resp.Trailer.Get("Grpc-Message")
		a.retry = resp.Trailer.Get("Grpc-Status-Details-Bin") != ""
	}
	return a
}

// pack compresses body.
func pack(t testing.TB, encoding string, body []byte) []byte {
	var out bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "zstd":
		z, err := zstd.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
