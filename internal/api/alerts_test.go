package api

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/meta"
	"clew/internal/notify"
	"clew/internal/notify/slack"
	"clew/internal/notify/webhook"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
	"clew/internal/watch"
)

// alerting serves an API whose Watch runs on s, and returns both.
func alertingAPI(t testing.TB, s store.Store) (http.Handler, *watch.Watch) {
	t.Helper()
	dir := t.TempDir()
	db, err := meta.Open(t.Context(), filepath.Join(dir, "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w, err := watch.New(t.Context(), watch.Options{Store: s, Issues: db, DB: db, Kinds: []notify.Kind{slack.Kind, webhook.Kind}, Client: notify.NewClient("test"),
		Now: func() time.Time { return now }, URL: "http://clew.example/"})
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, s, func(o *Options) { o.Alerts = w }), w
}

func ask(t testing.TB, h http.Handler, method, path, body string, wantStatus int) []byte {
	t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	res := httptest.NewRecorder()
	h.ServeHTTP(res, req)
	if res.Code != wantStatus {
		t.Fatalf("%s %s: %d %s, want %d", method, path, res.Code, res.Body, wantStatus)
	}
	return res.Body.Bytes()
}

func TestAlerts(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	defer receiver.Close()
	s := mem.New()
	if err := s.Append(t.Context(), storytest.Blog()); err != nil {
		t.Fatal(err)
	}
	h, w := alertingAPI(t, s)
	ask(t, h, "POST", "/api/alerts/destinations", `{"name":"team","kind":"slack","settings":{"url":"`+receiver.URL+`/s3cr3t"}}`, 200)
	ask(t, h, "POST", "/api/alerts/rules", "rules:\n- {name: errors, when: error, condition: \">= 1\", destinations: [team]}\n- {name: slow, measure: p95, condition: \"> 10s\", by: [service]}\n", 200)
	ask(t, h, "POST", "/api/alerts/silences", `{"rule":"slow","until":"2h","comment":"known","by":"ann"}`, 200)
	w.Tick(t.Context())
	w.Deliver(t.Context())
	for name, path := range map[string]string{
		"alerts": "/api/alerts", "alerts_all": "/api/alerts?all=true&rule=slow", "alert_rule": "/api/alerts/rules/errors", "alert_history": "/api/alerts/history?rule=errors",
		"alert_destinations": "/api/alerts/destinations", "alert_messages": "/api/alerts/messages",
	} {
		goldenGet(t, h, name+".golden.json", path)
	}
	golden(t, "testdata/alert_backtest.golden.json", ask(t, h, "POST", "/api/alerts/backtest",
		`{"rule":{"name":"x","when":"error","condition":">= 1","window":"1m"},"from":"2026-11-21T08:55:00Z","to":"2026-11-21T09:05:00Z"}`, 200))
	var rules AlertRuleList
	if err := json.Unmarshal(ask(t, h, "GET", "/api/alerts/rules", "", 200), &rules); err != nil || len(rules.Rules) != 2 || len(rules.Presets) < 9 {
		t.Errorf("%+v, %v", rules, err)
	}
	var tested AlertTested
	if err := json.Unmarshal(ask(t, h, "POST", "/api/alerts/test", `{"destination":"team"}`, 200), &tested); err != nil || !tested.Sent {
		t.Errorf("%+v, %v", tested, err)
	}
	receiver.Close()
	if err := json.Unmarshal(ask(t, h, "POST", "/api/alerts/test", `{"destination":"team"}`, 200), &tested); err != nil || tested.Sent || tested.Error == "" || strings.Contains(tested.Error, "s3cr3t") {
		t.Errorf("%+v, %v", tested, err)
	}
	var silences AlertSilenceList
	if err := json.Unmarshal(ask(t, h, "GET", "/api/alerts/silences", "", 200), &silences); err != nil || len(silences.Silences) != 1 {
		t.Fatalf("%+v, %v", silences, err)
	}
	ask(t, h, "DELETE", "/api/alerts/silences/"+silences.Silences[0].ID, "", 200)
	ask(t, h, "DELETE", "/api/alerts/rules/errors", "", 200)
	ask(t, h, "DELETE", "/api/alerts/destinations/team", "", 200)
}

