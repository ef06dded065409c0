package issue

import "clew/internal/transaction"

// outOfMemory finds runs that were ended for want of memory: whatever they did
// then is by chance, so there is one issue of a resource.
func outOfMemory(s *scene) []found {
	return s.ended(transaction.OOM, func(f *failure) found {
		return found{typ: OOM, title: "Out of memory in " + s.resource(f.run).Name}
	})
}
