package transaction

import (
	"cmp"
	"slices"
	"strings"

	"clew/internal/signal"
)

// ties are what a span says of the hops it takes part in. Most spans say nothing.
type ties struct {
	sent    []int32 // keys it sends under
	records []record
	links   []signal.Link // of calls, or in no record
	request int32         // key of the request that it is an invocation of; -1
	failed  []string      // ids of the records that it says failed
}

// record is one message that a span was handed.
type record struct {
	keys     []int32
	link     signal.Link // context it carried
	sent     signal.Time
	attempts int
	from     int   // resource that delivered it; -1
	via      []int // resources it passed before, nearest first
	deadFrom int   // resource whose dead-letter queue from is; -1
	story    int32 // 1 + trace of its sender, where another story tells that
}

// strength is how much a join key proves.
type strength uint8

const (
	weak    strength = iota // things that have nothing to do with each other may share it
	call                    // one call, or all that one call set off
	message                 // one message
)

// keyKind is what a kind of join key means for the story.
type keyKind struct {
	strength strength
	async    bool // nobody waits for what it sets off
	sync     bool // the sender always waits
	one      bool // a message that one consumer gets, be it more than once
}

var keyKinds = map[string]keyKind{
	signal.KeySQSMessage: {strength: message, async: true, one: true}, signal.KeyAzureMessage: {strength: message, async: true, one: true},
	signal.KeySNSMessage: {strength: message, async: true}, signal.KeyPubSubMessage: {strength: message, async: true},
	signal.KeyEvent: {strength: message, async: true}, signal.KeyCloudEvent: {strength: message, async: true},
	signal.KeyKinesisRecord: {strength: message, async: true}, signal.KeyKafkaRecord: {strength: message, async: true}, signal.KeyS3Request: {strength: message, async: true},
	signal.KeyExecution: {strength: call, async: true}, signal.KeyStep: {strength: call, async: true}, signal.KeyRequest: {strength: call},
	signal.KeyGatewayRequest: {strength: call, sync: true}, signal.KeyEpsagonHeader: {strength: call, sync: true}, signal.KeyEpsagonEvent: {strength: call, sync: true},
	signal.KeyDynamoDBItem: {strength: weak, async: true}, signal.KeyS3Object: {strength: weak, async: true}, signal.KeyXRayTrace: {strength: weak, sync: true},
}

// kindOf knows nothing special of kinds that were added later: they prove a call.
func kindOf(k signal.JoinKey) keyKind {
	if kind, ok := keyKinds[k.Kind]; ok {
		return kind
	}
	return keyKind{strength: call}
}

// tiesOf reads the ties of s, nil without any.
func (b *Builder) tiesOf(s *signal.Span, receive bool) *ties {
	records := 0
	for i := range s.Events {
		if s.Events[i].Name == signal.RecordEvent {
			records++
		}
	}
	if len(s.Keys)+len(s.Links)+records == 0 {
		return nil
	}
	t := &ties{request: -1}
	var received []int32
	for _, k := range s.Keys {
		kind, sends := k.Side(s.Kind)
		k.Kind = kind
		switch n := b.key(k); {
		case sends && !receive:
			t.sent = append(t.sent, n)
		default:
			if kind == signal.KeyRequest && t.request < 0 {
				t.request = n
			}
			received = append(received, n)
		}
	}
	if records > 0 {
		t.told(b, s, received)
	} else if len(received) > 0 {
		t.group(b, received)
	}
	t.addLinks(s)
	if len(t.records) > 0 {
		t.failed = failedRecords(s.Attrs)
	}
	return t
}

// told reads records from the events that stand for them. Keys of the span that
// are in no record are the only one's, else of records that were not told.
func (t *ties) told(b *Builder, s *signal.Span, received []int32) {
	var placed map[signal.JoinKey]int32
	if len(received) > 0 {
		placed = make(map[signal.JoinKey]int32, len(received))
	}
	for _, n := range received {
		k := b.keys[n]
		placed[signal.JoinKey{Kind: k.Kind, Value: k.Value}] = n
	}
	for i := range s.Events {
		said, ok := signal.ReadRecord(&s.Events[i])
		if !ok {
			continue
		}
		r := record{link: signal.Link{Trace: said.Parent.Trace, Span: said.Parent.Span}, sent: said.Sent, attempts: said.Attempts, from: b.mention(said.From), deadFrom: b.mention(said.DeadFrom)}
		for _, k := range said.Keys {
			k.Kind, _ = k.Side(s.Kind)
			n, ok := placed[k]
			if !ok {
				n = b.key(k)
			}
			r.keys = append(r.keys, n)
		}
		for _, v := range said.Via {
			if n := b.mention(v); n >= 0 {
				r.via = append(r.via, n)
			}
		}
		t.records = append(t.records, r)
	}
	known := map[int32]bool{}
	for _, r := range t.records {
		for _, n := range r.keys {
			known[n] = true
		}
	}
	received = slices.DeleteFunc(received, func(n int32) bool { return known[n] })
	if len(t.records) == 1 {
		t.records[0].keys = append(t.records[0].keys, received...)
		return
	}
	// Of a long batch only the first records are told.
	received = slices.DeleteFunc(received, func(n int32) bool { return kindOf(b.keys[n]).strength != message })
	if len(received) > 0 {
		t.group(b, received)
	}
}

