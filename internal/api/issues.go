package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"clew/internal/issue"
	"clew/internal/query"
	"clew/internal/signal"
)

// Issues keeps issues and what people made of them. Methods return
// issue.ErrNotFound for issues that are not there.
type Issues interface {
	// Issues returns the issues of a tenant that occurred in r, counted over it, in
	// any order, with parts counts in Spark.
	Issues(ctx context.Context, t signal.Tenant, r signal.Range, parts int) ([]issue.Issue, error)
	// Issue returns one issue, whether or not it occurred in r.
	Issue(ctx context.Context, t signal.Tenant, id issue.ID, r signal.Range, parts int) (*issue.Detail, error)
	// SetIssueState changes what people made of an issue at an instant.
	SetIssueState(ctx context.Context, t signal.Tenant, id issue.ID, s issue.State, until, now signal.Time) error
}

// NoIssues are the Issues of a server that looks for none.
type NoIssues struct{}

// Issues returns none.
func (NoIssues) Issues(context.Context, signal.Tenant, signal.Range, int) ([]issue.Issue, error) {
	return nil, nil
}

// Issue returns issue.ErrNotFound.
func (NoIssues) Issue(context.Context, signal.Tenant, issue.ID, signal.Range, int) (*issue.Detail, error) {
	return nil, issue.ErrNotFound
}

// SetIssueState returns issue.ErrNotFound.
func (NoIssues) SetIssueState(context.Context, signal.Tenant, issue.ID, issue.State, signal.Time, signal.Time) error {
	return issue.ErrNotFound
}

// sparkParts is how many counts a spark has.
const sparkParts = 24

// issueWindow is what an absent "from" means for issues.
const issueWindow = "now-24h"

type issuesInput struct {
	Q      string `query:"q" doc:"words of the title, and type: function: state: version: cause: count:; empty matches everything" example:"type:timeout function:checkout"`
	From   string `query:"from" doc:"RFC 3339, unix time or now-15m; the last 24 hours when absent"`
	To     string `query:"to" doc:"as from; now when absent"`
	State  string `query:"state" doc:"only this state: open, ignored, resolved, regressed, or active, which is open or regressed"`
	Sort   string `query:"sort" doc:"last (when absent), count or first, largest first"`
	Limit  string `query:"limit" doc:"1 to 500, 50 when absent"`
	Cursor string `query:"cursor" doc:"next of the page before"`
}

func (a *API) listIssues(ctx context.Context, in *issuesInput) (*body[IssueList], error) {
	begin := a.Now()
	l, err := newIssueListing(in, begin)
	if err != nil {
		return nil, badRequest(err)
	}
	all, err := a.Issues.Issues(ctx, TenantOf(ctx), l.rng, sparkParts)
	if err != nil {
		return nil, a.failed(ctx, "list issues", err)
	}
	for i := range all {
		all[i].Settle(signal.TimeOf(begin))
	}
	out := &body[IssueList]{Body: IssueList{Issues: []IssueRow{}}}
	list := &out.Body
	page, next := l.page(all)
	for i := range page {
		list.Issues = append(list.Issues, issueRow(&page[i]))
	}
	list.Next = next
	if len(page) == 0 && in.Cursor == "" {
		if list.Empty, err = a.explainIssues(ctx, l, all); err != nil {
			return nil, a.failed(ctx, "explain an empty list", err)
		}
	}
	list.Scanned, list.TookMS = len(all), a.took(begin)
	return out, nil
}

// issueRange reads a range that, other than those over spans, ends now: counts of
// issues have no senders with clocks ahead.
func issueRange(from, to string, now time.Time) (signal.Range, error) {
	r, err := parseRange(cmp.Or(from, issueWindow), to, now)
	if r.To == 0 {
		r.To = max(signal.TimeOf(now), r.From) + 1
	}
	return r, err
}

// issueListing is one question for a list of issues.
type issueListing struct {
	where *query.Expr
	state string
	key   func(*issue.Issue) int64 // of the order, largest first
	rng   signal.Range
	limit int
	after *issueCursor
}

func newIssueListing(in *issuesInput, now time.Time) (*issueListing, error) {
	l := &issueListing{state: in.State}
	var err error
	if l.where, err = query.Parse(in.Q); err != nil {
		return nil, err
	}
	if l.rng, err = issueRange(in.From, in.To, now); err != nil {
		return nil, err
	}
	if l.limit, err = parseLimit(in.Limit); err != nil {
		return nil, err
	}
	if in.State != "" && in.State != activeState && !slices.Contains(issue.States[:], issue.State(in.State)) {
		return nil, fmt.Errorf("api: state is one of open, ignored, resolved, regressed and active, not %q", in.State)
	}
	switch in.Sort {
	case "", "last":
		l.key = func(i *issue.Issue) int64 { return int64(i.Last) }
	case "count":
		l.key = func(i *issue.Issue) int64 { return int64(i.Count) }
	case "first":
		l.key = func(i *issue.Issue) int64 { return int64(i.First) }
	default:
		return nil, fmt.Errorf("api: sort is last, count or first, not %q", in.Sort)
	}
	l.after, err = decodeIssueCursor(in.Cursor)
	return l, err
}

