package story

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/mem"
)

const noon = signal.Time(1_795_262_400_000_000_000)

// kinds of keys by the letters that tests write.
var kinds = map[string]string{
	"sns": signal.KeySNSMessage, "sqs": signal.KeySQSMessage, "req": signal.KeyRequest, "item": signal.KeyDynamoDBItem, "xray": signal.KeyXRayTrace,
	"step": signal.KeyStep, "done": signal.KeyStepDone, "gw": signal.KeyGatewayRequest,
}

// parse reads a span: "A sends +3m sns:1 sqs:2 >B" is of trace A, sends, starts three
// minutes after noon, has two keys and links to trace B.
func parse(t *testing.T, n int, line string) signal.Span {
	t.Helper()
	f := strings.Fields(line)
	s := signal.Span{Trace: traceOf(f[0]), ID: signal.SpanID{0: 1, 6: byte(n >> 8), 7: byte(n)}, Name: line, Start: noon, Kind: signal.Server}
	for _, w := range f[1:] {
		kind, value, isKey := strings.Cut(w, ":")
		switch {
		case w == "sends":
			s.Kind = signal.Producer
		case w[0] == '+':
			d, err := time.ParseDuration(w[1:])
			if err != nil {
				t.Fatal(err)
			}
			s.Start = noon.Add(d)
		case w[0] == '>':
			s.Links = append(s.Links, signal.Link{Trace: traceOf(w[1:]), Span: signal.SpanID{7: 9}})
		case kind == "root":
			s.Keys = append(s.Keys, signal.JoinKey{Kind: signal.KeyXRayTrace, Value: traceOf(value).String()})
		case isKey && kinds[kind] != "":
			s.Keys = append(s.Keys, signal.JoinKey{Kind: kinds[kind], Value: value})
		default:
			t.Fatalf("%q: %q", line, w)
		}
	}
	s.End = s.Start + 1e6
	return s
}

// traceOf is a trace with a name, such as A or A12; /A is its half.
func traceOf(name string) (id signal.TraceID) {
	if name, half := strings.CutPrefix(name, "/"); half {
		id = traceOf(name)
		clear(id[:8])
		return id
	}
	id[0], id[8] = name[0], name[0]
	n, _ := strconv.Atoi(name[1:])
	id[14], id[15] = byte(n>>8), byte(n)
	return id
}

func nameOf(id signal.TraceID) string {
	name := string(rune(id[8]))
	if n := int(id[14])<<8 | int(id[15]); n > 0 {
		name += strconv.Itoa(n)
	}
	if id[0] == 0 {
		name = "/" + name
	}
	return name
}

func names(ids []signal.TraceID) string {
	var out []string
	for _, id := range ids {
		out = append(out, nameOf(id))
	}
	return strings.Join(out, " ")
}

