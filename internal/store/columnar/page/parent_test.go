package page

import (
	"testing"

	"clew/internal/signal"
)

// Parents come back whether they are in the page, close by or far, or not.
func TestParents(t *testing.T) {
	var w Writer
	w.Reset(signal.Spans)
	id := func(n int) (id signal.SpanID) {
		id[0], id[7] = byte(n>>8), byte(n)
		return id
	}
	want := []signal.SpanID{}
	const rows = 600
	for i := 1; i <= rows; i++ {
		parent := []signal.SpanID{{}, id(i - 1), id(i + 1), id(i), id(i - nearMost), id(i + nearMost), id(i - nearMost - 1), id(9000 + i), id(rows - i)}[i%9]
		want = append(want, parent)
		w.AddSpan(w.Group(nil, &signal.Scope{}), uint64(i), &signal.Span{ID: id(i), Parent: parent, Name: "n"})
	}
	for _, compress := range []bool{false, true} {
		p := Memory(w.Append(nil, compress))
		err := Guard(func() {
			v := ReadHead(p).Open(p)
			for i, r := range v.Read(v.All(), false) {
				if r.Span.Parent != want[i] {
					t.Errorf("compressed %t, row %d: parent %s, want %s", compress, i, r.Span.Parent, want[i])
				}
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// FuzzParents decodes what may stand for parents.
func FuzzParents(f *testing.F) {
	ids := []byte("aaaaaaaabbbbbbbbcccccccc")
	f.Add(3, appendNear(nil, ids, []byte("\x00\x00\x00\x00\x00\x00\x00\x00aaaaaaaazzzzzzzz"))[1:])
	f.Add(1, []byte{1})
	f.Fuzz(func(t *testing.T, n int, b []byte) {
		if n < 0 || n > 1<<12 {
			return
		}
		_ = Guard(func() {
			if v := decodeNear(n, b, &values{n: 3, count: 3, fixed: idLen, data: ids}); v.n != n {
				t.Errorf("%d parents, want %d", v.n, n)
			}
		})
	})
}
