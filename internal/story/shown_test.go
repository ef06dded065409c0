package story

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction"
	"clew/internal/transaction/scenario"
)

// loss is what a tracer, or the protocol it speaks, leaves out.
type loss struct {
	senders, receivers bool // the keys of such spans
	links              bool
	records            string // "": told whole; "parents": without contexts; "keys": without keys; "strangers": of traces that are not there; "all": not told
}

func losses() (all []loss) {
	for _, senders := range []bool{false, true} {
		for _, receivers := range []bool{false, true} {
			for _, links := range []bool{false, true} {
				for _, records := range []string{"", "parents", "keys", "strangers", "all"} {
					all = append(all, loss{senders, receivers, links, records})
				}
			}
		}
	}
	return all
}

// of returns s as it is after the loss.
func (l loss) of(s signal.Span) signal.Span {
	sends := s.Kind == signal.Client || s.Kind == signal.Producer
	if sends && l.senders || !sends && l.receivers {
		s.Keys = nil
	}
	if l.links {
		s.Links = nil
	}
	events := s.Events
	s.Events = nil
	for i := range events {
		r, ok := signal.ReadRecord(&events[i])
		switch {
		case !ok:
			s.Events = append(s.Events, events[i])
			continue
		case l.records == "all":
			continue
		case l.records == "parents":
			r.Parent = signal.Link{}
		case l.records == "strangers":
			r.Parent.Trace[0] ^= 0xff
		case l.records == "keys":
			r.Keys = nil
		}
		s.Events = append(s.Events, r.Event())
	}
	return s
}

// TestEverySpanIsShown loses what ties spans to each other: whatever is left, each
// span is a row of some story that is told.
func TestEverySpanIsShown(t *testing.T) {
	files, err := filepath.Glob("../transaction/testdata/scenarios/*.story")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d scenarios: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".story")
		for _, l := range losses() {
			s, err := scenario.Parse(name, string(text))
			if err != nil {
				t.Fatal(err)
			}
			var spans []signal.Span
			for _, b := range s.Batches {
				for i := range b.Groups {
					for j := range b.Groups[i].Spans {
						b.Groups[i].Spans[j] = l.of(b.Groups[i].Spans[j])
						spans = append(spans, b.Groups[i].Spans[j])
					}
				}
			}
			if hidden := hidden(t, s.Batches, spans); len(hidden) > 0 {
				t.Errorf("%s, lost %+v: %d of %d spans are in no story: %s", name, l, len(hidden), len(spans), hidden[:min(len(hidden), 5)])
			}
		}
	}
}

// hidden returns the spans that no story tells, each looked for from each trace.
func hidden(t *testing.T, batches []*signal.Batch, spans []signal.Span) (names []string) {
	t.Helper()
	st := mem.New()
	for _, b := range batches {
		b.Tenant = signal.DefaultTenant
		if err := st.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	var ids []signal.TraceID
	for i := range spans {
		if !slices.Contains(ids, spans[i].Trace) {
			ids = append(ids, spans[i].Trace)
		}
	}
	told, err := Told(t.Context(), st, signal.DefaultTenant, ids, signal.Range{})
	if err != nil {
		t.Fatal(err)
	}
	type ref struct {
		trace signal.TraceID
		span  signal.SpanID
		kind  signal.SpanKind
	}
	// A trace of which a half is told goes by the whole id.
	at := func(id signal.TraceID, s signal.SpanID, k signal.SpanKind) ref { clear(id[:8]); return ref{id, s, k} }
	shown, done := map[ref]bool{}, map[signal.TraceID]bool{}
	for _, s := range slices.Concat(told...) {
		if done[s.ID] {
			continue
		}
		done[s.ID] = true
		tx := build(t, s)
		for _, r := range tx.Rows {
			shown[at(tx.Traces[r.Trace], r.ID, r.Kind)] = true
		}
	}
	for i := range spans {
		if s := &spans[i]; !shown[at(s.Trace, s.ID, s.Kind)] {
			names = append(names, fmt.Sprintf("%s (%s)", s.Name, s.Trace.String()[24:]))
		}
	}
	return names
}

func build(t *testing.T, s *Story) *transaction.Transaction {
	t.Helper()
	var b transaction.Builder
	s.Focus(&b)
	for batch, err := range s.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		b.Add(batch)
	}
	return b.Build()
}

// TestEverySpanOfAWebIsShown does the same for what traces send to each other at
// random, in batches and loops, when some of them leave out their keys or links.
func TestEverySpanOfAWebIsShown(t *testing.T) {
	for seed := range uint64(150) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		spans := web(t, rnd)
		for i := range spans {
			if rnd.IntN(8) == 0 {
				spans[i].Keys = nil
			}
			if rnd.IntN(8) == 0 {
				spans[i].Links = nil
			}
			if rnd.IntN(4) == 0 && i > 0 { // below another span of its trace
				for j := range i {
					if spans[j].Trace == spans[i].Trace {
						spans[i].Parent = spans[j].ID
					}
				}
			}
		}
		b := &signal.Batch{Groups: []signal.Group{{Spans: spans}}}
		if hidden := hidden(t, []*signal.Batch{b}, spans); len(hidden) > 0 {
			t.Errorf("seed %d: %d of %d spans are in no story: %s", seed, len(hidden), len(spans), hidden[:min(len(hidden), 5)])
		}
	}
}
