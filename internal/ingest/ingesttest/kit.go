package ingesttest

import (
	"bytes"
	"errors"
	"flag"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/ingest"
	"clew/internal/signal"
	"clew/internal/store"
)

var update = flag.Bool("update", false, "rewrite golden files")

// Update reports whether golden files are to be rewritten, for tests beside the kit.
func Update() bool { return *update }

// Kit is one protocol with its recorded requests.
type Kit struct {
	Receiver ingest.Receiver
	// Cases are recorded requests; one of them at least must be good in part
	// only, so that its golden batch lists refused rows.
	Cases []Case
	// Status maps the door's HTTP statuses to what this protocol's clients must
	// be told instead; nil changes none. gRPC routes keep their codes.
	Status func(int) int
}

// Case is one recorded request: the body in testdata/File, and the batch it
// means in testdata/File.want.json (rewritten by -update). Of a route with Open
// it is one recorded call: its messages, each behind its five bytes of head.
// Path may be the name of a socket that takes datagrams: File is one then.
type Case struct {
	File, Path, Media string
	// Prefixes says that a cut body may be a valid request with fewer groups, as
	// protobuf's can. Otherwise every cut must be refused.
	Prefixes bool
	// Flat says that rows lie in the body itself, not in groups of it: a prefix
	// may have fewer of them, under another resource.
	Flat bool
}

// Run proves k.
func Run(t *testing.T, k Kit) {
	if k.Status == nil {
		k.Status = func(s int) int { return s }
	}
	refused := false
	for _, c := range k.Cases {
		body, err := os.ReadFile(filepath.Join("testdata", c.File))
		if err != nil {
			t.Fatal(err)
		}
		rt, datagram := route(t, k.Receiver, c.Path)
		if rt.Open != nil {
			rt.Decode = decodeCall(rt.Open)
		}
		b := golden(t, c, rt, body)
		refused = refused || len(b.Refused) > 0
		t.Run(c.File+"/cut", func(t *testing.T) { cut(t, c, rt, body, b) })
		if rt.Open != nil {
			t.Run(c.File+"/stream", func(t *testing.T) { stream(t, k, c, rt, body, b) })
		}
		if datagram {
			t.Run(c.File+"/socket", func(t *testing.T) { throughSocket(t, k, c, body) })
		} else if !b.Empty() {
			t.Run(c.File+"/door", func(t *testing.T) { throughDoor(t, k, c, rt, body) })
		}
	}
	if !refused {
		t.Error("no recorded request is good in part only")
	}
}

// route finds what takes a path, and whether as a datagram.
func route(t *testing.T, rc ingest.Receiver, path string) (rt ingest.Route, datagram bool) {
	t.Helper()
	for _, rt := range rc.Routes {
		if rt.Path == path {
			return rt, false
		}
	}
	for i := range rc.Sockets {
		if s := &rc.Sockets[i]; s.Name == path && s.Decode != nil && s.Network == "udp" {
			return ingest.Route{Path: s.Name, Decode: s.Decode}, true
		}
	}
	t.Fatalf("no route %s", path)
	return rt, false
}

func golden(t *testing.T, c Case, rt ingest.Route, body []byte) *signal.Batch {
	t.Helper()
	b := new(signal.Batch)
	if err := rt.Decode(b, body, ingest.Header{Media: c.Media}); err != nil {
		t.Fatalf("%s: %v", c.File, err)
	}
	got := Dump(b)
	name := filepath.Join("testdata", c.File+".want.json")
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: not the golden batch:\n%s", c.File, FirstDifference(got, want))
	}
	arena := ingest.NewArena(0)
	for range 2 { // in memory that was used before it means the same
		arena.Reset()
		again := new(signal.Batch)
		if err := rt.Decode(again, body, ingest.Header{Media: c.Media, Arena: arena}); err != nil || !bytes.Equal(Dump(again), want) {
			t.Errorf("%s: in used memory: %v\n%s", c.File, err, FirstDifference(Dump(again), want))
		}
	}
	return b
}

