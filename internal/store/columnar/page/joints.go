package page

import (
	"sort"
	"strings"

	"github.com/cespare/xxhash/v2"

	"clew/internal/signal"
)

// A joint is what ties spans of different traces together: a join key, or the trace
// that a link leads to. Indexes know it by its hash: of the bytes a key is written
// as, or of the trace with a byte before it that tells it from keys.

// jointOfLink comes before the trace of a link. A key that begins so has a kind of
// 255 bytes or more, and is longer than a link.
const (
	jointOfLink  = 0xff
	linkJointLen = 1 + 16
)

// KeyJoint and LinkJoint return the exact form of a joint.
func KeyJoint(k signal.JoinKey) string { return string(appendKey(nil, k)) }

// LinkJoint is KeyJoint of links to a trace.
func LinkJoint(to signal.TraceID) string { return string(append([]byte{jointOfLink}, to[:]...)) }

// JointHash is what indexes know a joint by.
func JointHash(exact string) uint64 { return xxhash.Sum64String(exact) }

// eachJoint calls visit with every joint that a value of slotKeys or slotLinks holds;
// the bytes are good until it returns.
func eachJoint(s slot, blob string, visit func(exact []byte)) {
	d := decoder{rawBytes(blob)}
	if s == slotKeys {
		for range d.count(4) {
			rest := d.b
			for range 4 {
				d.str()
			}
			visit(rest[:len(rest)-len(d.b)])
		}
		return
	}
	for range d.count(28) {
		exact := [linkJointLen]byte{jointOfLink}
		copy(exact[1:], d.take(16))
		d.take(8)
		d.uvarint()
		d.str()
		d.attrs()
		d.uvarint()
		visit(exact[:])
	}
}

func isJoint(s slot) bool { return s == slotKeys || s == slotLinks }

// Joints appends the hashes of the joints of the page; some may come twice.
func (w *Writer) Joints(dst []uint64) []uint64 {
	for _, c := range w.rows.cols {
		if !isJoint(c.id.slot) || c.n == 0 {
			continue
		}
		for i := range c.dict.len() {
			eachJoint(c.id.slot, c.dict.value(i), func(exact []byte) { dst = append(dst, xxhash.Sum64(exact)) })
		}
	}
	return dst
}

// Joints is Writer.Joints of a page that was written.
func (v *View) Joints(dst []uint64) []uint64 {
	for i := range v.rows.cols {
		if s := v.rows.cols[i].id.slot; isJoint(s) {
			v.rows.column(i).each(func(blob string) {
				eachJoint(s, blob, func(exact []byte) { dst = append(dst, xxhash.Sum64(exact)) })
			})
		}
	}
	return dst
}

// Holders calls visit with the rows that hold any of the joints, given in their exact
// form, and with the number of the joint; in no order, and a row may come twice.
func (v *View) Holders(joints []string, visit func(row, joint int)) {
	for i := range v.rows.cols {
		s := v.rows.cols[i].id.slot
		if !isJoint(s) {
			continue
		}
		c := v.rows.column(i)
		hits := map[int][]int{} // joints by code
		if len(joints) > fewJoints {
			c.holdingAny(s, joints, func(code, n int) { hits[code] = append(hits[code], n) })
		} else {
			for n, exact := range joints {
				c.holding(s, exact, func(code int) { hits[code] = append(hits[code], n) })
			}
		}
		if len(hits) == 0 {
			continue
		}
		v.rows.having(i, func(row, at int) {
			for _, n := range hits[c.code(at)] {
				visit(row, n)
			}
		})
	}
}

// fewJoints are faster to find by their bytes than by decoding every value.
const fewJoints = 6

// holdingAny calls visit with the codes of the values that hold joints.
func (v *values) holdingAny(s slot, joints []string, visit func(code, joint int)) {
	asked := make(map[string][]int, len(joints))
	for n, exact := range joints {
		asked[exact] = append(asked[exact], n)
	}
	for code := range v.count {
		eachJoint(s, v.at(code), func(held []byte) {
			for _, n := range asked[string(held)] {
				visit(code, n)
			}
		})
	}
}

// holding calls visit with the codes of the values that hold a joint, found by its bytes.
func (v *values) holding(s slot, exact string, visit func(code int)) {
	look := exact
	if (exact[0] == jointOfLink && len(exact) == linkJointLen) != (s == slotLinks) {
		return
	}
	if s == slotLinks {
		look = exact[1:]
	}
	check := func(code int) {
		found := false
		eachJoint(s, v.at(code), func(held []byte) { found = found || string(held) == exact })
		if found {
			visit(code)
		}
	}
	if v.pack != packedNone {
		for code := range v.count {
			check(code)
		}
		return
	}
	for code := 0; code < v.count; {
		from, _ := v.bounds(code)
		at := strings.Index(text(v.data[from:]), look)
		if at < 0 {
			return
		}
		at += from
		code += sort.Search(v.count-code, func(i int) bool { _, to := v.bounds(code + i); return to > at })
		if code < v.count {
			check(code)
		}
		code++
	}
}

// having calls visit with the rows that have a value in column i, and which it is.
func (t *table) having(i int, visit func(row, at int)) {
	has := make([]bool, len(t.shapes))
	for n, cols := range t.shapes {
		for _, c := range cols {
			has[n] = has[n] || int(c) == i
		}
	}
	at := 0
	for row, shape := range t.shapeOf() {
		if has[shape] {
			visit(row, at)
			at++
		}
	}
}

// Ties calls visit with those of rows, which ascend, that have join keys or links,
// and with these.
func (v *View) Ties(rows []int, visit func(row int, keys []signal.JoinKey, links []signal.Link)) {
	t := &v.rows
	any := false
	for i := range t.cols {
		any = any || isJoint(t.cols[i].id.slot)
	}
	if !any {
		return
	}
	t.walk(rows, func(row int, cols []uint32, at []int) {
		var keys []signal.JoinKey
		var links []signal.Link
		for _, c := range cols {
			switch t.cols[c].id.slot {
			case slotKeys:
				keys = t.blob(c, at).keys()
			case slotLinks:
				for _, l := range t.blob(c, at).links() {
					links = append(links, signal.Link{Trace: l.Trace, Span: l.Span})
				}
			}
		}
		if len(keys)+len(links) > 0 {
			visit(row, keys, links)
		}
	})
}

// RowsLike returns the rows of traces that wanted selects, ascending.
func (v *View) RowsLike(wanted func(id signal.TraceID) bool) []int {
	if v.Type == signal.Points || v.rows.n == 0 {
		return nil
	}
	return v.tracesWith(func(trace string) bool {
		var id signal.TraceID
		copyID(id[:], trace)
		return wanted(id)
	})
}