func TestAlertMistakes(t *testing.T) {
	h, _ := alertingAPI(t, mem.New())
	f := func(method, path, body string, status int, want string) {
		t.Helper()
		if got := string(ask(t, h, method, path, body, status)); !strings.Contains(got, want) {
			t.Errorf("%s %s: %s, want %q", method, path, got, want)
		}
	}
	f("POST", "/api/alerts/rules", "rules:\n- name: a\n  condition: often\n", 400, "3:14: condition: expected")
	f("POST", "/api/alerts/rules", `{"rules":[{"name":"a","condition":">= 1","scope":"service:(a"}]}`, 400, "scope: expected )")
	f("POST", "/api/alerts/backtest", `{"rule":{"name":"a"}}`, 400, "condition")
	f("POST", "/api/alerts/backtest", `nothing`, 400, "rule, from and to")
	f("POST", "/api/alerts/backtest", `{"rule":{"name":"a","condition":">= 1"},"from":"now-90d"}`, 400, "31 days")
	f("POST", "/api/alerts/destinations", `{"name":"a","kind":"pigeon"}`, 400, "one of the kinds")
	f("POST", "/api/alerts/destinations", `{"name":"a","kind":"slack","settings":{"url":"ftp://x"}}`, 400, "https://")
	f("POST", "/api/alerts/silences", `{"until":"yesterday"}`, 400, "no time")
	f("POST", "/api/alerts/silences", `{"until":"-2h"}`, 400, "later than now")
	f("POST", "/api/alerts/test", `{"destination":"nobody"}`, 404, "no such destination")
	f("DELETE", "/api/alerts/rules/nothing", "", 404, "there is no nothing")
	f("GET", "/api/alerts/rules/nothing", "", 404, "there is no rule nothing")
	if got := string(ask(t, serve(t, mem.New()), "GET", "/api/alerts", "", 503)); !strings.Contains(got, "no rules") {
		t.Error(got)
	}
}

// TestBacktestIsQuick tries a rule on a week of some traffic in the embedded engine,
// as people type it.
func TestBacktestIsQuick(t *testing.T) {
	st, err := columnar.Open(columnar.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	const minutes = 7 * 24 * 60
	for day := range 7 {
		b := &signal.Batch{Tenant: signal.DefaultTenant}
		for fn := range 5 {
			g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str(string(rune('a' + fn)))}}}
			for m := range minutes / 7 {
				at := signal.TimeOf(now.Add(-time.Duration(minutes-day*minutes/7-m) * time.Minute))
				for i := range 4 {
					s := signal.Span{Trace: signal.TraceID{1, byte(m), byte(m >> 8), byte(day), byte(i)}, ID: signal.SpanID{byte(fn + 1), byte(i)}, Name: "run", Kind: signal.Server, Start: at, End: at.Add(time.Second)}
					if m%50 < 3 {
						s.Status.Code = signal.StatusError
					}
					g.Spans = append(g.Spans, s)
				}
			}
			b.Groups = append(b.Groups, g)
		}
		if err := st.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	h, _ := alertingAPI(t, st)
	for _, rule := range []string{`{"name":"x","scope":"status:error","by":["service"],"condition":">= 8"}`, `{"name":"x","measure":"p95","by":["service"],"condition":"> 1s"}`} {
		body := `{"rule":` + rule + `,"from":"now-7d"}`
		ask(t, h, "POST", "/api/alerts/backtest", body, 200) // the first one reads from disk
		began := time.Now()
		var got AlertTrials
		if err := json.Unmarshal(ask(t, h, "POST", "/api/alerts/backtest", body, 200), &got); err != nil || len(got.Series) != 5 {
			t.Fatalf("%d series, %v", len(got.Series), err)
		}
		t.Logf("%s: %v, %d notices", rule, time.Since(began), got.Notices)
		if strings.Contains(rule, "error") && got.Notices < 5*7*10 {
			t.Errorf("%d notices", got.Notices)
		}
	}
}
