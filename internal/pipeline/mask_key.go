package pipeline

import (
	"encoding/binary"
	"maps"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A key is secret when one of its words is in secretWords, or two neighbours
// are in secretPairs. Words end at any character that is no letter or digit and
// where camelCase begins a new one: "X-Amz-Security-Token", "userPassword" and
// "http.request.header.authorization" are secret, "tokenizer" is not.
var secretWords = words(`password passwords passwd passphrase pwd secret secrets token jwt
	credential credentials authorization authorisation signature cookie cookies apikey privatekey accesskey
	secretkey sessionid sessid phpsessid jsessionid ssn cvv cvc creditcard cardnumber
	accesstoken refreshtoken idtoken authtoken csrftoken xsrf csrf otp bearer`)

var secretPairs = words(`api+key private+key access+key secret+key session+id session+key card+number credit+card
	security+code social+security auth+code connection+string account+key encryption+key signing+key connect+sid`)

// openPairs are words that look secret and, with the word after them, are not.
var openPairs = words(`token+count token+type token+counts token+limit secret+arn secret+name secret+version
	authorization+type authorization+mode signature+version cookie+count cookie+size session+idle password+policy
	token+expired token+expires token+expiry`)

// openKeys are whole keys that are not secret: OpenTelemetry's session.id numbers
// the visits of a browser and opens nothing.
var openKeys = words(`session.id`)

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// keys decides which keys are secret and remembers.
type keys struct {
	allow, deny map[string]bool // whole keys, lower case

	near  [1 << 10]atomic.Pointer[decided] // by nearHash: what was asked last
	known atomic.Pointer[map[string]bool]  // never changed, only replaced

	mu    sync.Mutex // guards fresh and the replacing of known
	fresh map[string]bool
}

// decided is what is known of one key.
type decided struct {
	key    string
	secret bool
}

// Keys come from senders: the memory of them is bounded, and so is their length.
const (
	keysKnown   = 1 << 15
	keyKnownLen = 256
)

// secret reports whether the value of key must not be kept.
func (k *keys) secret(key string) bool {
	slot := &k.near[nearHash(key)%uint64(len(k.near))]
	if d := slot.Load(); d != nil && d.key == key {
		return d.secret
	}
	s, ok := (*k.known.Load())[key]
	if !ok {
		s = k.learn(key)
	}
	if len(key) <= keyKnownLen {
		slot.Store(&decided{strings.Clone(key), s})
	}
	return s
}

// nearHash looks at both ends of key only: that is enough for a cache, which
// compares, and costs a third of a map's hash.
func nearHash(key string) uint64 {
	const mix = 0x9e3779b97f4a7c15
	n := len(key)
	if n < 8 {
		h := uint64(n)
		for i := range n {
			h = h<<8 ^ h>>56 ^ uint64(key[i])
		}
		return h * mix >> 40
	}
	b := unsafe.Slice(unsafe.StringData(key), n) // read only
	return (binary.LittleEndian.Uint64(b)*mix ^ bits.RotateLeft64(binary.LittleEndian.Uint64(b[n-8:]), 29) ^ uint64(n)) * mix >> 40
}

// learn decides a key. What is new is known to all once there is enough of it:
// each time known grows by half, so that replacing it stays cheap in the sum.
func (k *keys) learn(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s, ok := k.fresh[key]; ok {
		return s
	}
	s := k.decide(key)
	known := *k.known.Load()
	if len(key) > keyKnownLen || len(known)+len(k.fresh) >= keysKnown {
		return s
	}
	k.fresh[strings.Clone(key)] = s // key is a view of the request
	if len(k.fresh) > len(known)/2 {
		all := maps.Clone(known)
		maps.Copy(all, k.fresh)
		k.known.Store(&all)
		clear(k.fresh)
	}
	return s
}

func (k *keys) decide(key string) bool {
	low := strings.ToLower(key)
	if k.allow[low] {
		return false
	}
	if k.deny[low] {
		return true
	}
	if openKeys[low] {
		return false
	}
	ws := split(key)
	for i, w := range ws {
		next := ""
		if i+1 < len(ws) {
			next = ws[i+1]
		}
		if secretPairs[w+"+"+next] {
			return true
		}
		if secretWords[w] && !openPairs[w+"+"+next] {
			return true
		}
	}
	return false
}

// split returns the lower-case words of key.
func split(key string) (out []string) {
	start := 0
	cut := func(end int) {
		if end > start {
			out = append(out, strings.ToLower(key[start:end]))
		}
	}
	for i := 0; i < len(key); i++ {
		switch c := key[i]; {
		case !isLetter(c) && (c < '0' || c > '9'):
			cut(i)
			start = i + 1
		case isUpper(c) && i > start && (!isUpper(key[i-1]) || i+1 < len(key) && isLower(key[i+1])):
			cut(i)
			start = i
		}
	}
	cut(len(key))
	return out
}

func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool  { return 'a' <= c && c <= 'z' }
func isLetter(c byte) bool { return isUpper(c) || isLower(c) }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
