package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/alert"
	"clew/internal/meta"
	"clew/internal/notify"
	"clew/internal/notify/opsgenie"
	"clew/internal/notify/pagerduty"
	"clew/internal/notify/slack"
	"clew/internal/notify/webhook"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/mem"
)

var start = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

const tenant = signal.DefaultTenant

// desk is a Watch with a clock, a store and receivers that are the test's.
type desk struct {
	*testing.T
	*Watch
	st   store.Store
	dir  string
	now  time.Time
	log  *bytes.Buffer
	ids  int
	got  *receiver
	here *httptest.Server
}

// receiver answers as Slack, PagerDuty, Opsgenie and webhooks do, by path.
type receiver struct {
	mu    sync.Mutex // guards what follows
	asked []string   // "slack [FIRING] …" and so on
	fail  map[string]int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	kind := strings.Split(req.URL.Path, "/")[1]
	if r.fail[kind] > 0 {
		r.fail[kind]--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var m struct {
		Title       string `json:"title"`
		Message     string `json:"message"`
		Action      string `json:"event_action"`
		Dedup       string `json:"dedup_key"`
		Alias       string `json:"alias"`
		Attachments []struct {
			Title string `json:"title"`
			Color string `json:"color"`
		} `json:"attachments"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch kind {
	case "slack":
		r.asked = append(r.asked, kind+" "+m.Attachments[0].Color+" "+m.Attachments[0].Title)
		io.WriteString(w, "ok")
	case "pagerduty":
		r.asked = append(r.asked, kind+" "+m.Action+" "+m.Dedup)
		w.WriteHeader(http.StatusAccepted)
	case "opsgenie":
		what := "create"
		if strings.HasSuffix(req.URL.Path, "/close") {
			what = "close"
		}
		r.asked = append(r.asked, kind+" "+what)
		w.WriteHeader(http.StatusAccepted)
	default:
		r.asked = append(r.asked, kind+" "+m.Title)
	}
}

// take returns what was asked since the last call.
func (r *receiver) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked
	r.asked = nil
	slices.Sort(asked)
	return asked
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t, st: mem.New(), dir: t.TempDir(), now: start, log: &bytes.Buffer{}, got: &receiver{fail: map[string]int{}}}
	d.here = httptest.NewServer(d.got)
	t.Cleanup(d.here.Close)
	d.open()
	for name, s := range map[string]notify.Settings{
		"slack": {"url": d.here.URL + "/slack/s3cr3t-h00k"}, "pagerduty": {"url": d.here.URL + "/pagerduty", "routing_key": "r0ut1ng"},
		"opsgenie": {"url": d.here.URL + "/opsgenie", "api_key": "g3n13"}, "webhook": {"url": d.here.URL + "/webhook"},
	} {
		if err := d.PutDestination(t.Context(), tenant, Destination{Name: name, Kind: name, Settings: s}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// open opens the metadata, as a server that was started again.
func (d *desk) open() {
	d.Helper()
	db, err := meta.Open(d.Context(), filepath.Join(d.dir, "meta.db"))
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { db.Close() })
	key, err := LoadKey(filepath.Join(d.dir, "alerts.key"))
	if err != nil {
		d.Fatal(err)
	}
	d.Watch, err = New(d.Context(), Options{Store: d.st, DB: db, Kinds: []notify.Kind{slack.Kind, pagerduty.Kind, opsgenie.Kind, webhook.Kind},
		Client: notify.NewClient("test"), Key: key, Now: func() time.Time { return d.now }, URL: "https://clew.example/", Logger: slog.New(slog.NewTextHandler(d.log, nil))})
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) rules(text string) {
	d.Helper()
	rules, err := alert.Decode([]byte(text))
	if err != nil {
		d.Fatal(err)
	}
	if err := d.PutRules(d.Context(), tenant, rules); err != nil {
		d.Fatal(err)
	}
}

// span stores n spans of a service at a time; attrs are key, value, key, value.
func (d *desk) span(n int, service string, at time.Time, took time.Duration, failure string, attrs ...string) {
	d.Helper()
	g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str(service)}}}
	for range n {
		d.ids++
		s := signal.Span{ID: signal.SpanID{byte(d.ids >> 8), byte(d.ids), 1}, Trace: signal.TraceID{byte(d.ids >> 8), byte(d.ids), 1}, Name: "handle", Kind: signal.Client,
			Start: signal.TimeOf(at), End: signal.TimeOf(at.Add(took))}
		if failure != "" {
			s.Status = signal.Status{Code: signal.StatusError, Message: failure}
		}
		for i := 0; i < len(attrs); i += 2 {
			s.Attrs = append(s.Attrs, signal.Attr{Key: attrs[i], Value: signal.Str(attrs[i+1])})
		}
		g.Spans = append(g.Spans, s)
	}
	if err := d.st.Append(d.Context(), &signal.Batch{Tenant: tenant, Groups: []signal.Group{g}}); err != nil {
		d.Fatal(err)
	}
}

// until lets time pass in the rhythm of Run, and returns what was told and when.
func (d *desk) until(to time.Time, each func()) (told []string) {
	for ; d.now.Before(to); d.now = d.now.Add(every) {
		if each != nil {
			each()
		}
		d.Tick(d.Context())
		d.Deliver(d.Context())
		for _, m := range d.got.take() {
			told = append(told, d.now.Format("15:04:05 ")+m)
		}
	}
	return told
}

func (d *desk) want(got []string, want ...string) {
	d.Helper()
	if !slices.Equal(got, want) {
		d.Errorf("told\n%s\nwant\n%s\nlog\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), d.log)
	}
}

const storyRule = `
rules:
- name: ten errors twice
  when: error
  condition: ">= 10"
  windows: 2 of 2
  delay: 10s
  destinations: [slack, pagerduty, opsgenie]
`

// story stores the founding series as it happens: its errors come in the last minute of each window,
// so that nothing can be told before its end is near.
func (d *desk) story() func() {
	series := []int{0, 12, 9, 10, 10, 15, 3, 0, 0, 30, 0, 30, 0}
	next := 0
	return func() {
		for next < len(series) && !d.now.Before(start.Add(time.Duration(next+1)*5*time.Minute-every)) {
			if n := series[next]; n > 0 {
				d.span(n, "post-analysis", start.Add(time.Duration(next+1)*5*time.Minute-10*time.Second), time.Second, "KeyError: 'user'")
			}
			next++
		}
	}
}

// TestFoundingStory: the rule fires once and resolves once, at three receivers, though
// one of them is away when it is first tried.
func TestFoundingStory(t *testing.T) {
	d := newDesk(t)
	d.rules(storyRule)
	d.got.fail["pagerduty"] = 1
	told := d.until(start.Add(70*time.Minute), d.story())
	const line = "ten errors twice: post-analysis · KeyError: 'user' · 10× (count 10 >= 10 in 2 of 2 windows of 5m)"
	d.want(told,
		"10:24:55 opsgenie create", // as soon as the open window has ten
		"10:24:55 slack #ef6c00 [FIRING] "+line,
		"10:25:00 pagerduty trigger clew/default/ten errors twice/post-analysis",
		"10:35:10 opsgenie close",
		"10:35:10 pagerduty resolve clew/default/ten errors twice/post-analysis",
		"10:35:10 slack #2e7d32 [RESOLVED] ten errors twice: post-analysis (count 3, >= 10 in 1 of 2 windows of 5m only)",
	)
	for _, secret := range []string{"s3cr3t-h00k", "r0ut1ng", "g3n13"} {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the log holds %s: %s", secret, d.log)
		}
	}
	if !strings.Contains(d.log.String(), "not delivered") {
		t.Error("the log does not tell of the message that was not delivered")
	}
	changes, err := d.Changes(t.Context(), tenant, "ten errors twice", signal.Range{}, 100)
	if err != nil || len(changes) < 2 {
		t.Errorf("%d changes, %v", len(changes), err)
	}
}

// TestRestarts starts the server again at every odd minute, in the middle of windows
// and of deliveries: the same is told.
func TestRestarts(t *testing.T) {
	d := newDesk(t)
	d.rules(storyRule)
	want := d.until(start.Add(70*time.Minute), d.story())
	e := newDesk(t)
	e.rules(storyRule)
	each := e.story()
	got := e.until(start.Add(70*time.Minute), func() {
		each()
		if e.now.Second() == 35 && e.now.Minute()%2 == 1 || e.now.Second() == 0 {
			e.open()
		}
	})
	e.want(got, want...)
}

// TestWithin15Seconds sends one error, at any second of the rhythm.
func TestWithin15Seconds(t *testing.T) {
	for offset := time.Duration(0); offset < every; offset += time.Second {
		d := newDesk(t)
		d.rules("rules: [{name: any error, when: error, condition: '>= 1', destinations: [webhook]}]")
		d.until(start.Add(time.Minute), nil)
		at := d.now.Add(offset)
		d.span(1, "auth", at, time.Second, "refused")
		d.now = d.now.Add(every)
		told := d.until(at.Add(15*time.Second), nil)
		if len(told) != 1 || !strings.Contains(told[0], "auth · refused · 1×") {
			t.Errorf("%v after the minute: %q", offset, told)
		}
	}
}

// TestDemoRules holds the rules of the demo against spans as its functions send them.
func TestDemoRules(t *testing.T) {
	d := newDesk(t)
	text, err := os.ReadFile("../demo/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := alert.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rules {
		rules[i].Written.Destinations = []string{"webhook"}
	}
	if err := d.PutRules(t.Context(), tenant, rules[:2]); err != nil { // the third rule is the founding one
		t.Fatal(err)
	}
	each := func() {
		took := time.Millisecond
		if d.now.After(start.Add(4*time.Minute)) && d.now.Before(start.Add(8*time.Minute)) {
			took = 400 * time.Millisecond
		}
		d.span(1, "post-analysis", d.now, took, "", "db.system.name", "redis", "peer.service", "sentiment-cache")
		d.span(1, "view-post", d.now, time.Millisecond, "", "db.system", "redis", "peer.service", "blog-cache")
		d.span(1, "post-analysis", d.now, time.Second, "KeyError: 'user'")
		if d.now.Equal(start.Add(2 * time.Minute)) {
			d.span(1, "blog-gateway", d.now, 3*time.Second, "RequestId: 8f5a1c Error: Task timed out after 3.00 seconds",
				"faas.invoked_name", "view-post", "error.type", "Sandbox.Timedout")
			d.span(1, "blog-gateway", d.now, 3*time.Second, "", "http.response.status_code", "504")
			d.span(1, "post-analysis", d.now, 3*time.Second, "Timeout reading from socket", "error.type", "TimeoutError")
		}
	}
	told := d.until(start.Add(15*time.Minute), each)
	d.want(told,
		"10:02:00 webhook [FIRING] timeout: view-post · RequestId: 8f5a1c Error: Task timed out after 3.00 seconds · 1× (count 1 >= 1 in a window of 5m)",
		"10:06:15 webhook [FIRING] Redis p95: sentiment-cache · handle · 12× (p95 400ms > 200ms in 2 of 3 windows of 1m)",
		"10:10:15 webhook [RESOLVED] Redis p95: sentiment-cache (p95 1ms, > 200ms in 1 of 3 windows of 1m only)",
		"10:10:15 webhook [RESOLVED] timeout: view-post (count 0 is not >= 1)",
	)
}

func TestSilencesAndSchedules(t *testing.T) {
	d := newDesk(t)
	d.rules(`
rules:
- {name: errors, when: error, condition: ">= 1", window: 1m, destinations: [webhook], renotify: 2m}
- {name: muted, when: error, condition: ">= 1", window: 1m, destinations: [slack], mute: ["10:00-10:04"]}
- {name: nobody, when: error, condition: ">= 1", window: 1m}
- {name: off, when: error, condition: ">= 1", window: 1m, destinations: [webhook], disabled: true}
`)
	s, err := d.Silence(t.Context(), tenant, meta.Silence{Group: "auth", Until: start.Add(3 * time.Minute), Comment: "deploy"})
	if err != nil {
		t.Fatal(err)
	}
	told := d.until(start.Add(6*time.Minute), func() {
		if d.now.Before(start.Add(5 * time.Minute)) {
			d.span(1, "auth", d.now, time.Second, "refused")
		}
		if d.now.Equal(start.Add(time.Minute)) {
			d.open() // silences outlive the process
		}
	})
	for i := range told {
		told[i], _, _ = strings.Cut(told[i], " ·")
	}
	d.want(told,
		"10:03:00 webhook [FIRING] errors: auth", // the silence is over, and it fires still
		"10:04:00 slack #ef6c00 [FIRING] muted: auth",
		"10:05:00 webhook [STILL FIRING] errors: auth",
	)
	left, err := d.Silences(t.Context(), tenant)
	if err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
	if err := d.Unsilence(t.Context(), tenant, s.ID); err != nil {
		t.Error(err)
	}
	if _, err := d.Silence(t.Context(), tenant, meta.Silence{Until: start}); err == nil {
		t.Error("a silence in the past is taken")
	}
}

// TestGroups tells chats of several series in one message, and those that keep
// incidents of each.
func TestGroups(t *testing.T) {
	d := newDesk(t)
	d.rules(`rules: [{name: errors, when: error, condition: ">= 1", window: 1m, destinations: [webhook, pagerduty]}]`)
	told := d.until(start.Add(3*time.Minute), func() {
		if d.now.Equal(start) {
			d.span(1, "auth", d.now, time.Second, "refused")
			d.span(2, "posts", d.now, time.Second, "broken")
		}
	})
	d.want(told,
		"10:00:00 pagerduty trigger clew/default/errors/auth",
		"10:00:00 pagerduty trigger clew/default/errors/posts",
		"10:00:00 webhook [FIRING] errors: 2 resources",
		"10:02:15 pagerduty resolve clew/default/errors/auth",
		"10:02:15 pagerduty resolve clew/default/errors/posts",
		"10:02:15 webhook [RESOLVED] errors: 2 resources",
	)
}

// TestHistoryInOrder lets many series fire at one time: what happened is told in one order.
func TestHistoryInOrder(t *testing.T) {
	d := newDesk(t)
	d.rules(`rules: [{name: errors, when: error, condition: ">= 1", window: 1m}]`)
	var want []string
	for i := range 12 {
		name := fmt.Sprintf("service-%02d", 11-i)
		d.span(1, name, d.now, time.Second, "refused")
		want = append(want, name)
	}
	d.Tick(t.Context())
	changes, err := d.Changes(t.Context(), tenant, "errors", signal.Range{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, c.Group...)
	}
	d.want(got, want...)
}

func TestChangedAndDeletedRules(t *testing.T) {
	d := newDesk(t)
	each := func() { d.span(1, "auth", d.now, time.Second, "refused") }
	d.rules(`rules: [{name: errors, when: error, condition: ">= 5", window: 1m, destinations: [pagerduty]}]`)
	d.want(d.until(start.Add(2*time.Minute), each), "10:00:20 pagerduty trigger clew/default/errors/auth")
	d.rules(`rules: [{name: errors, when: error, condition: ">= 6", window: 1m, severity: critical, destinations: [pagerduty]}]`) // still so
	d.want(d.until(start.Add(4*time.Minute), each))
	d.rules(`rules: [{name: errors, when: error, condition: ">= 100", window: 1m, destinations: [pagerduty]}]`)
	d.want(d.until(start.Add(5*time.Minute), each), "10:04:00 pagerduty resolve clew/default/errors/auth")
	d.rules(`rules: [{name: errors, when: error, condition: ">= 2", window: 1m, destinations: [pagerduty]}]`)
	d.want(d.until(start.Add(6*time.Minute), each), "10:05:00 pagerduty trigger clew/default/errors/auth")
	if err := d.DeleteRule(t.Context(), tenant, "errors"); err != nil {
		t.Fatal(err)
	}
	d.want(d.until(start.Add(7*time.Minute), each), "10:06:00 pagerduty resolve clew/default/errors/auth")
	if err := d.DeleteRule(t.Context(), tenant, "errors"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// TestDelivery: a receiver that is away gets everything, in order, when it is back; one
// that refuses gets nothing twice.
func TestDelivery(t *testing.T) {
	d := newDesk(t)
	d.rules(`rules: [{name: errors, when: error, condition: ">= 1", window: 1m, delay: 0s, destinations: [webhook, nobody]}]`)
	d.got.fail["webhook"] = 7
	told := d.until(start.Add(20*time.Minute), func() {
		if d.now.Equal(start) {
			d.span(1, "auth", d.now, time.Second, "refused")
		}
	})
	if len(told) != 2 || !strings.Contains(told[0], "[FIRING]") || !strings.Contains(told[1], "[RESOLVED]") {
		t.Errorf("%q", told)
	}
	messages, err := d.Messages(t.Context(), tenant, 10)
	if err != nil || len(messages) != 4 {
		t.Fatal(len(messages), err)
	}
	for _, m := range messages {
		if m.Destination == "nobody" && (m.State != failed || m.Tries != 1 || !strings.Contains(m.Error, "no such destination")) || m.Destination == "webhook" && m.State != sent {
			t.Errorf("%+v", m)
		}
	}
}

func TestDestinationsKeepSecrets(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	all, err := d.Destinations(ctx, tenant)
	if err != nil || fmt.Sprint(all) != fmt.Sprintf("[{opsgenie opsgenie map[url:%[1]s/opsgenie] } {pagerduty pagerduty map[url:%[1]s/pagerduty] } {slack slack map[] } {webhook webhook map[] }]", d.here.URL) {
		t.Errorf("%v, %v", all, err)
	}
	// What is shown can be sent back: secrets that are left out stay.
	if err := d.PutDestination(ctx, tenant, Destination{Name: "slack", Kind: "slack", Settings: notify.Settings{"channel": "#ops"}}); err != nil {
		t.Fatal(err)
	}
	if err := d.SendTest(ctx, tenant, "slack"); err != nil {
		t.Fatal(err)
	}
	d.want(d.got.take(), "slack #1565c0 [TEST] this is a test of slack")
	d.got.fail["slack"] = 1
	if err := d.SendTest(ctx, tenant, "slack"); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Error(err)
	}
	if err := d.PutDestination(ctx, tenant, Destination{Name: "x", Kind: "pagerduty"}); err == nil {
		t.Error("a destination without its secret is taken")
	}
	d.Key = Key{}
	all, err = d.Destinations(ctx, tenant)
	if err != nil || !strings.Contains(all[2].Broken, "another key") {
		t.Errorf("%v, %v", all, err)
	}
	db, err := d.DB.AlertDestinations(ctx, tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range db {
		if bytes.Contains(one.Settings, []byte("s3cr3t")) || bytes.Contains(one.Settings, []byte("r0ut1ng")) {
			t.Errorf("%s is kept unsealed", one.Name)
		}
	}
}
