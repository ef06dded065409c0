package api

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
)

func list(t testing.TB, s *mem.Store, params string, change ...func(*Options)) TransactionList {
	t.Helper()
	return decode[TransactionList](t, get(t, serve(t, s, change...), "/api/transactions?"+params))
}

func ids(l TransactionList) (ids []string) {
	for _, r := range l.Transactions {
		ids = append(ids, r.Entry.Operation)
	}
	return ids
}

func TestListFilters(t *testing.T) {
	s := fixture(t)
	f := func(q string, want ...string) {
		t.Helper()
		if got := ids(list(t, s, "q="+url.QueryEscape(q))); !slices.Equal(got, want) {
			t.Errorf("%q lists %q, want %q", q, got, want)
		}
	}
	f("", "GET /post", "POST /new_post")
	f("service:auth", "POST /new_post")
	f("function:post-analysis status:error", "POST /new_post")
	f("KeyError", "POST /new_post")
	f("db.system:redis", "GET /post", "POST /new_post")
	f("dur:>500ms", "POST /new_post")
	f("outcome:ok", "GET /post")
	f("outcome:error db.system:redis", "POST /new_post")
	f("total:>1s", "POST /new_post")
	f("queue_wait:>200ms OR cold_starts:>0", "POST /new_post")
	f("entry:GET*", "GET /post")
	f("service:nobody")
	f("outcome:timeout")
}

func TestListRangesAndEmptiness(t *testing.T) {
	s := fixture(t)
	f := func(params, reason, nearest, term string) {
		t.Helper()
		l := list(t, s, params)
		if l.Empty == nil || *l.Empty != (Empty{reason, nearest, term}) || len(l.Transactions) != 0 {
			t.Errorf("%s: %+v", params, l.Empty)
		}
	}
	f("q=service:nobody+status:error", "no-match", "", "service:nobody")
	f("q=service:nobody+service:noone", "no-match", "", "")
	f("q=outcome:timeout+service:auth", "no-match", "", "outcome:timeout")
	f("from=now-10s", "no-data-in-range", "2026-11-21T09:00:02.008Z", "")
	f("from=now-2h&to=now-1h", "no-data-in-range", "2026-11-21T09:00:00Z", "")
	if l := list(t, s, "from=2026-11-21T09:00:01Z&to=2026-11-21T09:00:02.005Z"); !slices.Equal(ids(l), []string{"GET /post"}) {
		t.Errorf("range: %q", ids(l))
	}
	empty := list(t, mem.New(), "")
	if empty.Empty == nil || empty.Empty.Reason != "no-data" || empty.Next != "" {
		t.Errorf("empty store: %+v", empty)
	}
}

