package page

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"clew/internal/query"
	"clew/internal/signal"
)

// A page's keys are hashes of what a search by equality may look for. A filter
// of them tells which pages need not be opened: Keys.Among asks it.

// keyKind tells apart what a key was made of. The numbers are part of the format.
type keyKind uint8

const (
	keyText      keyKind = iota // attribute and its text
	keyNumber                   // attribute and its number, as the bits of a float
	keyOther                    // attribute with values that have no keys
	keyService                  // service name
	keyName                     // span name
	keyOperation                // service name and span name
	keyStatus                   // status code's name
	keySpanKind                 // span kind's name
	keyWord                     // word of a log's text
)

const (
	fewValues = 64 // of a column: all of them get keys
	mixKey    = 0x9E3779B97F4A7C15
)

func keyOf(k keyKind, name, value string) uint64 {
	h := (xxhash.Sum64String(name) + uint64(k)) * mixKey
	return xxhash.Sum64String(value) ^ bits.RotateLeft64(h, 29)
}

func numberKey(name string, f float64) uint64 {
	if f == 0 {
		f = 0 // not -0
	}
	return (xxhash.Sum64String(name) + uint64(keyNumber) ^ bits.RotateLeft64(math.Float64bits(f), 17)) * mixKey
}

// Keys appends the keys of the page to dst; some may come twice. Words of logs have
// keys when there are at most so many.
func (w *Writer) Keys(dst []uint64, words int) []uint64 {
	dst = w.rows.appendKeys(w.groups.appendKeys(dst))
	for _, s := range w.services {
		dst = append(dst, keyOf(keyService, "", s))
	}
	switch w.typ {
	case signal.Spans:
		dst = w.spanKeys(dst)
	case signal.Logs:
		dst = w.wordKeys(dst, words)
	}
	return dst
}

func (w *Writer) spanKeys(dst []uint64) []uint64 {
	t := &w.rows
	names, groups := t.coreColumn(slotName), t.coreColumn(slotGroup)
	for i := range names.dict.len() {
		dst = append(dst, keyOf(keyName, "", names.dict.value(i)))
	}
	seen := map[uint64]bool{}
	for row := range t.n {
		name := row
		if !names.plain {
			name = int(names.ids[row])
		}
		group := groups.ints[row]
		if at := uint64(group)<<32 | uint64(name); !seen[at] {
			seen[at] = true
			dst = append(dst, keyOf(keyOperation, w.services[group], names.dict.value(name)))
		}
	}
	codes, _ := few(t.coreColumn(slotStatus).ints)
	for _, n := range codes {
		dst = append(dst, keyOf(keyStatus, "", signal.StatusCode(n).String()))
	}
	kinds, all := few(t.coreColumn(slotKind).ints)
	for _, n := range kinds {
		dst = append(dst, keyOf(keySpanKind, "", signal.SpanKind(n).String()))
	}
	if !all {
		dst = append(dst, keyOf(keyOther, "kind", ""))
	}
	return dst
}

func (t *tableWriter) appendKeys(dst []uint64) []uint64 {
	for _, c := range t.cols {
		if c.id.slot != slotAttr || c.n == 0 {
			continue
		}
		switch c.id.kind {
		case signal.KindString:
			if c.dict.len() <= fewValues || idLike(&c.dict) {
				for i := range c.dict.len() {
					dst = append(dst, keyOf(keyText, c.id.key, c.dict.value(i)))
				}
				continue
			}
		case signal.KindInt:
			if ns, all := few(c.ints); all {
				for _, n := range ns {
					dst = append(dst, numberKey(c.id.key, float64(n)))
				}
				continue
			}
		}
		dst = append(dst, keyOf(keyOther, c.id.key, ""))
	}
	return dst
}

