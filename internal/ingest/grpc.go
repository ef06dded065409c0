package ingest

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// This file is gRPC's unary call on net/http: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md

// IsGRPC reports whether r is a gRPC call (and not gRPC-Web, which is another protocol).
func IsGRPC(r *http.Request) bool {
	m, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	m = strings.ToLower(strings.TrimSpace(m))
	return m == "application/grpc" || strings.HasPrefix(m, "application/grpc+")
}

// Unknown answers gRPC calls of methods that no receiver has with UNIMPLEMENTED
// and passes everything else on. It belongs around the mux of Register, whose
// catch-all page would otherwise answer such a call with HTML.
func (d *Door) Unknown(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsGRPC(r) || d.paths[r.URL.Path] {
			next.ServeHTTP(w, r)
			return
		}
		writeGRPC(w, nil, &Fault{Status: http.StatusNotFound, Reason: "unknown method " + quoted(r.URL.Path)})
	})
}

// serveGRPC answers one unary call and returns the HTTP status its gRPC status
// stands for.
func (d *Door) serveGRPC(w http.ResponseWriter, r *http.Request, x *exchange) (int, *Fault) {
	if media := strings.ToLower(r.Header.Get("Content-Type")); !IsGRPC(r) || strings.HasPrefix(media, "application/grpc+") && !strings.HasPrefix(media, "application/grpc+proto") {
		f := &Fault{Status: http.StatusUnsupportedMediaType, Reason: "this path takes gRPC with protobuf only: content type application/grpc"}
		return writeAnswer(w, x.route, Answer{}, f), f
	}
	if r.Method != http.MethodPost || r.ProtoMajor < 2 {
		f := &Fault{Status: http.StatusBadRequest, Reason: "gRPC is POST over HTTP/2"}
		return writeAnswer(w, x.route, Answer{}, f), f
	}
	h := Header{HTTP: r.Header, Query: r.URL.Query()}
	f := d.callGRPC(w, r, x, h)
	if told := d.told(x, f); told != nil {
		writeGRPC(w, nil, told)
		return told.Status, f
	}
	var a Answer
	if x.route.Reply != nil {
		a = x.route.Reply(Outcome{Refused: x.batch.Refused}, h)
	}
	writeGRPC(w, a.Body, nil)
	return http.StatusOK, f
}

func (d *Door) callGRPC(w http.ResponseWriter, r *http.Request, x *exchange, h Header) (f *Fault) {
	if x.tenant, f = d.authorize(h, x); f != nil {
		return f
	}
	ctx := r.Context()
	if v := r.Header.Get("Grpc-Timeout"); v != "" {
		t, err := parseTimeout(v)
		if err != nil {
			return &Fault{Status: http.StatusBadRequest, Reason: err.Error()}
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t)
		defer cancel()
		bound(w, min(d.opt.BodyTimeout, t))
	}
	wire, err := x.newBuffer()
	if err != nil {
		return d.readFault(err)
	}
	compressed, err := readMessage(wire, r.Body, d.opt.MaxBody)
	x.wireBytes = int64(len(*wire.p))
	if err != nil {
		return d.wireFault(r, err)
	}
	unbound(w)
	if f := d.inflateMessage(x, *wire.p, compressed, r.Header); f != nil {
		return f
	}
	return d.take(ctx, x, h)
}

// inflateMessage makes raw the body of x, as the message's flag and h say.
func (d *Door) inflateMessage(x *exchange, raw []byte, compressed bool, h http.Header) *Fault {
	encoding := ""
	if compressed {
		if encoding = h.Get("Grpc-Encoding"); encoding == "" || encoding == "identity" {
			return &Fault{Status: http.StatusBadRequest, Reason: "a compressed message without grpc-encoding"}
		}
	}
	return d.inflate(x, raw, encoding)
}

// readMessage reads the only message of a unary call.
func readMessage(dst *buffer, r io.Reader, max int64) (compressed bool, err error) {
	compressed, err = nextMessage(dst, r, max)
	if err == io.EOF {
		return false, errors.New("a call without a message")
	}
	if err != nil {
		return false, err
	}
	var after [1]byte
	switch m, err := r.Read(after[:]); {
	case m > 0:
		return false, errors.New("a unary call with more than one message")
	case err != nil && err != io.EOF:
		return false, err
	}
	return compressed, nil
}

// nextMessage reads one message: a flag byte, four bytes of length, the content.
// It returns io.EOF where the stream ended before it.
func nextMessage(dst *buffer, r io.Reader, max int64) (compressed bool, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			return false, errors.New("a message shorter than its head")
		}
		return false, err
	}
	if head[0] > 1 {
		return false, errors.New("a message with unknown flags")
	}
	n := int64(binary.BigEndian.Uint32(head[1:]))
	if n > max {
		return false, errTooLarge
	}
	if err := dst.reserve(min(n+1, 1<<20)); err != nil { // the length is not believed further
		return false, err
	}
	if err := dst.fill(io.LimitReader(r, n), n); err != nil {
		return false, err
	}
	if int64(len(*dst.p)) < n {
		return false, errors.New("a message shorter than its length")
	}
	return head[0] == 1, nil
}

// writeGRPC sends the message of a good call, or the status of a failed one.
func writeGRPC(w http.ResponseWriter, message []byte, f *Fault) {
	startGRPC(w)
	if f == nil {
		writeMessage(w, message)
	}
	endGRPC(w, f)
}

func startGRPC(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Accept-Encoding", "gzip,zstd,deflate,identity")
	h.Set("Trailer", "Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin")
	w.WriteHeader(http.StatusOK)
}

func writeMessage(w http.ResponseWriter, message []byte) {
	frame := binary.BigEndian.AppendUint32(make([]byte, 1, 5+len(message)), uint32(len(message)))
	w.Write(append(frame, message...))
}

func endGRPC(w http.ResponseWriter, f *Fault) {
	h := w.Header()
	if f == nil {
		h.Set("Grpc-Status", "0")
		return
	}
	h.Set("Grpc-Status", strconv.Itoa(f.Code()))
	h.Set("Grpc-Message", percentEncode(f.Reason))
	if f.RetryAfter > 0 {
		h.Set("Grpc-Status-Details-Bin", f.detailsBin())
	}
}

// parseTimeout reads a grpc-timeout: up to eight digits and a unit.
func parseTimeout(s string) (time.Duration, error) {
	units := map[byte]time.Duration{
		'H': time.Hour, 'M': time.Minute, 'S': time.Second,
		'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond,
	}
	bad := errors.New("grpc-timeout " + quoted(s) + " is not 1 to 8 digits and one of H M S m u n")
	if len(s) < 2 || len(s) > 9 {
		return 0, bad
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	unit, ok := units[s[len(s)-1]]
	if err != nil || !ok {
		return 0, bad
	}
	const forever = 24 * time.Hour // 99,999,999 H does not fit in a Duration
	if n > uint64(forever/unit) {
		return forever, nil
	}
	return cmp.Or(time.Duration(n)*unit, 1), nil
}

// percentEncode writes s as grpc-message wants it: printable ASCII but '%'.
func percentEncode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c <= '~' && c != '%' {
			b.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		b.WriteByte('%')
		b.WriteByte(hex[s[i]>>4])
		b.WriteByte(hex[s[i]&15])
	}
	return b.String()
}
