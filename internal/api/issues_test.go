package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/issue"
	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
)

// issueList is Issues that holds what it was made with.
type issueList struct {
	details []issue.Detail
	err     error
}

func (l *issueList) Issues(_ context.Context, t signal.Tenant, r signal.Range, parts int) (all []issue.Issue, err error) {
	for _, d := range l.details {
		if t == signal.DefaultTenant && r.Overlaps(d.First, d.Last) {
			d.Spark = make([]int, parts)
			d.Spark[parts-1] = d.Count
			all = append(all, d.Issue)
		}
	}
	return all, l.err
}

func (l *issueList) Issue(_ context.Context, t signal.Tenant, id issue.ID, _ signal.Range, parts int) (*issue.Detail, error) {
	if l.err != nil {
		return nil, l.err
	}
	at := slices.IndexFunc(l.details, func(d issue.Detail) bool { return d.ID == id })
	if at < 0 || t != signal.DefaultTenant {
		return nil, issue.ErrNotFound
	}
	d := l.details[at]
	d.Spark = make([]int, parts)
	return &d, nil
}

func (l *issueList) SetIssueState(_ context.Context, t signal.Tenant, id issue.ID, s issue.State, until, _ signal.Time) error {
	at := slices.IndexFunc(l.details, func(d issue.Detail) bool { return d.ID == id })
	l.details[at].State, l.details[at].Until = s, until
	return nil
}

func issues() *issueList {
	ago := func(d time.Duration) signal.Time { return signal.TimeOf(now.Add(-d)) }
	post := signal.Resource{Kind: signal.Function, Name: "post-analysis", Account: "000000000000", Region: "eu-west-1"}
	request := issue.Cause{
		Headline: "request-processor swallowed a 401 from auth and published a message without `user`",
		Resource: signal.Resource{Kind: signal.Function, Name: "request-processor", Account: "000000000000", Region: "eu-west-1"},
	}
	seen := issue.Occurrence{
		ID: issue.ID{1}, Type: issue.Error, Times: 1, At: ago(time.Minute), Transaction: storytest.NewPost, Trace: storytest.NewPost, Row: 8,
		Span: signal.SpanID{0xee, 7: 9}, Duration: 40 * time.Millisecond, Error: "KeyError: 'user'", Version: "42", Cause: &request,
	}
	list := &issueList{details: []issue.Detail{
		{Issue: issue.Issue{
			ID: issue.ID{1}, Type: issue.Error, Title: "KeyError: 'user' in post-analysis", Resource: post, State: issue.Open, Count: 41, Total: 50, Users: 7,
			First: ago(3 * time.Hour), Last: ago(time.Minute), Version: "41", LastVersion: "42", Latest: storytest.NewPost,
			Causes: []issue.Tally{{Cause: request, Count: 37}, {Cause: issue.Cause{Headline: "post-analysis failed by itself", Resource: post}, Count: 4}},
		}, Occurrences: []issue.Occurrence{seen}, Oldest: &seen, Newest: &seen, Slowest: &seen, Stack: "Traceback (most recent call last):\nKeyError: 'user'",
			Common:   []issue.Common{{Value: issue.Value{Path: "$.Records[].Sns.Message.user", Text: "absent"}, Count: 37}},
			Timeline: []issue.Point{{At: ago(3 * time.Hour), Count: 2, Version: "41"}, {At: ago(time.Hour), Count: 39, Version: "42"}}},
		{Issue: issue.Issue{
			ID: issue.ID{2}, Type: issue.Timeout, Title: "timed out after 3 s in post-store", Resource: signal.Resource{Kind: signal.Function, Name: "post-store"},
			State: issue.Resolved, Count: 90, Total: 90, First: ago(5 * time.Hour), Last: ago(2 * time.Hour),
		}},
		{Issue: issue.Issue{
			ID: issue.ID{3}, Type: issue.Throttle, Title: "throttled: PutItem on posts in post-store", Resource: signal.Resource{Kind: signal.Table, Name: "posts"},
			State: issue.Ignored, Until: signal.TimeOf(now.Add(time.Hour)), Count: 3, Total: 3, First: ago(20 * time.Hour), Last: ago(10 * time.Hour),
		}},
	}}
	return list
}

func withIssues(l *issueList) func(*Options) { return func(o *Options) { o.Issues = l } }

func TestIssueGoldens(t *testing.T) {
	h := serve(t, mem.New(), withIssues(issues()))
	goldenGet(t, h, "issues.golden.json", "/api/issues")
	goldenGet(t, h, "issue.golden.json", "/api/issues/0100000000000000")
}

func TestIssuesAreFilteredAndSorted(t *testing.T) {
	h := serve(t, mem.New(), withIssues(issues()))
	f := func(query, want string) {
		t.Helper()
		list := decode[IssueList](t, get(t, h, "/api/issues?"+query))
		var got []string
		for _, i := range list.Issues {
			got = append(got, i.ID[1:2])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s lists %v, want %s", query, got, want)
		}
	}
	f("", "1 2 3")
	f("sort=count", "2 1 3")
	f("sort=first", "1 2 3")
	f("q=type:timeout", "2")
	f("q=-type:timeout", "1 3")
	f("q=function:post-analysis", "1")
	f("q=function:post*", "1 2 3")
	f("q=state:open+OR+state:resolved", "1 2")
	f("q=KeyError", "1")
	f("q=cause:request-processor", "1")
	f("q=count:>10", "1 2")
	f("state=active", "1")
	f("state=ignored", "3")
	f("from=now-90m", "1")
	f("from=now-11h&to=now-9h", "3")
}

