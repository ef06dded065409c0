package columnar

import (
	"time"

	"clew/internal/signal"
)

// tableKey tells the tables of a memtable apart.
type tableKey struct {
	tenant signal.Tenant
	typ    signal.Type
}

// memtable holds what the log holds and no part does yet. Lists of chunks are
// guarded by Store.mu, the indexes by Store.applying.
type memtable struct {
	tables   map[tableKey]*memTable
	bytes    int64
	firstLog uint64 // number of its first log segment
	firstRow uint64 // sequence number of the first row of that segment
	rows     int
	born     time.Time
}

func newMemtable(firstLog, firstRow uint64) *memtable {
	return &memtable{tables: map[tableKey]*memTable{}, firstLog: firstLog, firstRow: firstRow, born: time.Now()}
}

// memTable is the rows of one tenant and signal.
type memTable struct {
	chunks []*chunk
	newest map[uint64]uint32 // hash of identity → index+1 of the newest row in refs
	refs   []memRef
	sums   memSums
}

// memRef points to a row; older links rows of one hash.
type memRef struct {
	chunk, row, older uint32
}

func (m *memtable) table(k tableKey) *memTable {
	t := m.tables[k]
	if t == nil {
		t = &memTable{newest: map[uint64]uint32{}}
		m.tables[k] = t
	}
	return t
}

// put indexes row of the chunk that will be the table's chunk number n.
func (t *memTable) put(key uint64, n, row int) {
	t.refs = append(t.refs, memRef{uint32(n), uint32(row), t.newest[key]})
	t.newest[key] = uint32(len(t.refs))
}

// withKey visits rows of a hash, newest first, until visit returns false.
func (t *memTable) withKey(key uint64, visit func(n, row int) bool) {
	if t == nil {
		return
	}
	for at := t.newest[key]; at != 0; at = t.refs[at-1].older {
		if r := t.refs[at-1]; r.row != gone && !visit(int(r.chunk), int(r.row)) {
			return
		}
	}
}