// many returns a store of n random traces, whose spans lie among each other.
func many(t testing.TB, n int, seed uint64) *mem.Store {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	b := &signal.Batch{Tenant: signal.DefaultTenant}
	for i := range n {
		var parent signal.SpanID
		for j := range 1 + rng.IntN(6) {
			s := signal.Span{Trace: signal.TraceID{15: byte(i), 14: 1}, Name: fmt.Sprint("t", i), Parent: parent, Kind: signal.Server}
			binary.BigEndian.PutUint64(s.ID[:], uint64(j+1)) // span ids repeat between traces
			s.Start = storytest.At(float64(rng.IntN(40)))    // and instants, too
			s.End = s.Start.Add(time.Millisecond)
			s.Attrs = signal.Attrs{{Key: "pick", Value: signal.Int(int64(rng.IntN(3)))}}
			parent = s.ID
			b.Groups = append(b.Groups, signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("s")}}, Spans: []signal.Span{s}})
		}
	}
	s := mem.New()
	if err := s.Append(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPagesEqualOneList compares pages of every size with the plain answer: each
// trace once, at its newest matching span in range.
func TestPagesEqualOneList(t *testing.T) {
	for seed := range uint64(6) {
		s := many(t, 40, seed)
		for _, q := range []string{"", "pick:1", "pick:2 -pick:3"} {
			params := "from=" + fmt.Sprint(int64(storytest.At(5))) + "&to=" + fmt.Sprint(int64(storytest.At(30))) + "&q=" + url.QueryEscape(q)
			want := oracle(t, s, q, signal.Range{From: storytest.At(5), To: storytest.At(30)})
			for _, limit := range []int{1, 3, 7, 39, 500} {
				var got []string
				cursor := ""
				for pages := 0; ; pages++ {
					l := list(t, s, fmt.Sprintf("%s&limit=%d&cursor=%s", params, limit, cursor))
					for _, r := range l.Transactions {
						got = append(got, r.ID)
					}
					if cursor = l.Next; cursor == "" {
						break
					}
					if pages > 60 || len(l.Transactions) != limit {
						t.Fatalf("page %d has %d rows of %d", pages, len(l.Transactions), limit)
					}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d, %q, limit %d:\ngot  %q\nwant %q", seed, q, limit, got, want)
				}
			}
		}
	}
}

func oracle(t testing.TB, s *mem.Store, text string, rng signal.Range) (want []string) {
	t.Helper()
	where, err := query.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for rows, err := range s.Scan(context.Background(), &query.Query{Tenant: signal.DefaultTenant, Range: rng, Where: where}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows.Rows {
			if id := r.Span.Trace.String(); !slices.Contains(want, id) {
				want = append(want, id)
			}
		}
	}
	return want
}

// TestBudgetIsPartialAndContinues lets the clock run out with every look at it:
// the pages are partial, yet following them gives the whole list.
func TestBudgetIsPartialAndContinues(t *testing.T) {
	s := many(t, 30, 9)
	clock := now
	tick := func(o *Options) {
		o.Now = func() time.Time { clock = clock.Add(300 * time.Millisecond); return clock }
	}
	want := oracle(t, s, "", signal.Range{})
	var got []string
	cursor, partial := "", false
	for pages := 0; ; pages++ {
		l := list(t, s, "from=0&limit=10&cursor="+cursor, tick)
		for _, r := range l.Transactions {
			got = append(got, r.ID)
		}
		partial = partial || l.Partial != ""
		if cursor = l.Next; cursor == "" {
			break
		}
		if pages > 200 {
			t.Fatal("no end of pages")
		}
	}
	if !partial || !slices.Equal(got, want) {
		t.Errorf("partial %v\ngot  %q\nwant %q", partial, got, want)
	}
}

func TestListStopsWithItsClient(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := httptest.NewRecorder()
	serve(t, fixture(t)).ServeHTTP(w, httptest.NewRequest("GET", "/api/transactions", nil).WithContext(ctx))
	if w.Code != 499 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestParseTime(t *testing.T) {
	f := func(in string, want string) {
		t.Helper()
		got, err := parseTime(in, now)
		if err != nil || rfc3339(got) != want {
			t.Errorf("parseTime(%q) = %s, %v, want %s", in, rfc3339(got), err, want)
		}
	}
	f("now", "2026-11-21T09:01:00Z")
	f("now-15m", "2026-11-21T08:46:00Z")
	f("now-7d", "2026-11-14T09:01:00Z")
	f("2026-11-21T10:00:00+01:00", "2026-11-21T09:00:00Z")
	f("2026-11-21T10:00:00 01:00", "2026-11-21T09:00:00Z")
	f("1795251600", "2026-11-21T09:00:00Z")
	f("1795251600.5", "2026-11-21T09:00:00.5Z")
	f("1795251600123", "2026-11-21T09:00:00.123Z")
	f("1795251600123456", "2026-11-21T09:00:00.123456Z")
	f("1795251600123456789", "2026-11-21T09:00:00.123456789Z")
	for _, bad := range []string{"", "noon", "now-", "now-5", "now-5y", "now--5m", "now5m", "-5", "1e300", "Inf", "NaN", "99999999999999999999", "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z"} {
		if got, err := parseTime(bad, now); err == nil {
			t.Errorf("parseTime(%q) = %v", bad, got)
		}
	}
}

func FuzzDecodeCursor(f *testing.F) {
	f.Add(encodeCursor(cursor{query.Cursor{At: 5, Trace: signal.TraceID{1}, Span: signal.SpanID{2}}, signal.TraceID{3}}))
	f.Fuzz(func(t *testing.T, s string) {
		c, err := decodeCursor(s)
		if err != nil || c == nil {
			return
		}
		again, err := decodeCursor(encodeCursor(*c))
		if err != nil || *again != *c {
			t.Errorf("%q: %+v comes back as %+v, %v", s, c, again, err)
		}
	})
}

// slow is a store whose scans wait for their context.
type slow struct{ store.Store }

func (s slow) Scan(ctx context.Context, _ *query.Query) iter.Seq2[*query.Rows, error] {
	return func(yield func(*query.Rows, error) bool) {
		<-ctx.Done()
		yield(nil, ctx.Err())
	}
}

func TestSlowStoreAnswersInTime(t *testing.T) {
	h := serve(t, slow{fixture(t)}, func(o *Options) { o.Budget = time.Millisecond })
	l := decode[TransactionList](t, get(t, h, "/api/transactions"))
	if l.Partial == "" || l.Empty != nil || l.Next != "" {
		t.Errorf("%+v", l)
	}
	if w := get(t, h, "/api/services"); w.Code != 503 {
		t.Errorf("services: %d %s", w.Code, w.Body)
	}
}
