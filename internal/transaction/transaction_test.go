package transaction

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction/storytest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// only keeps the rows of one trace.
func only(b *signal.Batch, id signal.TraceID) *signal.Batch {
	out := &signal.Batch{Tenant: b.Tenant}
	for _, g := range b.Groups {
		kept := signal.Group{Resource: g.Resource, Scope: g.Scope}
		for _, s := range g.Spans {
			if s.Trace == id {
				kept.Spans = append(kept.Spans, s)
			}
		}
		for _, l := range g.Logs {
			if l.Trace == id {
				kept.Logs = append(kept.Logs, l)
			}
		}
		out.Groups = append(out.Groups, kept)
	}
	return out
}

func build(batches ...*signal.Batch) *Transaction {
	var b Builder
	for _, x := range batches {
		b.Add(x)
	}
	return b.Build()
}

func TestBlogStory(t *testing.T) {
	got, err := json.MarshalIndent(build(only(storytest.Blog(), storytest.NewPost)), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const path = "testdata/new_post.golden.json"
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s (run with -update and look at the difference):\n%s", path, got)
	}
}

func TestBlogStoryGraph(t *testing.T) {
	tx := build(only(storytest.Blog(), storytest.NewPost))
	want := `gateway blog-gateway calls=1
function request-processor calls=1 cold
service auth calls=1
table blog-posts calls=1
topic blog-new-posts calls=1
function post-analysis calls=1 errors=1 async error: KeyError: 'user'
cache redis calls=1
blog-gateway -> request-processor calls=1 total=405ms
request-processor -> auth calls=1 errors=1 total=40ms
request-processor -> blog-posts calls=1 total=25ms
request-processor -> blog-new-posts calls=1 total=30ms
blog-new-posts ~> post-analysis calls=1 errors=1 total=672ms wait=298ms
post-analysis -> redis calls=1 total=4ms
`
	if got := draw(tx); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if tx.Error != "KeyError: 'user'" || tx.Outcome != Failed || tx.Rows[tx.Failure].Name != "post-analysis" {
		t.Errorf("failure %q %q row %d", tx.Outcome, tx.Error, tx.Failure)
	}
	if tx.ToUser != 420*time.Millisecond || tx.QueueWait != 298*time.Millisecond || tx.Duration() != 1100*time.Millisecond {
		t.Errorf("to user %v, wait %v, duration %v", tx.ToUser, tx.QueueWait, tx.Duration())
	}
	if tx.Spans != 10 || tx.Errors != 2 || tx.ColdStarts != 1 || tx.Functions != 2 || tx.Logs != 3 {
		t.Errorf("counts %d %d %d %d %d", tx.Spans, tx.Errors, tx.ColdStarts, tx.Functions, tx.Logs)
	}
}

