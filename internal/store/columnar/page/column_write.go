package page

import (
	"encoding/binary"
	"slices"

	"github.com/cespare/xxhash/v2"

	"clew/internal/signal"
)

// slot says what a column holds. The numbers are part of the format.
type slot uint8

const (
	slotShape slot = iota // core: one value a row
	slotGroup
	slotTime
	slotDuration
	slotTrace
	slotSpan
	slotParent
	slotKind
	slotStatus
	slotName
	slotSeq
	slotObserved
	slotLevel
	slotMetric
	slotAttr // from here on: one value in each row whose shape lists the column
	slotMessage
	slotState
	slotFlags
	slotEvents
	slotLinks
	slotKeys
	slotDropped
	slotOpen
	slotLevelText
	slotEvent
	slotBody
	slotStart
	slotValue
	slotDist
	slotExemplars
	slotScopeName
	slotScopeVersion
	slotScopeAttr
	slots
)

// columnID names a column: what it holds, of which type and key. Where one row
// has two values of the same id, the second is in the column of occurrence 1.
type columnID struct {
	slot  slot
	kind  signal.ValueKind
	occur uint32
	key   string
}

type class uint8

const (
	classNone class = iota // presence is all there is
	classInts
	classStrings
)

func (id *columnID) class() class {
	switch id.slot {
	case slotShape, slotGroup, slotTime, slotDuration, slotKind, slotStatus, slotSeq, slotObserved, slotLevel, slotFlags, slotStart:
		return classInts
	case slotOpen:
		return classNone
	case slotAttr, slotBody, slotValue, slotScopeAttr:
		switch id.kind {
		case signal.KindEmpty:
			return classNone
		case signal.KindInt, signal.KindBool, signal.KindDouble:
			return classInts
		}
	}
	return classStrings
}

// The encodings of a column. The numbers are part of the format.
const (
	encConst = iota // one value for all
	encFrame        // base and unsigned offsets of 1, 2, 4 or 8 bytes
	encDelta        // first value, then the differences as encFrame
	encDict         // distinct values, then indexes of 1, 2 or 4 bytes
	encPlain        // lengths, then the bytes
	encHex          // as encPlain, two lower-case hex digits a byte
	encUUID         // 16 bytes for each lower-case 8-4-4-4-12 text
	encNear         // parents, see parent.go
)

// column collects the values of one column.
type column struct {
	id      columnID
	class   class
	next    followers
	lastRow int // row+1 of the newest value
	n       int
	ints    []int64
	ids     []uint32 // strings: index of each value in dict
	dict    dictionary
	plain   bool // strings: too many distinct values for dict, which holds one a row
	spare   dictionary
}

func (c *column) reset() {
	c.lastRow, c.n, c.plain = 0, 0, c.id.slot == slotSpan || c.id.slot == slotParent
	c.ints, c.ids = c.ints[:0], c.ids[:0]
	c.dict.reset()
}

func (c *column) addInt(v int64) {
	c.ints = append(c.ints, v)
	c.n++
}

// A column turns plain when its first values hardly repeat.
const (
	plainAfter    = 128
	plainDistinct = 96
)

func (c *column) addString(s string) {
	c.n++
	if c.plain {
		c.dict.push(s)
		return
	}
	c.noteID(c.dict.add(s))
}

// addID adds a value of the dictionary by its number there.
func (c *column) addID(id uint32) {
	c.n++
	c.noteID(id)
}

func (c *column) noteID(id uint32) {
	c.ids = append(c.ids, id)
	if c.n == plainAfter && c.dict.len() >= plainDistinct && c.id.slot != slotTrace {
		c.turnPlain()
	}
}

func (c *column) turnPlain() {
	c.spare.reset()
	for _, id := range c.ids {
		c.spare.push(c.dict.value(int(id)))
	}
	c.dict, c.spare = c.spare, c.dict
	c.ids, c.plain = c.ids[:0], true
}

func (c *column) encode(dst []byte) []byte {
	switch c.class {
	case classInts:
		return appendInts(dst, c.ints)
	case classStrings:
		return c.encodeStrings(dst)
	}
	return dst
}

func (c *column) encodeStrings(dst []byte) []byte {
	d := &c.dict
	if !c.plain && d.len() == 1 {
		return appendStr(append(dst, encConst), d.value(0))
	}
	if c.plain {
		return appendPlain(dst, d.ends, d.arena)
	}
	if worth := 2*d.len() < c.n || c.id.slot == slotTrace; worth || c.n < plainAfter {
		dst = binary.AppendUvarint(append(dst, encDict), uint64(d.len()))
		from := uint32(0)
		for _, end := range d.ends {
			dst = binary.AppendUvarint(dst, uint64(end-from))
			from = end
		}
		dst = append(dst, d.arena...)
		return appendIndexes(dst, c.ids, d.len())
	}
	c.turnPlain()
	return appendPlain(dst, c.dict.ends, c.dict.arena)
}

func appendIndexes(dst []byte, ids []uint32, distinct int) []byte {
	switch {
	case distinct <= 1<<8:
		for _, id := range ids {
			dst = append(dst, byte(id))
		}
	case distinct <= 1<<16:
		for _, id := range ids {
			dst = binary.LittleEndian.AppendUint16(dst, uint16(id))
		}
	default:
		for _, id := range ids {
			dst = binary.LittleEndian.AppendUint32(dst, id)
		}
	}
	return dst
}

