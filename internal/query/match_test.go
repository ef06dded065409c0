package query

import (
	"testing"

	"clew/internal/signal"
)

func TestHasWords(t *testing.T) {
	f := func(text, phrase string, want bool) {
		t.Helper()
		if got := HasWords(text, phrase); got != want {
			t.Errorf("HasWords(%q, %q) = %v", text, phrase, got)
		}
	}
	f("", "", true)
	f("x", "", true)
	f("", "x", false)
	f("Connection RESET by peer", "connection reset", true)
	f("reconnection reset", "connection reset", false)
	f("connection resets", "connection reset", false)
	f("user_id=5", "user", true)
	f("users user", "user", true)
	f("a user-agent", "user", true)
	f("GET /post", "/post", true)
	f("GET /posts", "/post", false)
	f("x/post", "/post", true)
	f("grüße", "gr", false)
	f("straße 5", "straße", true)
	f("error42", "error", false)
}

func TestMatchGlob(t *testing.T) {
	f := func(pattern, s string, want bool) {
		t.Helper()
		if got := matchGlob(pattern, s); got != want {
			t.Errorf("matchGlob(%q, %q) = %v", pattern, s, got)
		}
	}
	f("a", "a", true)
	f("a", "ab", false)
	f("a*", "ab", true)
	f("*b", "ab", true)
	f("a*a", "a", false)
	f("a*a", "aa", true)
	f("*", "", true)
	f("a*b*c", "a-b-b-c", true)
	f("a*b*c", "acb", false)
	f("**x**", "x", true)
}

func TestMatches(t *testing.T) {
	span := &signal.Span{
		Trace: signal.TraceID{15: 0xab}, ID: signal.SpanID{7: 1}, Name: "POST /new_post", Kind: signal.Server,
		Status: signal.Status{Code: signal.StatusError, Message: "KeyError: user"},
		Start:  1000, End: 1000 + 2_000_000_000,
		Attrs: signal.Attrs{
			{Key: "http.status_code", Value: signal.Int(500)}, {Key: "big", Value: signal.Int(9007199254740993)},
			{Key: "ratio", Value: signal.Double(0.5)}, {Key: "hash", Value: signal.Str("1e5")}, {Key: "n", Value: signal.Str("12")},
			{Key: "ok", Value: signal.Bool(true)}, {Key: "host", Value: signal.Str("own")}, {Key: "twice", Value: signal.Int(1)}, {Key: "twice", Value: signal.Int(2)},
		},
		Events: []signal.Event{{Name: "exception", Attrs: signal.Attrs{{Key: "exception.message", Value: signal.Str("no such user")}}}},
	}
	row := &Row{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("blog")}, {Key: "host", Value: signal.Str("res")}, {Key: "az", Value: signal.Str("b")}}, Span: span}
	f := func(text string, want bool) {
		t.Helper()
		e, err := Parse(text)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
			return
		}
		if got := e.Matches(row); got != want {
			t.Errorf("%q matches: %v, want %v", text, got, want)
		}
	}
	f("", true)
	f("*", true)
	f("keyerror", true)
	f(`"such user"`, true)
	f("blog", true)
	f("az", false)
	f("key", false)
	f("new*", true)
	f("post*", true)
	f("ost*", false)
	f("/key?error/i", true)
	f("/key?error$/i", false)
	f("service:blog status:error kind:server", true)
	f("function:blog", true)
	f("function:!=blog", false)
	f("function:!=other", true)
	f("dur:>1s dur:<=2s", true)
	f("dur:>2s", false)
	f("duration:2000ms", true)
	f("trace:ab span:1 parent:*", false)
	f("trace:ab span:1 -parent:*", true)
	f("http.status_code:>=500", true)
	f("http.status_code:5*", true)
	f("http.status_code:!=500", false)
	f("absent:!=500", true)
	f("absent:500", false)
	f("absent:<500", false)
	f("big:9007199254740993", true)
	f("big:9007199254740992", false)
	f("big:>9007199254740992", true)
	f("ratio:0.5 ratio:<1", true)
	f("hash:1e5", true)
	f("n:>9", true)
	f("ok:true", true)
	f("host:own", true)
	f("resource.host:res attr.host:own", true)
	f("az:b", true)
	f("twice:2", true)
	f("twice:1", false)
	f("error:true", true)
	f("message:keyerror", true)
	f("name:(GET* OR POST*)", true)
	f("name:get*", false)
}

func TestMatchesLog(t *testing.T) {
	row := &Row{Log: &signal.Log{Level: 13, Body: signal.Str("Cache miss for user 7"), Trace: signal.TraceID{1}}}
	f := func(text string, want bool) {
		t.Helper()
		e, err := Parse(text)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
			return
		}
		if got := e.Matches(row); got != want {
			t.Errorf("%q matches: %v, want %v", text, got, want)
		}
	}
	f("level:warn", true)
	f("level:WARN", true)
	f("level:>=warn", true)
	f("level:>=error", false)
	f("level:<error", true)
	f("body:miss", true)
	f("body:=miss", false)
	f(`body:~"user \d"`, true)
	f("span:*", false)
	f("trace:*", true)
}
