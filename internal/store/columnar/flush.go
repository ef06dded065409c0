package columnar

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store/columnar/page"
)

// Flush moves all rows that were acknowledged before the call into parts.
func (s *Store) Flush(ctx context.Context) error {
	if err := s.drained(ctx); err != nil {
		return err
	}
	if err := s.request(ctx, &request{rotate: true}); err != nil {
		return err
	}
	return s.drained(ctx)
}

// drained waits until no sealed memtable is left, or its flush has failed.
func (s *Store) drained(ctx context.Context) error {
	for {
		s.mu.RLock()
		busy, err, changed, closed := s.sealed != nil, s.flushErr, s.changed, s.closed
		s.mu.RUnlock()
		switch {
		case closed:
			return errClosed
		case !busy:
			return nil
		case err != nil:
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopped.Done():
			return errClosed
		}
	}
}

// flushLoop writes sealed memtables to parts, trying again after a failure.
func (s *Store) flushLoop() {
	const retry = time.Second
	for {
		s.mu.RLock()
		sealed, changed := s.sealed, s.changed
		s.mu.RUnlock()
		if sealed == nil {
			select {
			case <-changed:
			case <-s.stopped.Done():
				return
			}
			continue
		}
		err := s.flush(sealed)
		if s.stopped.Err() != nil {
			return
		}
		s.mu.Lock()
		s.flushErr = err
		s.changedLocked()
		s.mu.Unlock()
		if err == nil {
			continue
		}
		s.log.Error("columnar: flush", "error", err)
		select {
		case <-time.After(retry):
		case <-s.stopped.Done():
			return
		}
	}
}

func (s *Store) flush(m *memtable) error {
	s.merging.Lock()
	defer s.merging.Unlock()
	w := s.newRewrite()
	for k, t := range m.tables {
		if err := page.Guard(func() { w.table(k, t) }); err != nil {
			w.drop()
			return err
		}
	}
	if err := s.publish(w, nil, m); err != nil {
		return fmt.Errorf("columnar: flush: %w", err)
	}
	return nil
}

// rewrite is rows on their way into new parts, and where each of them went.
type rewrite struct {
	s     *Store
	step  uint64 // rows dead at this step stay behind
	metas []partMeta
	moved map[*chunk][]target
}

// location is a row of a part.
type location struct{ page, row uint32 }

// target is where a row went; part is 0 for rows that stayed behind, else one
// more than its number among the new parts.
type target struct {
	part uint32
	location
}

func (s *Store) newRewrite() *rewrite {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return &rewrite{s: s, step: s.step, moved: map[*chunk][]target{}}
}

// rowRef is a row to be written, with what it is sorted by.
type rowRef struct {
	chunk *chunk
	view  *page.View
	row   int
	at    signal.Time
	first signal.Time // spans: of the first span of the trace
	trace signal.TraceID
	name  string // points: the metric
	seq   uint64
}

// before is the order of rows in a part: traces by their first span, logs by
// time, points by metric and time.
func (a *rowRef) before(b *rowRef) int {
	if n := cmp.Compare(a.name, b.name); n != 0 {
		return n
	}
	if n := cmp.Compare(a.first, b.first); n != 0 {
		return n
	}
	if n := bytes.Compare(a.trace[:], b.trace[:]); n != 0 {
		return n
	}
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq))
}

// table writes one table of the memtable, a part for each day. It panics as
// page.Guard expects.
func (w *rewrite) table(k tableKey, t *memTable) {
	now := w.s.stamp()
	days := map[string][]rowRef{}
	for _, c := range t.chunks {
		w.s.mu.RLock()
		dead := c.deadLocked(w.step)
		w.s.mu.RUnlock()
		v := c.view()
		for i, at := range v.Times() {
			if dead != nil && dead.Has(i) {
				continue
			}
			day := partitionOf(at, now)
			r := rowRef{chunk: c, view: v, row: i, at: at, seq: c.base + v.Seq(i)}
			switch k.typ {
			case signal.Spans:
				r.trace = v.Trace(i)
			case signal.Points:
				r.name = v.Metric(i)
			}
			days[day] = append(days[day], r)
		}
	}
	for day, refs := range days {
		if k.typ == signal.Spans {
			refs = sortSpans(refs)
		} else {
			slices.SortFunc(refs, func(a, b rowRef) int { return a.before(&b) })
		}
		if err := w.part(partMeta{Tenant: []byte(k.tenant), Type: k.typ, Partition: day, Written: now}, refs); err != nil {
			page.Fail(err)
		}
	}
}

