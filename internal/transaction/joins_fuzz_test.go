package transaction

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction/storytest"
)

var fuzzKinds = []string{
	signal.KeySQSMessage, signal.KeySNSMessage, signal.KeyRequest, signal.KeyExecution, signal.KeyDynamoDBItem,
	signal.KeyXRayTrace, signal.KeyKinesisRecord, signal.KeyGatewayRequest, signal.KeyStep, signal.KeyStepDone,
}

// randomStory reads spans of a few traces, keys and links from bytes, eight a span.
func randomStory(in []byte) []*signal.Batch {
	var out []*signal.Batch
	for ; len(in) >= 8; in = in[8:] {
		s := signal.Span{
			Trace: signal.TraceID{0: in[0] >> 6, 15: 1 + in[0]>>4&1}, ID: signal.SpanID{7: in[0] % 16}, Parent: signal.SpanID{7: in[1] % 16}, Kind: signal.SpanKind(in[2] % 6),
			Name: string('a' + rune(in[0]%16)), Start: storytest.At(float64(in[3])), End: storytest.At(float64(in[3]) + float64(in[4]) - 10),
		}
		if in[4] == 0 {
			s.End = 0
		}
		if in[2]&64 != 0 {
			s.Status.Code = signal.StatusError
		}
		for n := range in[5] % 4 {
			s.Keys = append(s.Keys, signal.JoinKey{Kind: fuzzKinds[int(in[5]>>2+n)%len(fuzzKinds)], Value: fmt.Sprint((in[6] + n) % 5)})
		}
		if in[6]&128 != 0 {
			s.Links = append(s.Links, signal.Link{Trace: signal.TraceID{0: in[7] >> 6, 15: 1 + in[7]>>4&1}, Span: signal.SpanID{7: in[7] % 16}})
		}
		if in[6]&64 != 0 {
			r := signal.Record{
				Sent: storytest.At(float64(in[7])), Attempts: int(in[7] % 4), Keys: []signal.JoinKey{{Kind: fuzzKinds[in[5]%10], Value: fmt.Sprint(in[7] % 5)}},
				From: signal.Resource{Kind: signal.Queue, Name: string('q' + rune(in[7]%3))},
			}
			s.Events = append(s.Events, r.Event(), r.Event())
		}
		if in[7]&32 != 0 {
			s.Attrs = signal.Attrs{
				{Key: "messaging.system", Value: signal.Str("aws_sqs")}, {Key: "messaging.destination.name", Value: signal.Str(string('q' + rune(in[7]%3)))},
				{Key: "faas.response", Value: signal.Str(fmt.Sprintf(`{"batchItemFailures":[{"itemIdentifier":"%d"}]}`, in[7]%5))},
			}
		}
		resource := signal.Attrs{{Key: "service.name", Value: signal.Str(string('a' + rune(in[1]>>6)))}}
		out = append(out, &signal.Batch{Groups: []signal.Group{{Resource: resource, Spans: []signal.Span{s}}}})
	}
	return out
}

// checkJoins fails the test if anything of tx is out of range or says what cannot be.
func checkJoins(t testing.TB, tx *Transaction) {
	t.Helper()
	check(t, tx, tx.Spans)
	for r := range tx.Rows {
		if row := &tx.Rows[r]; row.Trace < 0 || row.Trace >= len(tx.Traces) {
			t.Fatalf("row %d: trace %d of %d", r, row.Trace, len(tx.Traces))
		}
	}
	if len(tx.Rows) > 0 && (tx.ID != tx.Traces[0] || tx.Rows[tx.Entry].Trace != 0) {
		t.Fatalf("%v of %v, entry of trace %d", tx.ID, tx.Traces, tx.Rows[tx.Entry].Trace)
	}
	for _, m := range tx.Messages {
		if m.Sender >= len(tx.Rows) || m.DLQ >= len(tx.Nodes) || m.Batch < 1 || m.Fate == "" || m.Sender < 0 && len(m.Attempts) == 0 {
			t.Fatalf("message %+v", m)
		}
		for i, r := range m.Attempts {
			if r < 0 || r >= len(tx.Rows) || i > 0 && tx.Rows[r].Start < tx.Rows[m.Attempts[i-1]].Start {
				t.Fatalf("message %+v", m)
			}
		}
	}
}

