package lambda

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// expectation is what testdata/lines.jsonl says of a line; absent fields are not
// looked at, null ones must be empty.
type expectation struct {
	Line   string
	Expect map[string]any
}

// TestLines reads every variant, those of one request id as one invocation.
func TestLines(t *testing.T) {
	file, err := os.Open("testdata/lines.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	folds := map[string]*Fold{}
	n := 0
	for in := bufio.NewScanner(file); in.Scan(); n++ {
		var e expectation
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if e.Expect["type"] == "epsagon_trace" {
			e.Expect = map[string]any{"type": "log"} // its spans are read at the door
		}
		l := ReadLine(e.Line)
		fold := new(Fold)
		if l.RequestID != "" {
			if folds[l.RequestID] == nil {
				folds[l.RequestID] = fold
			}
			fold = folds[l.RequestID]
		}
		fold.Add(l)
		got := said(&l, fold)
		delete(e.Expect, "note")
		if names, ok := e.Expect["metrics"].([]any); ok {
			e.Expect["metrics"] = fmt.Sprint(names...)
		}
		for key, want := range e.Expect {
			if g, known := got[key]; !known {
				t.Errorf("line %d: nothing compares %q", n+1, key)
			} else if g != want {
				t.Errorf("line %d (%.60q): %s is %v, want %v", n+1, e.Line, key, g, want)
			}
		}
	}
	if n != 41 {
		t.Errorf("%d lines, want 41", n)
	}
}

// said is a line in the words of the expectations: JSON's values.
func said(l *Line, f *Fold) map[string]any {
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	ms := func(d time.Duration) any { return float64(d) / 1e6 }
	var names []any
	for _, s := range l.Samples {
		names = append(names, s.Name)
	}
	issue := map[Outcome]any{NoOutcome: nil, Failed: "error", TimedOut: "timeout", OOM: "out_of_memory", Crashed: "crash"}[f.Outcome]
	if l.Type == Timeout || l.Type == Crash { // judged by itself, before the report
		issue = map[Outcome]any{TimedOut: "timeout", OOM: "out_of_memory", Crashed: "crash"}[l.Outcome]
	}
	return map[string]any{
		"type": l.Type.String(), "request_id": orNull(l.RequestID), "version": orNull(l.Version), "runtime": orNull(l.Runtime),
		"duration_ms": ms(l.Duration), "billed_ms": ms(l.Billed), "init_ms": ms(l.Init), "restore_ms": ms(l.Restore), "billed_restore_ms": ms(l.BilledRestore),
		"memory_mb": float64(l.MemorySize >> 20), "max_memory_mb": float64(l.MemoryUsed >> 20), "cold_start": l.Cold(),
		"xray_trace_id": orNull(l.XRayTrace), "xray_segment_id": orNull(l.XRaySegment), "issue": issue, "timeout_s": l.Limit.Seconds(),
		"error_type": orNull(l.ErrorType), "phase": orNull(l.Phase), "status": orNull(l.Status), "message": l.Message, "level": orNull(l.Level),
		"namespace": orNull(l.Namespace), "metrics": fmt.Sprint(names...),
	}
}

// Consoles print spaces for tabs; the fields are the same.
func TestSpacesForTabs(t *testing.T) {
	tabs := "REPORT RequestId: 11111111-2222-3333-4444-555555555501\tDuration: 201.67 ms\tBilled Duration: 202 ms\tMemory Size: 128 MB\tMax Memory Used: 81 MB\tInit Duration: 480.25 ms\t\nXRAY TraceId: 1-61c86fa4-59b3c6d959653c527fd10966\tSegmentId: 107ea78a5750a811\tSampled: true\t\n"
	want, got := ReadLine(tabs), ReadLine(strings.ReplaceAll(tabs, "\t", "  "))
	if got.Type != Report || got.Billed != want.Billed || got.Init != want.Init || got.MemoryUsed != want.MemoryUsed || got.XRayTrace != want.XRayTrace || got.XRaySegment != want.XRaySegment {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestLookAlikesStayLogs(t *testing.T) {
	for _, text := range []string{
		"REPORT generated for user 7 in 3.2 ms", "REPORT RequestId: 7 Duration: 3 ms", "START of the show", "END RequestId: none",
		"RequestId: 11111111-2222-3333-4444-555555555501 said hello", "INIT_START", "EXTENSION of the deadline",
		"2026-11-21T05:00:03.033Z someone Task timed out after 3.00 seconds", `{"type":"platform.mine"}`, `{"type":"platform.report"`, "[ERROR] no traceback",
		"", "\n", "{}", "{", "null",
	} {
		if l := ReadLine(text); l.Type != Log || l.RequestID != "" || l.Outcome != NoOutcome {
			t.Errorf("%q is taken for %v: %+v", text, l.Type, l)
		}
	}
}

func TestFoldInAnyOrder(t *testing.T) {
	const id = "11111111-2222-3333-4444-555555555501"
	killed := "RequestId: " + id + " Error: Runtime exited with error: signal: killed\nRuntime.ExitError"
	report := func(used, tail string) string {
		return "REPORT RequestId: " + id + "\tDuration: 3.20 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: " + used + " MB\t" + tail
	}
	exception := "[ERROR] KeyError: 'name'\nTraceback (most recent call last):\n"
	f := func(want Outcome, lines ...string) {
		t.Helper()
		for range 2 {
			var fold Fold
			for _, l := range lines {
				fold.Add(ReadLine(l))
			}
			if fold.Outcome != want {
				t.Errorf("%.70q: %q, want %q", lines, fold.Outcome, want)
			}
			for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
				lines[i], lines[j] = lines[j], lines[i]
			}
		}
	}
	f(NoOutcome, report("128", ""))
	f(NoOutcome, report("64", ""))
	f(OOM, killed, report("128", ""))
	f(Crashed, killed, report("64", ""))
	f(Failed, exception, report("64", ""))
	f(TimedOut, "2026-11-21T05:00:03.033Z "+id+" Task timed out after 3.00 seconds", report("33", "Status: timeout"))
	f(OOM, killed, report("128", "Status: error\tError Type: Runtime.OutOfMemory"), exception)
}

func FuzzReadLine(f *testing.F) {
	text, err := os.ReadFile("testdata/lines.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for _, row := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var e expectation
		if err := json.Unmarshal([]byte(row), &e); err != nil {
			f.Fatal(err)
		}
		f.Add(e.Line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l := ReadLine(text)
		if l.Duration < 0 || l.Billed < 0 || l.MemorySize < 0 || len(l.Samples) > samplesMax {
			t.Fatalf("%+v", l)
		}
		new(Fold).Add(l)
	})
}
