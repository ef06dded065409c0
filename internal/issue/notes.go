package issue

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// Notes gathers what the rows of a transaction say of their failures beyond what
// a Transaction keeps: exceptions with stacks, versions, users, payloads. It is
// bounded. The zero Notes is empty and ready.
type Notes struct {
	rows     map[noteKey]*note
	versions map[string]string // by service
	user     string
	room     int
}

// noteKey finds the note of a row, under the id that its tracer sent: a story may
// know it by another's whole id.
type noteKey struct {
	trace   signal.TraceID
	span    signal.SpanID
	kind    signal.SpanKind
	service string
}

type note struct {
	typ, message, stack string // of the exception
	status              string // message of the status
	version             string
	event               string // captured content it was given
}

// The bounds of Notes, in bytes but for the rows.
const (
	maxNotes   = 10_000
	maxMessage = 1 << 10
	maxStack   = 16 << 10
	maxEvent   = 32 << 10
	maxRoom    = 4 << 20
)

// Add gathers from b, which may be changed afterwards.
func (n *Notes) Add(b *signal.Batch) {
	if n.rows == nil {
		n.rows, n.versions = map[noteKey]*note{}, map[string]string{}
	}
	for i := range b.Groups {
		g := &b.Groups[i]
		if len(g.Spans) == 0 {
			continue
		}
		service := strings.Clone(g.Resource.ServiceName())
		version := strings.Clone(g.Resource.First("service.version", "faas.version"))
		if version > n.versions[service] {
			n.versions[service] = version
		}
		for j := range g.Spans {
			n.add(&g.Spans[j], service, version)
		}
	}
}

func (n *Notes) add(s *signal.Span, service, version string) {
	if id := s.Attrs.First("enduser.id", "user.id"); id != "" {
		// The least of several, so that the order of arrival does not matter.
		if u := hashed(id); n.user == "" || u < n.user {
			n.user = u
		}
	}
	if s.Status.Code != signal.StatusError || len(n.rows) >= maxNotes {
		return
	}
	x := &note{status: n.keep(s.Status.Message, maxMessage), version: version}
	if v := s.Attrs.Text("faas.version"); v != "" {
		x.version = strings.Clone(v)
	}
	if typ, message, stack, ok := transaction.Exception(s); ok {
		x.typ, x.message, x.stack = n.keep(typ, maxMessage), n.keep(message, maxMessage), n.keep(stack, maxStack)
	}
	x.event = n.keep(s.Attrs.First(eventKeys...), maxEvent)
	n.rows[noteKey{s.Trace, s.ID, s.Kind, service}] = x
}

// eventKeys are the attributes with what a run was given.
var eventKeys = []string{"clew.payload.event", "faas.event", "aws.lambda.event", "lambda.event", "clew.payload.message", "messaging.message.body", "http.request.body"}

// hashed keeps users apart without keeping who they are.
func hashed(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}

// keep copies at most max bytes of s, nothing once there is no room.
func (n *Notes) keep(s string, max int) string {
	s = s[:min(len(s), max)]
	if n.room+len(s) > maxRoom {
		return ""
	}
	n.room += len(s)
	return strings.ToValidUTF8(strings.Clone(s), "")
}

// of returns what was noted of row r of t; nothing is an empty note.
func (n *Notes) of(t *transaction.Transaction, r int) *note {
	row := &t.Rows[r]
	service := t.Services[row.Service]
	if x := n.rows[noteKey{t.Traces[row.Trace], row.ID, row.Kind, service}]; x != nil {
		return x
	}
	if x := n.rows[noteKey{t.Halves()[row.Trace], row.ID, row.Kind, service}]; x != nil {
		return x
	}
	return &note{version: n.versions[service]}
}
