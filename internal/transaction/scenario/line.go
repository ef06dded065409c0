package scenario

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// line is one line of a script with those below it.
type line struct {
	number, indent int
	from, to       float64 // ms
	timed          bool
	open           bool // "10-…": never ended
	verb           string
	words          []string          // what follows the verb
	opts           map[string]string // key=value
	status         string            // after "->"
	json           string            // the JSON at the end
	kids           []*line
}

// readLine reads FROM-TO VERB word "words" key=value -> STATUS {json}.
func readLine(s string) (*line, error) {
	l := &line{opts: map[string]string{}}
	tokens, tail, err := split(s)
	if err != nil {
		return nil, err
	}
	if l.json = tail; tail != "" && !json.Valid([]byte(strings.ReplaceAll(tail, "#", "0"))) {
		return nil, fmt.Errorf("not JSON: %s", tail)
	}
	if len(tokens) > 0 && tokens[0] != "" && '0' <= tokens[0][0] && tokens[0][0] <= '9' {
		if err := l.readTimes(tokens[0]); err != nil {
			return nil, err
		}
		tokens = tokens[1:]
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("no verb in %q", s)
	}
	l.verb, tokens = tokens[0], tokens[1:]
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		k, v, isOpt := strings.Cut(t, "=")
		switch {
		case t == "->" && i+1 < len(tokens):
			i++
			l.status = tokens[i]
		case strings.HasPrefix(t, `"`):
			text, err := strconv.Unquote(t)
			if err != nil {
				return nil, fmt.Errorf("bad text %s", t)
			}
			l.words = append(l.words, text)
		case isOpt && isWord(k):
			if text, err := strconv.Unquote(v); err == nil {
				v = text
			}
			l.opts[k] = v
		default:
			l.words = append(l.words, t)
		}
	}
	return l, nil
}

func isWord(s string) bool {
	for _, c := range s {
		if c != '.' && c != '_' && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != ""
}

func (l *line) readTimes(s string) (err error) {
	from, to, ranged := strings.Cut(s, "-")
	l.timed = true
	if l.from, err = strconv.ParseFloat(from, 64); err != nil {
		return fmt.Errorf("bad time %q", s)
	}
	l.to = l.from
	switch {
	case !ranged:
	case to == "…" || to == "...":
		l.open = true
	default:
		if l.to, err = strconv.ParseFloat(to, 64); err != nil {
			return fmt.Errorf("bad time %q", s)
		}
	}
	return nil
}

// split cuts s at spaces outside of quotes; tail is the JSON it may end with.
func split(s string) (tokens []string, tail string, err error) {
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		if s[0] == '{' || s[0] == '[' {
			return tokens, s, nil
		}
		end, quoted := 0, false
		for end < len(s) && (quoted || s[end] != ' ') {
			switch {
			case s[end] == '\\' && quoted:
				end++
			case s[end] == '"':
				quoted = !quoted
			}
			end++
		}
		if quoted || end > len(s) {
			return nil, "", fmt.Errorf("a quote is not closed in %q", s)
		}
		tokens = append(tokens, s[:end])
		s = s[end:]
	}
	return tokens, "", nil
}

// has reports whether word stands on the line.
func (l *line) has(word string) bool {
	for _, w := range l.words {
		if w == word {
			return true
		}
	}
	return false
}

// word returns the n-th word, "" without one.
func (l *line) word(n int) string {
	if n < len(l.words) {
		return l.words[n]
	}
	return ""
}

// number of an option, def without it.
func (l *line) num(opt string, def float64) float64 {
	if f, err := strconv.ParseFloat(l.opts[opt], 64); err == nil {
		return f
	}
	return def
}