func FuzzJoins(f *testing.F) {
	rnd := rand.New(rand.NewPCG(4, 5))
	for range 20 {
		in := make([]byte, 8*(1+rnd.IntN(30)))
		for i := range in {
			in[i] = byte(rnd.Uint32())
		}
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 8*200 {
			t.Skip("long inputs say no more and take longer")
		}
		story := randomStory(in)
		want := build(story...)
		spans := map[[4]byte]bool{}
		for _, b := range story {
			s := &b.Groups[0].Spans[0]
			spans[[4]byte{s.Trace[0]<<1 | s.Trace[15]&1, s.ID[7], byte(s.Kind), b.Groups[0].Resource.ServiceName()[0]}] = true
		}
		halves := slices.ContainsFunc(story, func(b *signal.Batch) bool { return IsHalf(b.Groups[0].Spans[0].Trace) })
		if want.Spans != len(spans) && !halves {
			t.Fatalf("%d spans, want %d", want.Spans, len(spans))
		}
		checkJoins(t, want)
		slices.Reverse(story)
		if got := build(story...); !reflect.DeepEqual(got, want) {
			t.Fatalf("backwards another story:\n%s%s\nwant\n%s%s", family(got), lives(got), family(want), lives(want))
		}
		for _, id := range want.Traces {
			checkJoins(t, buildAbout(id, story...))
		}
	})
}

func buildAbout(id signal.TraceID, batches ...*signal.Batch) *Transaction {
	var b Builder
	for _, x := range batches {
		b.Add(x)
	}
	b.About(id)
	return b.Build()
}

// Any order of arrival and any cutting into batches tells the same story.
func TestJoinsInAnyOrder(t *testing.T) {
	for seed := range uint64(150) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		in := make([]byte, 8*(5+rnd.IntN(60)))
		for i := range in {
			in[i] = byte(rnd.Uint32())
		}
		story := randomStory(in)
		want := build(story...)
		for range 5 {
			rnd.Shuffle(len(story), func(i, j int) { story[i], story[j] = story[j], story[i] })
			var packed []*signal.Batch
			for _, b := range story {
				if len(packed) == 0 || rnd.IntN(3) == 0 {
					packed = append(packed, &signal.Batch{})
				}
				last := packed[len(packed)-1]
				last.Groups = append(last.Groups, b.Groups...)
				if rnd.IntN(8) == 0 { // it is sent twice
					packed = append(packed, b)
				}
			}
			if got := build(packed...); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: another story:\n%s%s\nwant\n%s%s", seed, family(got), lives(got), family(want), lives(want))
			}
		}
	}
}

// thousand is n messages, each sent by a trace of its own, delivered in batches
// of ten to functions that do something for each, and something for all.
func thousand(n int) []*signal.Batch {
	group := func(service string, spans ...signal.Span) *signal.Batch {
		return &signal.Batch{Groups: []signal.Group{{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str(service)}}, Spans: spans}}}
	}
	key := func(kind string, n int) []signal.JoinKey { return []signal.JoinKey{{Kind: kind, Value: fmt.Sprint(n)}} }
	span := func(trace signal.TraceID, id, parent byte, kind signal.SpanKind, name string, from float64, keys []signal.JoinKey) signal.Span {
		s := signal.Span{Trace: trace, ID: signal.SpanID{7: id}, Kind: kind, Name: name, Start: storytest.At(from), End: storytest.At(from + 5), Keys: keys}
		if parent > 0 {
			s.Parent = signal.SpanID{7: parent}
		}
		return s
	}
	var out []*signal.Batch
	for i := 0; i < n; i += 10 {
		batch := signal.TraceID{0: 2, 1: byte(i >> 8), 2: byte(i)}
		at := float64(10*i + 200)
		work := span(batch, 1, 0, signal.Consumer, "work", at, nil)
		spans := []signal.Span{span(batch, 2, 1, signal.Client, "config", at+1, nil), span(batch, 3, 1, signal.Client, "all", at+2, key(signal.KeySNSMessage, i))}
		for j := i; j < i+10; j++ {
			id := signal.TraceID{0: 1, 1: byte(j >> 8), 2: byte(j)}
			out = append(out, group("web", span(id, 1, 0, signal.Server, fmt.Sprint("POST ", j), float64(10*j), nil), span(id, 2, 1, signal.Client, fmt.Sprint("send ", j), float64(10*j+1), key(signal.KeySQSMessage, j))))
			work.Keys = append(work.Keys, signal.JoinKey{Kind: signal.KeySQSMessage, Value: fmt.Sprint(j)})
			spans = append(spans, span(batch, byte(10+2*(j-i)), 1, signal.Internal, fmt.Sprint("one ", j), at+3, key(signal.KeySQSMessage, j)),
				span(batch, byte(11+2*(j-i)), byte(10+2*(j-i)), signal.Client, fmt.Sprint("out ", j), at+3, key(signal.KeyEvent, j)))
			out = append(out, group("sink", span(signal.TraceID{0: 3, 1: byte(j >> 8), 2: byte(j)}, 1, 0, signal.Consumer, fmt.Sprint("sink ", j), at+20, key(signal.KeyEvent, j))))
		}
		out = append(out, group("fn", append(spans, work)...))
		out = append(out, group("audit", span(signal.TraceID{0: 4, 1: byte(i >> 8), 2: byte(i)}, 1, 0, signal.Consumer, "audit", at+20, key(signal.KeySNSMessage, i))))
	}
	return out
}

