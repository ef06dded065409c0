package wire

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"clew/internal/signal"
)

func TestMsgpackValue(t *testing.T) {
	f := func(in string, want signal.Value) {
		t.Helper()
		var err error
		r := NewMsgpack([]byte(in), &err)
		got := r.Value(nil)
		r.End()
		if err != nil || !got.Equal(want) {
			t.Errorf("%q: %v %s, want %v %s (%v)", in, got.Kind(), got, want.Kind(), want, err)
		}
	}
	f("\xc0", signal.Value{})
	f("\xc2", signal.Bool(false))
	f("\xc3", signal.Bool(true))
	f("\x7f", signal.Int(127))
	f("\xe0", signal.Int(-32))
	f("\xcc\xff", signal.Int(255))
	f("\xcd\x01\x00", signal.Int(256))
	f("\xce\xff\xff\xff\xff", signal.Int(1<<32-1))
	f("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", signal.Int(math.MaxInt64))
	f("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", signal.Double(1<<64))
	f("\xd0\x80", signal.Int(-128))
	f("\xd1\x80\x00", signal.Int(-32768))
	f("\xd2\xff\xff\xff\xff", signal.Int(-1))
	f("\xd3\x80\x00\x00\x00\x00\x00\x00\x00", signal.Int(math.MinInt64))
	f("\xca\x3f\xc0\x00\x00", signal.Double(1.5))
	f("\xcb\x40\x00\x00\x00\x00\x00\x00\x00", signal.Double(2))
	f("\xa0", signal.Str(""))
	f("\xa2hi", signal.Str("hi"))
	f("\xd9\x02hi", signal.Str("hi"))
	f("\xda\x00\x02hi", signal.Str("hi"))
	f("\xdb\x00\x00\x00\x02hi", signal.Str("hi"))
	f("\xc4\x02hi", signal.Bytes("hi"))
	f("\xc5\x00\x02hi", signal.Bytes("hi"))
	f("\xc6\x00\x00\x00\x02hi", signal.Bytes("hi"))
	f("\xd4\x01a", signal.Bytes("a"))
	f("\xd7\x00\x00\x00\x00\x01\x00\x00\x00\x02", signal.Bytes("\x00\x00\x00\x01\x00\x00\x00\x02"))
	f("\xc7\x03\x05abc", signal.Bytes("abc"))
	f("\xc8\x00\x01\x05a", signal.Bytes("a"))
	f("\xc9\x00\x00\x00\x01\x05a", signal.Bytes("a"))
	f("\x90", signal.JSON("[]"))
	f("\x80", signal.JSON("{}"))
	f("\xdc\x00\x02\x01\xc4\x01a", signal.JSON(`[1,"YQ=="]`))
	f("\xdd\x00\x00\x00\x01\xcb\x40\x00\x00\x00\x00\x00\x00\x00", signal.JSON("[2.0]"))
	f("\x82\xa1a\x93\x01\xc0\xc3\x05\x81\xa1\"\xa1\n", signal.JSON(`{"a":[1,null,true],"5":{"\"":"\n"}}`))
	f("\xde\x00\x01\xa1a\x80", signal.JSON(`{"a":{}}`))
	f("\xdf\x00\x00\x00\x01\xa1a\x80", signal.JSON(`{"a":{}}`))
}

