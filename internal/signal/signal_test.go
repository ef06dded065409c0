package signal

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestParseIDs(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		id, err := ParseTraceID(in)
		if want == "" {
			if err == nil {
				t.Errorf("ParseTraceID(%q) = %s, want an error", in, id)
			}
			return
		}
		if err != nil || id.String() != want {
			t.Errorf("ParseTraceID(%q) = %s, %v, want %s", in, id, err, want)
		}
	}
	f("0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319c")
	f("0AF7651916CD43DD8448EB211C80319C", "0af7651916cd43dd8448eb211c80319c")
	f("c7011edab81257a", "00000000000000000c7011edab81257a")
	f("1", "00000000000000000000000000000001")
	f("", "")
	f("xyz", "")
	f("00af7651916cd43dd8448eb211c80319c", "")
	if id, err := ParseSpanID("b"); err != nil || id.String() != "000000000000000b" {
		t.Errorf("ParseSpanID(b) = %s, %v", id, err)
	}
	if _, err := ParseSpanID("00000000000000000"); err == nil {
		t.Error("17 digits are no span id")
	}
}

// What we write as JSON must be what encoding/json reads as the same text.
func FuzzAppendJSONString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c", "\x00\x1f\n\t\r", "\u2028 é 日本 🎈", "\xff\xfe broken \xc3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		out := AppendJSONString(nil, s)
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%q writes %s: %v", s, out, err)
		}
		b, _ := json.Marshal(s)
		var want string
		if err := json.Unmarshal(b, &want); err != nil || got != want {
			t.Fatalf("%q reads back %q, want %q", s, got, want)
		}
	})
}

func TestValueJSON(t *testing.T) {
	f := func(v Value, want string) {
		t.Helper()
		if got := string(v.AppendJSON(nil)); got != want {
			t.Errorf("%v writes %s, want %s", v, got, want)
		}
	}
	f(Value{}, "null")
	f(Str("a\"b"), `"a\"b"`)
	f(Bool(true), "true")
	f(Int(math.MinInt64), "-9223372036854775808")
	f(Double(2), "2.0")
	f(Double(1e30), "1e+30")
	f(Double(math.NaN()), `"NaN"`)
	f(Double(math.Inf(-1)), `"-Infinity"`)
	f(Bytes("\x00\xff"), `"AP8="`)
	f(JSON(`[1,2.0]`), `[1,2.0]`)
}

func TestAttrs(t *testing.T) {
	as := Attrs{{"a", Str("1")}, {"b", Int(2)}, {"a", Str("3")}}
	if got := as.Text("a"); got != "3" {
		t.Errorf("the last of two counts, got %q", got)
	}
	if got := as.First("x", "b", "a"); got != "2" {
		t.Errorf("First = %q", got)
	}
	changed := as.Set("a", Str("4"))
	if as.Text("a") != "3" || changed.Text("a") != "4" || len(changed) != 3 {
		t.Errorf("Set changed a shared list: %v, %v", as, changed)
	}
	if added := as.Set("c", Bool(true)); len(as) != 3 || added.Text("c") != "true" {
		t.Errorf("Set of a new key: %v", added)
	}
}

func TestTimesSaturateAndRangesAreHalfOpen(t *testing.T) {
	if got := Time(math.MaxInt64).Add(time.Second); got != math.MaxInt64 {
		t.Errorf("Add wrapped round to %d", got)
	}
	if got := Time(math.MinInt64).Sub(1); got != math.MinInt64 {
		t.Errorf("Sub wrapped round to %d", got)
	}
	r := Range{From: 10, To: 20}
	for at, want := range map[Time]bool{9: false, 10: true, 19: true, 20: false} {
		if r.Contains(at) != want {
			t.Errorf("Contains(%d) = %v", at, !want)
		}
	}
	if !(Range{}).Contains(math.MaxInt64) || !(Range{}).Contains(-5) || !(Range{}).Overlaps(-9, -5) || r.Overlaps(20, 30) || !r.Overlaps(0, 10) || !r.Overlaps(19, 19) {
		t.Error("ranges are [from, to), and no bound is no bound")
	}
	s := Span{Start: 20, End: 10}
	if s.Duration() != 0 {
		t.Errorf("a span that ends before it starts lasts %v", s.Duration())
	}
}

func TestRefuseAddsUpByReason(t *testing.T) {
	var b Batch
	b.Refuse(Spans, 1, "no id")
	b.Refuse(Spans, 2, "no id")
	b.Refuse(Logs, 1, "no id")
	if len(b.Refused) != 2 || b.Refused[0].Count != 3 {
		t.Errorf("Refused = %+v", b.Refused)
	}
}

func TestNumber(t *testing.T) {
	f := func(in float64, want Value) {
		t.Helper()
		if got := Number(in); got != want {
			t.Errorf("%v is %v of kind %d, want %v", in, got, got.Kind(), want)
		}
	}
	f(200, Int(200))
	f(-3, Int(-3))
	f(math.Copysign(0, -1), Int(0))
	f(1<<53-1, Int(1<<53-1))
	f(1<<53, Double(1<<53))
	f(2.5, Double(2.5))
	f(math.Inf(1), Double(math.Inf(1)))
	f(math.NaN(), Double(math.NaN()))
}
