package ingest

import (
	"errors"
	"io"
	"net/http"
)

// streamHandler serves a gRPC method that the client streams to. Every message
// is a request of its own, durable before the next one is read; the stream stays
// open as long as its client likes.
func (d *Door) streamHandler(protocol string, tokens []string, rt *Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsGRPC(r) || r.Method != http.MethodPost || r.ProtoMajor < 2 {
			writeAnswer(w, rt, Answer{}, &Fault{Status: http.StatusUnsupportedMediaType, Reason: "this path takes gRPC over HTTP/2 only: content type application/grpc"})
			return
		}
		h := Header{HTTP: r.Header, Query: r.URL.Query()}
		begin := &exchange{protocol: protocol, tokens: tokens, route: rt}
		tenant, f := d.authorize(h, begin)
		if f != nil {
			d.done(begin, d.opt.Now(), r.URL.Path, r.RemoteAddr, f.Status, f)
			writeGRPC(w, nil, f)
			return
		}
		startGRPC(w)
		http.NewResponseController(w).Flush() // clients wait for the headers before they send
		decode := rt.Open()
		for {
			x := &exchange{protocol: protocol, tokens: tokens, route: rt, decode: decode, tenant: tenant, lease: lease{of: &d.budget}}
			more, f := d.streamed(w, r, x, h)
			x.free()
			if !more {
				endGRPC(w, f)
				return
			}
		}
	})
}

// streamed takes the next message of a stream. It returns false at the stream's
// end, and why if that was not the client's wish.
func (d *Door) streamed(w http.ResponseWriter, r *http.Request, x *exchange, h Header) (more bool, f *Fault) {
	wire, err := x.newBuffer()
	if err != nil {
		return false, d.readFault(err)
	}
	compressed, err := nextMessage(wire, r.Body, d.opt.MaxBody)
	if errors.Is(err, io.EOF) || err != nil && r.Context().Err() != nil {
		return false, nil
	}
	start := d.opt.Now()
	x.wireBytes = int64(len(*wire.p))
	if err != nil {
		f = d.wireFault(r, err)
	}
	if f == nil {
		f = d.inflateMessage(x, *wire.p, compressed, r.Header)
	}
	if f == nil {
		f = d.take(r.Context(), x, h)
	}
	told := d.told(x, f)
	d.done(x, start, r.URL.Path, r.RemoteAddr, f.status(), f)
	if told != nil {
		return false, told
	}
	if x.route.Reply != nil {
		writeMessage(w, x.route.Reply(Outcome{Refused: x.batch.Refused}, h).Body)
		http.NewResponseController(w).Flush()
	}
	return true, nil
}