func TestMsgpackFails(t *testing.T) {
	f := func(in string, read func(*Msgpack), want string) {
		t.Helper()
		var err error
		r := NewMsgpack([]byte(in), &err)
		read(&r)
		r.End()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
	value := func(r *Msgpack) { r.Value(nil) }
	skip := (*Msgpack).Skip
	for _, read := range []func(*Msgpack){value, skip} {
		f("", read, "want a number")
		f("\xc1", read, "want a number")
		f("\xa2h", read, "in the middle")
		f("\xd9", read, "in the middle")
		f("\xdb\xff\xff\xff\xff", read, "in the middle")
		f("\xcb\x00", read, "in the middle")
		f("\xd8\x00", read, "in the middle")
		f("\x91", read, "more elements than bytes")
		f("\xdd\xff\xff\xff\xff", read, "more elements than bytes")
		f("\xdf\xff\xff\xff\xff\x01\x01", read, "more elements than bytes")
		f("\x81\xc0\x01", read, "as a key")
		f("\x01\x01", read, "more after the end")
		f(strings.Repeat("\x91", 1000), read, "too deep")
	}
	f("\x01", func(r *Msgpack) { r.Text() }, "want text")
	f("\xa0", func(r *Msgpack) { r.Int64() }, "want a number")
	f("\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", func(r *Msgpack) { r.Int64() }, "not a 64-bit integer")
	f("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", func(r *Msgpack) { r.Int64() }, "not a 64-bit integer")
	f("\xca\xbf\x80\x00\x00", func(r *Msgpack) { r.Uint64() }, "not an unsigned integer")
	f("\x01", func(r *Msgpack) { r.Bool() }, "want true or false")
	f("\x01", func(r *Msgpack) { r.Ext() }, "want an extension")
	f("\x90", func(r *Msgpack) {
		for range r.Map() {
			r.Skip()
		}
	}, "want a map")
}

func TestMsgpackNumbers(t *testing.T) {
	var err error
	r := NewMsgpack([]byte("\xd3\xff\xff\xff\xff\xff\xff\xff\xff\xcb\x40\x00\x00\x00\x00\x00\x00\x00\xcb\x40\x00\x00\x00\x00\x00\x00\x00\xe0\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xc0\xc0\xc0\xc0\xc0\xd6\xff\x00\x00\x00\x01\x92\x01\x02"), &err)
	if n := r.Uint64(); n != math.MaxUint64 {
		t.Errorf("an id below zero: %d", n)
	}
	if n, m := r.Int64(), r.Uint64(); n != 2 || m != 2 {
		t.Errorf("doubles as integers: %d %d", n, m)
	}
	if f, g := r.Double(), r.Double(); f != -32 || g != 1<<64 {
		t.Errorf("integers as doubles: %g %g", f, g)
	}
	if r.Int64() != 0 || r.Double() != 0 || r.Text() != "" || r.Bool() || !r.Nil() {
		t.Error("nil is not nothing")
	}
	if kind, content := r.Ext(); kind != -1 || string(content) != "\x00\x00\x00\x01" {
		t.Errorf("a timestamp: %d %q", kind, content)
	}
	if n := r.ArrayLen(); n != 2 || len(r.Rest()) != 3 {
		t.Errorf("an array of %d, %d bytes left", n, len(r.Rest()))
	}
	r.Skip()
	if r.End(); err != nil || r.Nil() || r.ArrayLen() != -1 {
		t.Error(err)
	}
}

// FuzzMsgpack reads anything: no panic, Skip and Value pass over the same bytes,
// and what Value makes of arrays and maps is JSON no larger than charged.
func FuzzMsgpack(f *testing.F) {
	for _, seed := range []string{
		"\x82\xa1a\x93\x01\xc0\xc3\x05\x81\xa1\"\xa1\n", "\xdc\x00\x02\x01\xc4\x01a", "\xdf\x00\x00\x00\x01\xa1a\x80",
		"\x92\xd7\x00\x00\x00\x00\x01\x00\x00\x00\x02\xc7\x03\x05abc", "\x9f\xc2\xc2\xc2\xc2\xc2\xc2\xc2\xc2\xc2\xc2\xc2\xc2\xc2\xc2\xc2", "\x91\xa3\x01\xff\x7f",
		"\x93\xca\x7f\xc0\x00\x00\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var err, skipErr error
		charged := 0
		r, s := NewMsgpack(b, &err), NewMsgpack(b, &skipErr)
		v := r.Value(func(n int) bool { charged += n; return true })
		s.Skip()
		if (err == nil) != (skipErr == nil) || err == nil && len(r.Rest()) != len(s.Rest()) {
			t.Fatalf("Value: %v, %d left; Skip: %v, %d left", err, len(r.Rest()), skipErr, len(s.Rest()))
		}
		if err == nil && v.Kind() == signal.KindJSON && (!json.Valid([]byte(v.Text())) || len(v.Text()) > charged) {
			t.Fatalf("%d bytes, %d charged: %s", len(v.Text()), charged, v.Text())
		}
	})
}
