package cause

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"clew/internal/signal"
	"clew/internal/transaction"
	"clew/internal/transaction/scenario"
)

// pieces cuts batches into one batch for each row.
func pieces(batches []*signal.Batch) (out []*signal.Batch) {
	for _, b := range batches {
		for _, g := range b.Groups {
			for i := range g.Spans {
				out = append(out, &signal.Batch{Tenant: b.Tenant, Groups: []signal.Group{{Resource: g.Resource, Scope: g.Scope, Spans: g.Spans[i : i+1]}}})
			}
			for i := range g.Logs {
				out = append(out, &signal.Batch{Tenant: b.Tenant, Groups: []signal.Group{{Resource: g.Resource, Scope: g.Scope, Logs: g.Logs[i : i+1]}}})
			}
		}
	}
	return out
}

// TestAnyOrderGivesTheSameReport: rows arrive one by one, in any order, some twice.
func TestAnyOrderGivesTheSameReport(t *testing.T) {
	for _, dir := range []string{"scenarios", "heldout"} {
		for _, file := range stories(t, dir) {
			s := load(t, file)
			want := tell(s)
			r := rand.New(rand.NewPCG(1, 2))
			for range 3 {
				c := *s
				c.Batches = pieces(s.Batches)
				c.Batches = append(c.Batches, c.Batches[r.IntN(len(c.Batches))])
				r.Shuffle(len(c.Batches), func(i, j int) { c.Batches[i], c.Batches[j] = c.Batches[j], c.Batches[i] })
				if got := tell(&c); !reflect.DeepEqual(got.r, want.r) {
					t.Errorf("%s: the order of arrival matters:\n%+v %+v\n%+v %+v", s.Name, got.r, got.r.Cause, want.r, want.r.Cause)
					break
				}
			}
		}
	}
}

// TestReportsAreWellFormed: rows and nodes exist, the path ends where it should.
func TestReportsAreWellFormed(t *testing.T) {
	for _, file := range stories(t, "scenarios") {
		s := tell(load(t, file))
		if err := s.wellFormed(); err != "" {
			t.Errorf("%s: %s", s.Name, err)
		}
	}
}

func (s *told) wellFormed() string {
	rows, nodes := len(s.t.Rows), len(s.t.Nodes)
	for _, q := range s.r.Silent {
		if q.Row < 0 || q.Row >= rows || q.Text == "" || q.Kind == "" {
			return fmt.Sprintf("silent %+v", q)
		}
	}
	c := s.r.Cause
	if c == nil {
		return ""
	}
	bad := func(r int) bool { return r < 0 || r >= rows }
	switch {
	case bad(c.Row) || bad(c.Failure) || c.Headline == "" || c.Hops != len(c.Nodes)-1 || slices.ContainsFunc(c.Rows, bad):
		return fmt.Sprintf("cause %+v", c)
	case c.Rows[0] != c.Row || s.t.Rows[c.Rows[len(c.Rows)-1]].Service != s.t.Rows[c.Failure].Service:
		return fmt.Sprintf("path %v from %d to %d", c.Rows, c.Row, c.Failure)
	case slices.ContainsFunc(c.Nodes, func(n int) bool { return n < 0 || n >= nodes }):
		return fmt.Sprintf("nodes %v", c.Nodes)
	}
	for _, n := range c.Evidence {
		if bad(n.Row) || n.Text == "" {
			return fmt.Sprintf("evidence %+v", n)
		}
	}
	for _, o := range c.Others {
		if bad(o.Row) || o.Row == c.Row || o.Text == "" || o.Confidence == "" {
			return fmt.Sprintf("other %+v", o)
		}
	}
	for _, v := range c.Values {
		if bad(v.Row) || v.FromRow >= rows || v.Path == "" || v.Role == "" {
			return fmt.Sprintf("value %+v", v)
		}
	}
	return ""
}

// FuzzFind searches stories of random shape whose payloads and texts are the fuzzer's.
func FuzzFind(f *testing.F) {
	f.Add([]byte("\x01\x02\x03\x44\x15\x26"), "KeyError: 'user'", `{"Records":[{"body":"{\"a\":null}"}]}`)
	f.Add([]byte{9, 9, 9, 1, 2, 3, 255, 0, 7}, "Cannot read properties of undefined (reading 'a')", `{"errors":[{"message":"x"}],"batchItemFailures":[1]}`)
	f.Fuzz(func(t *testing.T, shape []byte, text, payload string) {
		s := &told{t: random(shape, text, payload)}
		var e Evidence
		e.Add(randomBatch(shape, text, payload))
		if s.r = Find(s.t, &e); len(s.t.Rows) > 0 {
			if err := s.wellFormed(); err != "" {
				t.Error(err)
			}
		}
	})
}

func random(shape []byte, text, payload string) *transaction.Transaction {
	var b transaction.Builder
	b.Add(randomBatch(shape, text, payload))
	return b.Build()
}

