package cause

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"clew/internal/signal"
	"clew/internal/transaction"
)

// This file puts what was found into words.

// short cuts a text to one line of some length.
func short(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = s[:i]
	}
	const most = 160
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// lastName shortens "com.acme.BadThing" to "BadThing".
func lastName(kind string) string {
	return kind[strings.LastIndexAny(kind, ".:\\/")+1:]
}

// callText says what call c came to: "auth answered 401 to orders".
func (f *finder) callText(c int) string {
	row := &f.t.Rows[c]
	who, caller := f.t.Nodes[f.target(c)].Name, f.name(f.caller(c))
	said := f.callSaid(c)
	status := f.status(c)
	switch {
	case row.Outcome == transaction.Throttled || status == 429:
		text := who + " throttled " + caller
		if n := f.equalFailures(c); n > 1 {
			text += " " + strconv.Itoa(n) + " times"
		}
		return text
	case strings.HasPrefix(row.Error, "timed out after "): // what the platform says of a function
		return who + " " + row.Error
	case f.waited(c):
		return who + " did not answer " + caller + " in " + duration(row.Dur)
	case status == 0 && f.facts[c] != nil && f.facts[c].code != "":
		text := who + " answered " + f.facts[c].code + " to " + caller
		if said != "" && !isBland(said) {
			text += ": " + said
		}
		return text
	case status >= 400:
		text := who + " answered " + strconv.Itoa(status) + " to " + caller
		if said != "" && !isBland(said) {
			text += ": " + said
		}
		return text
	case !f.failed(c) && f.errorBody(c) != "":
		return who + " answered " + caller + " with an error in a good answer: " + short(f.errorBody(c))
	case anyText([]string{said}, []string{"enotfound", "eai_again", "name or service not known", "no such host", "name resolution", "unknown host", "nodename nor servname"}):
		return "the name of " + who + " did not resolve for " + caller + ": " + said
	case anyText([]string{said}, []string{"econnrefused", "connection refused", "econnreset", "connection reset", "unreachable", "socket hang up", "broken pipe"}):
		return who + " could not be reached by " + caller + ": " + said
	case anyText([]string{said}, []string{"denied", "not authorized", "unauthorized", "forbidden"}):
		return who + " denied " + caller + ": " + said
	case said == "" || isBland(said):
		return "the call of " + who + " by " + caller + " failed"
	}
	return who + " failed " + caller + ": " + said
}

// callSaid is what call c, or the HTTP call below it, said of its failure.
func (f *finder) callSaid(c int) string {
	for _, r := range f.sameCall(c) {
		if x := f.facts[r]; x != nil && len(x.exceptions) > 0 {
			return short(x.exceptions[len(x.exceptions)-1].text())
		}
		if e := f.t.Rows[r].Error; e != "" && !isBland(e) {
			return short(e)
		}
	}
	return ""
}

// callNote is the evidence that a row failed.
func (f *finder) callNote(r int) string {
	if f.isCall(r) {
		return f.callText(r)
	}
	if x := f.facts[r]; x != nil && len(x.exceptions) > 0 {
		return short(x.exceptions[len(x.exceptions)-1].text())
	}
	if e := f.t.Rows[r].Error; e != "" {
		return short(e)
	}
	return "failed"
}

// equalFailures counts the failures of the same call in its stay.
func (f *finder) equalFailures(c int) (n int) {
	i, _ := slices.BinarySearch(f.failing, f.stay[c])
	for ; i < len(f.failing) && f.failing[i] < f.stay[c]+f.t.Rows[f.stay[c]].Size; i++ {
		r := f.failing[i]
		n += btoi(f.stay[r] == f.stay[c] && f.t.Rows[r].Name == f.t.Rows[c].Name && f.t.Rows[r].Node == f.t.Rows[c].Node && f.outer(r))
	}
	return n
}

// brands of message systems, as people call them.
var brands = []struct{ in, name string }{
	{"sns", "SNS"}, {"sqs", "SQS"}, {"kinesis", "Kinesis"}, {"eventbridge", "EventBridge"}, {"kafka", "Kafka"}, {"pubsub", "Pub/Sub"},
	{"rabbitmq", "RabbitMQ"}, {"servicebus", "Service Bus"}, {"eventhub", "Event Hubs"}, {"eventgrid", "Event Grid"}, {"nats", "NATS"},
}

// place names a node on the path that carries messages: "SNS blog-new-posts".
func (f *finder) place(n int, rows []int) string {
	node := &f.t.Nodes[n]
	switch node.Kind {
	case signal.Topic, signal.Queue, signal.Stream, signal.Bus:
	case signal.Table:
		return "table " + node.Name
	case signal.Bucket:
		return "bucket " + node.Name
	default:
		return node.Name
	}
	for _, r := range rows {
		x := f.facts[r]
		if x == nil || x.system == "" || f.t.Rows[r].Node != n {
			continue
		}
		system := strings.ToLower(x.system)
		for _, b := range brands {
			if strings.Contains(system, b.in) {
				return b.name + " " + node.Name
			}
		}
	}
	return string(node.Kind) + " " + node.Name
}

// headline tells cause, way and failure in one sentence.
func (f *finder) headline(c *found, nodes, rows []int) string {
	var b strings.Builder
	b.WriteString(c.text)
	if len(nodes) < 2 {
		return b.String()
	}
	for i, n := range nodes[1 : len(nodes)-1] {
		if i == 0 {
			b.WriteString("; ")
		} else {
			b.WriteString(" → ")
		}
		if i == 3 && len(nodes) > 6 {
			b.WriteString("…")
			break
		}
		b.WriteString(f.place(n, rows))
	}
	last := rows[len(rows)-1]
	b.WriteString("; " + f.t.Nodes[nodes[len(nodes)-1]].Name + " ")
	switch row := &f.t.Rows[last]; {
	case c.field != "":
		b.WriteString("failed on `" + c.field + "`")
	case row.Outcome == transaction.Timeout:
		b.WriteString("timed out")
	case f.status(last) >= 400:
		b.WriteString("answered " + strconv.Itoa(f.status(last)))
	case f.failed(last):
		b.WriteString("failed: " + short(f.lastWords(last, f.texts(last))))
	default:
		b.WriteString("failed without saying so")
	}
	hops := len(nodes) - 1
	b.WriteString(", " + strconv.Itoa(hops) + " hop")
	if hops > 1 {
		b.WriteString("s")
	}
	b.WriteString(" later")
	return b.String()
}
