package page

import (
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"clew/internal/query"
	"clew/internal/signal"
)

// Pages of logs have keys of every word of their rows' texts: bodies, attributes
// of their own and service names, which is where a search for any text looks. So
// a search for a rare word, or for a phrase of rare words, opens few pages.

// wordSet collects the keys of words, each once.
type wordSet struct {
	table []uint64 // open addressing; 0: free; a power of two long
	n     int
	most  int
	full  bool   // there are more than most
	lower []byte // a word in lower case
}

func (s *wordSet) reset(most int) {
	clear(s.table)
	s.n, s.most, s.full = 0, most, false
}

func (s *wordSet) addText(text string) {
	if !s.full {
		query.Words(text, s.addWord)
	}
}

func (s *wordSet) addWord(word string) {
	key := s.key(word)
	if 2*(s.n+1) > len(s.table) {
		s.grow()
	}
	if s.put(key) {
		s.n++
		s.full = s.n > s.most
	}
}

// key is the key of a word; letters of ASCII count as lower case, as in a search.
func (s *wordSet) key(word string) uint64 {
	s.lower = s.lower[:0]
	for i := range len(word) {
		c := word[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		s.lower = append(s.lower, c)
	}
	return max(1, xxhash.Sum64(s.lower)^wordKeys)
}

// wordKeys tells keys of words from others.
var wordKeys = keyOf(keyWord, "", "")

func (s *wordSet) put(key uint64) bool {
	mask := uint64(len(s.table) - 1)
	for i := key & mask; ; i = (i + 1) & mask {
		switch s.table[i] {
		case key:
			return false
		case 0:
			s.table[i] = key
			return true
		}
	}
}

func (s *wordSet) grow() {
	old := s.table
	s.table = make([]uint64, max(1<<10, 2*len(old)))
	for _, key := range old {
		if key != 0 {
			s.put(key)
		}
	}
}

// appendKeys appends the keys, or the one that stands for too many.
func (s *wordSet) appendKeys(dst []uint64) []uint64 {
	if s.full {
		return append(dst, manyWords)
	}
	for _, key := range s.table {
		if key != 0 {
			dst = append(dst, key)
		}
	}
	return dst
}

var manyWords = keyOf(keyOther, "word", "")

// wordKeys appends the keys of the words of all rows, unless there are more than most.
func (w *Writer) wordKeys(dst []uint64, most int) []uint64 {
	w.words.reset(most)
	for _, s := range w.services {
		w.words.addText(s)
	}
	for _, c := range w.rows.cols {
		if c.id.slot == slotAttr || c.id.slot == slotBody {
			c.addWords(&w.words)
		}
	}
	return w.words.appendKeys(dst)
}

func (c *column) addWords(s *wordSet) {
	switch c.id.class() {
	case classInts:
		for i, n := range c.ints {
			if i == 0 || n != c.ints[i-1] {
				s.addText(signal.FromBits(c.id.kind, uint64(n), "").String())
			}
		}
	case classStrings:
		for i := range c.dict.len() {
			s.addText(c.dict.value(i))
		}
	}
}

// mayHaveWords returns those of some pages whose rows may have the phrase in a text.
func mayHaveWords(phrase string, of Set, has func(uint64, Set) Set) Set {
	if !utf8.ValidString(phrase) {
		return of // it may begin or end inside a letter
	}
	var s wordSet
	all := of
	query.Words(phrase, func(word string) {
		if !all.Empty() {
			all = has(s.key(word), all)
		}
	})
	any := newSet(64 * len(of))
	any.add(all)
	any.add(has(manyWords, of))
	return any
}
