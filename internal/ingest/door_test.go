package ingest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
)

// lines is a protocol of one log a line; "bad" lines are refused, "broken" ones
// refuse the request.
var lines = ingest.Receiver{Name: "lines", Tokens: []string{"X-Lines-Token"}, Routes: []ingest.Route{
	{Path: "/lines", Signal: signal.Logs, Decode: decodeLines},
	{Path: "/lines.Service/Export", GRPC: true, Signal: signal.Logs, Decode: decodeLines, Reply: func(o ingest.Outcome, _ ingest.Header) ingest.Answer {
		return ingest.Answer{Body: []byte("taken")}
	}},
}}

func decodeLines(b *signal.Batch, body []byte, _ ingest.Header) error {
	g := signal.Group{}
	for line := range strings.Lines(string(body)) {
		switch line = strings.TrimSuffix(line, "\n"); line {
		case "broken":
			return errors.New("lines: decode: broken line")
		case "bad":
			b.Refuse(signal.Logs, 1, "bad line")
		default:
			g.Logs = append(g.Logs, signal.Log{Body: signal.Str(line)})
		}
	}
	b.Groups = append(b.Groups, g)
	return nil
}

func post(t *testing.T, addr, body string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/lines", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

func TestTokens(t *testing.T) {
	down := false
	_, addr := ingesttest.Serve(t, ingest.Options{
		Receivers: []ingest.Receiver{lines}, Store: new(ingesttest.Store),
		Authorize: func(token string) (signal.Tenant, error) {
			if down {
				return "", ingest.ErrAuthDown
			}
			if token != "right" {
				return "", errors.New("no")
			}
			return "acme", nil
		},
	})
	f := func(want int, header ...string) {
		t.Helper()
		if got := post(t, addr, "x", header...).StatusCode; got != want {
			t.Errorf("%v: %d, want %d", header, got, want)
		}
	}
	f(401)
	f(200, "Authorization", "Bearer right")
	f(200, "Authorization", "bearer  right")
	f(200, "Authorization", "right")
	f(200, "Authorization", "Basic dXNlcjpyaWdodA==")
	f(401, "Authorization", "Basic dXNlcjp3cm9uZw==")
	f(401, "Authorization", "Basic ???")
	f(200, "X-Lines-Token", "right")
	f(401, "X-Other-Token", "right")
	f(401, "Authorization", "Bearer wrong", "X-Lines-Token", "right")
	down = true
	f(503, "Authorization", "Bearer right")
}

func TestRefusedAndMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	st := new(ingesttest.Store)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	door, addr := ingesttest.Serve(t, ingest.Options{
		Receivers: []ingest.Receiver{lines}, Store: st, Registerer: reg, Now: func() time.Time { return now },
	})
	post(t, addr, "a\nbad\nb\n")
	post(t, addr, "")
	for range 25 {
		post(t, addr, "broken\n")
	}
	if got := post(t, addr, "x", "Content-Encoding", "br"); got.StatusCode != 415 || got.Header.Get("Accept-Encoding") == "" {
		t.Errorf("unknown encoding: %v", got)
	}
	if n := len(st.Take()); n != 1 {
		t.Errorf("%d batches kept, want 1: an empty one is not appended", n)
	}
	r := door.Refused()
	if len(r) != 20 || r[0].Status != 415 || r[1].Reason != "lines: decode: broken line" || r[1].Status != 400 || r[0].Protocol != "lines" || r[0].Path != "/lines" || !r[0].At.Equal(now) || r[0].Remote == "" {
		t.Errorf("%d refused: %+v", len(r), r[:2])
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, fam := range families {
		for _, m := range fam.GetMetric() {
			name := fam.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for name, want := range map[string]float64{
		"clew_ingest_requests_total 200 lines logs":   2,
		"clew_ingest_requests_total 400 lines logs":   25,
		"clew_ingest_requests_total 415 lines logs":   1,
		"clew_ingest_rows_total lines logs":           2,
		"clew_ingest_rows_refused_total lines logs":   1,
		"clew_ingest_bytes_total lines logs":          8 + 25*7 + 1,
		"clew_ingest_inflated_bytes_total lines logs": 8 + 25*7,
		"clew_ingest_seconds lines logs":              28,
		"clew_ingest_in_flight_bytes":                 0,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

// TestInFlight: what does not fit into memory is refused before it is read.
func TestInFlight(t *testing.T) {
	st := new(ingesttest.Store)
	_, addr := ingesttest.Serve(t, ingest.Options{
		Receivers: []ingest.Receiver{lines}, Store: st, MaxBody: 2 << 20, MaxInflated: 2 << 20,
	})
	release := st.Hold()
	large := strings.Repeat("x", 2<<20-1)
	const atOnce, fit = 8, 5 // at most: the budget is 2 + 2 + 4 (rows) + 2 MiB, and buffers that grow need more for a moment
	codes := make(chan int, atOnce)
	for range atOnce {
		go func() { codes <- post(t, addr, large).StatusCode }()
	}
	for range atOnce - fit { // nothing is answered but what is refused, while the store is held
		if code := <-codes; code != http.StatusTooManyRequests {
			t.Errorf("status %d, want 429", code)
		}
	}
	release()
	taken := 0
	for range fit {
		switch code := <-codes; code {
		case http.StatusOK:
			taken++
		case http.StatusTooManyRequests:
		default:
			t.Errorf("status %d, want 200 or 429", code)
		}
	}
	if taken == 0 {
		t.Error("none fitted")
	}
	if resp := post(t, addr, large); resp.StatusCode != 200 {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
}

// TestSlowBody: a sender that stops in the middle is told so, and frees its memory.
func TestSlowBody(t *testing.T) {
	_, addr := ingesttest.Serve(t, ingest.Options{
		Receivers: []ingest.Receiver{lines}, Store: new(ingesttest.Store), BodyTimeout: 50 * time.Millisecond,
	})
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST /lines HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome"); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408") {
		t.Errorf("%v\n%s", err, answer)
	}
}

// TestClientGone: a sender that hangs up while the store works is no failure.
func TestClientGone(t *testing.T) {
	st := new(ingesttest.Store)
	defer st.Hold()()
	ended := make(chan int, 1)
	log := new(bytes.Buffer)
	door := ingest.New(ingest.Options{Receivers: []ingest.Receiver{lines}, Store: appendFunc(func(ctx context.Context, b *signal.Batch) error {
		defer func() { ended <- 1 }()
		return st.Append(ctx, b)
	}), Logger: slog.New(slog.NewTextHandler(log, nil))})
	mux := http.NewServeMux()
	door.Register(mux)
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	w := &recorder{header: http.Header{}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "/lines", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	mux.ServeHTTP(w, req)
	<-ended
	if len(door.Refused()) != 0 || log.Len() != 0 || w.status != 499 {
		t.Errorf("refused %v, logged %q, answered %d", door.Refused(), log, w.status)
	}
}

// TestClientGoneForGood: what a sender has sent that never sends again is kept,
// although it hangs up while the store works.
func TestClientGoneForGood(t *testing.T) {
	once := lines
	once.Routes = []ingest.Route{{Path: "/once", Unretried: true, Decode: decodeLines}}
	st := new(ingesttest.Store)
	ctx, cancel := context.WithCancel(t.Context())
	door := ingest.New(ingest.Options{Receivers: []ingest.Receiver{once}, Store: appendFunc(func(ctx context.Context, b *signal.Batch) error {
		cancel()
		if err := ctx.Err(); err != nil {
			return err
		}
		return st.Append(ctx, b)
	})})
	mux := http.NewServeMux()
	door.Register(mux)
	w := &recorder{header: http.Header{}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "/once", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	mux.ServeHTTP(w, req)
	if n := len(st.Take()); n != 1 || w.status != 200 {
		t.Errorf("%d batches kept, answered %d", n, w.status)
	}
}

type appendFunc func(context.Context, *signal.Batch) error

func (f appendFunc) Append(ctx context.Context, b *signal.Batch) error { return f(ctx, b) }

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(code int)        { r.status = code }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }

func TestGRPC(t *testing.T) {
	st := new(ingesttest.Store)
	_, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{lines}, Store: st, MaxBody: 1 << 10})
	client := ingesttest.H2C(t)
	call := func(path string, body []byte, header ...string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, "http://"+addr+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/grpc+proto")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(text)
	}
	frame := func(flag byte, body string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{flag}, uint32(len(body))), body...)
	}
	const path = "/lines.Service/Export"
	f := func(name, want string, path string, body []byte, header ...string) {
		t.Helper()
		resp, _ := call(path, body, header...)
		if got := resp.Trailer.Get("Grpc-Status"); got != want || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/grpc" {
			t.Errorf("%s: grpc-status %s (%s), HTTP %d, want %s", name, got, resp.Trailer.Get("Grpc-Message"), resp.StatusCode, want)
		}
	}
	resp, text := call(path, frame(0, "a\n"))
	if resp.Trailer.Get("Grpc-Status") != "0" || text != string(frame(0, "taken")) {
		t.Errorf("%v %q", resp.Trailer, text)
	}
	f("unknown method", "12", "/lines.Service/Other", frame(0, ""))
	f("no message", "3", path, nil)
	f("short head", "3", path, []byte{0, 0})
	f("short message", "3", path, frame(0, "abc")[:6])
	f("two messages", "3", path, append(frame(0, "a"), frame(0, "b")...))
	f("unknown flag", "3", path, frame(2, "a"))
	f("compressed with nothing", "3", path, frame(1, "a"))
	f("unknown compression", "12", path, frame(1, "a"), "Grpc-Encoding", "snappy")
	f("large", "8", path, frame(0, strings.Repeat("x", 1<<10+1)))
	f("huge length", "8", path, []byte{0, 255, 255, 255, 255})
	f("bad timeout", "3", path, frame(0, "a"), "Grpc-Timeout", "1y")
	f("broken", "3", path, frame(0, "broken"))
	release := st.Hold()
	f("deadline", "4", path, frame(0, "a"), "Grpc-Timeout", "20m")
	release()
	f("good timeout", "0", path, frame(0, "a"), "Grpc-Timeout", "99999999H")
	for _, media := range []string{"application/json", "application/grpc-web", "application/grpc+json"} {
		if resp, _ := call(path, frame(0, "a"), "Content-Type", media); resp.StatusCode != 415 {
			t.Errorf("%s: HTTP %d, want 415", media, resp.StatusCode)
		}
	}
	if resp, _ := call(path, frame(0, "é broken%"), "Grpc-Timeout", "é%"); resp.Trailer.Get("Grpc-Message") != `grpc-timeout "%C3%A9%25" is not 1 to 8 digits and one of H M S m u n` {
		t.Errorf("message %q", resp.Trailer.Get("Grpc-Message"))
	}
}
