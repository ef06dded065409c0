package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	summaryEvery = 10 * time.Second
	// mostInFlight keeps a machine that cannot follow from answering every late
	// request with one more cold start.
	mostInFlight = 4
	lastAnswers  = 3 * time.Second // how long requests may take after the end
)

// drive sends the plan's requests until ctx ends or the duration is over. Each
// goes at its moment, or later when mostInFlight have not been answered yet.
func (s *stage) drive(ctx context.Context, o Options, on map[Fault]bool) error {
	over := ctx
	if o.Duration > 0 {
		var cancel context.CancelFunc
		over, cancel = context.WithTimeout(ctx, o.Duration)
		defer cancel()
	}
	if err := s.warm(over); err != nil {
		return ended(over, err)
	}
	t := &tally{faults: map[Fault]int{}}
	var inFlight sync.WaitGroup
	slots := make(chan struct{}, mostInFlight)
	sending, giveUp := context.WithCancel(ctx)
	defer func() {
		late := time.AfterFunc(lastAnswers, giveUp)
		inFlight.Wait()
		late.Stop()
		giveUp()
		fmt.Fprintln(o.Out, t.line(s.colds.Load(), s.dropped.Load()))
	}()
	p := newPlan(o.Seed, o.Rate, on)
	began := time.Now()
	summary := time.NewTicker(summaryEvery)
	defer summary.Stop()
	next := p.next()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-over.Done():
			return ctx.Err()
		case <-s.gateway.proc.Exited():
			return fmt.Errorf("demo: the gateway ended: %v", s.gateway.proc.State())
		case <-s.auth.proc.Exited():
			return fmt.Errorf("demo: auth ended: %v", s.auth.proc.State())
		case <-summary.C:
			fmt.Fprintln(o.Out, t.line(s.colds.Load(), s.dropped.Load()))
		case <-timer.C:
			select {
			case slots <- struct{}{}:
			case <-over.Done():
				return ctx.Err()
			}
			if err := s.suffer(next); err != nil {
				return err
			}
			t.suffered(next.faults)
			st := next
			inFlight.Go(func() {
				t.answered(s.send(sending, st))
				<-slots
			})
			next = p.next()
			timer.Reset(time.Until(began.Add(next.at)))
		}
	}
}

// warm sends the first visitors one by one, so that the load does not begin with
// a crowd of cold starts.
func (s *stage) warm(ctx context.Context) error {
	for _, st := range []step{{id: 1}, {post: true, author: authors[0], text: text(0)}} {
		if a := s.send(ctx, st); a.status/100 != 2 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("demo: the first request was answered with status %d; functions wrote last:\n%s", a.status, s.tail())
		}
	}
	return nil
}

// suffer brings about what the step asks for.
func (s *stage) suffer(st step) error {
	if st.mend {
		s.cache.delay(0)
	}
	for _, f := range st.faults {
		switch f {
		case RedisSlow:
			s.cache.delay(slowBy)
		case Retry:
			s.cache.cutNext()
		case Timeout:
			s.posts.stallNext(stuckFor)
		case Cold:
			for _, name := range functionNames {
				if err := s.box.Recycle(name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// answer is how a request went; status 0 means that there was none.
type answer struct {
	status int
	took   time.Duration
}

func (s *stage) send(ctx context.Context, st step) answer {
	began := time.Now()
	req, err := s.request(ctx, st)
	if err != nil {
		return answer{}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{took: time.Since(began)}
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // lets the connection be used again
	return answer{resp.StatusCode, time.Since(began)}
}

// request carries secrets on purpose: they must be masked wherever it is shown.
func (s *stage) request(ctx context.Context, st step) (*http.Request, error) {
	if !st.post {
		return http.NewRequestWithContext(ctx, http.MethodGet, s.gateway.url+"/post?id="+strconv.Itoa(st.id), nil)
	}
	expires := time.Now().Add(time.Hour)
	if st.expired {
		expires = time.Now().Add(-time.Hour)
	}
	body, err := json.Marshal(map[string]any{
		"title":    "On " + st.text[:strings.IndexByte(st.text, ' ')],
		"text":     st.text,
		"password": "correct-horse-" + st.author,
		"token":    st.author + "." + strconv.FormatInt(expires.Unix(), 10),
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.gateway.url+"/new_post", bytes.NewReader(body))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

// tally counts what the summary line says. Latencies are of the last period.
type tally struct {
	mu     sync.Mutex // guards what follows
	sent   int
	failed int
	faults map[Fault]int
	took   []time.Duration
}

func (t *tally) suffered(faults []Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range faults {
		t.faults[f]++
	}
}

func (t *tally) answered(a answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	if a.status == 0 || a.status >= 500 {
		t.failed++
	}
	t.took = append(t.took, a.took)
}

func (t *tally) line(colds, dropped int64) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.took)
	at := func(share float64) time.Duration {
		if len(t.took) == 0 {
			return 0
		}
		return t.took[int(share*float64(len(t.took)-1))].Round(time.Millisecond)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d requests, %d failed, p50 %v, p95 %v, %d cold starts, %d events given up",
		t.sent, t.failed, at(0.5), at(0.95), colds, dropped)
	for _, s := range schedule {
		if n := t.faults[s.fault]; n > 0 {
			fmt.Fprintf(&b, ", %s %d", s.fault, n)
		}
	}
	t.took = t.took[:0]
	return b.String()
}
