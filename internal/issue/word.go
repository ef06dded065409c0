package issue

import (
	"slices"
	"strings"
)

// templateWord is the template of one word.
func templateWord(w string) string {
	if !strings.ContainsAny(w, "0123456789@%") {
		if isRandom(w) {
			return gap
		}
		if !strings.Contains(w, "://") && !strings.HasPrefix(w, "arn:") {
			return w
		}
	}
	if scheme, rest, ok := strings.Cut(w, "://"); ok {
		return scheme + "://" + templateURL(rest)
	}
	if strings.HasPrefix(w, "arn:") {
		return joinParts(w, ':')
	}
	if at := strings.IndexByte(w, '@'); at > 0 && strings.IndexByte(w[at:], '.') > 0 {
		return gap // an address of mail
	}
	if isNumber(w) || isHex(w) || isUUID(w) {
		return gap
	}
	if i := strings.IndexAny(w, "=:"); i > 0 && isName(w[:i]) {
		key := strings.ToLower(w[:i])
		if isStatusKey(key) && isCode(w[i+1:]) {
			return w
		}
		return w[:i+1] + templateWord(w[i+1:])
	}
	if strings.Contains(w, "/") {
		return joinParts(w, '/')
	}
	return templateMixed(w)
}

func isStatusKey(key string) bool {
	return strings.HasSuffix(key, "status") || strings.HasSuffix(key, "code") || key == "http" || key == "errno"
}

// templateURL keeps the host and the fixed parts of the path.
func templateURL(rest string) string {
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, "#")
	host, path, hasPath := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && isNumber(host[i+1:]) {
		host = host[:i]
	}
	out := joinParts(host, '.')
	if hasPath {
		out += "/" + joinParts(path, '/')
	}
	return out
}

// joinParts is the template of each part of w between seps.
func joinParts(w string, sep byte) string {
	parts := strings.Split(w, string(sep))
	for i, p := range parts {
		if p != "" {
			parts[i] = templateWord(p)
		}
	}
	// Parts that are gaps are one gap: how many ids a path has says nothing.
	parts = slices.CompactFunc(parts, func(a, b string) bool { return a == gap && b == gap })
	return strings.Join(parts, string(sep))
}

// technical are words whose digits are part of their names.
var technical = []string{
	"base64", "ec2", "fp16", "float32", "float64", "h2", "http2", "int16", "int32", "int64", "int8", "ipv4", "ipv6", "iso8601", "k8s", "log4j", "md5",
	"neo4j", "oauth2", "pkcs8", "rfc3339", "route53", "s3", "sha1", "sha256", "sha512", "uint32", "uint64", "uint8", "utf16", "utf8", "x509", "x86", "v1", "v2", "v3", "v4",
}

// codePrefixes begin codes that tell faults apart.
var codePrefixes = []string{"aadsts", "cs", "db", "e", "er", "hy", "kb", "ora", "p", "pls", "sql", "sqlstate", "ts", "wp"}

// templateMixed is the template of letters and digits in one word.
func templateMixed(w string) string {
	if isErrorCode(w) {
		return w
	}
	for _, sep := range []byte("-_.+~%$#") {
		if strings.IndexByte(w, sep) >= 0 {
			return joinParts(w, sep)
		}
	}
	if slices.Contains(technical, strings.ToLower(w)) {
		return w
	}
	// A name with a number behind it is the name; anything else is an id.
	letters := strings.TrimRight(w, "0123456789")
	if len(letters) >= 3 && len(w)-len(letters) <= 4 && !strings.ContainsAny(letters, "0123456789") && capitals(letters) <= 1+len(letters)/5 {
		return letters + gap
	}
	return gap
}

func capitals(s string) (n int) {
	for i := 0; i < len(s); i++ {
		if isUpper(s[i]) {
			n++
		}
	}
	return n
}

// isErrorCode accepts ORA-00942, E11000, CS0103, TS2304.
func isErrorCode(w string) bool {
	at := strings.IndexAny(w, "0123456789")
	if at < 1 || at > 9 || len(w)-at < 3 || len(w)-at > 6 {
		return false
	}
	digits := w[at:]
	prefix := strings.TrimRight(w[:at], "-_")
	return strings.Trim(digits, "0123456789") == "" && strings.ToUpper(prefix) == prefix && slices.Contains(codePrefixes, strings.ToLower(prefix))
}

// isNumber accepts numbers with signs and units, dates, times and addresses of
// the internet: what begins with a digit and is mostly digits.
func isNumber(w string) bool {
	w = strings.TrimLeft(w, "+-#$~")
	if w == "" || !isDigit(w[0]) {
		return false
	}
	digits, letters := 0, 0
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case isDigit(c):
			digits++
		case isLetter(c):
			letters++
		case strings.IndexByte(".,:-+/%", c) < 0:
			return false
		}
	}
	return letters <= 3 && digits > 0 && !slices.Contains(technical, strings.ToLower(w))
}

// isHex accepts 0x… and hexadecimal of at least six digits that has both kinds.
func isHex(w string) bool {
	if len(w) > 2 && w[0] == '0' && w[1]|0x20 == 'x' {
		return true
	}
	digit := false
	for i := 0; i < len(w); i++ {
		c := w[i]
		if isDigit(c) {
			digit = true
		} else if c|0x20 < 'a' || c|0x20 > 'f' {
			return false
		}
	}
	return digit && len(w) >= 6
}

func isUUID(w string) bool {
	w = strings.Trim(w, "{}")
	return len(w) == 36 && w[8] == '-' && w[13] == '-' && isHex(strings.ReplaceAll(w, "-", "")+"0")
}

// isRandom accepts long words that no language has: of many capitals inside.
func isRandom(w string) bool {
	if len(w) < 24 || strings.ContainsAny(w, "./:_-$ ") {
		return false
	}
	changes := 0
	for i := 1; i < len(w); i++ {
		if isUpper(w[i]) && isUpper(w[i-1]) != isUpper(w[i]) {
			changes++
		}
	}
	return changes > len(w)/5
}
