package wire

import (
	"strings"
	"testing"

	"clew/internal/signal"
)

func TestJSONValue(t *testing.T) {
	f := func(in string, want signal.Value) {
		t.Helper()
		var err error
		r := NewJSON([]byte(in), &err)
		got := r.Value(nil)
		r.End()
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: %v %s, want %v %s (%v)", in, got.Kind(), got, want.Kind(), want, err)
		}
	}
	f(`"a\nb"`, signal.Str("a\nb"))
	f(`true`, signal.Bool(true))
	f(` false `, signal.Bool(false))
	f(`null`, signal.Value{})
	f(`-7`, signal.Int(-7))
	f(`7.0`, signal.Double(7))
	f(`1e5`, signal.Double(100000))
	f(`9223372036854775808`, signal.Double(9223372036854775808))
	f(`{}`, signal.JSON(`{}`))
	f(`[ ]`, signal.JSON(`[]`))
	f(` { "a" : [ 1 , 2.0 , 1e5, null , { } , "\u0041\"" ] , "b" : { "c" : true } } `, signal.JSON(`{"a":[1,2.0,100000.0,null,{},"A\""],"b":{"c":true}}`))

	fails := func(in, want string) {
		t.Helper()
		var err error
		r := NewJSON([]byte(in), &err)
		r.Value(nil)
		r.End()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
	fails(``, "want a number")
	fails(`1-2`, "not a number")
	fails(`[1,]`, "want a number")
	fails(`{"a":1`, "want , or }")
	fails(strings.Repeat("[", 1000), "too deep")
}

// TestJSONValueCharges gives values less room than they need, and as much.
func TestJSONValueCharges(t *testing.T) {
	for _, in := range []string{`[1e5,1e5,1e5]`, `{"a":"\u0001"}`, "[\"\xff\xff\xff\"]", `[` + strings.Repeat(`1e5,`, 1000) + `1]`} {
		var err error
		charged := 0
		r := NewJSON([]byte(in), &err)
		v := r.Value(func(n int) bool { charged += n; return true })
		if err != nil || len(v.Text()) > charged {
			t.Errorf("%s: %d bytes, %d charged (%v)", in, len(v.Text()), charged, err)
		}
		r = NewJSON([]byte(in), &err)
		if v := r.Value(func(int) bool { return false }); err != nil || v.Kind() != signal.KindEmpty {
			t.Errorf("%s: %s without room (%v)", in, v, err)
		}
	}
}
