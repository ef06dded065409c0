package issue

import "clew/internal/transaction"

// timeouts finds runs that ran out of time: by what they waited for, if it is
// known, and where.
func timeouts(s *scene) []found {
	return s.ended(transaction.Timeout, func(f *failure) found {
		peer := s.peer(f.call)
		title := where("Timed out", "calling", peer)
		all, _ := frames(f.text.Stack)
		return found{typ: Timeout, title: title + " in " + s.resource(f.run).Name, parts: []string{peer, place(all)}}
	})
}