// Again proves that decoding once more, in used, an arena of earlier requests,
// gives a batch that reads as b.
func Again(t testing.TB, b *signal.Batch, used *ingest.Arena, decode func(*signal.Batch, *ingest.Arena) error) {
	t.Helper()
	want := Dump(b)
	for range 2 {
		var c signal.Batch
		used.Reset()
		if err := decode(&c, used); err != nil || !bytes.Equal(Dump(&c), want) {
			t.Fatalf("in used memory: %v\n%s", err, FirstDifference(Dump(&c), want))
		}
	}
}

// FirstDifference shows the first line in which two dumps differ.
func FirstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		switch {
		case i >= len(g):
			return "got ends; want " + w[i]
		case i >= len(w):
			return "want ends; got " + g[i]
		case g[i] != w[i]:
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return ""
}

// cut decodes the body cut at every byte: never a panic, and never a row that
// the whole body does not have.
func cut(t *testing.T, c Case, rt ingest.Route, body []byte, whole *signal.Batch) {
	known := knownRows(c, whole)
	for n := range body {
		part := new(signal.Batch)
		if rt.Decode(part, bytes.Clone(body[:n]), ingest.Header{Media: c.Media}) != nil {
			continue
		}
		if !c.Prefixes && n > 0 && len(bytes.TrimSpace(body[n:])) > 0 {
			t.Fatalf("cut at byte %d of %d is accepted", n, len(body))
		}
		if i := known.stranger(part); i >= 0 {
			t.Fatalf("cut at byte %d of %d is accepted with another group %d", n, len(body), i)
		}
	}
}

// known is what a part of a body may hold: the first groups of the whole, or of
// flat bodies any of its rows.
type known struct {
	groups [][]byte
	rows   map[string]bool // nil unless flat
}

func knownRows(c Case, whole *signal.Batch) (k known) {
	if c.Flat {
		k.rows = map[string]bool{}
	}
	for i := range whole.Groups {
		if k.groups = append(k.groups, DumpGroup(&whole.Groups[i])); c.Flat {
			eachRow(&whole.Groups[i], func(row string) { k.rows[row] = true })
		}
	}
	return k
}

// stranger returns the first group of part that holds something else, or -1.
func (k known) stranger(part *signal.Batch) int {
	for i := range part.Groups {
		g := &part.Groups[i]
		if k.rows == nil {
			if i >= len(k.groups) || !bytes.Equal(DumpGroup(g), k.groups[i]) {
				return i
			}
			continue
		}
		all := true
		eachRow(g, func(row string) { all = all && k.rows[row] })
		if !all {
			return i
		}
	}
	return -1
}

func eachRow(g *signal.Group, f func(string)) {
	for i := range g.Spans {
		f(string(indent(dumpSpan(&g.Spans[i]))))
	}
	for i := range g.Logs {
		f(string(indent(dumpLog(&g.Logs[i]))))
	}
	for i := range g.Points {
		f(string(indent(dumpPoint(&g.Points[i]))))
	}
}

