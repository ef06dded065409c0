package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar"
	"clew/internal/store/mem"
	"clew/internal/transaction/storytest"
)

// halved is the story of the blog as a team tells it whose auth and post-analysis
// are traced by something that reports half of the ids.
func halved() *signal.Batch {
	b := storytest.Blog()
	for i := range b.Groups {
		g := &b.Groups[i]
		if name := g.Resource.ServiceName(); name != "auth" && name != "post-analysis" {
			continue
		}
		for j := range g.Spans {
			clear(g.Spans[j].Trace[:8])
		}
		for j := range g.Logs {
			clear(g.Logs[j].Trace[:8])
		}
	}
	return b
}

// engines runs f with b in the reference store and in the embedded one.
func engines(t *testing.T, f func(*testing.T, store.Store), batches ...*signal.Batch) {
	for name, open := range map[string]func(t *testing.T) store.Store{
		"mem": func(*testing.T) store.Store { return mem.New() },
		"columnar": func(t *testing.T) store.Store {
			s, err := columnar.Open(columnar.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			defer s.Close()
			for _, b := range batches {
				if err := s.Append(t.Context(), b); err != nil {
					t.Fatal(err)
				}
			}
			f(t, s)
		})
	}
}

// toldOf is what a transaction says whatever traces it came in.
func toldOf(t *testing.T, tx *Transaction) string {
	t.Helper()
	same := *tx
	same.Traces, same.Notes, same.Services, same.Answer = nil, nil, nil, Answer{}
	text, err := json.Marshal(same)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// untraced is a stream of spans without the traces that they came in.
func untraced(t *testing.T, stream string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(stream) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "traces")
		delete(m, "trace")
		fmt.Fprintln(&out, m)
	}
	return out.String()
}

func TestHalvesAreToldAsOneStory(t *testing.T) {
	plain := serve(t, fixture(t))
	id := storytest.NewPost.String()
	want := decode[Transaction](t, get(t, plain, "/api/transactions/"+id))
	wantSpans := untraced(t, get(t, plain, "/api/transactions/"+id+"/spans").Body.String())
	engines(t, func(t *testing.T, s store.Store) {
		h := serve(t, s)
		get(t, h, "/api/services") // numbers the services in the order of the other fixture
		for _, asked := range []string{id, id[16:]} {
			got := decode[Transaction](t, get(t, h, "/api/transactions/"+asked))
			note := "spans of trace 0000000000000000" + id[16:] + " joined: their tracers report only half of the id"
			if !slices.Contains(got.Notes, note) || got.ID != id {
				t.Errorf("%s: id %s, notes %q", asked, got.ID, got.Notes)
			}
			if a, b := toldOf(t, &got), toldOf(t, &want); a != b {
				t.Errorf("%s: another story:\n%s\nwant\n%s", asked, a, b)
			}
			if spans := untraced(t, get(t, h, "/api/transactions/"+asked+"/spans").Body.String()); spans != wantSpans {
				t.Errorf("%s: spans\n%s\nwant\n%s", asked, spans, wantSpans)
			}
			d := decode[SpanDetail](t, get(t, h, "/api/spans/"+asked+"/ee00000000000009"))
			if d.Trace != "0000000000000000"+id[16:] || len(d.Logs) != 2 {
				t.Errorf("%s: span of trace %s with %d lines", asked, d.Trace, len(d.Logs))
			}
		}
		for _, q := range []string{"", "&q=service:post-analysis", "&q=service:blog-gateway+POST"} {
			l := decode[TransactionList](t, get(t, h, "/api/transactions?limit=10"+q))
			var posts []string
			for _, r := range l.Transactions {
				if r.Entry.Operation == "POST /new_post" {
					posts = append(posts, r.ID)
				}
			}
			if !slices.Equal(posts, []string{id}) || len(l.Transactions[len(l.Transactions)-1].Ambiguous) > 0 {
				t.Errorf("%s: listed %q", q, posts)
			}
		}
	}, halved())
}

// pair is one span of a whole trace and one of the half that ends like it.
func pair(high byte, parent signal.SpanID) signal.Span {
	id := storytest.NewPost
	id[0] = high
	return signal.Span{Trace: id, ID: signal.SpanID{7: high}, Parent: parent, Name: fmt.Sprintf("op %d", high), Kind: signal.Server, Start: storytest.At(0), End: storytest.At(5)}
}