// sortSpans sorts refs, whose first is not known yet: traces first, then the rows of
// each, of which there are few.
func sortSpans(refs []rowRef) []rowRef {
	type trace struct {
		id    signal.TraceID
		first signal.Time
		rows  int
		to    int // where the next row goes
	}
	var traces []trace
	known := map[signal.TraceID]uint32{}
	of := make([]uint32, len(refs)) // trace of each row
	for i := range refs {
		n, ok := known[refs[i].trace]
		if !ok {
			n = uint32(len(traces))
			known[refs[i].trace] = n
			traces = append(traces, trace{id: refs[i].trace, first: refs[i].at})
		}
		of[i] = n
		traces[n].rows++
		traces[n].first = min(traces[n].first, refs[i].at)
	}
	order := make([]uint32, len(traces))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(traces[a].first, traces[b].first), bytes.Compare(traces[a].id[:], traces[b].id[:]))
	})
	at := 0
	for _, n := range order {
		traces[n].to = at
		at += traces[n].rows
	}
	out := make([]rowRef, len(refs))
	for i := range refs {
		t := &traces[of[i]]
		out[t.to] = refs[i]
		out[t.to].first = t.first
		t.to++
	}
	for _, n := range order {
		t := &traces[n]
		slices.SortFunc(out[t.to-t.rows:t.to], func(a, b rowRef) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) })
	}
	return out
}

// part writes sorted rows as one part.
func (w *rewrite) part(meta partMeta, refs []rowRef) error {
	out, err := w.create(meta)
	if err != nil {
		return err
	}
	copiers := map[*page.View]*placed{}
	for some := range slices.Chunk(refs, page.MaxRows) {
		if w.s.stopped.Err() != nil {
			out.abandon(tmpName)
			return errClosed
		}
		if err := w.write(out, some, copiers); err != nil {
			out.abandon(tmpName)
			return err
		}
	}
	return w.finish(out)
}

// write adds rows to a part.
func (w *rewrite) write(out *partWriter, some []rowRef, copiers map[*page.View]*placed) error {
	if out.meta.Type == signal.Spans {
		return w.copy(out, some, copiers)
	}
	for i, r := range gather(some, false) {
		at, err := out.add(&r, some[i].seq)
		if err != nil {
			return err
		}
		w.note(some[i].chunk, some[i].row, at)
	}
	return nil
}

// placed copies rows of one view.
type placed struct {
	*page.Copier
	rows []int
}

// copy is write for spans; copiers are those of the views so far.
func (w *rewrite) copy(out *partWriter, some []rowRef, copiers map[*page.View]*placed) error {
	var used []*placed
	for i := range some {
		p := copiers[some[i].view]
		if p == nil {
			p = &placed{Copier: out.rows.Copier(some[i].view)}
			copiers[some[i].view] = p
		}
		if len(p.rows) == 0 {
			used = append(used, p)
		}
		p.rows = append(p.rows, some[i].row)
	}
	for _, p := range used {
		slices.Sort(p.rows)
		p.Place(p.rows)
	}
	for i := range some {
		p := copiers[some[i].view]
		n, _ := slices.BinarySearch(p.rows, some[i].row)
		at, err := out.copy(p.Copier, n, some[i].seq)
		if err != nil {
			return err
		}
		w.note(some[i].chunk, some[i].row, at)
	}
	for _, p := range used {
		p.rows = p.rows[:0]
	}
	return nil
}

// note remembers where a row went.
func (w *rewrite) note(c *chunk, row int, at location) {
	to := w.moved[c]
	if to == nil {
		to = make([]target, c.rows)
		w.moved[c] = to
	}
	to[row] = target{uint32(len(w.metas) + 1), at}
}

func (w *rewrite) create(meta partMeta) (*partWriter, error) {
	meta.ID = w.s.nextPart.Add(1) - 1
	meta.Name = fmt.Sprintf("part-%s-%s-%08d", meta.Partition, meta.Type, meta.ID)
	return newPartWriter(w.s.fs, meta, tmpName)
}

