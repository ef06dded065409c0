package columnar

import (
	"cmp"
	"slices"
	"time"

	"clew/internal/signal"
)

// retain drops parts that are too old, then the oldest while there are too many
// bytes, and parts of which every row is gone. The log counts as bytes but is
// never dropped: it is bounded by the memory limit and becomes parts first. The
// newest part of each tenant and signal stays, however small the limit.
func (s *Store) retain() error {
	s.merging.Lock()
	defer s.merging.Unlock()
	now := s.retentionNow()
	s.mu.RLock()
	parts := slices.Clone(s.parts)
	empty := map[*part]bool{}
	total := int64(0)
	for _, p := range parts {
		empty[p] = p.deadLocked() == p.Rows
		total += p.Size
	}
	for _, n := range s.logBytes {
		total += n
	}
	s.mu.RUnlock()
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(b.age(now), a.age(now)) })
	newest := map[tableKey]*part{}
	for _, p := range parts {
		if !empty[p] {
			newest[tableKey{signal.Tenant(p.Tenant), p.Type}] = p
		}
	}
	var drop []*part
	for _, p := range parts {
		keep := s.keepFor(p.Type)
		old := keep > 0 && p.age(now) > keep
		big := s.opt.RetainBytes > 0 && total > s.opt.RetainBytes && newest[tableKey{signal.Tenant(p.Tenant), p.Type}] != p
		if old || big || empty[p] {
			drop = append(drop, p)
			total -= p.Size
		}
	}
	if len(drop) == 0 {
		return nil
	}
	if err := s.publish(s.newRewrite(), drop, nil); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range drop {
		s.rows[p.Type] -= int64(p.Rows - p.deadLocked())
	}
	return nil
}

func (s *Store) keepFor(typ signal.Type) time.Duration {
	return cmp.Or(s.opt.RetainType[typ], s.opt.RetainAge)
}

// age is how long ago the newest row was, or for rows whose time no clock in
// order says, how long ago they came.
func (p *part) age(now signal.Time) time.Duration {
	if p.Partition == partitionOdd {
		return now.Sub(p.Written)
	}
	return now.Sub(min(p.Hi, p.Written))
}
