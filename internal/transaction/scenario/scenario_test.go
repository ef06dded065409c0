package scenario

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clew/internal/signal"
)

// tell compiles a script of a test.
func tell(t *testing.T, script string) *Scenario {
	t.Helper()
	s, err := Parse(t.Name(), script+"\nexpect\n  none\n")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryStoryCompiles(t *testing.T) {
	files, err := filepath.Glob("../testdata/*/*.story")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, f := range files {
		script, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(filepath.Base(f), string(script))
		if err != nil {
			t.Error(err)
			continue
		}
		if s.About == "" || s.Spans() == 0 || len(s.Expect) == 0 {
			t.Errorf("%s: says %q, has %d spans, expects %d things", f, s.About, s.Spans(), len(s.Expect))
		}
	}
}

func TestContextsTravel(t *testing.T) {
	f := func(want int, script string) {
		t.Helper()
		if got := len(tell(t, script).Traces()); got != want {
			t.Errorf("%d traces, want %d:\n%s", got, want, script)
		}
	}
	const who = "gateway g\nfunction a b\nfunction old tracer=epsagon\nservice dark tracer=none\nservice proxy tracer=none passes=yes\ntopic t\n"
	f(1, who+"0-9 entry g \"GET /\"\n  1-8 invoke a\n    2-7 invoke b")
	f(2, who+"0-9 entry g \"GET /\"\n  1-8 invoke a context=keys")
	f(3, who+"0-9 entry g \"GET /\"\n  1-8 invoke old\n    2-7 invoke b")
	f(2, who+"0-9 entry g \"GET /\"\n  1-8 call dark \"GET /\"\n    2-7 invoke b")
	f(1, who+"0-9 entry g \"GET /\"\n  1-8 call proxy \"GET /\"\n    2-7 invoke b")
	f(1, who+"0-9 entry a\n  1-2 send t\n    3-4 deliver b")
	f(2, who+"0-9 entry old\n  1-2 send t\n    3-4 deliver b")
	f(2, who+"0-9 entry a\n  1-2 send t ids=x1..x3\n    3-4 deliver b")
}

// TestKeysMeet: whatever travels, both sides of a hop have a key in common.
func TestKeysMeet(t *testing.T) {
	s := tell(t, "function a tracer=epsagon\nfunction b tracer=epsagon\ntopic t\nqueue q\n0-9 entry a\n  1-2 send t id=m1 {\"x\":1}\n    3-4 deliver b via=q attempt=2")
	var sent, got *signal.Span
	for _, b := range s.Batches {
		for i := range b.Groups[0].Spans {
			switch sp := &b.Groups[0].Spans[i]; sp.Kind {
			case signal.Producer:
				sent = sp
			case signal.Consumer:
				got = sp
			}
		}
	}
	if len(sent.Keys) != 1 || !slices.Contains(got.Keys, sent.Keys[0]) || len(got.Keys) != 2 {
		t.Errorf("sender %v, receiver %v", sent.Keys, got.Keys)
	}
	event := got.Attrs.Text("faas.event")
	for _, part := range []string{`\"MessageId\":\"m1\"`, `\\\"x\\\":1`, `"ApproximateReceiveCount":"2"`} {
		if !strings.Contains(event, part) {
			t.Errorf("the event %s lacks %s", event, part)
		}
	}
}

func TestBadScriptsAreRefused(t *testing.T) {
	f := func(want, script string) {
		t.Helper()
		if _, err := Parse("x", script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", script, err, want)
		}
	}
	f("nothing is expected", "function a\n0-1 entry a")
	f("line 1: \"nobody\" was not declared", "0-1 entry nobody\nexpect\n  none")
	f("line 2: no verb \"dance\"", "function a\n0-1 dance a\nexpect\n  none")
	f("declared twice", "function a a\nexpect\n  none")
	f("not JSON", "function a\n0-1 entry a {x\nexpect\n  none")
	f("a quote is not closed", "function a\n0-1 entry a \"x\nexpect\n  none")
	f("bad time", "function a\n0-x entry a\nexpect\n  none")
	f("no message \"m\"", "function a\n0-1 deliver a of=m\nexpect\n  none")
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("../testdata/*/*.story")
	for _, name := range files {
		if script, err := os.ReadFile(name); err == nil {
			f.Add(string(script))
		}
	}
	f.Fuzz(func(t *testing.T, script string) {
		if strings.Contains(script, "repeat") || strings.Contains(script, "..") {
			return // may ask for more than fits
		}
		if s, err := Parse("x", script); err == nil && s.Spans() < 0 {
			t.Error("fewer than no spans")
		}
	})
}
