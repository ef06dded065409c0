package transaction

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction/storytest"
)

// low is the half that all ids of these tests end in.
var low = signal.TraceID{8: 0x84, 15: 0x9c}

func whole(n byte) signal.TraceID {
	id := low
	id[0] = n
	return id
}

func TestCandidates(t *testing.T) {
	const at = signal.Time(1_750_000_000e9)
	from := func(id signal.TraceID, after, took time.Duration) Relative {
		return Relative{Trace: id, First: at.Add(after), Last: at.Add(after + took)}
	}
	f := func(name string, want string, all ...Relative) {
		t.Helper()
		for range 4 {
			rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			half, list, ok := Candidates(all)
			got := "no half"
			if ok {
				var ids []string
				for _, r := range list {
					ids = append(ids, fmt.Sprint(r.Trace[0]))
				}
				got = strings.Join(ids, " ")
			}
			if got != want || ok && half.Trace != low {
				t.Errorf("%s: %q of %v, want %q", name, got, half.Trace, want)
			}
		}
	}
	half := from(low, 0, time.Minute)
	f("nothing", "no half")
	f("two whole ones have nothing to do with each other", "no half", from(whole(1), 0, 0), from(whole(2), 0, 0))
	f("a half alone", "", half)
	f("one", "1", half, from(whole(1), 0, time.Second))
	f("an hour before", "1", half, from(whole(1), -Window, 0))
	f("more than an hour before", "", half, from(whole(1), -Window-1, 0))
	f("an hour after its end", "1", half, from(whole(1), time.Minute+Window, 0))
	f("more than an hour after its end", "", half, from(whole(1), time.Minute+Window+1, 0))
	f("around it", "1", half, from(whole(1), -5*Window, 10*Window))
	f("two, and one too far", "1 3", half, from(whole(3), 0, 0), from(whole(2), 2*Window, 0), from(whole(1), 0, 0))
}

// kin is spans written as "id<parent", where ids are single characters and roots
// have no parent.
func kin(spans string) *Kin {
	var g signal.Group
	for _, s := range strings.Fields(spans) {
		id, parent, _ := strings.Cut(s, "<")
		sp := signal.Span{ID: signal.SpanID{7: id[0]}}
		if parent != "" {
			sp.Parent = signal.SpanID{7: parent[0]}
		}
		g.Spans = append(g.Spans, sp)
	}
	k := new(Kin)
	k.Add(&signal.Batch{Groups: []signal.Group{g}})
	return k
}

func TestChoose(t *testing.T) {
	f := func(name, half string, want int, candidates ...string) {
		t.Helper()
		var list []*Kin
		for _, c := range candidates {
			list = append(list, kin(c))
		}
		if got := Choose(kin(half), list); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	f("its parent is in the first", "x<b y<x", 0, "a b<a", "c d<c")
	f("its parent is in the second", "x<d", 1, "a b<a", "c d<c")
	f("it is the parent", "x y<x", 1, "a b<a", "c<y")
	f("both ways, the same one", "x<a y<x", 0, "a b<y", "c")
	f("nothing tells", "x y<x", -1, "a", "c")
	f("parents in both", "x<a y<c", -1, "a", "c")
	f("a parent of one that is a child of the other", "x<a", -1, "a", "c<x")
	f("one parent id in both", "x<a", -1, "a", "a<c")
	f("a parent that never arrived", "x<z", -1, "a", "c")
	f("the parent is its own, though the id is elsewhere too", "x y<x", -1, "x", "c")
	f("no spans", "", -1, "a", "c")
}

// The story told with halves is the story told with whole ids, in whatever order
// and pieces its spans arrive.
func TestHalvesTellTheSameStory(t *testing.T) {
	want := build(only(storytest.Blog(), storytest.NewPost))
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		b := only(storytest.Blog(), storytest.NewPost)
		var pieces []*signal.Batch
		halved := 0
		for _, g := range b.Groups {
			for _, s := range g.Spans {
				if rnd.IntN(2) == 0 {
					clear(s.Trace[:8])
					halved++
				}
				pieces = append(pieces, &signal.Batch{Groups: []signal.Group{{Resource: g.Resource, Scope: g.Scope, Spans: []signal.Span{s}}}})
			}
			for _, l := range g.Logs {
				pieces = append(pieces, &signal.Batch{Groups: []signal.Group{{Resource: g.Resource, Scope: g.Scope, Logs: []signal.Log{l}}}})
			}
		}
		if halved == want.Spans { // nobody said the whole id
			continue
		}
		rnd.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		if got := build(pieces...); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: another story:\n%s\nwant\n%s", seed, draw(got), draw(want))
		}
	}
}

// What is decided depends on what arrived, not on the order in which it did.
func TestJoiningIsDecidedAlikeInEveryOrder(t *testing.T) {
	chosen := 0
	for seed := range uint64(500) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		all := []Relative{{Trace: low, First: 1e18, Last: 1e18}}
		spans := map[signal.TraceID][]signal.Span{}
		random := func() signal.SpanID { return signal.SpanID{7: byte(1 + rnd.IntN(12))} }
		for n := range byte(1 + rnd.IntN(3)) {
			all = append(all, Relative{Trace: whole(n + 1), First: 1e18 + signal.Time(rnd.Int64N(int64(2*Window))), Last: 1e18 + signal.Time(2*Window)})
		}
		for _, r := range all {
			for range rnd.IntN(4) {
				spans[r.Trace] = append(spans[r.Trace], signal.Span{Trace: r.Trace, ID: random(), Parent: random()})
			}
		}
		decide := func() signal.TraceID {
			rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			half, candidates, _ := Candidates(all)
			gather := func(id signal.TraceID) *Kin {
				k, list := new(Kin), slices.Clone(spans[id])
				rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
				for _, s := range list {
					k.Add(&signal.Batch{Groups: []signal.Group{{Spans: []signal.Span{s}}}})
				}
				return k
			}
			var kin []*Kin
			for _, c := range candidates {
				kin = append(kin, gather(c.Trace))
			}
			if i := Choose(gather(half.Trace), kin); i >= 0 {
				return candidates[i].Trace
			}
			return signal.TraceID{}
		}
		want := decide()
		if !want.IsZero() {
			chosen++
		}
		for range 5 {
			if got := decide(); got != want {
				t.Fatalf("seed %d: %v, and %v in another order", seed, want, got)
			}
		}
	}
	if chosen < 50 {
		t.Errorf("only %d of 500 cases chose a candidate: the test says little", chosen)
	}
}
