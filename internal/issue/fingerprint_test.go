package issue

import (
	"os"
	"strings"
	"testing"

	"clew/internal/signal"
)

var worker = signal.Resource{Kind: signal.Function, Name: "worker"}

// failureOf reads "Type: message" with or without a stack, as runtimes print it.
func failureOf(text string) failureText {
	text = strings.Trim(text, "\n")
	lines := strings.Split(text, "\n")
	line := lines[0]
	if strings.HasPrefix(line, "Traceback") {
		line = lines[len(lines)-1]
	}
	if len(lines) == 1 {
		text = ""
	}
	return readFailure("", "", text, line)
}

func same(t *testing.T, name, a, b string, want bool) {
	t.Helper()
	x, y := failureOf(a), failureOf(b)
	got := fingerprint(Error, worker, x.parts()...) == fingerprint(Error, worker, y.parts()...)
	if got != want {
		t.Errorf("%s: same = %v, want %v\n%q\n%q", name, got, want, x.parts(), y.parts())
	}
	if want && x.title() != y.title() {
		t.Errorf("%s: titles %q and %q of one issue", name, x.title(), y.title())
	}
}

func TestFingerprintsOfMessages(t *testing.T) {
	pairs := 0
	for _, line := range lines(t, "testdata/messages.txt") {
		a, b, ok := strings.Cut(line[2:], " | ")
		if !ok {
			t.Fatalf("no pair: %q", line)
		}
		same(t, line, a, b, line[0] == '=')
		pairs++
	}
	if pairs < 40 {
		t.Errorf("only %d pairs read", pairs)
	}
}

func TestFingerprintsOfStacks(t *testing.T) {
	text, err := os.ReadFile("testdata/stacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	var name, both string
	pairs := 0
	check := func() {
		if name == "" {
			return
		}
		a, b, ok := strings.Cut(both, "\n--\n")
		if !ok {
			t.Fatalf("no pair under %q", name)
		}
		same(t, name, a, b, name[0] == '=')
		pairs++
	}
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "= ") || strings.HasPrefix(line, "! "):
			check()
			name, both = strings.TrimSpace(line), ""
		default:
			both += line
		}
	}
	check()
	if pairs < 20 {
		t.Errorf("only %d pairs read", pairs)
	}
}

func lines(t *testing.T, path string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if len(line) > 2 && line[0] != '#' {
			all = append(all, line)
		}
	}
	return all
}

func TestFingerprintsAreOfOneResourceAndType(t *testing.T) {
	a := fingerprint(Error, worker, "x")
	for _, b := range []ID{
		fingerprint(Timeout, worker, "x"), fingerprint(Error, worker, "y"), fingerprint(Error, worker, "x", ""),
		fingerprint(Error, signal.Resource{Kind: signal.Function, Name: "worker", Region: "eu-west-1"}, "x"),
		fingerprint(Error, signal.Resource{Kind: signal.Service, Name: "worker"}, "x"),
	} {
		if a == b {
			t.Error("two issues have one id")
		}
	}
}

func TestTemplate(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := template(in); got != want {
			t.Errorf("template(%q) = %q, want %q", in, got, want)
		}
	}
	f("", "")
	f("'user'", "'user'")
	f("no post 17", "no post …")
	f("can't read user's post 17", "can't read user's post …")
	f("Request failed with status code 404", "Request failed with status code 404")
	f("GET https://api.example.com:8080/users/42?x=1", "GET https://api.example.com/users/…")
	f("An error occurred (ValidationException) when calling the PutItem operation", "An error occurred (ValidationException) when calling the PutItem operation")
	f("a failed in 3 s, 2 hops later", "a failed in … s, 2 hops later")
	f("first line\nsecond", "first line")
	f("x = {'b': 2, 'a': 1}", "x = {'a': …, 'b': …}")
	f("a lone ' quote and [ bracket", "a lone ' quote and [ bracket")
	f("user_id=42 status=503", "user_id=… status=503")
	f("… already a gap", "… already a gap")
}

// FuzzTemplate proves that a template is its own template's, whatever it is of.
func FuzzTemplate(f *testing.F) {
	for _, line := range []string{"KeyError: 'user'", "x {'a': [1, 2, {}]} \"open", "GET https://u:p@h:1/a/1?b#c", "((((", "arn:aws:sqs:eu-west-1:1:x", "\xff'\xfe'"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := template(line)
		if len(got) > 4*len(line)+16 {
			t.Errorf("template(%q) is %d bytes long", line, len(got))
		}
		x := failureOf(line)
		x.parts()
		frames(line)
	})
}
