package issue

import (
	"clew/internal/transaction"
	"clew/internal/transaction/cause"
)

// partials finds batches that failed in part: by who took them. Their runs say
// that they went well, or that they failed in part.
func partials(s *scene) []found {
	all := s.ended(transaction.Partial, func(f *failure) found { return s.partial(f.run) })
	for _, x := range s.report.Silent {
		if x.Kind == cause.PartialBatch {
			all = append(all, s.partial(s.run[x.Row]))
		}
	}
	return all
}

func (s *scene) partial(run int) found {
	r := s.resource(run)
	return found{typ: Partial, run: run, row: run, resource: r, title: "Batch failed in part in " + r.Name}
}
