package issue

import "clew/internal/transaction"

// throttles finds calls that were refused because there were too many, whether or
// not the caller came through: by caller, resource and operation.
func throttles(s *scene) []found {
	all := s.ended(transaction.Throttled, func(f *failure) found { return s.throttle(f.row) })
	for r := range s.t.Rows {
		row := &s.t.Rows[r]
		outer := row.Parent < 0 || s.run[row.Parent] != s.run[r] || s.t.Rows[row.Parent].Outcome != transaction.Throttled
		if row.Outcome != transaction.Throttled || !isCall(row.Kind) || !outer || !s.isFailed(r) || s.isTold(r) {
			continue
		}
		x := s.throttle(r)
		x.run, x.row, x.resource = s.run[r], r, s.resource(s.run[r])
		all = append(all, x)
	}
	return all
}

func (s *scene) throttle(r int) found {
	peer, name := s.peer(r), template(s.t.Rows[r].Name)
	return found{typ: Throttle, title: where("Throttled: "+name, "on", peer) + " in " + s.resource(s.run[r]).Name, parts: []string{peer, name}}
}

// isTold reports whether the run of row r failed for that row.
func (s *scene) isTold(r int) bool {
	for i := range s.failed {
		if f := &s.failed[i]; f.outcome == transaction.Throttled && f.run == s.run[r] && (f.row == r || f.row == f.run) {
			return true
		}
	}
	return false
}
