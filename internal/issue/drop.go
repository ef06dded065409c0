package issue

import "clew/internal/transaction/cause"

// drops finds messages that were sent and never taken: by sender and destination.
func drops(s *scene) (all []found) {
	for _, x := range s.report.Silent {
		if x.Kind != cause.AsyncDrop && x.Kind != cause.Lost {
			continue
		}
		run, peer := s.run[x.Row], s.peer(x.Row)
		all = append(all, found{
			typ: AsyncDrop, run: run, row: x.Row, resource: s.resource(run),
			title: where("Sent and never taken", "by", peer) + " in " + s.resource(run).Name, parts: []string{string(x.Kind), peer},
		})
	}
	return all
}
