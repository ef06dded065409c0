package wire

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"
)

// show prints any value: the slow, obvious reader that the tests compare with.
func show(r *Thrift) string {
	switch r.Type {
	case ThriftBool:
		return fmt.Sprint(r.Bool())
	case ThriftByte, ThriftI16, ThriftI32, ThriftI64:
		return fmt.Sprint(r.Int())
	case ThriftDouble:
		return fmt.Sprint(r.Double())
	case ThriftString:
		return fmt.Sprintf("%q", r.Text())
	case ThriftStruct:
		var out []string
		for f := r.Struct(); r.Next(&f); {
			out = append(out, fmt.Sprintf("%d:%s", f.ID, show(r)))
		}
		return "{" + strings.Join(out, " ") + "}"
	case ThriftList, ThriftSet:
		var out []string
		for l := r.List(); r.Elem(&l); {
			out = append(out, show(r))
		}
		return "[" + strings.Join(out, " ") + "]"
	case ThriftMap:
		var out []string
		for m := r.Map(); r.Elem(&m); {
			key := show(r)
			r.Value(&m)
			out = append(out, key+"="+show(r))
		}
		return "<" + strings.Join(out, " ") + ">"
	}
	r.Skip()
	return "?"
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestThrift(t *testing.T) {
	f := func(compact bool, in, want string) {
		t.Helper()
		b := unhex(t, in)
		var err error
		r := NewThrift(b, compact, &err)
		got := show(&r)
		r.End()
		if err != nil || got != want {
			t.Errorf("read %s: %s, %v; want %s", in, got, err, want)
		}
		r = NewThrift(b, compact, &err)
		r.Skip()
		if r.End(); err != nil {
			t.Errorf("skip %s: %v", in, err)
		}
		for n := range b { // every part of it is an error
			err = nil
			r = NewThrift(b[:n], compact, &err)
			r.Skip()
			if err == nil {
				t.Errorf("skip %d bytes of %s: no error", n, in)
			}
		}
	}
	const binary, compact = false, true

	f(binary, "00", "{}")
	f(binary, "020001 01 020002 00 00", "{1:true 2:false}")
	f(binary, "030001 ff 060002 fffe 080003 00000007 0a0004 8000000000000000 00", "{1:-1 2:-2 3:7 4:-9223372036854775808}")
	f(binary, "040001 3ff8000000000000 0b0002 00000003 616263 00", `{1:1.5 2:"abc"}`)
	f(binary, "0c0001 00 0c0002 020001 01 00 00", "{1:{} 2:{1:true}}")
	f(binary, "0f0001 08 00000002 00000001 00000002 0e0002 0b 00000000 00", "{1:[1 2] 2:[]}")
	f(binary, "0d0001 0b 0a 00000001 00000001 61 0000000000000009 00", `{1:<"a"=9>}`)
	f(binary, "0f7fff 02 00000002 01 00 00", "{32767:[true false]}")

	f(compact, "00", "{}")
	f(compact, "11 12 00", "{1:true 2:false}")
	f(compact, "13ff 1403 150e 16ffffffffffffffffff01 00", "{1:-1 2:-2 3:7 4:-9223372036854775808}")
	f(compact, "17 000000000000f83f 18 03616263 00", `{1:1.5 2:"abc"}`)
	f(compact, "1c 00 1c 11 00 00", "{1:{} 2:{1:true}}")
	f(compact, "19 25 02 04 1a 08 00", "{1:[1 2] 2:[]}")
	f(compact, "19 f3 0f 000102030405060708090a0b0c0d0e 00", "{1:[0 1 2 3 4 5 6 7 8 9 10 11 12 13 14]}")
	f(compact, "1b 01 86 0161 12 1b 00 00", `{1:<"a"=9> 2:<>}`)
	f(compact, "19 21 01 02 00", "{1:[true false]}")
	f(compact, "06 c801 02 18 0161 00", `{100:1 101:"a"}`)
	f(compact, "53 01 03 02 02 00", "{5:1 1:2}") // ids may go back
}

func TestThriftTopLevelList(t *testing.T) {
	var err error
	r := NewThrift(unhex(t, "0c 00000002 00 020001 01 00"), false, &err)
	r.Type = ThriftList
	if got := show(&r); got != "[{} {1:true}]" || err != nil {
		t.Errorf("list: %s, %v", got, err)
	}
}

func TestThriftMessage(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		var err error
		r := NewThrift(unhex(t, in), false, &err)
		name, kind, seq := r.Message()
		got := fmt.Sprint(name, " ", kind, " ", seq, " ", show(&r))
		if r.End(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("message %s: %s; want %s", in, got, want)
		}
	}
	f("80010001 00000003 4c6f67 00000007 0b0001 00000001 61 00", `Log 1 7 {1:"a"}`)
	f("80010004 00000003 4c6f67 ffffffff 00", "Log 4 -1 {}")
	f("00000003 4c6f67 01 00000007 0b0001 00000001 61 00", `Log 1 7 {1:"a"}`)
	f("82 21 07 03 4c6f67 18 0161 00", `Log 1 7 {1:"a"}`)
	f("82 81 ff01 03 4c6f67 00", "Log 4 255 {}")
	f("82 22 07 03 4c6f67 00", "wire: thrift: an unknown version of the compact protocol at byte 2")
	f("80020001 00000003 4c6f67 00000007 00", "wire: thrift: an unknown version of the binary protocol at byte 4")
	f("82", "wire: thrift: an end in the middle of a value at byte 1")
	f("", "wire: thrift: an end in the middle of a value at byte 0")
}

