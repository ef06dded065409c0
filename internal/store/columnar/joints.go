package columnar

import (
	"context"
	"fmt"
	"slices"

	"clew/internal/signal"
	"clew/internal/store"
	"clew/internal/store/columnar/page"
)

// A part lists the joints of its spans (page/joints.go) by hash, with the page of
// each, as it lists the rows of giants: sorted, on disk, in short blocks. A filter of
// the hashes stays in memory, so that a part that has none of the joints asked for
// costs no read. Pages in memory have the hashes of their joints beside them.

// Held implements store.Store.
func (s *Store) Held(ctx context.Context, t signal.Tenant, joints []store.Joint, near signal.Range) ([]store.Held, error) {
	sn, err := s.snapshot(t, signal.Spans)
	if err != nil {
		return nil, err
	}
	defer sn.release()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h := newHolding(sn, joints, near)
	var bad error
	for _, look := range h.pages() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := page.Guard(func() { h.read(look) }); err != nil {
			s.damagedPage(look.chunk, err)
			bad = fmt.Errorf("columnar: holders of joints are not complete: %w", err)
		}
	}
	for i := range h.held {
		h.held[i].Settle()
	}
	return h.held, bad
}

// holding is one call of Held.
type holding struct {
	*snapshot
	near  signal.Range
	exact []string         // of each joint
	asked map[uint64][]int // joints by hash
	order []uint64         // hashes, sorted
	sieve sieve            // of the hashes
	held  []store.Held
}

func newHolding(sn *snapshot, joints []store.Joint, near signal.Range) *holding {
	h := &holding{snapshot: sn, near: near, asked: map[uint64][]int{}, held: make([]store.Held, len(joints))}
	for i, j := range joints {
		exact := page.KeyJoint(j.Key)
		if !j.To.IsZero() {
			exact = page.LinkJoint(j.To)
		}
		hash := page.JointHash(exact)
		if h.asked[hash] == nil {
			h.order = append(h.order, hash)
			h.sieve.add(hash)
		}
		h.exact, h.asked[hash] = append(h.exact, exact), append(h.asked[hash], i)
	}
	slices.Sort(h.order)
	return h
}

// sieve tells in one look which hashes are certainly not among those asked for.
type sieve [1 << 10]uint64

func (s *sieve) add(h uint64)      { s[h>>6%uint64(len(s))] |= 1 << (h % 64) }
func (s *sieve) has(h uint64) bool { return s[h>>6%uint64(len(s))]&(1<<(h%64)) != 0 }

// looking is a page to look into, and for which joints.
type looking struct {
	chunk  *chunk
	joints []int
}

// among returns the joints with any of the hashes.
func (h *holding) among(hashes []uint64) (joints []int) {
	for _, hash := range hashes {
		if h.sieve.has(hash) {
			joints = append(joints, h.asked[hash]...)
		}
	}
	return joints
}

// pages returns the chunks that may hold any of the joints, each once.
func (h *holding) pages() (out []looking) {
	for _, c := range h.fresh {
		if !h.near.Overlaps(c.lo, c.hi) {
			continue
		}
		if joints := h.among(c.joints); len(joints) > 0 {
			out = append(out, looking{c, joints})
		}
	}
	for _, p := range h.parts {
		if !h.near.Overlaps(p.Lo, p.Hi) {
			continue
		}
		var found map[int][]int
		err := page.Guard(func() { found = h.pagesOf(p) })
		if err != nil && !p.reported.Swap(true) {
			h.s.damage(p.Name, p.joints.size(), err)
		}
		for n, c := range p.chunks {
			joints := found[n]
			if err != nil {
				joints = h.all()
			}
			if len(joints) > 0 && h.near.Overlaps(c.lo, c.hi) {
				out = append(out, looking{c, joints})
			}
		}
	}
	return out
}

func (h *holding) all() []int {
	out := make([]int, len(h.exact))
	for i := range out {
		out[i] = i
	}
	return out
}

// pagesOf returns the pages of p that may hold any of the joints. It panics as
// page.Guard expects.
func (h *holding) pagesOf(p *part) map[int][]int {
	found := map[int][]int{}
	if p.version < versionJoints {
		for n, c := range p.chunks {
			if h.near.Overlaps(c.lo, c.hi) {
				found[n] = h.among(c.oldJoints())
			}
		}
		return found
	}
	if p.joints.rows == 0 {
		return nil
	}
	list := blockReader{p: p, list: &p.joints, what: "joints"}
	for _, hash := range h.order {
		if p.mayJoin(hash) {
			for _, n := range list.pagesWith(hash) {
				found[n] = append(found[n], h.asked[hash]...)
			}
		}
	}
	return found
}

// oldJointsOf names the joints of a page of a part without a list of them in the cache.
type oldJointsOf struct{ c *chunk }

func (c *chunk) oldJoints() []uint64 {
	key := oldJointsOf{c}
	if known, ok := c.part.cache.find(key).([]uint64); ok {
		return known
	}
	found := jointsOf(c.uncached())
	return c.part.cache.keep(key, found, int64(8*len(found))+150).([]uint64)
}

// jointsOf returns the hashes of the joints of a page, sorted. It panics as
// page.Guard expects.
func jointsOf(v *page.View) []uint64 {
	hashes := v.Joints(nil)
	slices.Sort(hashes)
	return slices.Clip(slices.Compact(hashes))
}

// read adds the holders in a page. It panics as page.Guard expects.
func (h *holding) read(look looking) {
	c, v := look.chunk, look.chunk.view()
	exact := make([]string, len(look.joints))
	for i, joint := range look.joints {
		exact[i] = h.exact[joint]
	}
	var alive page.Set
	v.Holders(exact, func(row, i int) {
		if alive == nil {
			alive = h.alive(c)
		}
		if at := v.Time(row); alive.Has(row) && h.near.Contains(at) {
			h.held[look.joints[i]].Add(store.Holder{Trace: v.Trace(row), Span: v.Span(row), Kind: v.Kind(row), At: at})
		}
	})
}