// keep puts each span into a store, in the given order, as a batch of its own.
func keep(t testing.TB, spans []signal.Span) store.Store {
	t.Helper()
	s := mem.New()
	for _, sp := range spans {
		g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("f")}}, Spans: []signal.Span{sp}}
		if err := s.Append(t.Context(), &signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{g}}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func find(t testing.TB, st store.Store, id signal.TraceID) *Story {
	t.Helper()
	s, err := Find(t.Context(), st, signal.DefaultTenant, id, signal.Range{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// print is "traces ?maybe <senders".
func (s *Story) print() string {
	out := names(s.Traces)
	if len(s.Maybe) > 0 {
		m := slices.Clone(s.Maybe)
		slices.SortFunc(m, func(a, b signal.TraceID) int { return strings.Compare(nameOf(a), nameOf(b)) })
		out += " ?" + names(m)
	}
	if len(s.Senders) > 0 {
		out += " <" + names(s.Senders)
	}
	return out
}

// TestStories looks for stories from each of their traces, in two orders of arrival.
func TestStories(t *testing.T) {
	f := func(name string, spans string, want ...string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			var all []signal.Span
			for i, line := range strings.Split(spans, "; ") {
				all = append(all, parse(t, i, line))
			}
			for range 2 {
				st := keep(t, all)
				for _, w := range want {
					from, story, _ := strings.Cut(w, ": ")
					for _, id := range strings.Fields(from) {
						if got := find(t, st, traceOf(id)).print(); got != story {
							t.Errorf("from %s: %s, want %s", id, got, story)
						}
					}
				}
				slices.Reverse(all)
			}
		})
	}
	f("alone", "A; B", "A: A", "B: B", "C: C")
	f("a message", "A sends sns:1; B +1s sns:1", "A B: A B")
	f("the receiver's clock is behind", "A sends +1s sns:1; B sns:1", "A B: A B")
	f("another message", "A sends sns:1; B +1s sns:2; C sends +2s sqs:1", "A: A", "B: B", "C: C")
	f("a chain", "A sends sns:1; B +1s sns:1; B sends +2s sqs:2; C +3s sqs:2; C sends +4s req:3; D +5s req:3", "A B C D: A B C D")
	f("fan-out", "A sends sns:1; B +1s sns:1; C +2s sns:1", "A B C: A B C")
	f("two tracers", "A sends req:1; B sends +1ms req:1 sns:2; C +1s sns:2 req:9; D +1s req:9", "A B C D: A B C D")
	f("attempts, the sender unknown", "B +1s sqs:1 req:1; C +1m sqs:1 req:2", "B C: B C")
	f("dead letters days later", "A sends sqs:1; B +1s sqs:1; C +96h sqs:1", "A B C: A B C")
	f("late beyond all queues", "A sends sqs:1; B +400h sqs:1", "A: A", "B: B")
	f("a request id is not kept for days", "A sends req:1; B +96h req:1", "A: A", "B: B")
	f("an asynchronous call tried again", "A sends req:1; B +1s req:1; C +2h req:1", "A B C: A B C")
	f("a link", "A; B +1s >A", "A B: A B")
	f("a link to what is not there", "B >A", "B: B")
	f("a link among the half", "A; /A +1s; B +2s >A", "A /A B: A /A B")
	f("a step", "A sends step:e/-1; B +1s step:e/-1 done:e/0; C +2s step:e/0", "A B C: A B C")
	f("a loop", "A sends sqs:1; B +1s sqs:1; B sends +2s sqs:2; C +3s sqs:2; C sends +4s sqs:3; D +5s sqs:3", "A B C D: A B C D")
	f("a circle", "A sends sqs:1; B +1s sqs:1; B sends +2s sqs:2; A +3s sqs:2", "A B: A B")

	f("a batch", "A sends sqs:1; B sends +1s sqs:2; R +2s sqs:1 sqs:2; R sends +3s req:3; D +4s req:3", "A: A R D", "B: B R D", "R D: R D <A B")
	f("a batch in the trace of its first", "A sends sqs:1; B sends +1s sqs:2; A +2s sqs:1 sqs:2; A sends +3s req:3; D +4s req:3", "A: A D", "B: B A D", "D: A D")
	f("a batch by links, in the trace of its first", "A; B +1s; A +2s >A >B", "A: A", "B: B A")
	f("a batch of one sender", "A sends sqs:1 sqs:2; R +2s sqs:1 sqs:2", "A R: A R")
	f("a batch by links", "A; B +1s; R +2s >A >B", "A: A R", "B: B R", "R: R <A B")
	f("a batch of two tracers' messages", "A sends sqs:1 req:7; B sends sqs:2 req:7; R +2s sqs:1 sqs:2", "A B R: A B R")
	f("a batch tried again in another", "R +2s sqs:1 sqs:2; S +1m sqs:2 sqs:3", "R: R", "S: S")
	f("a batch of a batch", "A sends sqs:1; B sends +1s sqs:2; R +2s sqs:1 sqs:2; R sends +3s sqs:3; C sends +3s sqs:4; S +4s sqs:3 sqs:4", "A: A R S", "C: C S", "S: S <R C", "R: R S <A B")

	f("a weak key", "A sends item:1; B +1s item:1", "A B: A B")
	f("a weak key of two writers", "A sends item:1; B sends +1s item:1; C +2s item:1", "A: A", "B: B", "C: C ?A B")
	f("a strong key beside it", "A sends item:1; B sends +1s sns:2; C +2s item:1 sns:2", "A: A", "B C: B C")
	f("a weak key of long ago", "A sends item:1; B +20m item:1", "A: A", "B: B")
	f("a root that all share", "A sends xray:1; B +1s xray:1; B sends +2s xray:1; C +3s xray:1", "A: A", "B: B ?A", "C: C ?A B")
	f("a root that is there", "A sends root:X sns:1; X +1s; B +2s sns:1 root:X", "A B X: A X B")
	f("X-Ray's own spans", "X root:X; A +1s root:X; B +2s >A", "A B X: X A B")
	f("a root of long ago", "X; A +40m root:X", "X: X", "A: A")
	f("a batch of several roots", "X; Y +1s; R +2s sqs:1 root:X sqs:2 root:Y", "X: X", "Y: Y", "R: R")
	f("a root of one call", "A sends xray:1 gw:2; B +1s xray:1; C +1s xray:1 gw:2", "A B C: A B C")
}

// TestOneIDForEverything bounds what a client does that repeats one id.
func TestOneIDForEverything(t *testing.T) {
	var spans []signal.Span
	for i := range 3000 {
		spans = append(spans, parse(t, i, fmt.Sprintf("A%d sends +%dms sns:1", i+1, i)), parse(t, i+3000, fmt.Sprintf("B%d +%dms sns:1", i+1, i)))
	}
	st := keep(t, spans)
	s := find(t, st, traceOf("B7"))
	if len(s.Traces) != 1 || len(s.Maybe) != maxSenders || !s.Cut {
		t.Errorf("%d traces, %d maybe, cut %v", len(s.Traces), len(s.Maybe), s.Cut)
	}
}

// TestOneRootForEverything keeps apart what shares a root that was never renewed.
func TestOneRootForEverything(t *testing.T) {
	spans := []signal.Span{parse(t, 0, "X")}
	for i := range 40 {
		spans = append(spans, parse(t, i+1, fmt.Sprintf("A%d +%ds root:X", i+1, i)))
	}
	st := keep(t, spans)
	for _, from := range []string{"X", "A7"} {
		if s := find(t, st, traceOf(from)); len(s.Traces) != 1 {
			t.Errorf("%s: %d traces", from, len(s.Traces))
		}
	}
}

func TestFanOut(t *testing.T) {
	f := func(n, want int, cut bool) {
		t.Helper()
		spans := []signal.Span{parse(t, 0, "A sends sns:1")}
		for i := range n {
			spans = append(spans, parse(t, i+1, fmt.Sprintf("B%d +%dms sns:1", i+1, i)))
		}
		st := keep(t, spans)
		for _, from := range []string{"A", "B3"} {
			if s := find(t, st, traceOf(from)); len(s.Traces) != want || s.Cut != cut || s.ID != traceOf("A") {
				t.Errorf("from %s of %d: %d traces, cut %v, id %s", from, n, len(s.Traces), s.Cut, nameOf(s.ID))
			}
		}
	}
	f(500, 501, false)
	f(1200, MaxTraces, true)
}

func TestTenantsShareNoStory(t *testing.T) {
	st := keep(t, []signal.Span{parse(t, 1, "A sends sns:1")})
	b := &signal.Batch{Tenant: "other", Groups: []signal.Group{{Spans: []signal.Span{parse(t, 2, "B +1s sns:1 >A")}}}}
	if err := st.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if got := find(t, st, traceOf("A")).print(); got != "A" {
		t.Error(got)
	}
	s, err := Find(t.Context(), st, "other", traceOf("B"), signal.Range{})
	if err != nil || s.print() != "B" {
		t.Error(s.print(), err)
	}
}

// counting counts the questions to a store.
type counting struct {
	store.Store
	held, relatives int
}

func (c *counting) Held(ctx context.Context, t signal.Tenant, js []store.Joint, r signal.Range) ([]store.Held, error) {
	c.held++
	return c.Store.Held(ctx, t, js, r)
}

func (c *counting) Relatives(ctx context.Context, t signal.Tenant, ids []signal.TraceID, r signal.Range) ([]store.Relative, error) {
	c.relatives++
	return c.Store.Relatives(ctx, t, ids, r)
}

// TestManyAtOnce asks as seldom for fifty stories as for one.
func TestManyAtOnce(t *testing.T) {
	var spans []signal.Span
	var ids []signal.TraceID
	for i := range 50 {
		at := fmt.Sprintf("+%ds", i)
		spans = append(spans, parse(t, 3*i, fmt.Sprintf("A%d sends %s sns:%d", i+1, at, i)), parse(t, 3*i+1, fmt.Sprintf("B%d %s sns:%d", i+1, at, i)),
			parse(t, 3*i+2, fmt.Sprintf("C%d %s", i+1, at)))
		ids = append(ids, traceOf(fmt.Sprintf("B%d", i+1)))
	}
	c := &counting{Store: keep(t, spans)}
	all, err := FindAll(t.Context(), c, signal.DefaultTenant, ids, signal.Range{})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		if got, want := s.print(), fmt.Sprintf("A%d B%d", i+1, i+1); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if c.held > 8 || c.relatives > 4 {
		t.Errorf("asked %d times for holders and %d times for traces", c.held, c.relatives)
	}
}

// TestAnyOrder builds random webs of messages, calls, links, batches and tracers that
// report the same, lets them arrive in several orders and looks from everywhere:
// stories depend on neither, and all traces of a story with one beginning agree on it.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		spans := web(t, rnd)
		var first map[string]string
		for range 3 {
			rnd.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
			st, got := keep(t, spans), map[string]string{}
			byID := map[signal.TraceID]string{}
			for _, s := range spans {
				story := find(t, st, s.Trace)
				got[nameOf(s.Trace)] = story.print()
				if known, ok := byID[story.ID]; ok && known != story.print() {
					t.Fatalf("seed %d: two stories of one id: %s and %s", seed, known, story.print())
				}
				byID[story.ID] = story.print()
				if !slices.Contains(story.Traces, s.Trace) {
					t.Fatalf("seed %d: %s is not in its own story %s", seed, nameOf(s.Trace), story.print())
				}
			}
			if first == nil {
				first = got
			} else if a, b := fmt.Sprint(first), fmt.Sprint(got); a != b {
				t.Fatalf("seed %d: another order:\n%s\nbefore\n%s", seed, b, a)
			}
		}
	}
}

