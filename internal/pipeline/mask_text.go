package pipeline

import (
	"encoding/base64"
	"strings"
)

// plain masks inside text that is not JSON: first what is secret whatever its
// key (Authorization=Bearer x would lose only its first word otherwise), then
// key=value and key: value wherever they stand (form bodies, query strings, log
// lines, damaged or embedded JSON).
func (r *masking) plain(s string) string {
	return r.pairs(r.tokens(s))
}

func (r *masking) pairs(s string) string {
	var out []byte
	kept := 0
	for i := 0; i < len(s); i++ {
		var from, to int
		switch c := s[i]; {
		case c == '=' || c == ':':
			if key := keyBefore(s[:i]); key != "" && r.keys.secret(key) {
				from, to = valueAfter(s, i, key)
			}
		case c == '%' && (foldPrefix(s[i:], "%3d") || foldPrefix(s[i:], "%3a")):
			if key := keyBefore(strings.TrimSuffix(s[:i], "%22")); key != "" && r.keys.secret(key) {
				from, to = encodedAfter(s, i+3)
			}
		}
		if from >= to || from < kept || s[from:to] == Mask {
			continue
		}
		out = append(append(out, s[kept:from]...), Mask...)
		kept, i = to, to-1
		r.n++
	}
	if kept == 0 {
		return s
	}
	return string(append(out, s[kept:]...))
}

