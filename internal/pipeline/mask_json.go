package pipeline

import (
	"encoding/json"
	"strings"
	"unsafe"

	"clew/internal/signal"
)

// json masks inside a JSON text, or returns false if s is none. What is not
// masked keeps its bytes.
func (r *masking) json(s string, depth int) (string, bool) {
	raw := unsafe.Slice(unsafe.StringData(s), len(s)) // read only
	if !json.Valid(raw) {
		return "", false
	}
	was := r.n
	w := jsonMask{r: r, s: s, depth: depth}
	w.value(false)
	if r.n == was {
		return s, true
	}
	return string(append(w.out, s[w.kept:]...)), true
}

// jsonMask copies a valid JSON text, replacing values.
type jsonMask struct {
	r     *masking
	s     string
	i     int // next byte
	out   []byte
	kept  int // s[:kept] is in out, masked
	depth int
}

func (w *jsonMask) space() {
	for w.i < len(w.s) && (w.s[w.i] == ' ' || w.s[w.i] == '\n' || w.s[w.i] == '\t' || w.s[w.i] == '\r') {
		w.i++
	}
}

// value passes over one value, which is replaced as a whole if secret. Inside a
// replaced one nothing is looked at.
func (w *jsonMask) value(secret bool) {
	w.space()
	start := w.i
	switch w.s[w.i] {
	case '{':
		w.members(secret)
	case '[':
		w.elements(secret)
	case '"':
		w.str()
		if !secret {
			w.inside(start)
		}
	case 't', 'n':
		w.i += 4
		return // true and null are no secrets
	case 'f':
		w.i += 5
		return
	default:
		for w.i < len(w.s) && w.s[w.i] != ',' && w.s[w.i] != '}' && w.s[w.i] != ']' && w.s[w.i] > ' ' {
			w.i++
		}
	}
	if secret {
		w.replace(start, w.r.mark(w.content(start)))
	}
}

// members masks within an object. {"name":"password","value":"x"} says by its
// first member that its second is secret; the other way round x is masked when
// the two stand side by side.
func (w *jsonMask) members(hidden bool) {
	w.i++
	named := false
	var before told // the member before this one
	for {
		w.space()
		switch w.s[w.i] {
		case '}':
			w.i++
			return
		case ',':
			w.i++
			w.space()
		}
		key := w.i
		w.str()
		name := w.s[key+1 : w.i-1]
		w.space()
		w.i++ // the colon
		if hidden {
			w.skip()
			continue
		}
		w.space()
		isValue := strings.EqualFold(name, "value") || strings.EqualFold(name, "values")
		this := told{start: w.i, out: len(w.out), kept: w.kept, n: w.r.n, plain: isValue && w.s[w.i] != '{' && w.s[w.i] != '['}
		w.value(isValue && named || w.r.keys.secret(unescape(name)))
		this.end = w.i
		if isName(name) && w.secretName(this.start) {
			named = true
			w.replaceEarlier(before)
		}
		before = this
	}
}

// told is a member that was passed, and the state before it.
type told struct {
	start, end   int // of the value
	out, kept, n int
	plain        bool // a value that is no object or array
}

func isName(member string) bool {
	return strings.EqualFold(member, "name") || strings.EqualFold(member, "key") || strings.EqualFold(member, "header")
}

// secretName reports whether the value that ends here is the name of a secret.
func (w *jsonMask) secretName(start int) bool {
	if w.s[start] != '"' {
		return false
	}
	text := unescape(w.s[start+1 : w.i-1])
	return run(text, "_-.") == len(text) && w.r.keys.secret(text)
}

// replaceEarlier masks the member passed last but one. The last is a name, which
// had nothing to mask.
func (w *jsonMask) replaceEarlier(m told) {
	if c := m.start; !m.plain || w.s[c] == 't' || w.s[c] == 'f' || w.s[c] == 'n' {
		return
	}
	at := w.i
	w.out, w.kept, w.r.n, w.i = w.out[:m.out], m.kept, m.n, m.end
	w.replace(m.start, w.r.mark(w.content(m.start)))
	w.i = at
}

// headerName reports whether the string that began at start names a header that
// is secret: in ["Authorization","Basic x"] and Node.js' rawHeaders the value follows.
func (w *jsonMask) headerName(start int) bool {
	if w.s[start] != '"' || !w.secretName(start) {
		return false
	}
	text := w.s[start+1 : w.i-1]
	return strings.Contains(text, "-") || strings.EqualFold(text, "authorization") || strings.EqualFold(text, "cookie")
}

func (w *jsonMask) elements(hidden bool) {
	w.i++
	header := false // the element before names one
	for {
		w.space()
		switch w.s[w.i] {
		case ']':
			w.i++
			return
		case ',':
			w.i++
		}
		if hidden {
			w.skip()
			continue
		}
		w.space()
		start := w.i
		w.value(header && w.s[w.i] == '"')
		header = !header && w.headerName(start)
	}
}

// skip passes over a value inside a secret one.
func (w *jsonMask) skip() {
	w.space()
	switch w.s[w.i] {
	case '{':
		w.members(true)
	case '[':
		w.elements(true)
	case '"':
		w.str()
	default:
		for w.s[w.i] != ',' && w.s[w.i] != '}' && w.s[w.i] != ']' && w.s[w.i] > ' ' {
			w.i++
		}
	}
}

func (w *jsonMask) str() {
	for w.i++; w.s[w.i] != '"'; w.i++ {
		if w.s[w.i] == '\\' {
			w.i++
		}
	}
	w.i++
}

// inside masks within the string that began at start.
func (w *jsonMask) inside(start int) {
	text := unescape(w.s[start+1 : w.i-1])
	was := w.r.n
	masked := w.r.text(text, w.depth+1)
	if w.r.n == was {
		return
	}
	w.r.n-- // replace counts one
	w.replace(start, masked)
}

// content is the value from start to here: a string without its quotes.
func (w *jsonMask) content(start int) string {
	if w.s[start] == '"' {
		return unescape(w.s[start+1 : w.i-1])
	}
	return w.s[start:w.i]
}

// replace writes text, as a string, in place of the value from start to here.
func (w *jsonMask) replace(start int, text string) {
	w.out = append(w.out, w.s[w.kept:start]...)
	w.out = signal.AppendJSONString(w.out, text)
	w.kept = w.i
	w.r.n++
}

// unescape returns the content of a JSON string literal without its quotes.
func unescape(literal string) string {
	for i := range len(literal) {
		if literal[i] == '\\' {
			var s string
			if json.Unmarshal([]byte(`"`+literal+`"`), &s) != nil {
				return literal
			}
			return s
		}
	}
	return literal
}
