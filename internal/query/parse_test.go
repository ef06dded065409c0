package query

import (
	"errors"
	"strings"
	"testing"

	"clew/internal/signal"
)

func TestParsePrints(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		e, err := Parse(in)
		if err != nil {
			t.Errorf("Parse(%q): %v", in, err)
			return
		}
		got := Print(e)
		if got != want {
			t.Errorf("Print(Parse(%q)) = %q, want %q", in, got, want)
		}
		again, err := Parse(got)
		if err != nil || !Equal(e, again) {
			t.Errorf("Parse(%q) = %q, %v: does not come back", got, Print(again), err)
		}
	}
	f("", "")
	f("  ", "")
	f("error", "error")
	f(`"connection reset" -healthcheck`, `"connection reset" NOT healthcheck`)
	f("service:checkout status:error", "service:checkout status:error")
	f("service:(checkout OR cart) duration:>500ms", "(service:checkout OR service:cart) duration:>500ms")
	f(`http.status_code:>=500 http.route:"/post"`, "http.status_code:>=500 http.route:/post")
	f("http.route:/post", "http.route:/post")
	f("resource:post-analysis outcome:timeout", "(service:post-analysis OR faas.name:post-analysis) outcome:timeout")
	f("function:!=a", "service:!=a faas.name:!=a")
	f("outcome:(timeout OR oom) region:eu-*", "(outcome:timeout OR outcome:oom) region:eu-*")
	f("level:error /user [0-9]+ not found/i", "level:error /(?i)user [0-9]+ not found/")
	f(`/a\/b\\/`, `/a\/b\\/`)
	f("/post", `"/post"`)
	f("level:>=warn", "level:>=warn")
	f("dur>1s status=error", "duration:>1s status:error")
	f("duration:>=1.5s", "duration:>=1500ms")
	f("dur:0", "duration:0ns")
	f("size:>1MB", "size:>1000000")
	f("size:>1KiB", "size:>1024")
	f("op:GET", "name:GET")
	f("error:true", "status:error")
	f("error:false", "status:!=error")
	f("error!=true", "status:!=error")
	f(`"error":true`, `"error":true`)
	f("status:ERROR", "status:error")
	f("trace:Abc", "trace:00000000000000000000000000000abc")
	f("a OR b c", "a OR (b c)")
	f("(a OR b) AND c", "(a OR b) c")
	f("NOT (a b)", "NOT (a b)")
	f("--a", "NOT NOT a")
	f("-(a OR b)", "NOT (a OR b)")
	f("a:(>5 <10)", "a:>5 a:<10")
	f("a:(-1 OR -x)", "a:-1 OR NOT a:x")
	f("a:!=(x OR y)", "NOT (a:x OR a:y)")
	f("a:*", "a:*")
	f("a:!=*", "NOT a:*")
	f(`a:x\ y*`, `a:x\ y*`)
	f(`a:x\*`, `a:"x*"`)
	f("a:007 b:2.0 c:1e5 d:-3 e:2.5", "a:007 b:2.0 c:1e5 d:-3 e:2.5")
	f(`a:"5"`, `a:"5"`)
	f("body:reset", "body:@reset")
	f("body:=reset", "body:=reset")
	f("name:@post", "name:@post")
	f(`a:~"x y"`, `a:~"x y"`)
	f("a=~x.y", "a:~x.y")
	f(`"AND" OR "x y":1`, `"AND" OR "x y":1`)
	f("*", "*")
	f("-*", "NOT *")
	f("post*", `/(?i)(?:^|[^\pL\pN])post\S*(?:[^\pL\pN]|$)/`)
	f("it's 100% wow!", "it's 100% \"wow!\"")
	f("label.user:42 payload.$.user:null", "label.user:42 payload.$.user:null")
}

func TestParseErrors(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		_, err := Parse(in)
		var se *SyntaxError
		if !errors.As(err, &se) || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, want %q", in, err, want)
		}
	}
	f("service:", "col 9: expected a value for service")
	f("a service: x", "col 11: expected a value for service")
	f("(a", "col 3: expected ) for the ( at col 1")
	f("a)", "col 2: expected the end")
	f("a OR", "col 5: expected a word")
	f("OR a", "col 1: expected a term before OR")
	f("a AND AND b", "col 7: expected a term before AND")
	f("é >5", `col 3: expected a field before '>'`)
	f(`a "b`, `col 3: expected a closing quote`)
	f("a:~[", "col 4: expected a regular expression")
	f("/[/", "col 1: expected a regular expression")
	f("dur>fast", "col 5: expected a duration")
	f("dur>9999999999999h", "col 5: expected a duration")
	f(`a:x\**`, "not both")
	f("NOT", "col 4: expected a word")
	f("a:(b", "expected ) after the values of a")
	f(strings.Repeat("(", 100)+"a", "col 65: expected at most 64 levels")
	f(strings.Repeat("-", 100)+"a", "levels")
	f(strings.Repeat("a ", 5000), "expected at most 8192 bytes")
}

func TestPrintOfBuiltConditionsComesBack(t *testing.T) {
	re, err := Regexp("http.url", `^/a/b\/c$`)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*Expr{
		re,
		Is("error", Eq, signal.Str("true")),
		Is("dur", Gt, signal.Int(5)),
		Is("a", Eq, signal.Str("")),
		Is("a", Eq, signal.Str(`q"\`)),
		Is("a", Gt, signal.Str("5s")),
		Is("a", Ne, signal.Str("5")),
		Is("k v", Glob, signal.Str(`a (b)*"`)),
		Is("", Word, signal.Str("-x")),
		Is("name", Word, signal.Str("a:b")),
		Is(FieldDuration, Le, signal.Int(-1500)),
		All(All(Is("a", Eq, signal.Int(1)), Is("b", Eq, signal.Int(2))), Any(Is("c", Exists, signal.Value{}), Is("d", Eq, signal.Double(0.5)))),
		{Op: And},
	} {
		text := Print(e)
		got, err := Parse(text)
		if err != nil || !Equal(got, e) {
			t.Errorf("Parse(%q) = %#v, %v, want %#v", text, got, err, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`a b:c*d OR -(x:>=5ms "q\"")`, "/a b/i", "a:(x OR >5)", `"f":@w`, "dur>1s error:true trace:1", `a:\*\ `, "NOT *", "a!=b:~c"} {
		f.Add(s)
	}
	row := &Row{Span: &signal.Span{Name: "GET /post", Start: 1, End: 5}}
	f.Fuzz(func(t *testing.T, in string) {
		e, err := Parse(in)
		if err != nil {
			var se *SyntaxError
			if !errors.As(err, &se) || se.Col < 1 {
				t.Fatalf("Parse(%q): %v has no column", in, err)
			}
			return
		}
		e.Matches(row)
		text := Print(e)
		again, err := Parse(text)
		if err != nil && len(text) > maxText || depthError(err) {
			return // printing may add parentheses and quotes past a bound
		}
		if err != nil || !Equal(e, again) {
			t.Fatalf("Parse(%q) prints %q, which gives %q, %v", in, text, Print(again), err)
		}
	})
}

func depthError(err error) bool { return err != nil && strings.Contains(err.Error(), "levels") }
