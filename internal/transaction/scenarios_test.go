package transaction

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"clew/internal/signal"
	"clew/internal/transaction/scenario"
)

// Every story of the library is the same in any order of arrival, one span at a
// time; some have a picture: tree, graph and messages.
func TestPicturesOfScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.story")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d scenarios: %v", len(files), err)
	}
	pictures := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".story")
		s, err := scenario.Parse(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		tx := build(s.Batches...)
		checkJoins(t, tx)
		if tx.Spans != s.Spans() {
			t.Errorf("%s: %d spans, want %d", name, tx.Spans, s.Spans())
		}
		picture := family(tx) + "\n" + draw(tx) + "\n" + lives(tx) + strings.Join(tx.Notes, "\n")
		golden := filepath.Join("testdata/pictures", name+".txt")
		if want, err := os.ReadFile(golden); err == nil {
			if *update {
				if err := os.WriteFile(golden, []byte(picture), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if string(want) != picture {
				t.Errorf("%s differs from its picture (run with -update and look at the difference):\n%s", name, picture)
			}
			pictures++
		}
		pieces := apart(s.Batches)
		rnd := rand.New(rand.NewPCG(7, 7))
		for range 3 {
			rnd.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
			if got := build(pieces...); !reflect.DeepEqual(got, tx) {
				t.Errorf("%s: another order tells\n%s%s%s", name, family(got), draw(got), lives(got))
			}
		}
	}
	if drawn, err := filepath.Glob("testdata/pictures/*.txt"); err != nil || len(drawn) != pictures || pictures < 15 {
		t.Errorf("%d pictures of %d stories that are there: %v", len(drawn), pictures, err)
	}
}

// apart makes a batch of every span and every log.
func apart(batches []*signal.Batch) (out []*signal.Batch) {
	for _, b := range batches {
		for _, g := range b.Groups {
			for _, s := range g.Spans {
				out = append(out, &signal.Batch{Groups: []signal.Group{{Resource: g.Resource, Spans: []signal.Span{s}}}})
			}
			for _, l := range g.Logs {
				out = append(out, &signal.Batch{Groups: []signal.Group{{Resource: g.Resource, Logs: []signal.Log{l}}}})
			}
		}
	}
	return out
}
