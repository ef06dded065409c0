package issue

import (
	"crypto/sha256"
	"slices"
	"strings"

	"clew/internal/signal"
)

// fingerprint hashes what all occurrences of an issue share. Each part counts as
// a whole: ("ab", "c") is not ("a", "bc").
func fingerprint(t Type, r signal.Resource, parts ...string) (id ID) {
	h := sha256.New()
	for _, p := range append([]string{string(t), string(r.Kind), r.Name, r.Account, r.Region}, parts...) {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	sum := h.Sum(nil)
	copy(id[:], sum)
	return id
}

// failureText is what a failure says of itself: an exception, or a line.
type failureText struct {
	Type, Message, Stack string
}

// readFailure tells the type of a line such as "KeyError: 'user'", too.
func readFailure(typ, message, stack, line string) failureText {
	f := failureText{Type: typ, Message: message, Stack: stack}
	if f.Type == "" && f.Message == "" {
		f.Message = line
	}
	if f.Type == "" {
		f.Type, f.Message = splitType(f.Message)
	} else if rest, ok := strings.CutPrefix(f.Message, f.Type+":"); ok {
		f.Message = strings.TrimSpace(rest)
	} else if f.Message == f.Type {
		f.Message = ""
	}
	return f
}

// splitType cuts "Type: message", where Type looks like one of an exception.
func splitType(line string) (typ, message string) {
	typ, message, ok := strings.Cut(line, ": ")
	if !ok {
		typ, message = strings.TrimSuffix(line, ":"), ""
	}
	if !isTypeName(typ) {
		return "", line
	}
	return typ, message
}

// isTypeName accepts one word that says it is an error, or has capitals inside.
func isTypeName(s string) bool {
	if s == "" || len(s) > 100 || !isLetter(s[0]) && s[0] != '_' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLetter(c) && !isDigit(c) && c != '.' && c != '_' && c != '$' && c != ':' {
			return false
		}
	}
	last := s[strings.LastIndexAny(s, ".:$")+1:]
	for _, end := range []string{"Error", "Exception", "Fault", "Failure", "Timeout", "Exit", "Interrupt", "Panic", "Warning", "NotFound", "Denied"} {
		if strings.HasSuffix(last, end) {
			return true
		}
	}
	return false
}

// shortType is the last part of a qualified type: com.example.FooException is
// FooException.
func shortType(t string) string {
	if strings.HasPrefix(t, "Runtime.") || strings.HasPrefix(t, "Function.") || strings.HasPrefix(t, "Sandbox.") { // Lambda's own
		return t
	}
	t = stripGenerated(t)
	return t[strings.LastIndexAny(t, ".:$/")+1:]
}

// parts are what tells two failures of one resource apart.
func (f *failureText) parts() []string {
	all, wrapped := frames(f.Stack)
	for i, w := range wrapped {
		wrapped[i] = shortType(w)
	}
	wrapped = slices.DeleteFunc(slices.Compact(wrapped), func(w string) bool { return w == "" || w == shortType(f.Type) })
	return []string{shortType(f.Type), template(f.Message), place(all), strings.Join(wrapped, " ")}
}

// title is the failure in one line, without what differs between occurrences.
func (f *failureText) title() string {
	t := shortType(f.Type)
	switch m := template(f.Message); {
	case t == "":
		return m
	case m == "":
		return t
	default:
		return t + ": " + m
	}
}
