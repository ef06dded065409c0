package query

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func wordsOf(text string) (out []string) {
	Words(text, func(w string) { out = append(out, w) })
	return out
}

func TestWords(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		if got := wordsOf(text); !slices.Equal(got, want) {
			t.Errorf("words of %q: %q, want %q", text, got, want)
		}
	}
	f("")
	f(" -_/ ")
	f("GET /post", "GET", "post")
	f("new_post", "new", "post")
	f("Straße 5, größer", "Straße", "5", "größer")
	f("a\xffb\xc3", "a", "b")
	f("日本語テキスト", "日本語テキスト")
	f("-0.5e-7", "0", "5e", "7")
	f("x\u00a0y\ufffdz", "x", "y", "z")
}

// FuzzWords holds Words against HasWords: a phrase is found only where its words are.
func FuzzWords(f *testing.F) {
	for _, s := range [][2]string{{"GET /new_post", "New_POST"}, {"grüße", "gr"}, {"\xc3\xa9x", "x"}, {"a\xffb", "b"}, {"k K\u212a", "k"}, {"1.50 ms", "50"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, phrase string) {
		if !utf8.ValidString(phrase) || !HasWords(text, phrase) {
			return
		}
		have := map[string]bool{}
		Words(text, func(w string) { have[lowerASCII(w)] = true })
		Words(phrase, func(w string) {
			if !have[lowerASCII(w)] {
				t.Errorf("%q is in %q, but its word %q is not", phrase, text, w)
			}
		})
	})
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