// randomBatch makes a span of every byte: its parent, kind, service and fate.
func randomBatch(shape []byte, text, payload string) *signal.Batch {
	b := &signal.Batch{}
	str := func(k, v string) signal.Attr { return signal.Attr{Key: k, Value: signal.Str(v)} }
	for i, c := range shape[:min(len(shape), 400)] {
		s := signal.Span{Trace: signal.TraceID{1}, ID: signal.SpanID{1, byte(i >> 8), byte(i)}, Kind: signal.SpanKind(c % 6), Name: "n", Start: scenario.At(float64(i)), End: scenario.At(float64(i) + float64(c%32))}
		if p := int(c) % (i + 1); i > 0 {
			s.Parent = signal.SpanID{1, byte(p >> 8), byte(p)}
		}
		switch {
		case c&64 != 0:
			s.Status = signal.Status{Code: signal.StatusError, Message: text}
		case c&128 != 0:
			s.End = 0
		}
		if c&16 != 0 {
			s.Attrs = append(s.Attrs, str("clew.payload.event", payload), str("http.response.body", payload), str("messaging.system", "aws_sns"), str("messaging.destination.name", text))
		}
		if c&8 != 0 {
			s.Events = []signal.Event{{Name: "exception", Attrs: signal.Attrs{str("exception.type", text), str("exception.message", text)}}}
		}
		if c&32 != 0 {
			s.Attrs = append(s.Attrs, str("messaging.message.body", payload), str("http.status_code", "500"))
		}
		service := string(rune('a' + c%5))
		b.Groups = append(b.Groups, signal.Group{Resource: signal.Attrs{str("service.name", service)}, Spans: []signal.Span{s},
			Logs: []signal.Log{{Trace: s.Trace, Span: s.ID, Level: signal.Level(c % 24), Body: signal.Str(text)}}})
	}
	return b
}

// TestHostileShapes: however many calls failed, and however deep they lie, the
// search ends after a bounded number of steps.
func TestHostileShapes(t *testing.T) {
	const n = 6000
	shapes := map[string]func(i int) (parent int, kind signal.SpanKind, service int){
		"flat": func(i int) (int, signal.SpanKind, int) { return 0, signal.Client, 0 },
		"deep": func(i int) (int, signal.SpanKind, int) { return i - 1, signal.SpanKind(2 + i%2), (i + 1) / 2 % 50 },
		"fan":  func(i int) (int, signal.SpanKind, int) { return (i - 1) * (1 - i%2), signal.SpanKind(2 + i%2), 1 - i%2 },
		"ring": func(i int) (int, signal.SpanKind, int) { return i - 1, signal.SpanKind(5 - i%2), 0 },
	}
	for name, shape := range shapes {
		b := &signal.Batch{}
		for i := range n {
			parent, kind, service := -1, signal.Server, 0
			if i > 0 {
				parent, kind, service = shape(i)
			}
			g := randomBatch([]byte{64 + 32 + 16 + 8}, "KeyError: 'user'", `{"Records":[{"messageId":"1","body":"{\"id\":1}"}]}`).Groups[0]
			s := &g.Spans[0]
			s.ID, s.Kind, s.Start, s.End = signal.SpanID{1, 0, byte(i >> 8), byte(i)}, kind, scenario.At(float64(i)/100), scenario.At(float64(2*n-i)/100)
			if parent >= 0 {
				s.Parent = signal.SpanID{1, 0, byte(parent >> 8), byte(parent)}
			}
			g.Resource = signal.Attrs{{Key: "service.name", Value: signal.Str(fmt.Sprint("s", service))}}
			b.Groups = append(b.Groups, g)
		}
		var tb transaction.Builder
		var e Evidence
		tb.Add(b)
		e.Add(b)
		tx := tb.Build()
		f := newFinder(tx, &e)
		if c := f.conclude(tx.Failure); c.Headline == "" || f.steps > maxSteps {
			t.Errorf("%s: %d steps, %+v", name, f.steps, c)
		}
	}
}

// BenchmarkFind is the price of a story of 1,000 spans, half of which failed.
func BenchmarkFind(b *testing.B) {
	t, e := large(1000)
	for b.Loop() {
		if Find(t, e).Cause == nil {
			b.Fatal("no cause")
		}
	}
	b.ReportMetric(float64(len(t.Rows)), "rows")
}

// large is a chain of services, each making many calls with payloads that fail.
func large(n int) (*transaction.Transaction, *Evidence) {
	var rows []byte
	r := rand.New(rand.NewPCG(3, 4))
	for range n {
		rows = append(rows, byte(r.Uint32()))
	}
	var b transaction.Builder
	e := &Evidence{}
	payload := `{"Records":[{"messageId":"1","body":"{\"id\":1,\"items\":[{\"sku\":\"a\",\"n\":1},{\"sku\":\"b\",\"n\":2}],\"customer\":{\"name\":\"Ada\",\"email\":null}}"}]}`
	for i := 0; i < len(rows); i += 400 {
		batch := randomBatch(rows[i:min(i+400, len(rows))], "TypeError: Cannot read properties of undefined (reading 'user')", payload)
		for g := range batch.Groups {
			s := &batch.Groups[g].Spans[0]
			s.ID[3], s.Parent[3] = byte(i/400), byte(i/400)
			s.Start, s.End = s.Start+1, s.End+1
		}
		batch.Groups[0].Spans[0].Status.Code = signal.StatusError
		b.Add(batch)
		e.Add(batch)
	}
	return b.Build(), e
}

func TestSame(t *testing.T) {
	f := func(a, b string, want bool) {
		t.Helper()
		if same(a, b) != want {
			t.Errorf("%q and %q: %v", a, b, !want)
		}
	}
	f("ann", "ann", true)
	f("7", "7.0", true)
	f("ann", "bob", false)
	f("***0a1b2c3d", "***0a1b2c3d", true) // the same secret
	f("***0a1b2c3d", "***ffffffff", false)
	f("***", "***", false) // any two secrets
	f("***0a1b2c3d", "ann", false)
}