func half(at float64, parent signal.SpanID) signal.Span {
	id := storytest.NewPost
	clear(id[:8])
	return signal.Span{Trace: id, ID: signal.SpanID{7: 0xcc}, Parent: parent, Name: "half", Kind: signal.Server, Start: storytest.At(at), End: storytest.At(at + 5)}
}

func batchOf(spans ...signal.Span) *signal.Batch {
	g := serviceGroup("mixed")
	g.Spans = spans
	return &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{g}}
}

// stories lists what h has as "first operation: spans, ambiguous" by operation.
func stories(t *testing.T, s store.Store) string {
	t.Helper()
	l := decode[TransactionList](t, get(t, serve(t, s, func(o *Options) { o.Now = func() time.Time { return now.Add(3 * time.Hour) } }), "/api/transactions?from=now-6h"))
	var out []string
	for _, r := range l.Transactions {
		line := fmt.Sprintf("%s: %d", r.Entry.Operation, r.Spans)
		for _, a := range r.Ambiguous {
			line += " ?" + strings.TrimLeft(a[:2], "0")
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func TestAmbiguousHalvesStayApart(t *testing.T) {
	f := func(name, want string, spans ...signal.Span) {
		t.Helper()
		var batches []*signal.Batch
		for _, sp := range spans {
			batches = append(batches, batchOf(sp))
		}
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, s store.Store) {
				if got := stories(t, s); got != want {
					t.Errorf("%s\nwant %s", got, want)
				}
			}, batches...)
			slices.Reverse(batches)
			engines(t, func(t *testing.T, s store.Store) {
				if got := stories(t, s); got != want {
					t.Errorf("late first: %s\nwant %s", got, want)
				}
			}, batches...)
		})
	}
	none := signal.SpanID{}
	f("one candidate", "op 1: 2", pair(1, none), half(1, signal.SpanID{7: 1}))
	f("one candidate that says nothing", "half: 2", pair(1, signal.SpanID{7: 0xcc}), half(-1, none))
	f("more than an hour apart", "half: 1; op 1: 1", pair(1, none), half(3_700_000, signal.SpanID{7: 1}))
	f("two, and a parent tells", "op 1: 1; op 2: 2", pair(1, none), pair(2, none), half(1, signal.SpanID{7: 2}))
	f("two, and a child tells", "half: 2; op 1: 1", pair(1, none), pair(2, signal.SpanID{7: 0xcc}), half(-1, none))
	f("two, and nothing tells", "half: 1 ?1 ?2; op 1: 1 ?; op 2: 1 ?", pair(1, none), pair(2, none), half(1, none))
}

// Pages show a joined story once, whatever stands between its halves.
func TestPagesShowAJoinedStoryOnce(t *testing.T) {
	var spans []signal.Span
	for i := range 30 {
		spans = append(spans, signal.Span{Trace: signal.TraceID{0: 9, 15: byte(i + 1)}, ID: signal.SpanID{7: 1}, Name: fmt.Sprintf("other %d", i), Start: storytest.At(float64(100 * i)), End: storytest.At(float64(100*i + 1))})
	}
	whole := pair(1, signal.SpanID{})
	spans = append(spans, whole, half(2850, whole.ID))
	engines(t, func(t *testing.T, s store.Store) {
		h := serve(t, s)
		seen := map[string]int{}
		cursor := ""
		for page := 0; page == 0 || cursor != ""; page++ {
			l := decode[TransactionList](t, get(t, h, "/api/transactions?limit=4&cursor="+cursor))
			for _, r := range l.Transactions {
				seen[r.Entry.Operation]++
			}
			cursor = l.Next
		}
		for op, n := range seen {
			if n != 1 {
				t.Errorf("%s is listed %d times", op, n)
			}
		}
		if len(seen) != 31 || seen["op 1"] != 1 {
			t.Errorf("listed %v", seen)
		}
	}, batchOf(spans...))
}

