package ingest_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/signal"
	"clew/internal/store"
)

// words is a protocol of this test: every word of a message is a span's name.
func words(b *signal.Batch, body []byte, h ingest.Header) error {
	if bytes.Contains(body, []byte("bad")) {
		return errors.New("a bad word")
	}
	a := h.Rows()
	var g *signal.Group
	b.Groups, g = a.Groups.Add(b.Groups)
	for _, w := range strings.Fields(string(body)) {
		g.Spans = a.Spans.Push(g.Spans, signal.Span{Trace: signal.TraceID{1}, ID: signal.SpanID{1}, Name: w})
	}
	return a.Err()
}

// taken waits until n batches are in st and returns them as one text.
func taken(t *testing.T, st *ingesttest.Store, n int) string {
	t.Helper()
	var all []byte
	for end := time.Now().Add(10 * time.Second); n > 0; time.Sleep(time.Millisecond) {
		for _, d := range st.Take() {
			all = append(all, d...)
			n--
		}
		if time.Now().After(end) {
			t.Fatalf("%d batches are missing after %s", n, all)
		}
	}
	return string(all)
}

func TestDatagramsAndMessages(t *testing.T) {
	rc := ingest.Receiver{Name: "words", Sockets: []ingest.Socket{
		{Name: "udp", Network: "udp", Decode: words},
		{Name: "tcp", Network: "tcp", Decode: words, Split: bufio.ScanLines, Reply: func(o ingest.Outcome, _ ingest.Header) ingest.Answer {
			if o.Fault != nil {
				return ingest.Answer{Body: []byte("no: " + o.Fault.Reason + "\n")}
			}
			return ingest.Answer{Body: []byte("yes\n")}
		}},
	}}
	st := new(ingesttest.Store)
	door, _ := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{rc}, Store: st, MaxBody: 1 << 10})
	addrs := ingesttest.ServeSockets(t, door, rc)

	udp, err := net.Dial("udp", addrs["udp"])
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for _, m := range []string{"one", "bad", "two three"} {
		if _, err := udp.Write([]byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	if got := taken(t, st, 2); !strings.Contains(got, `"one"`) || !strings.Contains(got, `"three"`) {
		t.Errorf("datagrams: %s", got)
	}

	tcp, err := net.Dial("tcp", addrs["tcp"])
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	in := bufio.NewReader(tcp)
	say := func(line, want string) {
		t.Helper()
		if _, err := io.WriteString(tcp, line); err != nil {
			t.Fatal(err)
		}
		if got, _ := in.ReadString('\n'); !strings.HasPrefix(got, want) {
			t.Errorf("%.20q: answered %q, want %q", line, got, want)
		}
	}
	say("four\n", "yes")
	say("bad\n", "no: a bad word")
	say("five\n", "yes")
	if got := taken(t, st, 2); !strings.Contains(got, `"four"`) || !strings.Contains(got, `"five"`) {
		t.Errorf("messages: %s", got)
	}
	if _, err := io.WriteString(tcp, strings.Repeat("x", 2<<10)); err != nil {
		t.Fatal(err)
	}
	if _, err := in.ReadByte(); err != io.EOF && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("after a message without an end: %v", err)
	}
	reasons := map[int]bool{}
	for end := time.Now().Add(10 * time.Second); len(reasons) < 2 && time.Now().Before(end); {
		for _, r := range door.Refused() {
			reasons[r.Status] = true
		}
	}
	if !reasons[http.StatusBadRequest] || !reasons[http.StatusRequestEntityTooLarge] {
		t.Errorf("refused: %v", door.Refused())
	}
}

// counted sums a counter over its labels once a request is counted: that is done
// after the answer.
func counted(t *testing.T, reg *prometheus.Registry, name string) (sum float64) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		sums := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				sums[f.GetName()] += m.GetCounter().GetValue()
			}
		}
		if sums["clew_ingest_requests_total"] == 1 {
			return sums[name]
		}
		if time.Now().After(end) {
			t.Fatal("the request is not counted")
		}
	}
}

func TestUnretriedSendersAreWaitedFor(t *testing.T) {
	rc := ingest.Receiver{Name: "words", Routes: []ingest.Route{{Path: "/words", Unretried: true, Decode: words}}}
	st := new(ingesttest.Store)
	post := func(patience time.Duration, rows, dropped float64) int {
		t.Helper()
		reg := prometheus.NewRegistry()
		_, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{rc}, Store: st, Patience: patience, Registerer: reg})
		defer func() {
			for name, want := range map[string]float64{"clew_ingest_rows_total": rows, "clew_ingest_requests_dropped_total": dropped} {
				if got := counted(t, reg, name); got != want {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
			}
		}()
		resp, err := http.Post("http://"+addr+"/words", "text/plain", strings.NewReader("one"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	st.FailOnce(store.ErrBusy)
	if got := post(time.Minute, 1, 0); got != 200 || len(st.Take()) != 1 {
		t.Errorf("busy once: status %d, or nothing kept", got)
	}
	st.Fail(store.ErrBusy)
	if got := post(time.Millisecond, 0, 1); got != 200 || len(st.Take()) != 0 {
		t.Errorf("busy for good: status %d", got)
	}
}

func TestResentIsTakenOrDropped(t *testing.T) {
	rc := ingest.Receiver{Name: "words", Routes: []ingest.Route{{Path: "/words", Resent: true, Decode: words}}}
	st := new(ingesttest.Store)
	door, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{rc}, Store: st, MaxBody: 100, Patience: time.Millisecond})
	f := func(body string, refused, want int) {
		t.Helper()
		resp, err := http.Post("http://"+addr+"/words", "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want || len(st.Take()) != 0 {
			t.Errorf("%.20s: status %d, want %d; or it was kept", body, resp.StatusCode, want)
		}
		if r := door.Refused(); len(r) == 0 || r[0].Status != refused {
			t.Errorf("%.20s: not first in %v", body, r)
		}
	}
	f("bad", 400, 200)
	f(strings.Repeat("x", 101), 413, 200)
	st.Fail(store.ErrBusy)
	f("good", 429, 429)
	st.Fail(store.ErrFull)
	f("good", 503, 503)
}

