package issue

import (
	"slices"
	"strings"
)

// gap stands in a template for what differs from one occurrence to the next.
const gap = "…"

// template is a message without what makes it this one: ids, numbers, times,
// addresses and values become gaps; names, codes and words stay. It is what titles
// show, so that a title never depends on which occurrence was seen first.
func template(message string) string {
	message = strings.TrimSpace(message)
	if i := strings.IndexAny(message, "\r\n"); i >= 0 {
		message = message[:i]
	}
	t := scanner{rest: message}
	return sortTail(t.run())
}

// maxNesting bounds how deep brackets are followed.
const maxNesting = 8

// scanner turns one text into its template, from left to right.
type scanner struct {
	rest  string
	out   strings.Builder
	last  [2]string // lower case: the words before, nearest first
	depth int
}

func (s *scanner) run() string {
	for s.rest != "" {
		switch c := s.rest[0]; c {
		case '\'', '"', '`':
			s.quoted(c)
		case '{', '[':
			s.bracketed(c)
		case ' ', '\t', '(', ')', ',', ';', '<', '>', '|', '}', ']':
			s.emit(s.rest[:1])
			s.rest = s.rest[1:]
		default:
			s.word()
		}
	}
	return tidy(s.out.String())
}

func (s *scanner) emit(text string) { s.out.WriteString(text) }

// quoted reads a quoted text. One that is not closed is a mark like any other.
func (s *scanner) quoted(q byte) {
	end := strings.IndexByte(s.rest[1:], q)
	if end < 0 {
		s.emit(s.rest[:1])
		s.rest = s.rest[1:]
		return
	}
	inner := s.rest[1 : 1+end]
	s.rest = s.rest[end+2:]
	s.emit(string(q))
	s.emit(s.quotation(inner))
	s.emit(string(q))
	s.push(inner)
}

// quotation keeps names and lets values go.
func (s *scanner) quotation(inner string) string {
	if isValueContext(s.out.String()) {
		return gap
	}
	if isName(inner) {
		return inner
	}
	if s.depth >= maxNesting {
		return gap
	}
	sub := scanner{rest: inner, depth: s.depth + 1}
	if t := sub.run(); len(strings.Fields(t)) <= 12 {
		return t
	}
	return gap
}

// valueContexts end what comes before a quoted value rather than a name.
var valueContexts = []string{
	"invalid literal for int() with base " + gap + ": ", "for input string: ", "could not convert string to float: ", "could not convert string to float ",
	"parsing ", "cannot parse ", "unable to parse ", "failed to parse ", "unexpected token ", "invalid value ", "invalid value: ", "invalid input ",
	"user ", "customer ", "order ", "account ", "session ", "email ", "person ", "tenant ", "id ", "id: ", "id=", "email=", "user=",
}

func isValueContext(before string) bool {
	before = strings.ToLower(before)
	before = before[:len(before)-1] // the quote itself
	for _, c := range valueContexts {
		if strings.HasSuffix(before, c) {
			return true
		}
	}
	_, syntax, ok := strings.Cut(before, "invalid input syntax for ")
	return ok && strings.HasSuffix(syntax, ": ")
}

// isName reports whether a quoted text names something in the code: a key, field,
// type, module or table.
func isName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLetter(c) && c != '_' && c != '.' && c != '-' && c != '$' && c != '/' && c != ':' && c != '@' {
			return false
		}
	}
	return !strings.Contains(s, "://") && !(strings.Contains(s, "@") && strings.Contains(s, "."))
}

// bracketed reads a list or a map, whose order says nothing.
func (s *scanner) bracketed(open byte) {
	end := matching(s.rest)
	if end < 0 || s.depth >= maxNesting {
		s.emit(s.rest[:1])
		s.rest = s.rest[1:]
		return
	}
	inner := s.rest[1:end]
	close := s.rest[end : end+1]
	s.rest = s.rest[end+1:]
	var parts []string
	for _, p := range splitTop(inner) {
		sub := scanner{rest: strings.TrimSpace(p), depth: s.depth + 1}
		parts = append(parts, sub.run())
	}
	slices.Sort(parts)
	s.emit(string(open) + strings.Join(slices.Compact(parts), ", ") + close)
}

// matching returns where the bracket that text begins with is closed, or -1.
func matching(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// splitTop cuts at commas that are in no inner bracket.
func splitTop(text string) (parts []string) {
	depth, from := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, text[from:i])
				from = i + 1
			}
		}
	}
	return append(parts, text[from:])
}

// word reads what stands between spaces and marks.
func (s *scanner) word() {
	end := strings.IndexAny(s.rest, " \t(),;<>|{}[]\"`'")
	if end < 0 {
		end = len(s.rest)
	}
	// can't, user's: an apostrophe between letters ends no word.
	for end < len(s.rest)-1 && end > 0 && s.rest[end] == '\'' && isLetter(s.rest[end-1]) && isLetter(s.rest[end+1]) {
		next := strings.IndexAny(s.rest[end+1:], " \t(),;<>|{}[]\"`'")
		if next < 0 {
			end = len(s.rest)
			break
		}
		end += 1 + next
	}
	word := s.rest[:end]
	s.rest = s.rest[end:]
	core := strings.TrimRight(word, ".:!?=")
	if s.codeFollows() && isCode(core) || s.statusFollows() && isStatus(core) || strings.HasPrefix(s.rest, " hop") {
		s.emit(word)
	} else {
		s.emit(templateWord(core))
		s.emit(word[len(core):])
	}
	s.push(core)
}

func (s *scanner) push(word string) { s.last = [2]string{strings.ToLower(word), s.last[0]} }

// codeFollows reports whether a number that comes now tells faults apart rather
// than occurrences: "status code 404", "exit status 1", "HTTP 503", "errno 111".
func (s *scanner) codeFollows() bool {
	switch s.last[0] {
	case "status", "code", "http", "errno", "sqlstate", "signal", "statuscode", "status_code", "http/1.1", "exitcode":
		return true
	case "error":
		return s.last[1] != "an" && s.last[1] != "the"
	case "is", "was", "of":
		return s.last[1] == "code" || s.last[1] == "status"
	}
	return false
}

// statusFollows reports whether a number that comes now may be a status of HTTP:
// "swallowed a 401", "answered 200".
func (s *scanner) statusFollows() bool {
	switch s.last[0] {
	case "a", "an", "answered", "returned", "responded", "with", "got", "received", "by":
		return true
	}
	return false
}

func isStatus(s string) bool { return len(s) == 3 && s[0] >= '2' && s[0] <= '5' && isCode(s) }

// isCode accepts short numbers and codes such as 23505 and 42P01.
func isCode(s string) bool {
	if s == "" || len(s) > 6 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) && !isUpper(s[i]) {
			return false
		}
	}
	return true
}

// tidy joins neighbouring gaps and spaces.
func tidy(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	for {
		t := strings.NewReplacer(gap+gap, gap, gap+" "+gap, gap, gap+"-"+gap, gap, gap+"."+gap, gap, gap+":"+gap, gap, gap+", "+gap, gap).Replace(s)
		if t == s {
			return s
		}
		s = t
	}
}

// sortTail puts a list of names at the end of a message in order: "missing: b, a".
func sortTail(s string) string {
	at := strings.LastIndex(s, ": ")
	if at < 0 {
		return s
	}
	names := strings.Split(s[at+2:], ", ")
	if len(names) < 2 || slices.ContainsFunc(names, func(n string) bool { return n == "" || strings.ContainsAny(n, " ()") }) {
		return s
	}
	slices.Sort(names)
	return s[:at+2] + strings.Join(slices.Compact(names), ", ")
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