// keyBefore returns the word that ends s, which may be quoted.
func keyBefore(s string) string {
	end := len(strings.TrimRight(s, " \t"))
	for end > 0 && (s[end-1] == '"' || s[end-1] == '\'' || s[end-1] == '\\') {
		end--
	}
	start := end
	for start > 0 && end-start < keyKnownLen {
		c := s[start-1]
		if !isLetter(c) && !isDigit(c) && c != '_' && c != '-' && c != '.' {
			break
		}
		start--
	}
	if start > 0 && s[start-1] == '%' && end-start > 2 && isHex(s[start]) && isHex(s[start+1]) {
		start += 2 // %26password
	}
	return s[start:end]
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// encodedAfter returns where the value after a percent-encoded separator stands:
// up to an encoded or plain end of it.
func encodedAfter(s string, from int) (int, int) {
	for foldPrefix(s[from:], "%20") || foldPrefix(s[from:], "%22") {
		from += 3
	}
	to := from
	for to < len(s) && strings.IndexByte(" \t\r\n&,;\"'\\)}]<>", s[to]) < 0 {
		if foldPrefix(s[to:], "%26") || foldPrefix(s[to:], "%22") || foldPrefix(s[to:], "%7d") || foldPrefix(s[to:], "%0a") || foldPrefix(s[to:], "%0d") {
			break
		}
		to++
	}
	return from, to
}

// valueAfter returns where the value after the separator at s[i] stands.
func valueAfter(s string, i int, key string) (from, to int) {
	from = i + 1
	spaced := false
	for from < len(s) && (s[from] == ' ' || s[from] == '\t') {
		from++
		spaced = true
	}
	slashes := 0
	for from+slashes < len(s) && s[from+slashes] == '\\' {
		slashes++
	}
	if q := from + slashes; q < len(s) && (s[q] == '"' || s[q] == '\'') {
		return q + 1, quoteEnd(s, q+1, s[q-slashes:q+1])
	}
	if from < len(s) && (s[from] == '{' || s[from] == '[') {
		return 0, 0 // what is inside is looked at by itself
	}
	if low := strings.ToLower(key); s[i] == ':' && (strings.HasSuffix(low, "authorization") || strings.HasSuffix(low, "cookie")) {
		return from, lineEnd(s, from) // a header: all of the line
	}
	to = from
	for to < len(s) && strings.IndexByte(" \t\r\n&,;\"'\\)}]<>", s[to]) < 0 {
		to++
	}
	if spaced && s[i] == ':' && !strings.Contains(strings.ToLower(key), "pass") && !secretLooking(s[from:to]) {
		return 0, 0 // prose, such as "unexpected token: end of file"
	}
	return from, to
}

// quoteEnd returns where the string that began at from with the quote (and the
// backslashes before it, in JSON within JSON) ends.
func quoteEnd(s string, from int, quote string) int {
	for i := from; i < len(s); i++ {
		at := strings.Index(s[i:], quote)
		if at < 0 {
			return lineEnd(s, from)
		}
		i += at
		if s[i-1] != '\\' {
			return i
		}
	}
	return len(s)
}

func lineEnd(s string, from int) int {
	if n := strings.IndexAny(s[from:], "\r\n"); n >= 0 {
		return from + n
	}
	return len(s)
}

// secretLooking tells a secret from a word of a sentence.
func secretLooking(s string) bool {
	return len(s) > 20 || len(s) >= 6 && strings.ContainsAny(s, "0123456789")
}

// tokens masks what is secret whatever its key.
func (r *masking) tokens(s string) string {
	var out []byte
	kept := 0
	for i := 0; i < len(s); i++ {
		from, to := tokenAt(s, i)
		if to <= from || from < kept || s[from:to] == Mask {
			continue
		}
		out = append(append(out, s[kept:from]...), Mask...)
		kept, i = to, to-1
		r.n++
	}
	if kept == 0 {
		return s
	}
	return string(append(out, s[kept:]...))
}

// tokenAt returns where the secret is of a token that begins at s[i].
func tokenAt(s string, i int) (from, to int) {
	rest := s[i:]
	switch s[i] {
	case 'B', 'b':
		if foldPrefix(rest, "bearer ") {
			if n := run(rest[7:], "-._~+/="); secretLooking(rest[7 : 7+n]) { // not "bearer token"
				return i + 7, i + 7 + n
			}
		}
		if foldPrefix(rest, "basic ") {
			n := run(rest[6:], "+/=")
			raw, err := base64.StdEncoding.DecodeString(rest[6 : 6+n])
			if err == nil && strings.IndexByte(string(raw), ':') > 0 {
				return i + 6, i + 6 + n
			}
		}
	case 'e':
		if wordStart(s, i) && strings.HasPrefix(rest, "eyJ") {
			if n := run(rest, "-_."); n > 20 && strings.Count(rest[:n], ".") >= 1 {
				return i, i + n
			}
		}
	case 'A':
		if wordStart(s, i) && (strings.HasPrefix(rest, "AKIA") || strings.HasPrefix(rest, "ASIA")) {
			n := 4
			for n < len(rest) && (isUpper(rest[n]) || isDigit(rest[n])) {
				n++
			}
			if n == 20 {
				return i, i + n
			}
		}
	case ':':
		if strings.HasPrefix(rest, "://") {
			return userinfo(s, i+3)
		}
	}
	return 0, 0
}

// wordStart reports whether no letter or digit stands before s[i]. It also keeps
// "eyJeyJeyJ…" from being read from every place again.
func wordStart(s string, i int) bool { return i == 0 || !isLetter(s[i-1]) && !isDigit(s[i-1]) }

// userinfo returns where the password of a URL whose authority begins at i is.
func userinfo(s string, i int) (from, to int) {
	end := strings.IndexAny(s[i:], "/?# \t\r\n\"'<>")
	if end < 0 {
		end = len(s) - i
	}
	at := strings.LastIndexByte(s[i:i+end], '@')
	if at < 0 {
		return 0, 0
	}
	colon := strings.IndexByte(s[i:i+at], ':')
	if colon < 0 {
		return 0, 0
	}
	return i + colon + 1, i + at
}

// run returns how many letters, digits and bytes of more s begins with.
func run(s, more string) int {
	n := 0
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || strings.IndexByte(more, s[n]) >= 0) {
		n++
	}
	return n
}

func foldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
