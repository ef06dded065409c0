package issue

import "clew/internal/transaction"

// minAttempts is how often a message must fail before it is the message that is
// to blame.
const minAttempts = 3

// poisons finds messages whose every attempt failed, at least three of them: by
// who took them, from where, and how the last attempt failed.
func poisons(s *scene) (all []found) {
	for i := range s.t.Messages {
		m := &s.t.Messages[i]
		if len(m.Attempts) < minAttempts || m.Fate == transaction.Delivered || !s.allFailed(m.Attempts) {
			continue
		}
		last := m.Attempts[len(m.Attempts)-1]
		text, said := s.words(last)
		kind := ""
		if said {
			kind = shortType(text.Type)
		}
		source := ""
		if m.Sender >= 0 {
			source = s.peer(m.Sender)
		}
		run := s.run[last]
		all = append(all, found{
			typ: Poison, run: run, row: last, resource: s.resource(run), stack: text.Stack,
			title: where("Poison message", "from", source) + " in " + s.resource(run).Name, parts: []string{source, kind},
		})
	}
	return all
}

func (s *scene) allFailed(rows []int) bool {
	for _, r := range rows {
		if s.t.Rows[r].Flags&transaction.FlagError == 0 {
			return false
		}
	}
	return true
}