func appendPlain(dst []byte, ends []uint32, data []byte) []byte {
	lengths := make([]int64, len(ends))
	from := uint32(0)
	uuid, hex := true, true
	for i, end := range ends {
		v := data[from:end]
		lengths[i], from = int64(len(v)), end
		uuid = uuid && isUUID(v)
		hex = hex && isHex(v)
	}
	if uuid {
		dst = append(dst, encUUID)
		for v := range slices.Chunk(data, uuidLen) {
			dst = packUUID(dst, v)
		}
		return dst
	}
	if hex {
		dst = appendInts(append(dst, encHex), lengths)
		return packHex(dst, data)
	}
	return append(appendInts(append(dst, encPlain), lengths), data...)
}

const uuidLen = 36

func isUUID(v []byte) bool {
	return len(v) == uuidLen && v[8] == '-' && v[13] == '-' && v[18] == '-' && v[23] == '-' &&
		isHex(v[:8]) && isHex(v[9:13]) && isHex(v[14:18]) && isHex(v[19:23]) && isHex(v[24:])
}

func isHex(v []byte) bool {
	for _, c := range v {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(v)%2 == 0
}

func packUUID(dst, v []byte) []byte {
	dst = packHex(packHex(dst, v[:8]), v[9:13])
	return packHex(packHex(packHex(dst, v[14:18]), v[19:23]), v[24:])
}

func packHex(dst, v []byte) []byte {
	for i := 0; i < len(v); i += 2 {
		dst = append(dst, nibble(v[i])<<4|nibble(v[i+1]))
	}
	return dst
}

func nibble(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'a' + 10
}

// appendInts writes numbers in the smaller of three encodings.
func appendInts(dst []byte, vs []int64) []byte {
	if len(vs) == 0 {
		return binary.AppendVarint(append(dst, encConst), 0)
	}
	lo, hi := slices.Min(vs), slices.Max(vs)
	if lo == hi {
		return binary.AppendVarint(append(dst, encConst), lo)
	}
	dlo, dhi := vs[1]-vs[0], vs[1]-vs[0]
	for i := 2; i < len(vs); i++ {
		d := vs[i] - vs[i-1]
		dlo, dhi = min(dlo, d), max(dhi, d)
	}
	w, dw := frameWidth(uint64(hi)-uint64(lo)), frameWidth(uint64(dhi)-uint64(dlo))
	if dw < w {
		dst = binary.AppendVarint(append(dst, encDelta), vs[0])
		dst = append(binary.AppendVarint(dst, dlo), byte(dw))
		for i := 1; i < len(vs); i++ {
			dst = appendWidth(dst, uint64(vs[i]-vs[i-1])-uint64(dlo), dw)
		}
		return dst
	}
	dst = append(binary.AppendVarint(append(dst, encFrame), lo), byte(w))
	for _, v := range vs {
		dst = appendWidth(dst, uint64(v)-uint64(lo), w)
	}
	return dst
}

func frameWidth(spread uint64) int {
	switch {
	case spread < 1<<8:
		return 1
	case spread < 1<<16:
		return 2
	case spread < 1<<32:
		return 4
	}
	return 8
}

func appendWidth(dst []byte, v uint64, w int) []byte {
	switch w {
	case 1:
		return append(dst, byte(v))
	case 2:
		return binary.LittleEndian.AppendUint16(dst, uint16(v))
	case 4:
		return binary.LittleEndian.AppendUint32(dst, uint32(v))
	}
	return binary.LittleEndian.AppendUint64(dst, v)
}

// dictionary numbers distinct strings in the order they come. It copies them
// into one arena and holds no pointers to them.
type dictionary struct {
	arena []byte
	ends  []uint32
	table []uint32 // open addressing, index+1 into ends; a power of two long
}

func (d *dictionary) reset() {
	d.arena, d.ends = d.arena[:0], d.ends[:0]
	clear(d.table)
}

func (d *dictionary) len() int { return len(d.ends) }

func (d *dictionary) value(i int) string {
	from := uint32(0)
	if i > 0 {
		from = d.ends[i-1]
	}
	return text(d.arena[from:d.ends[i]])
}

func (d *dictionary) push(s string) {
	d.arena = append(d.arena, s...)
	d.ends = append(d.ends, uint32(len(d.arena)))
}

func (d *dictionary) add(s string) uint32 {
	if n := len(d.ends); n > 0 && d.value(n-1) == s {
		return uint32(n - 1)
	}
	if 2*(len(d.ends)+1) > len(d.table) {
		d.grow()
	}
	mask := uint64(len(d.table) - 1)
	for i := xxhash.Sum64String(s) & mask; ; i = (i + 1) & mask {
		switch at := d.table[i]; {
		case at == 0:
			d.push(s)
			d.table[i] = uint32(len(d.ends))
			return uint32(len(d.ends) - 1)
		case d.value(int(at-1)) == s:
			return at - 1
		}
	}
}

func (d *dictionary) grow() {
	d.table = make([]uint32, max(16, 2*len(d.table)))
	mask := uint64(len(d.table) - 1)
	for id := range d.ends {
		i := xxhash.Sum64String(d.value(id)) & mask
		for d.table[i] != 0 {
			i = (i + 1) & mask
		}
		d.table[i] = uint32(id + 1)
	}
}
