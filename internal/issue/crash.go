package issue

import "clew/internal/transaction"

// crashes finds runs whose process ended before they did: by how it ended.
func crashes(s *scene) []found {
	return s.ended(transaction.Crash, func(f *failure) found {
		return found{typ: Crash, title: "Crashed: " + f.text.title(), parts: f.text.parts()}
	})
}