// throughSocket sends the datagram, after one that is damaged.
func throughSocket(t *testing.T, k Kit, c Case, body []byte) {
	st := new(Store)
	door, _ := Serve(t, ingest.Options{Receivers: []ingest.Receiver{k.Receiver}, Store: st})
	conn, err := net.Dial("udp", ServeSockets(t, door, k.Receiver)[c.Path])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, b := range [][]byte{body[:len(body)/2], body} {
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	kept, end := 0, time.Now().Add(10*time.Second)
	for kept == 0 || len(door.Refused()) == 0 {
		if time.Now().After(end) {
			t.Fatalf("%d batches were kept, %v refused", kept, door.Refused())
		}
		time.Sleep(time.Millisecond)
		kept += len(st.Take())
	}
	if refused := door.Refused(); kept != 1 || len(refused) != 1 || refused[0].Protocol != k.Receiver.Name {
		t.Errorf("%d batches were kept, %v refused", kept, refused)
	}
}

// throughDoor sends the request in every way that must and must not work.
func throughDoor(t *testing.T, k Kit, c Case, rt ingest.Route, body []byte) {
	st := new(Store)
	opt := ingest.Options{
		Receivers: []ingest.Receiver{k.Receiver}, Store: st, MaxBody: 1 << 20, MaxInflated: 8 << 20,
		Authorize: func(token string) (signal.Tenant, error) {
			if token != "right" {
				return "", errors.New("no")
			}
			return "acme", nil
		},
	}
	opt.Patience = time.Millisecond
	_, addr := Serve(t, opt)
	s := sender{t: t, addr: addr, path: urlPath(c.Path), media: c.Media, grpc: rt.GRPC, client: http.DefaultClient}
	if rt.GRPC {
		s.client = H2C(t)
	}
	if rt.Open != nil { // the first message with rows stands for the call here
		messages, loud := messagesWithRows(t, rt, body)
		body = messages[slices.Index(loud, true)]
	}
	check := func(name string, want int, q request) {
		t.Helper()
		st.Take()
		a := s.send(q)
		kept := want == 200
		if rt.Unretried && (want == 429 || want == 503) {
			want = 200 // its clients could do nothing about it
		}
		if rt.Resent && (want == 400 || want == 413) {
			want = 200 // its clients would send it for ever
		}
		if rt.GRPC {
			if wantCode := (&ingest.Fault{Status: want}).Code(); want != 200 && a.code != wantCode || want == 200 && a.code != 0 {
				t.Errorf("%s: grpc-status %d (%s), want that of %d", name, a.code, a.message, want)
			}
		} else if a.status != k.Status(want) {
			t.Errorf("%s: status %d (%s), want %d", name, a.status, a.body, k.Status(want))
		}
		if n := len(st.Take()); (n == 1) != kept {
			t.Errorf("%s: %d batches reached the store", name, n)
		}
		if retry := want == 429 || want == 503; retry != a.retry && !(k.Status(want) == 200) {
			t.Errorf("%s: asks for a retry: %v", name, a.retry)
		}
	}
	check("plain", 200, request{body: body})
	for _, enc := range []string{"gzip", "zstd", "deflate"} {
		check(enc, 200, request{body: pack(t, enc, body), encoding: enc})
		check(enc+" damaged", 400, request{body: pack(t, enc, body)[:12], encoding: enc})
	}
	half := len(body) / 2
	check("two gzip members", 200, request{body: append(pack(t, "gzip", body[:half]), pack(t, "gzip", body[half:])...), encoding: "gzip"})
	check("wrong token", 401, request{body: body, token: "wrong"})
	check("no token", 401, request{body: body, token: "-"})
	check("unknown encoding", 415, request{body: body, encoding: "br"})
	check("over-size", 413, request{body: make([]byte, 1<<20+1)})
	if !rt.GRPC {
		check("over-size, length unknown", 413, request{body: make([]byte, 1<<20+1), chunked: true})
		check("wrong method", 405, request{body: body, method: http.MethodPatch})
	}
	if len(rt.Media) > 0 {
		check("wrong content type", 415, request{body: body, media: "text/csv"})
	}
	st.Fail(store.ErrBusy)
	check("store busy", 429, request{body: body})
	st.Fail(store.ErrFull)
	check("store full", 503, request{body: body})
	st.Fail(store.ErrClosed)
	check("store closed", 503, request{body: body})
	st.Fail(errors.New("disk on fire"))
	check("store broken", 503, request{body: body})
	st.Fail(nil)
	for _, enc := range []string{"gzip", "zstd"} {
		bomb := bombs[enc](t)
		grew := allocated(func() { check(enc+" bomb", 413, request{body: bomb, encoding: enc}) })
		if grew > 48<<20 {
			t.Errorf("%s bomb: %d MiB allocated", enc, grew>>20)
		}
	}
	check("after all that", 200, request{body: body})
}

// urlPath is a path that a route's pattern takes, which may be "POST /{$}".
func urlPath(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = path
	}
	return strings.TrimSuffix(pattern, "{$}")
}

// bombs are 64 MiB of zeros, packed once.
var bombs = map[string]func(testing.TB) []byte{"gzip": bomb("gzip"), "zstd": bomb("zstd")}

func bomb(encoding string) func(testing.TB) []byte {
	var once sync.Once
	var packed []byte
	return func(t testing.TB) []byte {
		once.Do(func() { packed = pack(t, encoding, make([]byte, 64<<20)) })
		return packed
	}
}

// allocated returns the bytes allocated while f runs.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
