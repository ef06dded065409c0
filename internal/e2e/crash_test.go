//go:build crash

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clew/bench/otlpwire"
	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar"
	"clew/internal/store/storetest"
)

const (
	kills       = 100
	long        = 24 // one kill in so many comes when upkeep has begun to merge parts
	early       = 7  // and one in so many while the server starts
	checks      = 25 // kills between two looks at every byte
	senders     = 4
	batchSpans  = 250
	partsAMerge = 8
)

// TestAHundredKills kills the server with -9 a hundred times at random moments
// while four senders keep it busy, in one directory. What was acknowledged must be
// there at once after each start, and all of it at the end, each span once.
func TestAHundredKills(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	dir, addr := t.TempDir(), freeAddr(t)
	l := &load{corpus: storetest.NewCorpus(signal.DefaultTenant, seed, signal.TimeOf(time.Now())), acked: map[signal.SpanID]bool{}}
	var starts []time.Duration
	merges := 0
	for n := 1; n <= kills; n++ {
		args := []string{"serve", "--data", dir, "--listen", addr, "--otlp-grpc", "off", "--otlp-http", "off", "--memory", "64MB"}
		began := time.Now()
		p := start(t, binary, args...)
		if n%early == 0 {
			<-time.After(time.Duration(rnd.IntN(60)) * time.Millisecond)
			p.end(syscall.SIGKILL)
			continue
		}
		url := "http://" + addr
		eventually(t, time.Minute, "the server is ready", func() error { return status(url+"/readyz", http.StatusOK) })
		starts = append(starts, time.Since(began))
		l.sameTraces(t, url, n)
		l.send(url, func() {
			if n%long == 0 {
				eventually(t, 2*time.Minute, "parts are merged", func() error { return moreMerges(dir, &merges) })
			}
			<-time.After(time.Duration(rnd.IntN(1500)) * time.Millisecond) // any moment will do
			p.end(syscall.SIGKILL)
		})
		if n%checks == 0 {
			if out, err := exec.Command(p.cmd.Path, "check", dir).CombinedOutput(); err != nil {
				t.Fatalf("after kill %d: %v\n%s", n, err, tail(string(out), 40))
			}
		}
	}
	l.all(t, dir)
	slices.Sort(starts)
	t.Logf("%d kills, %d spans acknowledged in %d requests, %d requests that got no answer, none lost; ready after p50 %v, worst %v; %d merges",
		kills, len(l.acked), l.requests, l.failed, starts[len(starts)/2].Round(time.Millisecond), starts[len(starts)-1].Round(time.Millisecond), merges)
	if len(l.acked) < kills*batchSpans || l.failed < kills/2 {
		t.Errorf("%d spans acknowledged and %d requests cut off: the kills hit nothing", len(l.acked), l.failed)
	}
}

// load sends the corpus and remembers what was acknowledged.
type load struct {
	mu       sync.Mutex // guards all below
	corpus   *storetest.Corpus
	acked    map[signal.SpanID]bool
	last     []*signal.Batch // acknowledged since the last start
	requests int
	failed   int
}

// send sends from all senders until live, which kills the server, has returned and
// no request is under way.
func (l *load) send(url string, live func()) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	l.last = nil
	dead := make(chan struct{})
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for {
				select {
				case <-dead:
					return
				default:
				}
				l.mu.Lock()
				b := l.corpus.Next(batchSpans)
				l.mu.Unlock()
				ok, err := post(client, url+"/v1/traces", otlpwire.AppendTraces(nil, b))
				l.note(b, ok, err)
				if err != nil {
					return
				}
			}
		})
	}
	live()
	close(dead)
	wg.Wait()
}

// note remembers b when the server said that it has it.
func (l *load) note(b *signal.Batch, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed++
	}
	if !ok {
		return
	}
	l.requests++
	l.last = append(l.last, b)
	for i := range b.Groups {
		for j := range b.Groups[i].Spans {
			l.acked[b.Groups[i].Spans[j].ID] = true
		}
	}
}

// post reports whether the server took body; busy is no error.
func post(client *http.Client, url string, body []byte) (ok bool, err error) {
	res, err := client.Post(url, "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res.StatusCode == http.StatusOK && err == nil, err
}

// sameTraces asks for the newest traces that were acknowledged before the kill.
func (l *load) sameTraces(t *testing.T, url string, kill int) {
	t.Helper()
	for _, b := range l.last[max(0, len(l.last)-3):] {
		for i := range b.Groups {
			for j := range b.Groups[i].Spans {
				if s := &b.Groups[i].Spans[j]; j == 0 && i%8 == 0 {
					if err := hasSpan(url, s); err != nil {
						t.Fatalf("kill %d: acknowledged span %s of %s: %v", kill, s.ID, s.Trace, err)
					}
				}
			}
		}
	}
}

func hasSpan(url string, s *signal.Span) error {
	var answer struct {
		Data []struct {
			Spans []struct {
				SpanID string `json:"spanID"`
			} `json:"spans"`
		} `json:"data"`
	}
	if err := getJSON(url+"/jaeger/api/traces/"+s.Trace.String(), &answer); err != nil {
		return err
	}
	for _, tr := range answer.Data {
		for _, sp := range tr.Spans {
			if sp.SpanID == s.ID.String() {
				return nil
			}
		}
	}
	return fmt.Errorf("it is lost: %d traces found", len(answer.Data))
}

// all opens the store in this process and wants every acknowledged span once.
func (l *load) all(t *testing.T, dir string) {
	t.Helper()
	st, err := columnar.Open(columnar.Options{Dir: filepath.Join(dir, "store")})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	left := maps.Clone(l.acked)
	seen := map[signal.SpanID]bool{}
	for rows, err := range st.Scan(t.Context(), &query.Query{Tenant: signal.DefaultTenant, Type: signal.Spans, Head: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if rows.Partial != "" {
			t.Fatal(rows.Partial)
		}
		for i := range rows.Rows {
			id := rows.Rows[i].Span.ID
			if seen[id] {
				t.Fatalf("span %s is there twice", id)
			}
			seen[id] = true
			delete(left, id)
		}
	}
	if len(left) > 0 {
		t.Fatalf("%d of %d acknowledged spans are lost", len(left), len(l.acked))
	}
	if d := st.Stats().Damaged; d > 0 {
		t.Errorf("%d bytes are damaged", d)
	}
}

// moreMerges counts merges by the numbers of parts that they leave out, and fails
// while there are no more of them than before.
func moreMerges(dir string, before *int) error {
	names, err := filepath.Glob(filepath.Join(dir, "store", "part-*-*"))
	if err != nil {
		return err
	}
	last := 0
	for _, name := range names {
		if n, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:]); err == nil {
			last = max(last, n)
		}
	}
	now := (last - len(names)) / partsAMerge
	if now <= *before {
		return fmt.Errorf("%d merges, %d parts, the last is number %d", now, len(names), last)
	}
	*before = now
	return nil
}