// group divides keys among the records they must belong to: those of one record
// stand together, the key it was delivered under first.
func (t *ties) group(b *Builder, received []int32) {
	lead := ""
	for _, n := range received {
		if k := b.keys[n]; kindOf(k).strength == message || k.Kind == signal.KeyDynamoDBItem {
			lead = k.Kind
			break
		}
	}
	at := map[int32]int(nil) // record by the key that begins it, from the second on
	first, base := int32(-1), len(t.records)
	cur := t.newRecord()
	for _, n := range received {
		if b.keys[n].Kind == lead && !b.sameRecord(cur, n, lead) {
			i, ok := at[n]
			switch {
			case first < 0 || n == first:
				first, i = n, base
			case !ok:
				t.newRecord()
				i = len(t.records) - 1
				if at == nil {
					at = map[int32]int{}
				}
				at[n] = i
			}
			cur = &t.records[i]
		}
		if !slices.Contains(cur.keys, n) {
			cur.keys = append(cur.keys, n)
		}
	}
}

func (t *ties) newRecord() *record {
	t.records = append(t.records, record{from: -1, deadFrom: -1})
	return &t.records[len(t.records)-1]
}

// sameRecord reports whether n is r's sequence number of a stream in its other form.
func (b *Builder) sameRecord(r *record, n int32, lead string) bool {
	if lead != signal.KeyKinesisRecord {
		return false
	}
	return slices.ContainsFunc(r.keys, func(m int32) bool {
		return b.keys[m].Kind == lead && sequence(b.keys[m].Value) == sequence(b.keys[n].Value)
	})
}

func sequence(s string) string { return s[strings.LastIndexByte(s, ':')+1:] }

// addLinks gives records the contexts they carried: a receiver that links to as
// many spans as it has records told them in one order.
func (t *ties) addLinks(s *signal.Span) {
	if len(s.Links) == 0 {
		return
	}
	known := map[[24]byte]bool{}
	var told []signal.Link // one for each record, though they may point to one span
	ref := func(l signal.Link) (id [24]byte) {
		copy(id[:], l.Trace[:])
		copy(id[16:], l.Span[:])
		return id
	}
	for i := range t.records {
		known[ref(t.records[i].link)] = true
	}
	for _, l := range s.Links {
		id := ref(l)
		if l.Trace.IsZero() || l.Span.IsZero() || l.Span == s.ID && l.Trace == s.Trace {
			continue
		}
		l = signal.Link{Trace: l.Trace, Span: l.Span}
		if told = append(told, l); known[id] {
			continue
		}
		known[id] = true
		t.links = append(t.links, l)
	}
	switch {
	case calls(s.Kind) && len(t.records) == 0:
	case len(t.records) == 0:
		for _, l := range t.links {
			r := t.newRecord()
			r.link = l
		}
		t.links = nil
	case slices.ContainsFunc(t.records, func(r record) bool { return !r.link.Trace.IsZero() }):
	case len(t.records) == len(t.links):
		told = t.links
		fallthrough
	case len(t.records) == len(told):
		for i, l := range told {
			t.records[i].link = l
		}
		t.links = nil
	}
}

// compare orders ties by what they say; place numbers resources alike in all orders
// of arrival.
func (t *ties) compare(o *ties, place func(int) int) int {
	if t == nil || o == nil {
		return btoi(t != nil) - btoi(o != nil)
	}
	return cmp.Or(slices.Compare(t.sent, o.sent), slices.Compare(t.failed, o.failed), slices.CompareFunc(t.links, o.links, compareLinks),
		slices.CompareFunc(t.records, o.records, func(a, b record) int { return a.compare(b, place) }))
}

// failedRecords reads the ids of the records that a function said it failed on:
// the batchItemFailures of its answer.
func failedRecords(a signal.Attrs) []string {
	var ids []string
	for i := range a {
		text := a[i].Value.Text()
		_, rest, ok := strings.Cut(text, "atchItemFailures") // Java's beans write it with a capital
		for ok && rest != "" {
			_, rest, ok = strings.Cut(rest, "temIdentifier")
			id, quoted := quotedMember(rest)
			if ok && quoted && id != "" {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// quotedMember reads the text that follows the rest of a member's name: `": "x"`,
// or `\":\"x\"` in JSON within a text.
func quotedMember(s string) (string, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(s, `"\ `), ":")
	rest = strings.TrimLeft(rest, " \\")
	rest, quoted := strings.CutPrefix(rest, `"`)
	end := strings.IndexAny(rest, `"\`)
	if !ok || !quoted || end < 0 {
		return "", false
	}
	return strings.Clone(rest[:end]), true
}

func (r record) compare(o record, place func(int) int) int {
	return cmp.Or(slices.Compare(r.keys, o.keys), compareLinks(r.link, o.link), cmp.Compare(r.sent, o.sent), cmp.Compare(r.attempts, o.attempts),
		cmp.Compare(place(r.from), place(o.from)), cmp.Compare(place(r.deadFrom), place(o.deadFrom)),
		slices.CompareFunc(r.via, o.via, func(a, b int) int { return cmp.Compare(place(a), place(b)) }))
}
