package cause

import (
	"slices"
	"strconv"
	"strings"

	"clew/internal/transaction"
)

// This file is the calls of a stay that failed, and whether a failure speaks of them.

// failedCalls are the outer calls of stay s that failed, and calls that were
// answered well but with an error inside, by row.
func (f *finder) failedCalls(s int) (out []int) {
	f.callsOf(s, func(c int) bool {
		if f.callFailed(c) {
			out = append(out, c)
		}
		return true
	})
	return out
}

// callFailed reports whether call r failed, on either side or inside its answer.
func (x *index) callFailed(r int) bool {
	if x.failed(r) || x.errorBody(r) != "" || x.threw(r) {
		return true
	}
	c := x.callee(r)
	return c >= 0 && (x.t.Rows[c].Flags&transaction.FlagError != 0 || x.errorBody(c) != "")
}

// followed are the first and the last of very many failed calls.
func followed(failed []int) []int {
	if len(failed) <= maxCalls {
		return failed
	}
	return append(slices.Clone(failed[:maxCalls/2]), failed[len(failed)-maxCalls/2:]...)
}

// related reports whether texts speak of call c: of its status, whom it called or
// what it said.
func (f *finder) related(texts []string, c int) bool {
	status := ""
	if n := f.status(c); n > 0 {
		status = strconv.Itoa(n)
	}
	callee := f.callee(c)
	name := f.t.Nodes[f.target(c)].Name
	var said []string
	for _, r := range []int{c, callee} {
		if r < 0 {
			continue
		}
		if x := f.facts[r]; x != nil {
			said = append(said, x.message)
			for i := range x.exceptions {
				said = append(said, x.exceptions[i].message)
			}
		}
		said = append(said, f.t.Rows[r].Error)
	}
	for _, text := range texts {
		if status != "" && hasWord(text, status) || len(name) > 2 && strings.Contains(strings.ToLower(text), strings.ToLower(name)) {
			return true
		}
		for _, w := range said {
			if len(w) >= 8 && len(text) >= 8 && !isBland(w) && !isBland(text) && (strings.Contains(text, w) || strings.Contains(w, text)) {
				return true
			}
		}
	}
	return false
}

func isBland(text string) bool {
	return text == "error" || strings.HasPrefix(text, "HTTP ") || text == "Unhandled"
}

// hasWord reports whether word stands in text with no letter or digit beside it.
func hasWord(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if (i == 0 || !alnum(text[i-1])) && (i+len(word) == len(text) || !alnum(text[i+len(word)])) {
			return true
		}
		from = i + 1
	}
}

func alnum(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' }
