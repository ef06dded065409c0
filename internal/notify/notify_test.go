package notify

import "testing"

func TestLines(t *testing.T) {
	f := func(n Notice, title, text string) {
		t.Helper()
		if got := n.Title(); got != title {
			t.Errorf("%q, want %q", got, title)
		}
		if got := n.Text(Plain); got != text {
			t.Errorf("%q, want %q", got, text)
		}
	}
	f(Notice{Action: Fires, Rule: "timeouts", Items: []Item{{Resource: "view-post", Cause: "timed out after 3.00 s", Count: 2, Why: "count 2 >= 1 in a window of 5m", URL: "https://clew/t/1"}}},
		"[FIRING] timeouts: view-post · timed out after 3.00 s · 2× (count 2 >= 1 in a window of 5m)",
		"view-post · timed out after 3.00 s · 2× (count 2 >= 1 in a window of 5m) https://clew/t/1")
	f(Notice{Action: Resolved, Rule: "timeouts", Items: []Item{{Resource: "a"}, {Why: "b"}}, Say: "ring Ann"}, "[RESOLVED] timeouts: 2 resources", "a\nb\nring Ann")
	f(Notice{Action: Test, Rule: "r", URL: "https://clew/r"}, "[TEST] r", "Rule r https://clew/r")
}

func TestTruncate(t *testing.T) {
	f := func(s string, n int, want string) {
		t.Helper()
		if got := Truncate(s, n); got != want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", s, n, got, want)
		}
	}
	f("", 3, "")
	f("abc", 3, "abc")
	f("abcd", 3, "ab…")
	f("äöü", 3, "äöü")
	f("äöüß", 3, "äö…")
}
