package opencensus

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/wire"
	"clew/internal/signal"
)

var rewrite = flag.Bool("record", false, "rewrite the generated calls in testdata")

func TestKit(t *testing.T) {
	if *rewrite {
		record(t)
	}
	c := func(file, path string) ingesttest.Case {
		return ingesttest.Case{File: file, Path: path, Prefixes: true, Flat: true}
	}
	ingesttest.Run(t, ingesttest.Kit{Receiver: Receiver, Cases: []ingesttest.Case{
		c("go_traces.bin", traceExport), c("python_traces.bin", traceExport), c("linkerd.bin", traceExport), c("all_spans.bin", traceExport),
		c("go_metrics.bin", metricsExport), c("python_metrics.bin", metricsExport), c("all_metrics.bin", metricsExport),
	}})
}

func decoded(t signal.Type, messages ...string) (b signal.Batch, err error) {
	s := &stream{signal: t}
	for _, m := range messages {
		if err = s.decode(&b, []byte(m), ingest.Header{}); err != nil {
			break
		}
	}
	return b, err
}

func TestRefuses(t *testing.T) {
	f := func(name, message string, want error) {
		t.Helper()
		if _, err := decoded(signal.Spans, message); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	f("nothing", "", nil)
	f("a group", "\x0b\x0c", wire.ErrWire)
	f("a number for a span", number(2, 1), wire.ErrWire)
	f("a cut span", "\x12\x05a", wire.ErrTruncated)
	f("a number for a name", msg(2, number(4, 1)), wire.ErrWire)
	f("a name in its own group", msg(2, msg(1, traceA), msg(2, spanA), msg(4, "\x0b")), wire.ErrWire)
	f("a large node", msg(1, labels(4, "k", strings.Repeat("x", nodeMax))), errNode)
	f("a large resource", msg(3, labels(2, "k", strings.Repeat("x", nodeMax))), errNode)
}

func TestTimesSaturate(t *testing.T) {
	f := func(seconds, nanos uint64, want signal.Time) {
		t.Helper()
		b, err := decoded(signal.Spans, msg(2, msg(1, traceA), msg(2, spanA), msg(5, number(1, seconds), number(2, nanos))))
		if err != nil || b.Groups[0].Spans[0].Start != want {
			t.Errorf("%d s %d ns: %v, %v, want %d", int64(seconds), nanos, b.Groups, err, want)
		}
	}
	f(1_750_000_000, 5, 1_750_000_000_000_000_005)
	f(1<<62, 0, 1<<63-1)
	f(1<<63, 0, -1<<63+1)
	f(uint64(1<<64-2), 999_999_999, -1_000_000_001)
}

// A hostile message repeats the node for every span with a resource of its own.
func TestMemoryIsBounded(t *testing.T) {
	node := msg(1, strings.Repeat(labels(4, "k", "v"), nodeMax/9))
	pods := msg(2, msg(1, traceA), msg(2, spanA), msg(16, msg(1, "a"))) + msg(2, msg(1, traceA), msg(2, spanA), msg(16, msg(1, "b")))
	s := &stream{signal: signal.Spans}
	err := s.decode(new(signal.Batch), []byte(node+strings.Repeat(pods, 10_000)), ingest.Header{Arena: ingest.NewArena(16 << 20)})
	var f *ingest.Fault
	if !errors.As(err, &f) || f.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%v", err)
	}
}

// Clients keep Config open for ever and want nothing of it; they send no token.
func TestConfigIsHeldOpen(t *testing.T) {
	_, _, addr := ingesttest.Door(t, Receiver)
	body, w := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+traceConfig, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/grpc")
	resp, err := ingesttest.H2C(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for range 3 { // a call that had ended would take no more
		if _, err := w.Write(ingesttest.Frame([]byte(msg(1, msg(3, msg(1, "oc-go")))))); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || len(got) > 0 || resp.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("ended with %q, %v and status %q", got, err, resp.Trailer.Get("Grpc-Status"))
	}
}

// FuzzDecode feeds damaged calls: no panic, and whatever is accepted can be
// printed and reads the same in memory that was used before.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(files) == 0 {
		f.Fatal("no testdata", err)
	}
	for _, name := range files {
		call, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		messages, err := ingesttest.Frames(call)
		if err != nil {
			f.Fatal(err)
		}
		for i := range messages {
			f.Add(messages[0], messages[i], strings.Contains(name, "metrics"))
		}
	}
	used := ingest.NewArena(0)
	f.Fuzz(func(t *testing.T, first, second []byte, metrics bool) {
		sig := signal.Spans
		if metrics {
			sig = signal.Points
		}
		run := func(a *ingest.Arena) ([]byte, error) {
			b, s := new(signal.Batch), &stream{signal: sig}
			if err := s.decode(b, first, ingest.Header{Arena: a}); err != nil {
				return nil, err
			}
			err := s.decode(b, second, ingest.Header{Arena: a})
			return ingesttest.Dump(b), err
		}
		want, err := run(ingest.NewArena(0))
		if err != nil {
			return
		}
		used.Reset()
		if got, err := run(used); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("in used memory: %v\n%s", err, ingesttest.FirstDifference(got, want))
		}
	})
}
