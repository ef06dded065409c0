package cause

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"clew/internal/signal"
	"clew/internal/transaction"
	"clew/internal/transaction/scenario"
)

// told is a story that was built and searched.
type told struct {
	*scenario.Scenario
	t *transaction.Transaction
	r *Report
}

func load(t *testing.T, file string) *scenario.Scenario {
	t.Helper()
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse(filepath.Base(file), string(script))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tell builds what s expects to be one story: of all its traces, or of those of
// "only" one who takes part.
func tell(s *scenario.Scenario) *told {
	batches := s.Batches
	for _, x := range s.Expect {
		if x.Verb == "only" {
			batches = only(batches, x.Args[0])
		}
	}
	var b transaction.Builder
	var e Evidence
	for _, batch := range batches {
		b.Add(batch)
		e.Add(batch)
	}
	t := b.Build()
	return &told{s, t, Find(t, &e)}
}

// only keeps the traces that service is in.
func only(batches []*signal.Batch, service string) (out []*signal.Batch) {
	traces := map[signal.TraceID]bool{}
	for _, b := range batches {
		for _, g := range b.Groups {
			for i := range g.Spans {
				if g.Resource.ServiceName() == service {
					traces[g.Spans[i].Trace] = true
				}
			}
		}
	}
	for _, b := range batches {
		kept := &signal.Batch{Tenant: b.Tenant}
		for _, g := range b.Groups {
			g.Spans = slices.DeleteFunc(slices.Clone(g.Spans), func(s signal.Span) bool { return !traces[s.Trace] })
			g.Logs = slices.DeleteFunc(slices.Clone(g.Logs), func(l signal.Log) bool { return !traces[l.Trace] })
			kept.Groups = append(kept.Groups, g)
		}
		out = append(out, kept)
	}
	return out
}

// who names the node and the service of a row.
func (s *told) who(row int) string {
	if row < 0 || row >= len(s.t.Rows) {
		return "nobody"
	}
	r := &s.t.Rows[row]
	return s.t.Nodes[r.Node].Name + "/" + s.t.Services[r.Service] + " " + r.Name
}

func (s *told) is(row int, name string) bool {
	for want := range strings.SplitSeq(name, "|") {
		if row >= 0 && row < len(s.t.Rows) && s.t.Nodes[s.t.Rows[row].Node].Name == want {
			return true
		}
	}
	return false
}

// check holds the story against one expectation; "" when it is met.
func (s *told) check(x scenario.Expectation) string {
	c := s.r.Cause
	if c == nil && !slices.Contains([]string{"none", "nosilent", "silent", "only", "traces"}, x.Verb) {
		return "there is no cause"
	}
	switch x.Verb {
	case "only":
	case "none":
		if c != nil {
			return "there is a cause: " + c.Headline
		}
	case "traces":
		if want, _ := strconv.Atoi(x.Args[0]); len(s.t.Traces) != want {
			return fmt.Sprintf("it has %d traces", len(s.t.Traces))
		}
	case "cause":
		sure := x.Args[len(x.Args)-1]
		op := ""
		if len(x.Args) > 2 {
			op = x.Args[1]
		}
		row := &s.t.Rows[c.Row]
		switch {
		case !s.is(c.Row, x.Args[0]) || !strings.Contains(row.Name+s.statement(c.Row), op):
			return fmt.Sprintf("the cause is %s (%s): %s", s.who(c.Row), c.Confidence, c.Headline)
		case sure != "any" && !strings.Contains(sure, string(c.Confidence)):
			return "confidence " + string(c.Confidence)
		}
	case "failure":
		if !s.is(c.Failure, x.Args[0]) {
			return "the failure is " + s.who(c.Failure)
		}
	case "hops":
		if want, _ := strconv.Atoi(x.Args[0]); c.Hops != want {
			return fmt.Sprintf("%d hops", c.Hops)
		}
	case "path":
		var names []string
		for _, n := range c.Nodes {
			names = append(names, s.t.Nodes[n].Name)
		}
		if got := strings.Join(names, " > "); got != strings.Join(x.Args, " ") {
			return "the path is " + got
		}
	case "headline":
		if !strings.Contains(c.Headline, x.Args[0]) {
			return "the headline is " + c.Headline
		}
	case "value":
		return s.checkValue(x)
	case "silent":
		for _, q := range s.r.Silent {
			if string(q.Kind) == x.Args[0] && s.t.Services[s.t.Rows[q.Row].Service] == x.Args[1] {
				return ""
			}
		}
		return fmt.Sprintf("silent are %v", s.r.Silent)
	case "nosilent":
		if len(s.r.Silent) > 0 {
			return fmt.Sprintf("silent are %v", s.r.Silent)
		}
	case "other":
		for _, o := range c.Others {
			if s.is(o.Row, x.Args[0]) {
				return ""
			}
		}
		return fmt.Sprintf("the others are %v", c.Others)
	default:
		return "nobody knows how to check this"
	}
	return ""
}

// statement is what a row asked of a database.
func (s *told) statement(row int) string {
	for _, b := range s.Batches {
		for _, g := range b.Groups {
			for i := range g.Spans {
				if g.Spans[i].ID == s.t.Rows[row].ID {
					return g.Spans[i].Attrs.Text("db.query.text")
				}
			}
		}
	}
	return ""
}

// checkValue reads "value WHO ROLE PATH missing|wrong".
func (s *told) checkValue(x scenario.Expectation) string {
	for _, v := range s.r.Cause.Values {
		if s.t.Services[s.t.Rows[v.Row].Service] == x.Args[0] && v.Role == x.Args[1] && v.Path == x.Args[2] {
			return ""
		}
	}
	return fmt.Sprintf("the values are %+v", s.r.Cause.Values)
}

func stories(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", dir, "*.story"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories in %s: %v", dir, err)
	}
	return files
}

// TestScenarios holds every story of the library against what a person said of it.
func TestScenarios(t *testing.T) {
	right, causes := 0, 0
	for _, file := range stories(t, "scenarios") {
		s := tell(load(t, file))
		ok := true
		for _, x := range s.Expect {
			wrong := s.check(x)
			if wrong != "" {
				t.Errorf("%s:%d: %s %s: %s", s.Name, x.Line, x.Verb, strings.Join(x.Args, " "), wrong)
			}
			if x.Verb == "cause" || x.Verb == "none" {
				causes++
				ok = wrong == ""
				right += btoi(ok)
			}
		}
	}
	t.Logf("root cause right at rank 1 in %d of %d", right, causes)
}

// TestHeldOut runs stories that were told after the rules were made.
func TestHeldOut(t *testing.T) {
	right, causes := 0, 0
	for _, file := range stories(t, "heldout") {
		s := tell(load(t, file))
		for _, x := range s.Expect {
			wrong := s.check(x)
			if wrong != "" {
				t.Errorf("%s:%d: %s %s: %s", s.Name, x.Line, x.Verb, strings.Join(x.Args, " "), wrong)
			}
			if x.Verb == "cause" || x.Verb == "none" {
				causes++
				right += btoi(wrong == "")
			}
		}
	}
	t.Logf("root cause right at rank 1 in %d of %d", right, causes)
}