// What a sender that never sends again has sent is kept although it hangs up.
func TestUnretriedSendersMayHangUp(t *testing.T) {
	rc := ingest.Receiver{Name: "words", Routes: []ingest.Route{{Path: "/words", Unretried: true, Decode: words}}}
	st := new(ingesttest.Store)
	ctx, hangUp := context.WithCancel(t.Context())
	door := ingest.New(ingest.Options{Receivers: []ingest.Receiver{rc}, Store: appendFunc(func(ctx context.Context, b *signal.Batch) error {
		hangUp()
		return errors.Join(ctx.Err(), st.Append(ctx, b))
	})})
	mux := http.NewServeMux()
	door.Register(mux)
	w := &recorder{header: http.Header{}}
	mux.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/words", strings.NewReader("one")))
	if w.status != 200 || len(st.Take()) != 1 {
		t.Errorf("status %d, refused %v", w.status, door.Refused())
	}
}

func TestStreamOfMessages(t *testing.T) {
	rc := ingest.Receiver{Name: "words", Tokens: []string{"X-Words"}, Routes: []ingest.Route{{
		Path: "/words.Service/Say", GRPC: true,
		Open: func() func(*signal.Batch, []byte, ingest.Header) error {
			first := ""
			return func(b *signal.Batch, m []byte, h ingest.Header) error {
				if first == "" {
					first = string(m)
				}
				return words(b, []byte(first+" "+string(m)), h)
			}
		},
		Reply: func(ingest.Outcome, ingest.Header) ingest.Answer { return ingest.Answer{Body: []byte("heard")} },
	}}}
	st := new(ingesttest.Store)
	_, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{rc}, Store: st, Authorize: func(token string) (signal.Tenant, error) {
		if token != "right" {
			return "", errors.New("no")
		}
		return "acme", nil
	}})
	call := func(token string, messages ...string) (replies, status string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		r, w := io.Pipe()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/words.Service/Say", r)
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("X-Words", token)
		resp, err := ingesttest.H2C(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		for _, m := range messages { // sent after the headers of the answer came
			head := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(m)))
			if _, err := w.Write(append(head, m...)); err != nil {
				break
			}
		}
		w.Close()
		body, _ := io.ReadAll(resp.Body)
		return string(body), resp.Trailer.Get("Grpc-Status")
	}
	if replies, status := call("right", "one", "two"); status != "0" || strings.Count(replies, "heard") != 2 {
		t.Errorf("replies %q, status %s", replies, status)
	}
	if got := taken(t, st, 2); strings.Count(got, `"one"`) != 3 || !strings.Contains(got, `"two"`) {
		t.Errorf("kept %s", got)
	}
	if _, status := call("right", "one", "bad", "two"); status != "3" {
		t.Errorf("a bad message: status %s", status)
	}
	if _, status := call("wrong", "one"); status != "16" {
		t.Errorf("a wrong token: status %s", status)
	}
}

func TestLinesThatCarrySpans(t *testing.T) {
	logs := func(b *signal.Batch, body []byte, h ingest.Header) error {
		g := signal.Group{}
		for _, l := range strings.Split(string(body), "\n") {
			g.Logs = append(g.Logs, signal.Log{Body: signal.Str(l)})
		}
		b.Groups = append(b.Groups, g)
		return nil
	}
	rc := ingest.Receiver{Name: "logs", Routes: []ingest.Route{{Path: "/logs", Decode: logs}}, Line: &ingest.Line{
		Prefix: "WORDS:", Decode: func(b *signal.Batch, text string, h ingest.Header) error { return words(b, []byte(text), h) },
	}}
	st := new(ingesttest.Store)
	_, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{rc}, Store: st})
	resp, err := http.Post("http://"+addr+"/logs", "text/plain", strings.NewReader("first\nWORDS: one two\nWORDS: bad\nlast"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	got := taken(t, st, 1)
	for want, n := range map[string]int{`"first"`: 1, `"last"`: 1, `"one"`: 1, `"two"`: 1, `"WORDS: bad"`: 1, `WORDS: one`: 0} {
		if strings.Count(got, want) != n {
			t.Errorf("%s is there %d times: %s", want, strings.Count(got, want), got)
		}
	}
}