func TestIssuesArePaged(t *testing.T) {
	h := serve(t, mem.New(), withIssues(issues()))
	for _, order := range []string{"last", "count", "first"} {
		var got []string
		cursor := ""
		for range 4 {
			list := decode[IssueList](t, get(t, h, "/api/issues?limit=1&sort="+order+"&cursor="+cursor))
			for _, i := range list.Issues {
				got = append(got, i.ID)
			}
			if cursor = list.Next; cursor == "" {
				break
			}
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != 3 || len(got) != 3 {
			t.Errorf("by %s, pages hold %v", order, got)
		}
	}
}

func TestEmptyIssueListsSayWhy(t *testing.T) {
	f := func(l *issueList, query string, want Empty) {
		t.Helper()
		list := decode[IssueList](t, get(t, serve(t, mem.New(), withIssues(l)), "/api/issues?"+query))
		if list.Empty == nil || *list.Empty != want {
			t.Errorf("%s: %+v, want %+v", query, list.Empty, want)
		}
	}
	f(&issueList{}, "", Empty{Reason: "no-data"})
	f(issues(), "from=now-30s", Empty{Reason: "no-data-in-range", Nearest: rfc3339(signal.TimeOf(now.Add(-time.Minute)))})
	f(issues(), "q=type:timeout+nothing", Empty{Reason: "no-match", Term: "nothing"})
	f(issues(), "q=type:error&state=resolved", Empty{Reason: "no-match", Term: "type:error"})
}

func post(t *testing.T, h http.Handler, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://clew.example"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestStatesAreChanged(t *testing.T) {
	l := issues()
	h := serve(t, mem.New(), withIssues(l))
	f := func(body string, state issue.State, until signal.Time) {
		t.Helper()
		row := decode[IssueRow](t, post(t, h, "/api/issues/0100000000000000/state", body))
		if row.State != string(state) || row.Until != rfc3339(until) || l.details[0].State != state || l.details[0].Until != until {
			t.Errorf("%s: %+v, kept %s until %d", body, row, l.details[0].State, l.details[0].Until)
		}
	}
	f(`{"state":"resolved"}`, issue.Resolved, 0)
	f(`{"state":"ignored","until":"now+8h"}`, issue.Ignored, signal.TimeOf(now.Add(8*time.Hour)))
	f(`{"state":"ignored"}`, issue.Ignored, 0)
	f(`{"state":"open"}`, issue.Open, 0)
}

func TestIgnoredIssuesOpenOnceTheirTimeIsOver(t *testing.T) {
	l := issues()
	l.details[2].Until = signal.TimeOf(now)
	h := serve(t, mem.New(), withIssues(l))
	if list := decode[IssueList](t, get(t, h, "/api/issues?q=type:throttle&state=open")); len(list.Issues) != 1 || list.Issues[0].Until != "" {
		t.Errorf("%+v", list)
	}
	if one := decode[Issue](t, get(t, h, "/api/issues/0300000000000000")); one.State != "open" {
		t.Errorf("%+v", one.IssueRow)
	}
}

func TestIssueErrors(t *testing.T) {
	h := serve(t, mem.New(), withIssues(issues()))
	f := func(w *httptest.ResponseRecorder, status int, detail string) {
		t.Helper()
		if w.Code != status || !strings.Contains(w.Body.String(), detail) {
			t.Errorf("%d %s, want %d with %q", w.Code, w.Body, status, detail)
		}
	}
	f(get(t, h, "/api/issues?q=type:"), 400, "expected a value")
	f(get(t, h, "/api/issues?state=bad"), 400, "state is one of")
	f(get(t, h, "/api/issues?sort=name"), 400, "sort is last, count or first")
	f(get(t, h, "/api/issues?limit=0"), 400, "limit is a number")
	f(get(t, h, "/api/issues?cursor=x"), 400, "cursor is not one")
	f(get(t, h, "/api/issues?to=x"), 400, "read to")
	f(get(t, h, "/api/issues/1"), 400, "16 hex digits")
	f(get(t, h, "/api/issues/zz00000000000000"), 400, "16 hex digits")
	f(get(t, h, "/api/issues/0900000000000000"), 404, "no issue")
	f(post(t, h, "/api/issues/0900000000000000/state", `{"state":"open"}`), 404, "no issue")
	f(post(t, h, "/api/issues/0100000000000000/state", `{"state":"regressed"}`), 400, "state is open, ignored or resolved")
	f(post(t, h, "/api/issues/0100000000000000/state", `[]`), 400, "not a JSON object")
	f(post(t, h, "/api/issues/0100000000000000/state", ``), 400, "")
	f(post(t, h, "/api/issues/0100000000000000/state", `{"state":"ignored","until":"now-1h"}`), 400, "lies ahead")
	f(post(t, h, "/api/issues/0100000000000000/state", `{"state":"ignored","until":"now+1x"}`), 400, "read until")
	f(post(t, h, "/api/issues/0100000000000000/state", `{"state":"resolved","until":"now+1h"}`), 400, "until is for ignored")
	f(post(t, h, "/api/issues", `{}`), 405, "read with GET")
}
