package columnar

import (
	"runtime/debug"

	"clew/internal/store/columnar/page"
)

// A store that nobody has written to or asked for a while rests: its rows go to
// parts, and it lets go of what it can read again. The first who comes then waits some
// milliseconds a part.

// restBytes is how much in memory is worth a part of its own.
const restBytes = 1 << 20

// lookups are the large lists of a part's footer. They never change.
type lookups struct {
	index  []uint64 // see tracePage
	filter filter   // of identities
	joints filter   // of the hashes in the list of joints
	blind  bool     // they could not be read again: anything may be there
}

// lookups returns the lookups of p, which it reads again after a rest.
func (p *part) lookups() *lookups {
	if look := p.look.Load(); look != nil {
		return look
	}
	again := &part{partMeta: p.partMeta, f: p.f}
	if err := page.Guard(again.readFooter); err != nil {
		return &lookups{blind: true}
	}
	p.look.Store(again.look.Load())
	return again.look.Load()
}

// mayHave reports whether a row with that identity may be in p.
func (p *part) mayHave(key uint64) bool {
	look := p.lookups()
	return look.blind || look.filter.has(key)
}

// mayJoin reports whether a joint of that hash may be in the list of p.
func (p *part) mayJoin(hash uint64) bool {
	look := p.lookups()
	return look.blind || look.joints.has(hash)
}

// rest is called from time to time and lets go of memory when the store was not used
// since the last time, once until it is used again.
func (s *Store) rest() {
	used := s.used.Load()
	idle := used == s.usedBefore
	s.usedBefore = used
	if !idle || s.rested {
		s.rested = s.rested && idle
		return
	}
	s.mu.RLock()
	busy, rows, parts := s.sealed != nil, s.active.bytes, s.parts
	s.mu.RUnlock()
	if rows >= restBytes {
		s.request(s.stopped, &request{rotate: true}) // flushLoop reports; rest when it is done
	}
	if busy || rows >= restBytes {
		return
	}
	s.graphs.clear()
	s.cache.clear()
	for _, p := range parts {
		p.look.Store(nil)
	}
	debug.FreeOSMemory()
	s.rested = true
}