func TestThousandMessagesInBatches(t *testing.T) {
	const n = 1000
	all := thousand(n)
	per := len(all) / (n / 10) // what belongs to one batch stands together
	for j := range n {
		about := signal.TraceID{0: 1, 1: byte(j >> 8), 2: byte(j)}
		tx := buildAbout(about, all[j/10*per:(j/10+1)*per]...)
		checkJoins(t, tx)
		want := fmt.Sprintf("POST %d\n send %d\n  work waited %v shared\n   config shared\n   all shared\n    audit waited 13ms shared\n   one %d\n    out %d\n     sink %d waited 12ms\n",
			j, j, tx.Rows[2].Wait, j, j, j)
		if got := family(tx); got != want {
			t.Fatalf("message %d: got\n%swant\n%s", j, got, want)
		}
		if wait := time.Duration(j/10*100+200-10*j-6) * time.Millisecond; tx.Rows[2].Wait != wait || tx.QueueWait < wait {
			t.Fatalf("message %d waited %v, want %v", j, tx.Rows[2].Wait, wait)
		}
		if tx.ID != about || len(tx.Messages) != 12 {
			t.Fatalf("message %d: %v with %d messages", j, tx.ID, len(tx.Messages))
		}
	}
	begin := time.Now()
	tx := build(all...)
	if took := time.Since(begin); took > 20*time.Second { // quadratic work takes minutes
		t.Errorf("took %v", took)
	}
	checkJoins(t, tx)
	if len(tx.Messages) != 2*n+n/10 || tx.Spans != 5*n+4*n/10 {
		t.Errorf("%d messages, %d spans", len(tx.Messages), tx.Spans)
	}
}

// Whatever ids many spans share, the work stays nearly linear.
func TestManyTies(t *testing.T) {
	const n = 10_000
	sqs := func(n int) signal.JoinKey {
		return signal.JoinKey{Kind: signal.KeySQSMessage, Value: fmt.Sprint(n)}
	}
	shapes := map[string]func(s *signal.Span, i int){
		"one message": func(s *signal.Span, i int) { s.Keys = []signal.JoinKey{sqs(1)} },
		"one request": func(s *signal.Span, i int) { s.Keys = []signal.JoinKey{{Kind: signal.KeyRequest, Value: "1"}} },
		"one request, nested": func(s *signal.Span, i int) {
			s.Keys, s.Trace = []signal.JoinKey{{Kind: signal.KeyRequest, Value: "1"}}, signal.TraceID{1}
			s.Kind = signal.Server
			s.Parent = signal.SpanID{7: 1}
		},
		"one weak key":  func(s *signal.Span, i int) { s.Keys = []signal.JoinKey{{Kind: signal.KeyXRayTrace, Value: "1"}} },
		"one execution": func(s *signal.Span, i int) { s.Keys = []signal.JoinKey{{Kind: signal.KeyExecution, Value: "1"}} },
		"a chain":       func(s *signal.Span, i int) { s.Keys = []signal.JoinKey{sqs(i / 2)} },
		"links to one": func(s *signal.Span, i int) {
			s.Links = []signal.Link{{Trace: signal.TraceID{1, 0, 1}, Span: signal.SpanID{7: 1}}}
		},
		"one batch of all": func(s *signal.Span, i int) {
			if s.Kind = signal.Client; i != n/2 {
				s.Keys = []signal.JoinKey{sqs(i)}
				return
			}
			s.Kind = signal.Consumer
			for j := range n / 2 {
				s.Keys = append(s.Keys, sqs(j))
			}
		},
		"all are batches of some": func(s *signal.Span, i int) {
			for j := range 8 {
				s.Keys = append(s.Keys, sqs(i-j*j))
			}
		},
		"messages that set each other off": func(s *signal.Span, i int) {
			s.Keys = []signal.JoinKey{sqs(i), sqs((i + 1) % n), {Kind: signal.KeySNSMessage, Value: fmt.Sprint(i % 7)}}
		},
	}
	for name, tie := range shapes {
		b := &signal.Batch{Groups: []signal.Group{{}}}
		for i := range n {
			s := signal.Span{Trace: signal.TraceID{1, byte(i >> 8), byte(i)}, ID: signal.SpanID{5: 1, 6: byte(i >> 8), 7: byte(i)}, Kind: signal.SpanKind(i % 6), Start: storytest.At(float64(i)), End: storytest.At(float64(i + 50))}
			tie(&s, i)
			b.Groups[0].Spans = append(b.Groups[0].Spans, s)
		}
		for _, about := range []signal.TraceID{{}, {1, 0, 1}} {
			begin := time.Now()
			tx := buildAbout(about, b)
			if took := time.Since(begin); took > 20*time.Second { // quadratic work takes minutes
				t.Errorf("%s: took %v", name, took)
			}
			checkJoins(t, tx)
		}
	}
}
