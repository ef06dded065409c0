//go:build clients

package onetree

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"clew/internal/api"
	"clew/internal/api/compat/jaeger"
	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	jaegerwire "clew/internal/ingest/jaeger"
	"clew/internal/ingest/lightstep"
	"clew/internal/ingest/otlp"
	"clew/internal/ingest/zipkin"
	"clew/internal/pipeline"
	"clew/internal/signal"
	"clew/internal/store/columnar"
)

const (
	clients = "../clienttest/node"
	envoy   = "../../ingest/zipkin/clienttest/python"
)

// clew is a server with the embedded store, as senders and readers meet it.
type clew struct {
	addr string // of the door
	door *ingest.Door
	read http.Handler
}

func serve(t *testing.T) *clew {
	t.Helper()
	st, err := columnar.Open(columnar.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	c := new(clew)
	c.door, c.addr = ingesttest.Serve(t, ingest.Options{
		Receivers: []ingest.Receiver{otlp.Receiver, zipkin.Receiver, jaegerwire.Receiver, lightstep.Receiver},
		Store:     st, Stages: pipeline.Default(pipeline.Options{}),
		Authorize: func(token string) (signal.Tenant, error) {
			if token != ingesttest.Token {
				return "", errors.New("no")
			}
			return signal.DefaultTenant, nil
		},
	})
	mux := http.NewServeMux()
	api.New(api.Options{Store: st, Now: time.Now, Started: time.Now()}).Register(mux)
	jaeger.New(jaeger.Options{Store: st, Now: time.Now}).Register(mux)
	c.read = mux
	return c
}

// get reads JSON from a path of the API.
func get[T any](t *testing.T, c *clew, path string) (v T) {
	t.Helper()
	w := httptest.NewRecorder()
	c.read.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %v %s", path, w.Code, err, w.Body)
	}
	return v
}

// service is a running service.js.
type service struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	said strings.Builder // on its standard error
}

func start(t *testing.T, c *clew, tracer, name string, env ...string) *service {
	t.Helper()
	if _, err := os.Stat(clients + "/node_modules/.installed-lock"); err != nil {
		t.Fatalf("%v: the clients are not installed; run `make test`, which runs scripts/install-clients", err)
	}
	cmd := exec.CommandContext(t.Context(), "node", clients+"/service.js")
	s := &service{name: name, cmd: cmd}
	cmd.Env = append(os.Environ(), append(env, "TRACER="+tracer, "NAME="+name, "CLEW="+c.addr, "TOKEN="+ingesttest.Token)...)
	cmd.Stderr = &s.said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.in, s.out = in, bufio.NewReader(out)
	return s
}

// before has s call the URL next, if any, and returns its own.
func (s *service) before(t *testing.T, next string) string {
	t.Helper()
	addr, err := s.out.ReadString('\n')
	if err == nil {
		_, err = io.WriteString(s.in, next+"\n")
	}
	if err != nil {
		s.cmd.Wait()
		t.Fatalf("%s: %v\n%s", s.name, err, &s.said)
	}
	return "http://" + strings.TrimSpace(addr)
}

// stop has s hand over its spans.
func (s *service) stop(t *testing.T) {
	t.Helper()
	s.in.Close()
	rest, _ := io.ReadAll(s.out)
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("%s: %v\n%s%s", s.name, err, rest, &s.said)
	}
}

