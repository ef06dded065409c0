package pipeline

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"unsafe"

	"clew/internal/signal"
)

// Mask stands for every secret that was not kept.
const Mask = "***"

// MaskOptions adjusts what counts as secret. Keys are whole and of any case.
type MaskOptions struct {
	Allow []string // keys that are kept although they look secret
	Deny  []string // keys that are secret although they do not look it

	// Key makes the same secret recognisable where it comes again, without telling
	// it: Mask is followed by eight hex digits of an HMAC-SHA-256 under Key of values
	// that stand under a secret key. Without Key they are all alike.
	Key []byte
}

// Masker replaces secrets by Mask before they reach the disk: the values of keys
// that look secret (see secretWords), in attributes, and inside JSON, form
// bodies, query strings and plain text wherever a string stands; and, whatever
// the key, bearer and basic credentials, JSON web tokens, AWS access key ids and
// the password of a URL. Booleans, doubles and nulls are kept: they are no
// secrets. Valid JSON stays valid.
//
// It cannot know a secret that stands alone in free text.
type Masker struct {
	keys  keys
	key   []byte
	hints *hints
	count func(int)
}

// NewMasker returns a Masker that tells count how many secrets it replaced.
func NewMasker(opt MaskOptions, count func(int)) *Masker {
	m := &Masker{count: count, key: opt.Key, keys: keys{fresh: map[string]bool{}}}
	m.keys.known.Store(&map[string]bool{})
	m.keys.allow = words(strings.ToLower(strings.Join(opt.Allow, " ")))
	m.keys.deny = words(strings.ToLower(strings.Join(opt.Deny, " ")))
	m.hints = newHints(opt.Deny)
	return m
}

// Stage returns m as a stage.
func (m *Masker) Stage() Stage {
	return Stage{Name: "mask", Run: func(b *signal.Batch, _ Arrival) {
		r := masking{Masker: m}
		for i := range b.Groups {
			r.group(&b.Groups[i])
		}
		if r.n > 0 && m.count != nil {
			m.count(r.n)
		}
	}}
}

// Text returns s without its secrets.
func (m *Masker) Text(s string) string {
	r := masking{Masker: m}
	return r.text(s, 0)
}

// masking is the state of one batch.
type masking struct {
	*Masker
	n int // secrets replaced

	// Groups share resources: the last one is not masked again.
	resource *signal.Attr
	size     int
	masked   signal.Attrs
}

func (r *masking) group(g *signal.Group) {
	if first := unsafe.SliceData(g.Resource); first != r.resource || len(g.Resource) != r.size {
		r.resource, r.size, r.masked = first, len(g.Resource), r.attrs(g.Resource)
	}
	g.Resource = r.masked
	g.Scope.Attrs = r.attrs(g.Scope.Attrs)
	for i := range g.Spans {
		s := &g.Spans[i]
		s.Name = r.text(s.Name, 0)
		s.Status.Message = r.text(s.Status.Message, 0)
		s.Attrs = r.attrs(s.Attrs)
		for j := range s.Events {
			s.Events[j].Name = r.text(s.Events[j].Name, 0)
			s.Events[j].Attrs = r.attrs(s.Events[j].Attrs)
		}
		for j := range s.Links {
			s.Links[j].Attrs = r.attrs(s.Links[j].Attrs)
		}
	}
	for i := range g.Logs {
		l := &g.Logs[i]
		l.Body = r.value(l.Body)
		l.Attrs = r.attrs(l.Attrs)
	}
	for i := range g.Points {
		p := &g.Points[i]
		p.Attrs = r.attrs(p.Attrs)
		for j := range p.Exemplars {
			p.Exemplars[j].Attrs = r.attrs(p.Exemplars[j].Attrs)
		}
	}
}

func (r *masking) attrs(a signal.Attrs) signal.Attrs {
	copied := false
	for i := range a {
		v := &a[i].Value
		var masked signal.Value
		switch kind := v.Kind(); kind {
		case signal.KindBool, signal.KindDouble, signal.KindEmpty:
			continue
		default:
			if r.keys.secret(a[i].Key) {
				masked = signal.Str(r.mark(v.String()))
				r.n++
			} else if kind == signal.KindInt || harmless(v.Text()) {
				continue
			} else {
				masked = r.value(*v)
			}
		}
		if masked == *v {
			continue
		}
		if !copied {
			a, copied = slices.Clone(a), true
		}
		a[i].Value = masked
	}
	return a
}

// mark is what stands for the secret value. What a sender masked has nothing to hash.
func (r *masking) mark(value string) string {
	if r.key == nil || value == "" || strings.HasPrefix(value, Mask) {
		return Mask
	}
	h := hmac.New(sha256.New, r.key)
	io.WriteString(h, value)
	return Mask + hex.EncodeToString(h.Sum(nil)[:4])
}

// value masks inside strings, bytes, arrays and maps.
func (r *masking) value(v signal.Value) signal.Value {
	switch v.Kind() {
	case signal.KindString, signal.KindBytes, signal.KindJSON:
		if s := r.text(v.Text(), 0); s != v.Text() {
			return signal.FromBits(v.Kind(), v.Bits(), s)
		}
	}
	return v
}

// Strings in JSON in strings in JSON … are followed this deep, and scanned as
// plain text below.
const textDepth = 6

// text returns s without its secrets, or s itself.
func (r *masking) text(s string, depth int) string {
	if harmless(s) || !r.hints.in(s) {
		return s
	}
	if t := strings.TrimLeft(s, " \t\r\n"); depth < textDepth && len(t) > 0 && (t[0] == '{' || t[0] == '[' || t[0] == '"') {
		if out, ok := r.json(s, depth); ok {
			return out
		}
	}
	return r.plain(s)
}