func TestThriftRefuses(t *testing.T) {
	f := func(compact bool, in, want string) {
		t.Helper()
		var err error
		r := NewThrift(unhex(t, in), compact, &err)
		r.Skip()
		if r.End(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v; want %s", in, err, want)
		}
	}
	f(false, "0f0001 0c 7fffffff 00 00", "more elements than bytes")
	f(false, "0f0001 0a 00000002 0000000000000000 00", "more elements than bytes")
	f(false, "0f0001 0c ffffffff 00", "more elements than bytes")
	f(false, "0f0001 01 00000001 00 00", "more elements than bytes")
	f(false, "0d0001 0b0b 7fffffff 00", "more elements than bytes")
	f(false, "0b0001 7fffffff 61 00", "an end")
	f(false, "0b0001 ffffffff 61 00", "an end")
	f(false, "100001 00 00", "unknown type")
	f(false, "00 00", "more after the end")
	f(true, "19 fc ffffffff0f 00", "more elements than bytes")
	f(true, "1b ffffffff0f cc 00", "more elements than bytes")
	f(true, "1b 01 c0 00 00 00", "unknown type")
	f(true, "19 27 0000000000000000 00 00", "more elements than bytes")
	f(true, "18 ffffffffffffffffff7f 00", "a broken number")
	f(true, "18 ffffffffffffffffff01 00", "an end")
	f(true, "1f 00 00", "unknown type")
	f(true, strings.Repeat("1c", 100)+strings.Repeat("00", 101), "too deep")
	f(false, strings.Repeat("0c0001", 100)+strings.Repeat("00", 101), "too deep")
	f(true, "1b"+strings.Repeat("01bb", 100), "too deep")
}

