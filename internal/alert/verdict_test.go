package alert

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestCloudWatch holds evaluate against every row of the documented tables.
func TestCloudWatch(t *testing.T) {
	text, err := os.ReadFile("testdata/cloudwatch.txt")
	if err != nil {
		t.Fatal(err)
	}
	treatments := [...]Missing{MissingIsMissing, Ignore, Breaching, NotBreaching}
	names := map[answer]string{keep: "keep", calm: "OK", alarm: "ALARM", unknown: "INSUFFICIENT_DATA"}
	m, n, rows := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		f := strings.Fields(line)
		if f[1] == "of" {
			if _, err := fmt.Sscanf(line, "%d of %d", &m, &n); err != nil {
				t.Fatal(err)
			}
			continue
		}
		rows++
		var windows []verdict
		for _, w := range f[:5] {
			windows = append(windows, verdict(strings.Index(letters, w)))
		}
		for i, want := range f[5:] {
			if got := names[evaluate(windows, m, n, treatments[i])]; got != want {
				t.Errorf("%d of %d, %s, %s: %s, want %s", m, n, strings.Join(f[:5], " "), treatments[i], got, want)
			}
		}
	}
	if rows != 14 {
		t.Errorf("%d rows, want 14", rows)
	}
}

// TestCloudWatchSteps runs the tables through Step, from either state before.
func TestCloudWatchSteps(t *testing.T) {
	text, err := os.ReadFile("testdata/cloudwatch.txt")
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[string]Status{"OK": OK, "ALARM": Firing, "INSUFFICIENT_DATA": NoData}
	share := ""
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 3 && f[1] == "of" {
			share = strings.TrimSpace(line)
		}
		if len(f) != 9 || f[0] == "#" {
			continue
		}
		for i, missing := range []Missing{MissingIsMissing, Ignore, Breaching, NotBreaching} {
			r := rule(t, Spec{Measure: "avg", Condition: "> 1", Windows: share, Missing: string(missing)})
			for _, before := range []Status{OK, Firing} {
				s := r.From0(start)
				s.Now.Status, s.Now.Open = before, before == Firing
				s.Base, s.Told = s.Now, told{before, before == Firing}
				var points []Point
				for j, w := range f[:5] {
					if w != "-" {
						points = append(points, Point{At: window(r, j), Value: float64(strings.Index("0-X", w)), Samples: 1})
					}
				}
				// Only the last window is decided: the four before it are already looked at.
				for j := range 4 {
					s.Base.Recent = append(s.Base.Recent, letters[r.judge((&stepping{points: points}).at(window(r, j)))])
				}
				s.Base.Next = window(r, 4)
				s, _ = Step(r, s, points, window(r, 5).Add(r.Wait))
				want := statuses[f[5+i]]
				if f[5+i] == "keep" {
					want = before
				}
				if s.Now.Status != want {
					t.Errorf("%s, %s, %s from %s: %s, want %s", share, strings.Join(f[:5], " "), missing, before, s.Now.Status, want)
				}
			}
		}
	}
}
