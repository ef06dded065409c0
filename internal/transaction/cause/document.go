package cause

import (
	"strconv"
	"strings"

	"clew/internal/signal"
)

// This file looks into captured payloads: which of them a row took in and gave
// out, and where in them a field is.

// document is one captured payload, cut into units: what each message of a batch,
// or the one request, is about.
type document struct {
	row   int
	role  string
	cut   bool
	units []unit
}

// unit is the content of one message inside its envelopes.
type unit struct {
	path string // of n in the payload
	n    *node
	id   string // of its message, where the envelope tells one
}

const maxUnits = 1000

// took are the payloads that entered stay s.
func (f *finder) took(s int) []document { return f.documents(s, "event", "request", "message") }

// gave are the payloads that row r sent, its own HTTP rows included, else what the
// other side says it was sent.
func (f *finder) gave(r int) (out []document) {
	if !f.isCall(r) {
		return nil
	}
	for _, c := range f.sameCall(r) {
		out = append(out, f.documents(c, "message", "request")...)
	}
	if c := f.callee(r); len(out) == 0 && c >= 0 {
		out = f.took(c)
	}
	return out
}

// got are the answers to call r, as the caller saw them, else as they were given.
func (f *finder) got(r int) (out []document) {
	for _, c := range f.sameCall(r) {
		out = append(out, f.documents(c, "response")...)
	}
	if c := f.callee(r); len(out) == 0 && c >= 0 {
		out = f.documents(c, "response")
	}
	return out
}

// sameCall are row r and the rows of its stay below it.
func (f *finder) sameCall(r int) []int {
	rows := []int{r}
	for c := r + 1; c < r+f.t.Rows[r].Size && f.stay[c] == f.stay[r] && len(rows) < 4; c++ {
		rows = append(rows, c)
	}
	return rows
}

func (f *finder) documents(r int, wanted ...string) (out []document) {
	x := f.facts[r]
	if x == nil {
		return nil
	}
	for _, role := range wanted {
		for i := range x.payloads {
			if p := &x.payloads[i]; p.role == role {
				if n := f.read(p); n != nil {
					if f.units[p] == nil {
						f.units[p] = unitsOf(n)
					}
					out = append(out, document{row: r, role: role, cut: p.truncated || n.cut, units: f.units[p]})
				}
			}
		}
	}
	return out
}

// unitsOf takes the envelopes off an event, a message or an answer.
func unitsOf(n *node) (out []unit) {
	records := n.member("Records")
	path := "$.Records"
	if records == nil && n.kind == '[' {
		records, path = n, "$"
	}
	if records == nil || records.kind != '[' || len(records.kids) == 0 {
		return []unit{content(unit{path: "$", n: n}, 0)}
	}
	for i, r := range records.kids {
		if len(out) == maxUnits {
			break
		}
		out = append(out, content(unit{path: step(path, "", i, '['), n: r}, 0))
	}
	return out
}

// envelopes are the members that hold a content: the path to it, a member that
// must stand beside the first of it, and the path to the message's id.
var envelopes = []struct{ path, beside, id string }{
	{"Sns.Message", "Sns", "Sns.MessageId"},
	{"body", "messageId", "messageId"},
	{"Message Body", "Message Body", "Message ID"},
	{"kinesis.data", "kinesis", "kinesis.sequenceNumber"},
	{"dynamodb.NewImage", "dynamodb", "eventID"},
	{"s3.object", "s3", "s3.object.eTag"},
	{"detail", "detail-type", "id"},
	{"Message", "TopicArn", "MessageId"},
	{"message.data", "subscription", "message.messageId"},
	{"body", "statusCode", ""}, {"body", "headers", ""}, {"body", "httpMethod", ""}, {"body", "rawPath", ""}, {"body", "requestContext", ""},
	{"Item", "TableName", ""},
}