// few returns the distinct numbers of vs, when there are few.
func few(vs []int64) (out []int64, all bool) {
next:
	for i, v := range vs {
		if i > 0 && v == vs[i-1] {
			continue
		}
		for _, o := range out {
			if o == v {
				continue next
			}
		}
		if len(out) == fewValues {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}

// idLike reports whether many different values look like ids, which people
// search by equality, rather than like paths, addresses or text.
func idLike(d *dictionary) bool {
	for i := range min(d.len(), 8) {
		s := d.value(i)
		if len(s) < 8 || len(s) > 128 || strings.ContainsAny(s, " /:.{") || !strings.ContainsAny(s, "0123456789") {
			return false
		}
	}
	return true
}

// Keys are what is known of the keys of some pages.
type Keys struct {
	// Has returns those of some pages that may have a key. It changes nothing of them.
	Has   func(key uint64, of Set) Set
	Words bool // words of logs have keys, which they once had not
}

// Among returns those of some pages of signal t that may hold rows that fulfil e. It
// changes nothing of them.
func (k Keys) Among(of Set, t signal.Type, e *query.Expr) Set {
	if e == nil {
		return of
	}
	switch e.Op {
	case query.And:
		var service, name *query.Expr
		for _, a := range e.Args {
			if of = k.Among(of, t, a); of.Empty() {
				return of
			}
			switch {
			case a == nil || a.Op != query.Eq:
			case a.Field == query.FieldService:
				service = a
			case a.Field == query.FieldName:
				name = a
			}
		}
		if t == signal.Spans && service != nil && name != nil {
			of = k.Has(keyOf(keyOperation, service.Value.String(), name.Value.String()), of)
		}
		return of
	case query.Or:
		any := newSet(64 * len(of))
		for _, a := range e.Args {
			any.add(k.Among(of, t, a))
		}
		return any
	case query.Eq:
		return k.equal(of, t, e)
	case query.Word:
		if k.Words && t == signal.Logs && (e.Field == "" || e.Field == query.FieldBody) {
			return mayHaveWords(e.Value.Text(), of, k.Has)
		}
	}
	return of
}

// add puts the rows of o into s.
func (s Set) add(o Set) {
	for i, w := range o {
		s[i] |= w
	}
}

func (k Keys) equal(of Set, t signal.Type, e *query.Expr) Set {
	want := e.Value.String()
	_, intrinsic := intrinsics[t][e.Field]
	switch {
	case e.Field == query.FieldService:
		return k.Has(keyOf(keyService, "", want), of)
	case !intrinsic:
	case e.Field == query.FieldName:
		return k.Has(keyOf(keyName, "", want), of)
	case e.Field == query.FieldStatus:
		return k.Has(keyOf(keyStatus, "", want), of)
	case e.Field == query.FieldKind:
		return k.oneOf(of, keyOf(keySpanKind, "", want), keyOf(keyOther, "kind", ""))
	default:
		return of
	}
	var keys []uint64
	number, err := strconv.ParseFloat(want, 64)
	for _, c := range candidates(e.Field) {
		if !c.own && c.key == e.Field {
			continue // the same key as the one before
		}
		keys = append(keys, keyOf(keyText, c.key, want), keyOf(keyOther, c.key, ""))
		if err == nil {
			keys = append(keys, numberKey(c.key, number))
		}
	}
	return k.oneOf(of, keys...)
}

// oneOf returns those of some pages that may have one of the keys.
func (k Keys) oneOf(of Set, keys ...uint64) Set {
	any := newSet(64 * len(of))
	for _, key := range keys {
		any.add(k.Has(key, of))
	}
	return any
}

// lacksText reports whether rows certainly have no attribute key with the text
// want, looking only at columns that hold nothing but text.
func (t *table) lacksText(key, want string) bool {
	for i := range t.cols {
		id := &t.cols[i].id
		if id.slot != slotAttr || id.key != key {
			continue
		}
		if id.kind != signal.KindString || t.column(i).contains(want) {
			return false
		}
	}
	return true
}

// contains reports whether s is among the distinct values.
func (v *values) contains(s string) bool {
	switch {
	case v.pack == packedUUID:
		if !isUUID(rawBytes(s)) {
			return false
		}
		want := packUUID(nil, rawBytes(s))
		first := binary.LittleEndian.Uint64(want)
		for ids := v.data; len(ids) >= len(want); ids = ids[len(want):] {
			if binary.LittleEndian.Uint64(ids) == first && string(ids[:len(want)]) == string(want) {
				return true
			}
		}
		return false
	case v.pack == packedHex:
		if !isHex(rawBytes(s)) {
			return false
		}
		s = text(packHex(nil, rawBytes(s)))
		for i := range v.count {
			if from, to := v.bounds(i); text(v.data[from/2:to/2]) == s {
				return true
			}
		}
		return false
	}
	for i := range v.count {
		if v.at(i) == s {
			return true
		}
	}
	return false
}
