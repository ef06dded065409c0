package issue

import (
	"slices"

	"clew/internal/transaction/cause"
)

// silences finds what said that it went well when it did not: by what it was that
// it kept to itself. One that led to a failure somebody saw is that one's cause,
// and a run that failed below it is told of as what it is.
func silences(s *scene) (all []found) {
	for _, x := range s.report.Silent {
		if x.Kind != cause.ErrorBody && x.Kind != cause.Swallowed {
			continue
		}
		run := s.run[x.Row]
		if c := s.report.Cause; c != nil && s.run[c.Row] == run {
			continue
		}
		if slices.ContainsFunc(s.failed, func(f failure) bool { return f.run >= x.Row && f.run < x.Row+s.t.Rows[x.Row].Size }) {
			continue
		}
		text := template(x.Text)
		all = append(all, found{
			typ: Silent, run: run, row: x.Row, resource: s.resource(run), title: text, itself: true, parts: []string{string(x.Kind), s.peer(x.Row), text},
		})
	}
	return all
}
