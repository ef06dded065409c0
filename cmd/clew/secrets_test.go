package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/pipeline"
	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar"
)

// What clients leak without wanting to, each under a secret of its own that looks
// like nothing by itself. The first is no secret: it must be there.
var planted = []struct{ key, text, secret string }{
	{"blog.post", "Zq8RrM3vYk", ""},
	{"http.request.header.authorization", "Bearer Ghw5tXpB7nQe", "Ghw5tXpB7nQe"},
	{"http.request.body", "user=ann&password=Uc2sLd9JfWma&remember=1", "Uc2sLd9JfWma"},
	{"aws.request.headers", `{"host":"sqs","Authorization":"AWS4-HMAC-SHA256 Credential=Ny4Vo6CzKi1H/20261121, Signature=Tb0xEg8SuRqp"}`, "Tb0xEg8SuRqp"},
	{"http.presigned", "https://b.s3.amazonaws.com/k?X-Amz-Signature=Dj7hPw3AlMzf&x=1", "Dj7hPw3AlMzf"},
	{"log.note", "called with 'Authorization: Basic Xe6yIv9OkNrc'", "Xe6yIv9OkNrc"},
}

// Every protocol's door leads through the masks: what was sent under a secret is
// found nowhere in the data directory, neither in the log nor in what is read back.
// Without the masks it is, so that the search is known to find it. And what is sent
// twice ends as one span.
func TestNoSecretReachesTheDisk(t *testing.T) {
	for _, rc := range receivers {
		t.Run(rc.Name, func(t *testing.T) {
			send, ok := secretSenders[rc.Name]
			if !ok {
				t.Fatal("say in secretSenders how this protocol carries attributes")
			}
			bare, _ := landed(t, rc, send, nil)
			files, rows := landed(t, rc, send, pipeline.Default(pipeline.Options{}))
			if !strings.Contains(rows, planted[0].text) {
				t.Errorf("nothing landed: %s", rows)
			}
			for _, p := range planted[1:] {
				if !bytes.Contains(bare, []byte(p.secret)) {
					t.Errorf("%s cannot be found without masks either: the test says nothing", p.key)
				}
				if bytes.Contains(files, []byte(p.secret)) {
					t.Errorf("the secret of %s is on disk", p.key)
				}
				if strings.Contains(rows, p.secret) {
					t.Errorf("the secret of %s can be read: %s", p.key, rows)
				}
			}
		})
	}
}

// landed sends what is planted through the door of rc and returns all bytes of
// the data directory, and all rows read back after a restart.
func landed(t *testing.T, rc ingest.Receiver, send sender, stages []pipeline.Stage) (files []byte, rows string) {
	t.Helper()
	dir := t.TempDir()
	st, err := columnar.Open(columnar.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	door, addr := ingesttest.Serve(t, ingest.Options{Receivers: []ingest.Receiver{rc}, Store: st, Stages: stages})
	to := target{addr, ingesttest.ServeSockets(t, door, rc)}
	for range 2 {
		send(t, to)
		// Attributes come on one span, or each in a log line of its own.
		if n := st.Stats().Rows; n[signal.Spans] != 1 && n[signal.Logs] != uint64(len(planted)) {
			t.Fatalf("kept of one span or %d lines: %v; refused: %v", len(planted), n, door.Refused())
		}
	}
	files = append(files, everything(t, dir)...)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	files = append(files, everything(t, dir)...)
	if st, err = columnar.Open(columnar.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var text strings.Builder
	for _, of := range []signal.Type{signal.Spans, signal.Logs} {
		for got, err := range st.Scan(t.Context(), &query.Query{Tenant: signal.DefaultTenant, Type: of}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range got.Rows {
				g := signal.Group{Resource: r.Resource, Scope: *r.Scope}
				if r.Span != nil {
					g.Spans = []signal.Span{*r.Span}
				} else {
					g.Logs = []signal.Log{*r.Log}
				}
				text.Write(ingesttest.DumpGroup(&g))
			}
		}
	}
	return files, text.String()
}

// everything reads all files below dir.
func everything(t *testing.T, dir string) (all []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, b...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// target is where senders send to.
type target struct {
	addr    string            // HTTP and gRPC
	sockets map[string]string // by name
}

// sender sends one span, or one line of each attribute, and returns when it was answered: it is on disk then.
type sender func(*testing.T, target)

// post sends one body to a path of the door.
func post(path, media string, body []byte) sender {
	return func(t *testing.T, to target) {
		t.Helper()
		resp, err := http.Post("http://"+to.addr+path, media, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			t.Fatalf("%s: %s", path, resp.Status)
		}
	}
}

// callGRPC sends one message to a method.
func callGRPC(method string, message []byte) sender {
	return func(t *testing.T, to target) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, "http://"+to.addr+method, bytes.NewReader(ingesttest.Frame(message)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/grpc")
		resp, err := ingesttest.H2C(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.ReadAll(resp.Body); err != nil || resp.Trailer.Get("Grpc-Status") != "0" {
			t.Fatalf("%s: %v, status %q %s", method, err, resp.Trailer.Get("Grpc-Status"), resp.Trailer.Get("Grpc-Message"))
		}
	}
}

// stream writes bytes to a TCP socket and waits for the answer to begin.
func stream(name string, data []byte) sender {
	return func(t *testing.T, to target) {
		t.Helper()
		conn, err := net.Dial("tcp", to.sockets[name])
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err = conn.Write(data); err == nil {
			_, err = io.ReadFull(conn, make([]byte, 1))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// each writes every planted text in form, joined by sep.
func each(sep string, form func(key, text string) string) string {
	var out []string
	for _, p := range planted {
		out = append(out, form(p.key, p.text))
	}
	return strings.Join(out, sep)
}

func pair(key, text string) string { return fmt.Sprintf("%q:%q", key, text) }
