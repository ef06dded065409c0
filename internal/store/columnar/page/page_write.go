package page

import (
	"encoding/binary"
	"strings"

	"clew/internal/signal"
)

// Version is the first byte of every page header.
const Version = 2

// Limits of a page. A writer may exceed them by one row.
const (
	MaxRows    = 2048
	maxColumns = 4000
	maxBytes   = 8 << 20
)

// Writer builds one page after the other. It copies what it is given.
type Writer struct {
	typ      signal.Type
	rows     tableWriter
	groups   tableWriter
	known    map[string]int // exact form of a group → its number
	met      map[groupRef]int
	services []string // service name of each group
	key      []byte
	bytes    int // of row content, roughly
	words    wordSet
	epoch    uint64 // one more with each page
	head     []byte // of the page being encoded
	body     []byte
}

// groupRef is a group as it lies in memory, where it stays until the page is
// done: rows that share it need not have it compared.
type groupRef struct {
	attrs *signal.Attr
	n     int
	scope *signal.Scope
}

// Reset starts a page for rows of type t.
func (w *Writer) Reset(t signal.Type) {
	w.typ, w.bytes, w.services = t, 0, w.services[:0]
	w.epoch++
	w.rows.reset()
	w.groups.reset()
	if w.known == nil {
		w.known, w.met = map[string]int{}, map[groupRef]int{}
	}
	clear(w.known)
	clear(w.met)
}

// Rows returns how many rows the page has.
func (w *Writer) Rows() int { return w.rows.n }

// Full reports whether the page should be encoded before the next row.
func (w *Writer) Full() bool {
	return w.rows.n >= MaxRows || len(w.rows.cols) >= maxColumns || w.bytes >= maxBytes
}

// Group returns the number under which rows refer to a resource and its scope.
// Both must stay as they are until the next Reset.
func (w *Writer) Group(res signal.Attrs, scope *signal.Scope) int {
	if len(res) == 0 {
		return w.group(res, scope)
	}
	ref := groupRef{&res[0], len(res), scope}
	n, ok := w.met[ref]
	if !ok {
		n = w.group(res, scope)
		w.met[ref] = n
	}
	return n
}

func (w *Writer) group(res signal.Attrs, scope *signal.Scope) int {
	w.key = AppendGroup(w.key[:0], res, scope)
	if n, ok := w.known[string(w.key)]; ok {
		return n
	}
	w.bytes += len(w.key)
	n := w.groups.n
	w.known[string(w.key)] = n
	w.services = append(w.services, strings.Clone(res.ServiceName()))
	w.groups.addAttrs(slotAttr, res)
	w.groups.addText(slotScopeName, scope.Name)
	w.groups.addText(slotScopeVersion, scope.Version)
	w.groups.addAttrs(slotScopeAttr, scope.Attrs)
	w.groups.end()
	return n
}

func (w *Writer) start(group int, seq uint64, at signal.Time) *tableWriter {
	t := &w.rows
	t.coreColumn(slotGroup).addInt(int64(group))
	t.coreColumn(slotTime).addInt(int64(at))
	t.coreColumn(slotSeq).addInt(int64(seq))
	return t
}

func (w *Writer) blob(s slot, b []byte) {
	w.rows.add(s, signal.KindString, "").addString(text(b))
	w.bytes += len(b)
	w.key = b
}

func (w *Writer) attrs(as signal.Attrs) {
	w.rows.addAttrs(slotAttr, as)
	for i := range as {
		w.bytes += 8 + len(as[i].Value.Text())
	}
}

// AddSpan adds s. Seq tells rows apart that were appended at different moments.
func (w *Writer) AddSpan(group int, seq uint64, s *signal.Span) {
	t := w.start(group, seq, s.Start)
	t.coreColumn(slotTrace).addString(string(s.Trace[:]))
	t.coreColumn(slotSpan).addString(string(s.ID[:]))
	t.coreColumn(slotParent).addString(string(s.Parent[:]))
	t.coreColumn(slotKind).addInt(int64(s.Kind))
	t.coreColumn(slotStatus).addInt(int64(s.Status.Code))
	t.coreColumn(slotName).addString(s.Name)
	length := int64(0)
	if s.End != 0 {
		length = int64(s.End - s.Start)
	} else {
		t.add(slotOpen, 0, "")
	}
	t.coreColumn(slotDuration).addInt(length)
	w.bytes += 64 + len(s.Name)
	w.attrs(s.Attrs)
	t.addText(slotMessage, s.Status.Message)
	t.addText(slotState, s.TraceState)
	t.addNumber(slotFlags, int64(s.Flags))
	if len(s.Events) > 0 {
		w.blob(slotEvents, appendEvents(w.key[:0], s.Events))
	}
	if len(s.Links) > 0 {
		w.blob(slotLinks, appendLinks(w.key[:0], s.Links))
	}
	if len(s.Keys) > 0 {
		w.blob(slotKeys, appendKeys(w.key[:0], s.Keys))
	}
	if s.Dropped != (signal.Dropped{}) {
		w.blob(slotDropped, appendDropped(w.key[:0], s.Dropped))
	}
	t.end()
}

// AddLog adds l.
func (w *Writer) AddLog(group int, seq uint64, l *signal.Log) {
	t := w.start(group, seq, l.At)
	t.coreColumn(slotTrace).addString(string(l.Trace[:]))
	t.coreColumn(slotSpan).addString(string(l.Span[:]))
	t.coreColumn(slotObserved).addInt(int64(l.Observed - l.At))
	t.coreColumn(slotLevel).addInt(int64(l.Level))
	w.bytes += 48 + len(l.Body.Text())
	w.attrs(l.Attrs)
	if l.Body.Kind() != signal.KindEmpty {
		t.addValue(slotBody, "", l.Body)
	}
	t.addText(slotLevelText, l.LevelText)
	t.addText(slotEvent, l.Event)
	t.addNumber(slotFlags, int64(l.Flags))
	if l.Dropped != 0 {
		w.blob(slotDropped, appendDropped(w.key[:0], signal.Dropped{Attrs: l.Dropped}))
	}
	t.end()
}

// AddPoint adds p.
func (w *Writer) AddPoint(group int, seq uint64, p *signal.Point) {
	t := w.start(group, seq, p.At)
	w.key = appendMetric(w.key[:0], &p.Metric)
	t.coreColumn(slotMetric).addString(text(w.key))
	w.bytes += 32
	w.attrs(p.Attrs)
	t.addNumber(slotStart, int64(p.Start))
	t.addNumber(slotFlags, int64(p.Flags))
	if p.Value.Kind() != signal.KindEmpty {
		t.addValue(slotValue, "", p.Value)
	}
	if p.Dist != nil {
		w.blob(slotDist, appendDist(w.key[:0], p.Dist))
	}
	if len(p.Exemplars) > 0 {
		w.blob(slotExemplars, appendExemplars(w.key[:0], p.Exemplars))
	}
	t.end()
}

// Append appends the page to dst: length and checksum of the header, the header,
// then the column chunks.
func (w *Writer) Append(dst []byte, compress bool) []byte {
	head, body := append(w.head[:0], Version, byte(w.typ)), w.body[:0]
	head, body = w.rows.encode(head, body, compress)
	head, body = w.groups.encode(head, body, compress)
	w.head, w.body = head, body
	chunk := AppendChunk(nil, head, compress)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(chunk)))
	dst = binary.LittleEndian.AppendUint32(dst, Checksum(chunk))
	return append(append(dst, chunk...), body...)
}