// web makes traces that send to each other at random.
func web(t *testing.T, rnd *rand.Rand) (spans []signal.Span) {
	n := 0
	add := func(format string, args ...any) {
		n++
		spans = append(spans, parse(t, n, fmt.Sprintf(format, args...)))
	}
	key := 0
	for trace := 1; trace <= 12; trace++ {
		add("T%d +%ds", trace, trace)
		for range rnd.IntN(3) {
			to := trace + 1 + rnd.IntN(3)
			key++
			switch rnd.IntN(5) {
			case 0:
				add("T%d +%ds >T%d", to, to, trace)
			case 1:
				add("T%d sends +%ds req:%d", trace, trace, key)
				add("T%d +%ds req:%d", to, to, key)
			case 2:
				add("T%d sends +%ds sqs:%d", trace, trace, key)
				add("T%d +%ds sqs:%d sqs:%d", to, to, key, rnd.IntN(key)+1)
			case 3:
				add("T%d sends +%ds item:%d", trace, trace, rnd.IntN(3))
				add("T%d +%ds item:%d", to, to, rnd.IntN(3))
			case 4:
				add("T%d sends +%ds sns:%d", trace, trace, key)
				add("X%d sends +%ds sns:%d", trace, trace, key)
				add("T%d +%dh sns:%d", to, to, key)
			}
		}
	}
	return spans
}