// finish gives a part its name.
func (w *rewrite) finish(out *partWriter) error {
	if err := out.finish(); err != nil {
		w.s.fs.Remove(tmpName)
		return err
	}
	if err := w.s.fs.Rename(tmpName, out.meta.Name); err != nil {
		return fmt.Errorf("columnar: name part: %w", err)
	}
	w.metas = append(w.metas, out.meta)
	return nil
}

// drop removes the parts of a rewrite that failed before it was published.
func (w *rewrite) drop() {
	for _, m := range w.metas {
		w.s.fs.Remove(m.Name) // the next Open removes what is left
	}
}

// gather reads rows in the given order, each page's rows in one go.
func gather(refs []rowRef, head bool) []query.Row {
	byView := map[*page.View][]int{}
	for i := range refs {
		byView[refs[i].view] = append(byView[refs[i].view], i)
	}
	out := make([]query.Row, len(refs))
	for v, at := range byView {
		slices.SortFunc(at, func(a, b int) int { return refs[a].row - refs[b].row })
		rows := make([]int, len(at))
		for i, n := range at {
			rows[i] = refs[n].row
		}
		for i, r := range v.Read(rows, head) {
			out[at[i]] = r
		}
	}
	return out
}

// publish makes the new parts take the place of old ones, or of the sealed
// memtable, on disk and then for readers. Rows that died while they were being
// rewritten are dead in their new place too.
func (s *Store) publish(w *rewrite, old []*part, m *memtable) error {
	var fresh []*part
	for _, meta := range w.metas {
		p, err := s.openPart(meta)
		if err != nil {
			w.drop()
			return err
		}
		fresh = append(fresh, p)
	}
	if err := s.fs.Sync(); err != nil {
		w.drop()
		return fmt.Errorf("columnar: publish: %w", err)
	}
	s.applying.Lock()
	defer s.applying.Unlock()
	s.mu.Lock()
	w.carryLocked(fresh)
	parts := slices.DeleteFunc(slices.Clone(s.parts), func(p *part) bool { return slices.Contains(old, p) })
	parts = append(parts, fresh...)
	from := s.active
	if m == nil && s.sealed != nil {
		from = s.sealed
	}
	next := s.manifestLocked(parts, from)
	s.mu.Unlock()
	if err := next.save(s.fs); err != nil {
		// The manifest on disk may be either; both name only files that exist, so
		// nothing is removed now. The next Open sweeps up.
		for _, p := range fresh {
			p.release()
		}
		return err
	}
	s.mu.Lock()
	s.parts = parts
	if m != nil {
		s.sealed = nil
		s.unflushed -= m.bytes
	}
	var logs []uint64
	for n := range s.logBytes {
		if n < from.firstLog {
			logs = append(logs, n)
			delete(s.logBytes, n)
		}
	}
	s.changedLocked()
	s.mu.Unlock()
	for _, n := range logs {
		s.remove(logName(n))
	}
	for _, p := range old {
		s.remove(p.Name)
		p.release()
	}
	return nil
}

// carryLocked repeats in new parts the deaths that came after the rewrite began.
func (w *rewrite) carryLocked(fresh []*part) {
	for c, to := range w.moved {
		for _, d := range c.deaths {
			if d.step <= w.step {
				continue
			}
			for row := d.from; row < d.to; row++ {
				if t := to[row]; t.part > 0 {
					p := fresh[t.part-1]
					p.chunks[t.page].dieLocked(t.row, t.row+1, d.step)
					p.forgotten = p.forgotten || c.part != nil && c.part.forgotten
				}
			}
		}
	}
}

func (s *Store) remove(name string) {
	if err := s.fs.Remove(name); err != nil {
		s.log.Warn("columnar: remove file", "name", name, "error", err)
	}
}

// Partitions for times that no clock in order says.
const (
	partitionOld = "old" // before the last month: late imports
	partitionOdd = "odd" // before 2000 or in the future
)

// partitionOf returns the day a row of that time is kept under. There are at
// most some forty, whatever senders claim the time to be.
func partitionOf(at, now signal.Time) string {
	const day = 24 * time.Hour
	switch {
	case at < year2000 || at > now.Add(2*day):
		return partitionOdd
	case at < now.Add(-32*day):
		return partitionOld
	}
	return at.Std().Format(time.DateOnly)
}

const year2000 = signal.Time(946_684_800_000_000_000)