// joinedSpan is a span of trace n of a family, with the keys of messages.
func joinedSpan(family byte, n int, kind signal.SpanKind, at float64, messages ...int) signal.Span {
	s := signal.Span{Trace: signal.TraceID{0: family, 15: byte(n)}, ID: signal.SpanID{0: family, 7: byte(n)}, Kind: kind, Name: fmt.Sprintf("%c%d", family, n), Start: storytest.At(at), End: storytest.At(at + 5)}
	for _, m := range messages {
		s.Keys = append(s.Keys, signal.JoinKey{Kind: signal.KeySQSMessage, Value: fmt.Sprint("m-", m)})
	}
	return s
}

// pages walks the list and counts how often each entry is shown.
func pages(t *testing.T, s store.Store, query string) map[string]int {
	t.Helper()
	h := serve(t, s)
	seen := map[string]int{}
	cursor := ""
	for page := 0; page == 0 || cursor != ""; page++ {
		l := decode[TransactionList](t, get(t, h, "/api/transactions?limit=4&cursor="+cursor+query))
		if len(l.Transactions) > 4 || page > 100 {
			t.Fatalf("page %d has %d rows", page, len(l.Transactions))
		}
		for _, r := range l.Transactions {
			seen[r.Entry.Operation]++
		}
		cursor = l.Next
	}
	return seen
}

// Thirty requests send a message each, which come in three batches of ten: thirty
// stories, each listed once however they are found, and no other.
func TestPagesShowEachMessageOfABatchOnce(t *testing.T) {
	var spans []signal.Span
	for batch := range 3 {
		var handed []int
		for i := range 10 {
			m := 10*batch + i
			spans = append(spans, joinedSpan('s', m, signal.Server, float64(100*m)), joinedSpan('s', m, signal.Producer, float64(100*m+1), m))
			spans[len(spans)-1].ID[1] = 1
			spans[len(spans)-1].Parent = spans[len(spans)-2].ID
			handed = append(handed, m)
		}
		late := joinedSpan('r', batch, signal.Consumer, float64(1000*batch+2500), handed...)
		work := joinedSpan('r', batch, signal.Client, float64(1000*batch+2501))
		work.ID[1], work.Parent = 1, late.ID
		spans = append(spans, late, work)
	}
	spans = append(spans, joinedSpan('r', 99, signal.Consumer, 2700, 77)) // nobody told of sending it
	engines(t, func(t *testing.T, s store.Store) {
		for q, want := range map[string]int{"": 31, "&q=kind:consumer": 31, "&q=kind:producer": 30, "&q=name:r1": 10} {
			seen := pages(t, s, q)
			for op, n := range seen {
				if n != 1 {
					t.Errorf("%s: %s is listed %d times", q, op, n)
				}
			}
			if len(seen) != want {
				t.Errorf("%s: listed %d stories, want %d: %v", q, len(seen), want, seen)
			}
		}
		h := serve(t, s)
		tx := decode[Transaction](t, get(t, h, "/api/transactions/"+spans[0].Trace.String()))
		if got := len(tx.Traces); got != 2 || tx.Spans != 4 {
			t.Errorf("a message is %d traces, %d spans", got, tx.Spans)
		}
	}, batchOf(spans...))
}

// Whichever trace of a story matches, the story is listed, once.
func TestPagesShowAStoryOfManyTracesOnce(t *testing.T) {
	var spans []signal.Span
	for n := range 6 { // six chains of five functions
		for hop := range 5 {
			if hop > 0 {
				spans = append(spans, joinedSpan('a'+byte(hop), n, signal.Consumer, float64(50*n+700*hop), 100*n+hop))
			} else {
				spans = append(spans, joinedSpan('a', n, signal.Server, float64(50*n)))
			}
			out := joinedSpan('a'+byte(hop), n, signal.Producer, float64(50*n+700*hop+2), 100*n+hop+1)
			out.Parent, out.ID[1] = out.ID, 1
			spans = append(spans, out)
		}
	}
	engines(t, func(t *testing.T, s store.Store) {
		for _, q := range []string{"", "&q=name:c*", "&q=kind:producer", "&q=name:e3"} {
			seen := pages(t, s, q)
			want := 6
			if q == "&q=name:e3" {
				want = 1
			}
			if len(seen) != want || seen["a3"] != 1 {
				t.Errorf("%s: %v", q, seen)
			}
			for op, n := range seen {
				if n != 1 {
					t.Errorf("%s: %s is listed %d times", q, op, n)
				}
			}
		}
	}, batchOf(spans...))
}