// One request goes through nine processes, seven clients and two Envoys. Each client extracts what the one
// before injected, with its own code; where two speak different formats, a service
// uses the other's propagator, as mixed teams do. Lightstep keeps half of the id,
// so what follows it has only that.
func TestOneTreeFromManyTracers(t *testing.T) {
	c := serve(t)
	web := start(t, c, "otel", "web", "INJECT=w3c")
	cart := start(t, c, "otel", "cart", "EXTRACT=w3c", "INJECT=jaeger")
	stock := start(t, c, "jaeger", "stock")
	price := start(t, c, "zipkin", "price")
	mail := start(t, c, "otel", "mail", "EXTRACT=b3", "INJECT=ottrace")
	fraud := start(t, c, "lightstep", "fraud")
	audit := start(t, c, "otel", "audit", "EXTRACT=ottrace")

	mesh := func(name, output, upstream string) string {
		m := ingesttest.Mesh{Dir: envoy, Service: name, Upstream: strings.TrimPrefix(upstream, "http://"), Clew: c.addr, Output: output}
		return "http://" + m.Start(t)
	}
	edge := mesh("edge", "zipkin-json", price.before(t, mail.before(t, fraud.before(t, audit.before(t, "")))))
	next := web.before(t, mesh("mesh", "otlp-http", cart.before(t, stock.before(t, edge))))

	resp, err := http.Get(next)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(answer) != "web cart stock price mail fraud audit" {
		t.Fatalf("%v: %s", err, answer)
	}
	for _, s := range []*service{web, cart, stock, price, mail, fraud, audit} {
		s.stop(t)
	}
	const want = `web server GET web
  web client GET next
    mesh server ingress
      cart server GET cart
        cart client GET next
          stock server GET stock
            stock client GET next
              edge server 127.0.0.1
                price server get
                  price client get
                    mail server GET mail
                      mail client GET next
                        fraud server GET fraud
                          fraud client GET next
                            audit server GET audit
`
	got := ""
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end) && got != want; time.Sleep(20 * time.Millisecond) {
		got = c.tree(t) // Envoys hand their spans over when they like
	}
	if got != want {
		t.Fatalf("got\n%s\nwant\n%s\nrefused: %v", got, want, c.door.Refused())
	}
	c.oneStory(t, strings.Count(want, "\n"))
}

// tree draws the spans of the newest transaction.
func (c *clew) tree(t *testing.T) string {
	t.Helper()
	list := get[api.TransactionList](t, c, "/api/transactions")
	if len(list.Transactions) == 0 {
		return ""
	}
	id := list.Transactions[0].ID
	tx := get[api.Transaction](t, c, "/api/transactions/"+id)
	w := httptest.NewRecorder()
	c.read.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/transactions/"+id+"/spans", nil))
	lines := json.NewDecoder(w.Body)
	var head api.SpanHead
	var rows api.SpanColumns
	if err := errors.Join(lines.Decode(&head), lines.Decode(&rows)); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	depth := make([]int, len(rows.ID))
	for i, p := range rows.Parent {
		if p >= 0 {
			depth[i] = depth[p] + 1
		}
		kind := signal.SpanKind(rows.Flags[i] >> 8)
		name, _, _ := strings.Cut(rows.Names[rows.Name[i]], ":") // Envoy's has a port
		fmt.Fprintf(&out, "%s%s %s %s\n", strings.Repeat("  ", depth[i]), tx.Services[rows.Svc[i]].Name, kind, name)
	}
	return out.String()
}

// oneStory checks that everybody tells the request as one.
func (c *clew) oneStory(t *testing.T, spans int) {
	t.Helper()
	list := get[api.TransactionList](t, c, "/api/transactions")
	if len(list.Transactions) != 1 {
		t.Fatalf("%d transactions are listed", len(list.Transactions))
	}
	row := list.Transactions[0]
	if row.Spans != spans || row.Entry.Service != "web" || row.Outcome != "ok" || len(row.Ambiguous) > 0 || strings.HasPrefix(row.ID, "0000000000000000") {
		t.Errorf("listed as %+v", row)
	}
	half := get[api.Transaction](t, c, "/api/transactions/"+row.ID[16:])
	if half.ID != row.ID || len(half.Notes) == 0 || !strings.Contains(strings.Join(half.Notes, " "), "only half of the id") {
		t.Errorf("by half of its id: %s, notes %q", half.ID, half.Notes)
	}
	trace := get[struct {
		Data []struct {
			TraceID string
			Spans   []struct{ TraceID string }
		}
	}](t, c, "/jaeger/api/traces/"+row.ID)
	if len(trace.Data) != 1 || len(trace.Data[0].Spans) != spans {
		t.Errorf("Jaeger's API tells %+v", trace)
	}
}