// draw prints nodes and edges, one a line.
func draw(tx *Transaction) string {
	var b strings.Builder
	for _, n := range tx.Nodes {
		fmt.Fprintf(&b, "%s %s calls=%d", n.Kind, n.Name, n.Calls)
		if n.Errors > 0 {
			fmt.Fprintf(&b, " errors=%d", n.Errors)
		}
		if n.Cold {
			b.WriteString(" cold")
		}
		if n.Async {
			b.WriteString(" async")
		}
		if n.Laps > 0 {
			fmt.Fprintf(&b, " %d laps", n.Laps)
		}
		if n.Outcome != OK {
			fmt.Fprintf(&b, " %s: %s", n.Outcome, n.Error)
		}
		b.WriteByte('\n')
	}
	for _, e := range tx.Edges {
		arrow := "->"
		if e.Async {
			arrow = "~>"
		}
		fmt.Fprintf(&b, "%s %s %s calls=%d", tx.Nodes[e.From].Name, arrow, tx.Nodes[e.To].Name, e.Calls)
		if e.Errors > 0 {
			fmt.Fprintf(&b, " errors=%d", e.Errors)
		}
		fmt.Fprintf(&b, " total=%v", e.Total)
		if e.Wait > 0 {
			fmt.Fprintf(&b, " wait=%v", e.Wait)
		}
		if e.Retries > 0 {
			fmt.Fprintf(&b, " attempt %d after %v retries=%d", e.Attempts, e.LastWait, e.Retries)
		}
		if e.Laps > 0 {
			fmt.Fprintf(&b, " %d laps", e.Laps)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestAnyOrderGivesTheSame(t *testing.T) {
	story := only(storytest.Blog(), storytest.NewPost)
	want := build(story)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var single []*signal.Batch
		for _, g := range story.Groups {
			for _, s := range g.Spans {
				one := &signal.Batch{Groups: []signal.Group{{Resource: g.Resource, Spans: []signal.Span{s}}}}
				single = append(single, one)
				if rng.IntN(4) == 0 {
					single = append(single, one)
				}
			}
			if len(g.Logs) > 0 {
				single = append(single, &signal.Batch{Groups: []signal.Group{{Resource: g.Resource, Logs: g.Logs}}})
			}
		}
		rng.Shuffle(len(single), func(i, j int) { single[i], single[j] = single[j], single[i] })
		if got := build(single...); !reflect.DeepEqual(got, want) {
			t.Fatalf("got\n%+v\nwant\n%+v", got, want)
		}
	}
}

// check fails the test if tx is not a proper tree with rows in range.
func check(t testing.TB, tx *Transaction, spans int) {
	t.Helper()
	if tx.Spans != spans {
		t.Fatalf("%d spans, want %d", tx.Spans, spans)
	}
	for r := range tx.Rows {
		row := &tx.Rows[r]
		if row.Parent >= r || row.Parent < -1 || row.Size < 1 || r+row.Size > len(tx.Rows) {
			t.Fatalf("row %d: parent %d, size %d of %d", r, row.Parent, row.Size, len(tx.Rows))
		}
		if p := row.Parent; p >= 0 && r >= p+tx.Rows[p].Size {
			t.Fatalf("row %d lies outside the subtree of its parent %d", r, p)
		}
		if row.Node < 0 || row.Node >= len(tx.Nodes) || row.Service < 0 || row.Service >= len(tx.Services) {
			t.Fatalf("row %d: node %d of %d, service %d of %d", r, row.Node, len(tx.Nodes), row.Service, len(tx.Services))
		}
		if row.Start < tx.T0 || row.Dur < 0 || row.Wait < 0 || row.Start.Add(row.Dur) > tx.End {
			t.Fatalf("row %d: %d +%d wait %d in %d..%d", r, row.Start, row.Dur, row.Wait, tx.T0, tx.End)
		}
	}
	for _, e := range tx.Edges {
		if e.From == e.To || e.From < 0 || e.To >= len(tx.Nodes) || e.Wait < 0 || e.Total < 0 {
			t.Fatalf("edge %+v", e)
		}
	}
	if spans > 0 && (tx.Entry < 0 || tx.Rows[tx.Entry].Flags&FlagMissing != 0) {
		t.Fatalf("entry %d", tx.Entry)
	}
}

func TestNoSpans(t *testing.T) {
	tx := build()
	if len(tx.Rows) != 0 || tx.Entry != -1 || tx.Duration() != 0 {
		t.Errorf("%+v", tx)
	}
}

func TestFiftyThousandSpans(t *testing.T) {
	const n = 50_000
	shapes := map[string]func(i int) int{
		"chain":    func(i int) int { return i - 1 },
		"fan":      func(i int) int { return min(i, 1) },
		"tree":     func(i int) int { return i / 3 },
		"one id":   func(i int) int { return i },
		"no roots": func(i int) int { return i + n },
	}
	for name, parent := range shapes {
		b := &signal.Batch{}
		for i := 1; i <= n; i++ {
			var s signal.Span
			s.Trace, s.Kind = signal.TraceID{1}, signal.SpanKind(i%6)
			binary.BigEndian.PutUint64(s.ID[:], uint64(i))
			binary.BigEndian.PutUint64(s.Parent[:], uint64(parent(i)))
			if name == "one id" {
				s.ID, s.Parent = signal.SpanID{7}, signal.SpanID{7}
			}
			s.Start = storytest.At(float64(i))
			s.End = s.Start.Add(time.Second)
			b.Groups = append(b.Groups, signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str(fmt.Sprint("s", i))}}, Spans: []signal.Span{s}})
		}
		begin := time.Now()
		tx := build(b)
		if took := time.Since(begin); took > 20*time.Second { // quadratic work takes minutes
			t.Errorf("%s: took %v", name, took)
		}
		check(t, tx, n)
	}
}

func BenchmarkBuild50k(b *testing.B) {
	batch := &signal.Batch{Groups: []signal.Group{{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("s")}}}}}
	for i := 1; i <= 50_000; i++ {
		s := signal.Span{Trace: signal.TraceID{1}, Name: "op", Kind: signal.SpanKind(i % 6), Start: storytest.At(float64(i)), End: storytest.At(float64(i + 9))}
		binary.BigEndian.PutUint64(s.ID[:], uint64(i))
		binary.BigEndian.PutUint64(s.Parent[:], uint64(i/4))
		batch.Groups[0].Spans = append(batch.Groups[0].Spans, s)
	}
	b.ReportAllocs()
	for b.Loop() {
		build(batch)
	}
}

// BenchmarkBuildJoined tells 54,000 spans of 21,000 traces that only keys join,
// and a story of a thousand spans.
func BenchmarkBuildJoined(b *testing.B) {
	for _, n := range []int{200, 10_000} {
		all := thousand(n)
		b.Run(fmt.Sprint(n*54/10), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				build(all...)
			}
		})
	}
}
