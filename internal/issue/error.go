package issue

import "clew/internal/transaction"

// failures finds runs that failed and say nothing of how beyond an error: by its
// type, message and place; without those, by what was asked.
func failures(s *scene) []found {
	return s.ended(transaction.Failed, func(f *failure) found {
		if f.said {
			return found{typ: Error, title: f.text.title(), parts: append(f.text.parts(), s.peer(f.call))}
		}
		row := &s.t.Rows[f.row]
		name := template(row.Name)
		title := "Failed: " + name
		if row.Error != "error" {
			title = row.Error + ": " + name
		}
		return found{typ: Error, title: title, parts: []string{"", row.Error, name, s.peer(f.call)}}
	})
}
