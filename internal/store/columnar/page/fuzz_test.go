package page

import (
	"encoding/binary"
	"slices"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
)

// FuzzColumn decodes column bytes behind a right checksum, then reads every value.
func FuzzColumn(f *testing.F) {
	for _, vs := range [][]string{{"a", "a"}, {"a", "b", "a"}, {"00ff", "aa"}, {"123e4567-e89b-12d3-a456-426614174000"}, {""}} {
		c := column{id: columnID{slot: slotName}}
		for _, v := range vs {
			c.addString(v)
		}
		f.Add(len(vs), true, c.encode(nil))
		c.turnPlain()
		f.Add(len(vs), true, c.encode(nil))
	}
	for _, vs := range [][]int64{{1}, {1, 1}, {1, 2, 300}, {1 << 60, -1 << 60}, {1 << 40, 1<<40 + 1, 1<<40 + 3}} {
		f.Add(len(vs), false, appendInts(nil, vs))
	}
	f.Fuzz(func(t *testing.T, n int, text bool, b []byte) {
		if n < 0 || n > 1<<12 {
			return
		}
		k := classInts
		if text {
			k = classStrings
		}
		_ = Guard(func() {
			v := decodeValues(k, n, b)
			for i := range n {
				if text {
					v.str(i)
				} else {
					v.int(i)
				}
			}
		})
	})
}

// FuzzDirectory gives a page any header, with a right checksum.
func FuzzDirectory(f *testing.F) {
	var w Writer
	w.Reset(signal.Spans)
	s := signal.Span{Name: "n", Attrs: signal.Attrs{{Key: "k", Value: signal.Str("v")}}, Events: []signal.Event{{Name: "e"}}, Keys: []signal.JoinKey{{Kind: "k", Value: "v"}}, Links: []signal.Link{{Trace: signal.TraceID{1}}}}
	w.AddSpan(w.Group(nil, &signal.Scope{}), 1, &s)
	p := w.Append(nil, false)
	head := 8 + int(binary.LittleEndian.Uint32(p))
	f.Add(p[8:head], p[head:])
	f.Fuzz(func(t *testing.T, head, body []byte) {
		b := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
		b = binary.LittleEndian.AppendUint32(b, Checksum(head))
		b = append(append(b, head...), body...)
		_ = Guard(func() {
			h := ReadHead(Memory(b))
			if h.Rows() > 1<<12 {
				return
			}
			v := h.Open(Memory(b))
			v.Eval(query.Is("k", query.Exists, signal.Value{}))
			v.Read(v.All(), false)
			v.Joints(nil)
			joints := []string{KeyJoint(signal.JoinKey{Kind: "k", Value: "v"}), LinkJoint(signal.TraceID{1})}
			v.Holders(joints, func(row, joint int) { v.Trace(row) })
			v.Holders(slices.Repeat(joints, fewJoints), func(row, joint int) { v.Span(row) })
			v.Ties(v.All(), func(int, []signal.JoinKey, []signal.Link) {})
		})
	})
}

// FuzzNested decodes what hangs below a row.
func FuzzNested(f *testing.F) {
	f.Add(appendEvents(nil, []signal.Event{{At: 1, Name: "e", Attrs: signal.Attrs{{Key: "k", Value: signal.Double(1)}}}}))
	f.Add(appendLinks(nil, []signal.Link{{TraceState: "s"}}))
	f.Add(appendDist(nil, &signal.Distribution{Bounds: []float64{1}, Counts: []uint64{1, 2}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range []func(*decoder){
			func(d *decoder) { d.events() }, func(d *decoder) { d.links() }, func(d *decoder) { d.keys() }, func(d *decoder) { d.dropped() },
			func(d *decoder) { d.dist() }, func(d *decoder) { d.exemplars() }, func(d *decoder) { d.metric() },
			func(d *decoder) { eachJoint(slotKeys, text(d.b), func([]byte) {}) }, func(d *decoder) { eachJoint(slotLinks, text(d.b), func([]byte) {}) },
		} {
			_ = Guard(func() { read(&decoder{b}) })
		}
	})
}
