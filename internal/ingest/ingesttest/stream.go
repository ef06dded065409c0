package ingesttest

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"clew/internal/ingest"
	"clew/internal/signal"
)

// This file proves routes that a client streams to (ingest.Route.Open).

type decode = func(*signal.Batch, []byte, ingest.Header) error

// Frame returns a gRPC message behind its head, uncompressed.
func Frame(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// Frames cuts the recorded body of a call into its messages.
func Frames(call []byte) (messages [][]byte, err error) {
	for len(call) > 0 {
		if len(call) < 5 || call[0] != 0 || uint64(binary.BigEndian.Uint32(call[1:])) > uint64(len(call)-5) {
			return nil, errors.New("a message shorter than its head says, or compressed")
		}
		n := 5 + int(binary.BigEndian.Uint32(call[1:]))
		messages, call = append(messages, call[5:n:n]), call[n:]
	}
	return messages, nil
}

// decodeCall makes of open one Decode for whole recorded calls.
func decodeCall(open func() decode) decode {
	return func(b *signal.Batch, call []byte, h ingest.Header) error {
		messages, err := Frames(call)
		if err != nil {
			return err
		}
		one := open()
		h.Arena = h.Rows() // the same for all: the batch is one
		for _, m := range messages {
			if err := one(b, m, h); err != nil {
				return err
			}
		}
		return nil
	}
}

// messagesWithRows returns the messages of a call and which of them carry rows.
func messagesWithRows(t *testing.T, rt ingest.Route, call []byte) (messages [][]byte, loud []bool) {
	t.Helper()
	messages, err := Frames(call)
	if err != nil {
		t.Fatal(err)
	}
	one := rt.Open()
	for _, m := range messages {
		b := new(signal.Batch)
		if err := one(b, m, ingest.Header{}); err != nil {
			t.Fatal(err)
		}
		loud = append(loud, !b.Empty())
	}
	return messages, loud
}

// stream proves that a call is more than its messages: what is remembered of one
// outlives its memory, a cut message says nothing new, and on the wire each is
// taken while the call goes on.
func stream(t *testing.T, k Kit, c Case, rt ingest.Route, call []byte, whole *signal.Batch) {
	messages, loud := messagesWithRows(t, rt, call)
	remembers(t, rt, messages, whole)
	c.Flat = true // earlier messages have groups of their own
	known := knownRows(c, whole)
	for i, m := range messages {
		for n := range m {
			one := rt.Open()
			for _, before := range messages[:i] {
				if err := one(new(signal.Batch), before, ingest.Header{}); err != nil {
					t.Fatal(err)
				}
			}
			part := new(signal.Batch)
			if one(part, bytes.Clone(m[:n]), ingest.Header{}) == nil && known.stranger(part) >= 0 {
				t.Fatalf("message %d cut at byte %d of %d is accepted with another row", i, n, len(m))
			}
		}
	}
	onTheWire(t, k, c, messages, loud)
}

// remembers decodes messages in memory that is used again for each of them.
func remembers(t *testing.T, rt ingest.Route, messages [][]byte, whole *signal.Batch) {
	one, arena := rt.Open(), ingest.NewArena(0)
	var got, want [][]byte
	scratch := make([]byte, 0, len(slices.MaxFunc(messages, func(a, b []byte) int { return len(a) - len(b) })))
	for _, m := range messages {
		arena.Reset()
		clear(scratch[:cap(scratch)])
		scratch = append(scratch[:0], m...)
		b := new(signal.Batch)
		if err := one(b, scratch, ingest.Header{Arena: arena}); err != nil {
			t.Fatal(err)
		}
		for i := range b.Groups {
			got = append(got, DumpGroup(&b.Groups[i]))
		}
	}
	for i := range whole.Groups {
		want = append(want, DumpGroup(&whole.Groups[i]))
	}
	if g, w := bytes.Join(got, nil), bytes.Join(want, nil); !bytes.Equal(g, w) {
		t.Errorf("in memory used again for every message:\n%s", FirstDifference(g, w))
	}
}

// onTheWire holds one call open through everything that may happen to it.
func onTheWire(t *testing.T, k Kit, c Case, messages [][]byte, loud []bool) {
	st, _, addr := Door(t, k.Receiver)
	client := H2C(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	open := func(token string) (io.WriteCloser, *http.Response) {
		body, w := io.Pipe()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+c.Path, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {"application/grpc"}, "Authorization": {"Bearer " + token}}
		resp, err := client.Do(req) // returns with the headers: nothing was sent yet
		if err != nil {
			t.Fatalf("no headers before the first message: %v", err)
		}
		return w, resp
	}
	w, resp := open(Token)
	for i, m := range messages {
		if _, err := w.Write(Frame(m)); err != nil {
			t.Fatal(err)
		}
		if loud[i] {
			await(ctx, t, st, i)
		}
	}
	w.Close()
	expectStatus(t, "a whole call", resp, 0)
	w, resp = open(Token)
	w.Write([]byte{0, 0, 0, 0, 3, 0x0b, 0, 0}) // a message that is no protobuf
	expectStatus(t, "a damaged message", resp, 3)
	w.Close()
	w, resp = open("wrong")
	expectStatus(t, "a wrong token", resp, 16)
	w.Close()
	if late := st.Take(); len(late) > 0 {
		t.Errorf("%d more batches than messages with rows", len(late))
	}
}

// await waits until message i reached the store while its call is open.
func await(ctx context.Context, t *testing.T, st *Store, i int) {
	t.Helper()
	var dumps []json.RawMessage
	for tick := time.NewTicker(time.Millisecond); len(dumps) == 0; dumps = st.Take() {
		select {
		case <-ctx.Done():
			t.Fatalf("message %d is not stored while the call is open", i)
		case <-tick.C:
		}
	}
	if len(dumps) > 1 {
		t.Errorf("message %d became %d batches", i, len(dumps))
	}
}

func expectStatus(t *testing.T, what string, resp *http.Response, want int) {
	t.Helper()
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	code := resp.Trailer.Get("Grpc-Status")
	if code == "" {
		code = resp.Header.Get("Grpc-Status")
	}
	if code != strconv.Itoa(want) {
		t.Errorf("%s: grpc-status %q, want %d", what, code, want)
	}
}