// activeState stands for the states that ask for somebody's attention.
const activeState = "active"

func (l *issueListing) matches(i *issue.Issue, where *query.Expr) bool {
	switch l.state {
	case "", string(i.State):
	case activeState:
		if i.State != issue.Open && i.State != issue.Regressed {
			return false
		}
	default:
		return false
	}
	return where.Matches(issueFacts(i))
}

// page returns the issues of one page and the cursor of the next.
func (l *issueListing) page(all []issue.Issue) (page []issue.Issue, next string) {
	compare := func(a, b issueCursor) int {
		return cmp.Or(cmp.Compare(b.key, a.key), slices.Compare(a.id[:], b.id[:]))
	}
	at := func(i *issue.Issue) issueCursor { return issueCursor{key: l.key(i), id: i.ID} }
	for i := range all {
		if l.matches(&all[i], l.where) && (l.after == nil || compare(*l.after, at(&all[i])) < 0) {
			page = append(page, all[i])
		}
	}
	slices.SortFunc(page, func(a, b issue.Issue) int { return compare(at(&a), at(&b)) })
	if len(page) > l.limit {
		page = page[:l.limit]
		next = at(&page[l.limit-1]).encode()
	}
	return page, next
}

// issueFacts is i as a row that conditions can be asked of.
func issueFacts(i *issue.Issue) *query.Row {
	attrs := signal.Attrs{
		{Key: "type", Value: signal.Str(string(i.Type))},
		{Key: "state", Value: signal.Str(string(i.State))},
		{Key: "faas.name", Value: signal.Str(i.Resource.Name)},
		{Key: "version", Value: signal.Str(i.LastVersion)},
		{Key: "account", Value: signal.Str(i.Resource.Account)},
		{Key: "region", Value: signal.Str(i.Resource.Region)},
		{Key: "count", Value: signal.Int(int64(i.Count))},
		{Key: "users", Value: signal.Int(int64(i.Users))},
	}
	if len(i.Causes) > 0 {
		attrs = append(attrs, signal.Attr{Key: "cause", Value: signal.Str(i.Causes[0].Resource.Name)}, signal.Attr{Key: "headline", Value: signal.Str(i.Causes[0].Headline)})
	}
	return &query.Row{
		Resource: signal.Attrs{{Key: "service.name", Value: signal.Str(i.Resource.Name)}},
		Span:     &signal.Span{Name: i.Title, Start: i.Last, Attrs: attrs},
	}
}

// explainIssues says why none of all, the issues of the range, is listed.
func (a *API) explainIssues(ctx context.Context, l *issueListing, all []issue.Issue) (*Empty, error) {
	if len(all) == 0 {
		ever, err := a.Issues.Issues(ctx, TenantOf(ctx), signal.Range{}, 1)
		if err != nil || len(ever) == 0 {
			return &Empty{Reason: "no-data"}, err
		}
		return &Empty{Reason: "no-data-in-range", Nearest: rfc3339(nearestIssue(ever, l.rng))}, nil
	}
	e := &Empty{Reason: "no-match"}
	ts := terms(l.where)
	if len(ts) > maxTerms {
		return e, nil
	}
	for i := range ts {
		rest := query.All(slices.Delete(slices.Clone(ts), i, i+1)...)
		if slices.ContainsFunc(all, func(x issue.Issue) bool { return l.matches(&x, rest) }) {
			e.Term = query.Print(ts[i])
			return e, nil
		}
	}
	return e, nil
}

// nearestIssue returns the first or last sight of an issue that is nearest to r.
func nearestIssue(all []issue.Issue, r signal.Range) (nearest signal.Time) {
	best := time.Duration(-1)
	for i := range all {
		for _, at := range []signal.Time{all[i].First, all[i].Last} {
			away := max(r.From.Sub(at), at.Sub(r.To))
			if best < 0 || away < best {
				nearest, best = at, away
			}
		}
	}
	return nearest
}

// issueCursor is the place of an issue in an order.
type issueCursor struct {
	key int64
	id  issue.ID
}

const issueCursorVersion = 2

func (c issueCursor) encode() string {
	b := binary.BigEndian.AppendUint64([]byte{issueCursorVersion}, uint64(c.key))
	return base64.RawURLEncoding.EncodeToString(append(b, c.id[:]...))
}

func decodeIssueCursor(s string) (*issueCursor, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 1+8+8 || b[0] != issueCursorVersion {
		return nil, errCursor
	}
	return &issueCursor{key: int64(binary.BigEndian.Uint64(b[1:])), id: issue.ID(b[9:])}, nil
}
