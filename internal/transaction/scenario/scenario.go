// Package scenario reads small scripts that tell a story of functions, services
// and messages, and compiles each to the batches that real tracers would send of
// it: with headers, with join keys only, or not at all. It is for tests: what a
// person would say about a story stands below it in the same file. It neither
// builds transactions nor judges them.
//
// A script declares who takes part and tells, by indentation, what set off what;
// times are milliseconds from the start:
//
//	# Why this story is told.
//	gateway shop
//	function orders memory=256 clock=+300
//	topic news
//	http bank            (a resource: queue, topic, stream, bus, table, bucket, cache, database, http)
//
//	0-90 entry shop "POST /order" -> 200
//	  5-80 invoke orders cold
//	    event {"body":{"id":1}}
//	    10-40 call bank "POST /pay" -> 402
//	    41 log warn "no money, going on"
//	    50-60 send news {"id":1}
//	      90-200 deliver mailer
//	        190 throw KeyError "'user'"
//	expect
//	  cause orders high
//
// The verbs with a time are entry, timer, deliver, call, invoke, use, send and
// do (an internal span); those with one instant, or none, are log, throw, event,
// response, sent, got, fail and attr. See tell.go for the options of each.
package scenario

import (
	"fmt"
	"strings"
	"time"

	"clew/internal/signal"
)

// Scenario is one compiled script.
type Scenario struct {
	Name    string
	About   string // the comment at the top
	Batches []*signal.Batch
	Expect  []Expectation
}

// Expectation is one line below "expect": a verb and its arguments.
type Expectation struct {
	Line int
	Verb string
	Args []string
	Opts map[string]string
}

// Start is when every story begins.
var Start = signal.TimeOf(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))

// At returns the instant ms milliseconds into the story.
func At(ms float64) signal.Time { return Start.Add(time.Duration(ms * 1e6)) }

// Parse compiles a script. Its errors name the line.
func Parse(name, text string) (*Scenario, error) {
	s := &Scenario{Name: name}
	lines, about, err := readLines(text)
	if err != nil {
		return nil, fmt.Errorf("scenario: %s: %w", name, err)
	}
	s.About = about
	b := newTeller()
	expecting := false
	for _, l := range lines {
		switch {
		case l.indent == 0 && l.verb == "expect" && !l.timed:
			expecting = true
			for _, x := range l.kids {
				s.Expect = append(s.Expect, Expectation{x.number, x.verb, x.words, x.opts})
			}
		case l.timed || l.verb == "repeat":
			err = b.story(l)
		default:
			err = b.declare(l)
		}
		if err != nil {
			return nil, fmt.Errorf("scenario: %s: line %d: %w", name, l.number, err)
		}
	}
	if !expecting {
		return nil, fmt.Errorf("scenario: %s: nothing is expected", name)
	}
	s.Batches = b.batches()
	return s, nil
}

// Spans returns how many spans s has.
func (s *Scenario) Spans() (n int) {
	for _, b := range s.Batches {
		spans, _, _ := b.Len()
		n += spans
	}
	return n
}

// Traces returns the ids of the traces of s in the order they stand in the batches.
func (s *Scenario) Traces() (ids []signal.TraceID) {
	seen := map[signal.TraceID]bool{}
	for _, b := range s.Batches {
		for _, g := range b.Groups {
			for i := range g.Spans {
				if id := g.Spans[i].Trace; !seen[id] {
					seen[id] = true
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

// readLines makes a tree of the lines by their indentation.
func readLines(text string) (top []*line, about string, err error) {
	var open []*line
	number := 0
	for raw := range strings.Lines(text) {
		number++
		raw = strings.TrimRight(raw, " \r\n")
		body := strings.TrimLeft(raw, " ")
		if strings.HasPrefix(body, "#") {
			if len(top) == 0 {
				about = strings.TrimSpace(about + " " + strings.TrimSpace(strings.TrimPrefix(body, "#")))
			}
			continue
		}
		if body == "" {
			continue
		}
		l, err := readLine(body)
		if err != nil {
			return nil, "", fmt.Errorf("line %d: %w", number, err)
		}
		l.number, l.indent = number, len(raw)-len(body)
		for len(open) > 0 && open[len(open)-1].indent >= l.indent {
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			top = append(top, l)
		} else {
			p := open[len(open)-1]
			p.kids = append(p.kids, l)
		}
		open = append(open, l)
	}
	return top, about, nil
}