// content opens envelopes, those inside others too: SNS in SQS, HTTP in a queue.
func content(u unit, depth int) unit {
	if depth > 4 || u.n == nil || u.n.kind != '{' {
		return u
	}
	if item := u.n.member("Item"); item != nil && len(u.n.kids) <= 3 && depth == 0 { // DynamoDB's answer
		return unit{path: u.path + ".Item", n: item, id: u.id}
	}
	for _, e := range envelopes {
		if u.n.member(e.beside) == nil {
			continue
		}
		inner := u.n.at(strings.Split(e.path, ".")...)
		if inner == nil {
			continue
		}
		path := u.path
		for name := range strings.SplitSeq(e.path, ".") {
			path = step(path, name, 0, '{')
		}
		next := unit{path: path, n: inner.opened(), id: u.id}
		if e.id != "" {
			if id := u.n.at(strings.Split(e.id, ".")...); id != nil && id.text != "" {
				next.id = id.text
			}
		}
		return content(next, depth+1)
	}
	return u
}

// hit is where a name or value was found.
type hit struct {
	path string
	n    *node // untyped
}

const maxHits = 16

// search walks n and strings in it that are JSON; want says what to keep.
func search(n *node, path string, depth int, want func(name string, n *node) bool, out *[]hit) {
	if n == nil || depth > 12 || len(*out) >= maxHits {
		return
	}
	n = n.opened()
	for i, k := range n.kids {
		at := step(path, n.names[i], i, n.kind)
		if v := k.untyped(); want(n.names[i], v) {
			*out = append(*out, hit{at, v})
			if len(*out) >= maxHits {
				return
			}
		}
		search(k.untyped(), at, depth+1, want, out)
	}
}

// named finds members called name, written in any way: customer_id, customerId.
func (u *unit) named(name string) (out []hit) {
	search(u.n, u.path, 0, func(n string, _ *node) bool { return n == name }, &out)
	if len(out) == 0 {
		search(u.n, u.path, 0, func(n string, _ *node) bool { return n != "" && alikeNames(n, name) }, &out)
	}
	return out
}

// valued finds the places where text stands as a value.
func (u *unit) valued(text string) (out []hit) {
	search(u.n, u.path, 0, func(_ string, n *node) bool { return (n.kind == 's' || n.kind == 'n') && same(n.text, text) }, &out)
	return out
}

// nulls finds what is explicitly null.
func (u *unit) nulls() (out []hit) {
	search(u.n, u.path, 0, func(name string, n *node) bool { return n.isNull() && name != "" }, &out)
	return out
}

// fold makes names written in different ways equal.
func fold(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c != '_' && c != '-' && c != '$' {
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			out = append(out, c)
		}
	}
	return string(out)
}

// alikeNames is fold(a) == fold(b).
func alikeNames(a, b string) bool {
	skip := func(s string) string {
		for s != "" && (s[0] == '_' || s[0] == '-' || s[0] == '$') {
			s = s[1:]
		}
		return s
	}
	for a, b = skip(a), skip(b); a != "" && b != ""; a, b = skip(a[1:]), skip(b[1:]) {
		x, y := a[0], b[0]
		if 'A' <= x && x <= 'Z' {
			x |= 0x20
		}
		if 'A' <= y && y <= 'Z' {
			y |= 0x20
		}
		if x != y {
			return false
		}
	}
	return a == "" && b == ""
}

// same compares values; what was masked compares by the hash that the mask kept,
// and is like nothing where it kept none.
func same(a, b string) bool {
	ha, ma := strings.CutPrefix(a, mask)
	hb, mb := strings.CutPrefix(b, mask)
	if ma || mb {
		return ma && mb && ha == hb && ha != ""
	}
	if a == b {
		return true
	}
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err == nil && err2 == nil && x == y
}

// mask is what masking puts in the place of secrets, a keyed hash after it where
// it keeps one.
const mask = "***"

// isRead reports whether call r reads rather than writes, as far as its name says.
func (f *finder) isRead(r int) bool {
	if f.t.Rows[r].Kind == signal.Producer {
		return false
	}
	name := strings.ToLower(f.t.Rows[r].Name)
	for _, w := range []string{"put", "insert", "update", "delete", "publish", "send", "write", "set", "create"} {
		if strings.HasPrefix(name, w) || strings.Contains(name, "."+w) {
			return false
		}
	}
	return true
}