func TestThriftWrongType(t *testing.T) {
	f := func(want string, read func(r *Thrift)) {
		t.Helper()
		var err error
		r := NewThrift(unhex(t, "0b0001 00000001 61 00"), false, &err)
		for f := r.Struct(); r.Next(&f); {
			read(&r)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
	}
	f("not a bool", func(r *Thrift) { r.Bool() })
	f("not an integer", func(r *Thrift) { r.Int() })
	f("not a double", func(r *Thrift) { r.Double() })
	f("not a struct", func(r *Thrift) { r.Struct() })
	f("not a list", func(r *Thrift) { r.List() })
	f("not a map", func(r *Thrift) { r.Map() })
}

func TestThriftReply(t *testing.T) {
	b := AppendThriftReply(nil, "Log", 7)
	b = AppendThriftField(b, ThriftI32, 0)
	b = AppendThriftI32(b, -2)
	b = AppendThriftField(b, ThriftString, 1)
	b = AppendThriftText(b, "later")
	b = ThriftFrame(append(b, ThriftStop))
	if n := binary.BigEndian.Uint32(b); int(n) != len(b)-4 {
		t.Errorf("frame of %d bytes for %d", n, len(b)-4)
	}
	var err error
	r := NewThrift(b[4:], false, &err)
	name, kind, seq := r.Message()
	if got := show(&r); err != nil || name != "Log" || kind != ThriftReply || seq != 7 || got != `{0:-2 1:"later"}` {
		t.Errorf("%s %d %d %s, %v", name, kind, seq, got, err)
	}
}

func FuzzThrift(f *testing.F) {
	f.Add([]byte("\x80\x01\x00\x01\x00\x00\x00\x03Log\x00\x00\x00\x07\x0b\x00\x01\x00\x00\x00\x01a\x00"), false)
	f.Add([]byte("\x82\x21\x07\x03Log\x18\x01a\x19\x25\x02\x04\x1b\x01\x86\x01a\x12\x00"), true)
	f.Add(binary.BigEndian.AppendUint64([]byte{4, 0, 1}, math.Float64bits(1.5)), false)
	f.Fuzz(func(t *testing.T, b []byte, compact bool) {
		var skipped, read error
		s := NewThrift(b, compact, &skipped)
		s.Skip()
		if s.i > len(b) {
			t.Fatalf("read %d of %d bytes", s.i, len(b))
		}
		if skipped == nil { // so it is not too deep to show
			r := NewThrift(b, compact, &read)
			if show(&r); read != nil || r.i != s.i {
				t.Fatalf("skip took %d bytes, reading %d: %v", s.i, r.i, read)
			}
		}
		m := NewThrift(b, compact, &read)
		m.Message()
		m.Skip()
	})
}

func TestThriftPair(t *testing.T) {
	f := func(in, want string, left int) {
		t.Helper()
		var err error
		b := unhex(t, in)
		r := NewThrift(b, false, &err)
		key, value, ok := r.Pair()
		if got := fmt.Sprint(key, "=", value, " ", ok); got != want || len(b)-r.i != left || err != nil {
			t.Errorf("%s: %s with %d bytes left and %v, want %s with %d", in, got, len(b)-r.i, err, want, left)
		}
	}
	const k, v = "0b0001 00000001 6b", "0b0002 00000002 7676"
	f(k+v+"00", "k=vv true", 0)
	f(k+v+"00 ff", "k=vv true", 1)
	f("0b0001 00000000 0b0002 00000000 00", "= true", 0)
	f(v+k+"00", "= false", 18)
	f(k+v, "= false", 17)
	f(k+v+"08", "= false", 18)
	f(k+"0b0002 7fffffff 7676 00", "= false", 18)
	f("0b0001 ffffffff 6b"+v+"00", "= false", 18)
	f("0b0001 7fffffff 6b"+v+"00", "= false", 18)
	f("", "= false", 0)
}

func TestThriftTag(t *testing.T) {
	f := func(compact bool, in, want string, left int) {
		t.Helper()
		var err error
		b := unhex(t, in)
		r := NewThrift(b, compact, &err)
		key, kind, text, number, ok := r.Tag()
		if got := fmt.Sprint(key, "/", kind, "=", text, "/", number, " ", ok); got != want || len(b)-r.i != left || err != nil {
			t.Errorf("%s: %s with %d bytes left and %v, want %s with %d", in, got, len(b)-r.i, err, want, left)
		}
		for n := range len(b) - left { // what is cut is left alone
			cut := NewThrift(b[:n], compact, &err)
			if _, _, _, _, ok := cut.Tag(); ok && left == 0 {
				t.Errorf("%s: cut at %d is a tag", in, n)
			}
		}
	}
	const k, kind, text, long = "0b0001 00000001 6b", "08 0002 00000003", "0b0003 00000002 7676", "0a0006 fffffffffffffffe"
	f(false, k+kind+text+"00", "k/3=vv/0 true", 0)
	f(false, k+kind+text+"00 ff", "k/3=vv/0 true", 1)
	f(false, k+kind+long+"00", "k/3=/-2 true", 0)
	f(false, k+kind+text+long+"00", "/0=/0 false", 36)
	f(false, k+text+kind+"00", "/0=/0 false", 25)
	f(false, k+kind+"00", "/0=/0 false", 16)
	f(false, k+kind+"0b0003 7fffffff 7676 00", "/0=/0 false", 25)
	f(false, "0b0001 ffffffff 6b"+kind+text+"00", "/0=/0 false", 25)
	f(true, "18 01 6b 15 06 18 02 7676 00", "k/3=vv/0 true", 0)
	f(true, "18 01 6b 15 06 46 03 00 ff", "k/3=/-2 true", 1)
	f(true, "18 01 6b 15 01 18 00 00", "k/-1=/0 true", 0)
	f(true, "18 01 6b 15 06 18 7f 7676 00", "/0=/0 false", 10)
	f(true, "18 7f 6b 15 06 18 02 7676 00", "/0=/0 false", 10)
	f(true, "18 01 6b 15 06 31 00", "/0=/0 false", 7)
	f(true, "", "/0=/0 false", 0)
}

func TestThriftNoted(t *testing.T) {
	f := func(in, want string, left int) {
		t.Helper()
		var err error
		b := unhex(t, in)
		r := NewThrift(b, false, &err)
		key, value, kind, ok := r.Noted()
		if got := fmt.Sprintf("%s=%s/%d %v", key, value, kind, ok); got != want || len(b)-r.i != left || err != nil {
			t.Errorf("%s: %s with %d bytes left and %v, want %s with %d", in, got, len(b)-r.i, err, want, left)
		}
	}
	const k, v, kind = "0b0001 00000001 6b", "0b0002 00000002 7676", "08 0003 00000006"
	f(k+v+kind+"00", "k=vv/6 true", 1)
	f(k+v+kind, "k=vv/6 true", 0)
	f(k+kind+v, "=/0 false", 24)
	f(k+v+"08 0003 000000", "=/0 false", 23)
	f(k+"0b0002 7fffffff 7676"+kind, "=/0 false", 24)
	f("0b0001 ffffffff 6b"+v+kind, "=/0 false", 24)
	f("", "=/0 false", 0)
}
