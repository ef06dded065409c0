package pipeline

import (
	"encoding/json"
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
		w.replace(start, Mask)
	}
}

func (w *jsonMask) members(hidden bool) {
	w.i++
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
		w.value(w.r.keys.secret(unescape(name)))
	}
}

func (w *jsonMask) elements(hidden bool) {
	w.i++
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
		w.value(false)
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
