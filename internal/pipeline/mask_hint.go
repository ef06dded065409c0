package pipeline

import (
	"encoding/binary"
	"strings"
	"unsafe"
)

// harmless reports that s holds nothing that is masked, for a look at eight bytes
// at a time; most values are. Every secret stands after '=', ':', '%' or within
// quotes, or is a credential: "bearer x" and "basic x" have their space after an
// r or c, a JSON web token has the J of eyJ, an access key id the I of AKIA or ASIA.
func harmless(s string) bool {
	const ones = 0x0101010101010101
	const highs = 0x80 * ones
	n := len(s)
	var carry uint64                           // set if the byte before w is an r or a c
	b := unsafe.Slice(unsafe.StringData(s), n) // read only
	for i := 0; i < n; i += 8 {
		var w uint64
		if i+8 <= n {
			w = binary.LittleEndian.Uint64(b[i:])
		} else if n >= 8 {
			w = binary.LittleEndian.Uint64(b[n-8:]) >> (8 * (8 - (n - i)))
		} else {
			for j := range n {
				w |= uint64(b[j]) << (8 * j)
			}
		}
		// less(x, n) has its highest bits set where a byte of x is below n, and
		// sometimes for a byte above such a one.
		less := func(x, n uint64) uint64 { return (x - n*ones) &^ x }
		rare := less(w^0x3f*ones, 6) | less(w^0x26*ones, 6) | less(w^0x4b*ones, 3) // : ; < = > ?, " # $ % & ' and I J K
		low := w | ' '*ones
		ends := (less(low^'r'*ones, 1) | less(low^'c'*ones, 1)) & highs
		if (rare|less(w^' '*ones, 1)&(ends<<8|carry))&highs != 0 {
			return false
		}
		carry = ends >> 56
	}
	return true
}

// stems are what a text must contain, in any case, to hold something that is
// masked: pieces of all secretWords and secretPairs, and of what is masked
// whatever its key.
var stems = []string{
	"pass", "pwd", "secret", "token", "jwt", "credential", "authori", "signature", "cookie", "key", "session",
	"sessid", "ssn", "cvv", "cvc", "card", "xsrf", "csrf", "otp", "code", "social", "connection", "sid", "bearer",
	"basic", "eyj", "akia", "asia", "://",
}

// hints finds stems fast: nearly all text has none and is done with after one
// look at each pair of bytes.
type hints struct {
	pairs [1 << 10]uint64 // bits: the first two bytes of every stem, in every case
	by    [256][]string   // the stems by their first byte, in every case
}

// newHints knows the stems and the words of more.
func newHints(more []string) *hints {
	h := new(hints)
	for _, s := range append(more, stems...) {
		if len(s) < 2 {
			s += "=" // too short to look for alone
		}
		s = strings.ToLower(s)
		for _, a := range cases(s[0]) {
			h.by[a] = append(h.by[a], s)
			for _, b := range cases(s[1]) {
				at := int(a)<<8 | int(b)
				h.pairs[at/64] |= 1 << (at % 64)
			}
		}
	}
	return h
}

func cases(c byte) []byte {
	if isLower(c) {
		return []byte{c, c - 'a' + 'A'}
	}
	return []byte{c}
}

// in reports whether s contains a stem.
func (h *hints) in(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		at := int(s[i])<<8 | int(s[i+1])
		if h.pairs[at/64]>>(at%64)&1 == 0 {
			continue
		}
		for _, stem := range h.by[s[i]] {
			if foldPrefix(s[i:], stem) {
				return true
			}
		}
	}
	return false
}
