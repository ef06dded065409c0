package story

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction/scenario"
)

// otherwise says of the stories that are not one, from each of their traces, how many
// it has: four records of a stream have a sender each, and come in a batch of four that
// is tried again in halves; and where nothing at all is known on both sides of a hop,
// nothing is joined.
var otherwise = map[string]string{
	"kinesis_bisect":       "map[1 maybe 0 senders 2 beside 2:2 1 maybe 0 senders 4 beside 4:1 3 maybe 0 senders 0 beside 3:4]",
	"lost_context_nothing": "map[1 maybe 0 senders 0 beside 0:2]",
}

// TestScenarios keeps every story of the library and finds it again from each of its
// traces.
func TestScenarios(t *testing.T) {
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
		s, err := scenario.Parse(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		st := mem.New()
		var ids []signal.TraceID
		for _, b := range s.Batches {
			b.Tenant = signal.DefaultTenant
			if err := st.Append(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			for i := range b.Groups {
				for j := range b.Groups[i].Spans {
					if id := b.Groups[i].Spans[j].Trace; !slices.Contains(ids, id) {
						ids = append(ids, id)
					}
				}
			}
		}
		found := map[string]int{}
		for _, id := range ids {
			f := find(t, st, id)
			found[fmt.Sprintf("%v maybe %d senders %d beside %d", len(f.Traces), len(f.Maybe), len(f.Senders), len(f.Beside))]++
		}
		want := fmt.Sprintf("map[%d maybe 0 senders 0 beside 0:%d]", len(ids), len(ids))
		if other, ok := otherwise[name]; ok {
			want = other
		}
		if got := fmt.Sprint(found); got != want {
			t.Errorf("%s: of %d traces: %s, want %s", name, len(ids), got, want)
		}
	}
}
