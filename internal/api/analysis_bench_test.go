package api

import (
	"fmt"
	"testing"

	"clew/internal/price"
	"clew/internal/signal"
	"clew/internal/store/mem"
	"clew/internal/transaction"
	"clew/internal/transaction/bill"
	"clew/internal/transaction/cause"
	"clew/internal/transaction/storytest"
)

// shop is one request of about n spans: a function that calls others, tables and
// queues, each of which does so again, with logs, payloads and a failure.
func shop(n int) *signal.Batch {
	b := &signal.Batch{Tenant: signal.DefaultTenant}
	trace := signal.TraceID{1, 15: 9}
	next := uint64(0)
	id := func() (s signal.SpanID) {
		next++
		for i := range 8 {
			s[7-i] = byte(next >> (8 * i))
		}
		return s
	}
	text := func(key, value string) signal.Attr { return signal.Attr{Key: key, Value: signal.Str(value)} }
	groups := map[string]*signal.Group{}
	var names []string
	of := func(name string) *signal.Group {
		if groups[name] == nil {
			groups[name] = &signal.Group{Resource: signal.Attrs{text("service.name", name), text("faas.name", name), text("cloud.platform", "aws_lambda"), text("cloud.region", "eu-west-1"),
				text("host.arch", "arm64"), {Key: "faas.max_memory", Value: signal.Int(256 << 20)}}}
			names = append(names, name)
		}
		return groups[name]
	}
	add := func(g *signal.Group, parent signal.SpanID, kind signal.SpanKind, name string, from, to float64, attrs ...signal.Attr) signal.SpanID {
		s := signal.Span{Trace: trace, ID: id(), Parent: parent, Kind: kind, Name: name, Start: storytest.At(from), End: storytest.At(to), Attrs: attrs}
		g.Spans = append(g.Spans, s)
		return s.ID
	}
	aws := func(service, method string, more ...signal.Attr) signal.Attrs {
		return append(signal.Attrs{text("rpc.system", "aws-api"), text("rpc.service", service), text("rpc.method", method)}, more...)
	}
	parent := signal.SpanID{}
	for i := 0; int(next) < n; i++ {
		at := float64(20 * i)
		g := of(fmt.Sprintf("step-%d", i%12))
		kind := signal.Server
		if i%3 == 1 {
			kind = signal.Consumer
		}
		run := add(g, parent, kind, "run", at, at+18, text("faas.invocation_id", fmt.Sprint("r-", i)), text("clew.payload.event", `{"order":{"id":17,"user":"u-1","lines":[1,2,3]}}`), text("clew.payload.response", `{"statusCode":200}`))
		for c := range 4 {
			call := add(g, run, signal.Client, "DynamoDB.GetItem", at+float64(c)*3, at+float64(c)*3+2.5, aws("DynamoDB", "GetItem", text("db.system", "dynamodb"), signal.Attr{Key: "aws.dynamodb.table_names", Value: signal.JSON(`["orders"]`)})...)
			add(g, call, signal.Client, "POST", at+float64(c)*3+0.2, at+float64(c)*3+2.2, text("http.request.method", "POST"), text("url.full", "https://dynamodb.eu-west-1.amazonaws.com/"), signal.Attr{Key: "http.response.status_code", Value: signal.Int(200)})
		}
		if i%20 == 19 {
			failed := &g.Spans[len(g.Spans)-9]
			failed.Status = signal.Status{Code: signal.StatusError, Message: "KeyError: 'user'"}
			g.Logs = append(g.Logs, signal.Log{At: storytest.At(at + 17), Trace: trace, Span: run, Level: 17, Body: signal.Str("KeyError: 'user'")})
		}
		parent = add(g, run, signal.Producer, "send", at+14, at+16, aws("SQS", "SendMessage", text("messaging.system", "aws_sqs"), text("messaging.destination.name", fmt.Sprintf("jobs-%d", i%5)))...)
	}
	for _, name := range names {
		b.Groups = append(b.Groups, *groups[name])
	}
	return b
}

// BenchmarkAnalysis is what is worked out of a transaction once its spans are read
// and built: cause, critical path, idle time, cost, cold starts, in the API's
// shapes. CPU is of the whole process and does not depend on what else runs.
func BenchmarkAnalysis(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 50_000} {
		batch := shop(n)
		b.Run(fmt.Sprintf("spans=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var builder transaction.Builder
			builder.Add(batch)
			tx := builder.Build()
			began := cpu()
			for b.Loop() {
				var facts bill.Facts
				t := &telling{Transaction: tx, prices: "2026-10-01"}
				facts.Add(batch)
				var evidence cause.Evidence
				evidence.Add(batch)
				t.bill = bill.Of(tx, &facts, price.Default())
				s := t.tell(&evidence)
				if s.Cause == nil || len(s.Critical) == 0 || s.Cost == nil || tx.ColdToUser(t.bill.Init) < 0 {
					b.Fatalf("%+v", s)
				}
			}
			b.ReportMetric(float64((cpu()-began).Microseconds())/1e3/float64(b.N), "cpu-ms/op")
		})
	}
}

// BenchmarkOpen asks for a whole transaction as a page does.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{1_000, 50_000} {
		st := mem.New()
		if err := st.Append(b.Context(), shop(n)); err != nil {
			b.Fatal(err)
		}
		h := serve(b, st)
		b.Run(fmt.Sprintf("spans=%d", n), func(b *testing.B) {
			began := cpu()
			for b.Loop() {
				w := get(b, h, "/api/transactions/"+signal.TraceID{1, 15: 9}.String(), "Accept-Encoding", "gzip")
				if w.Code != 200 {
					b.Fatal(w.Body)
				}
				b.ReportMetric(float64(w.Body.Len()), "bytes/answer")
			}
			b.ReportMetric(float64((cpu()-began).Microseconds())/1e3/float64(b.N), "cpu-ms/op")
		})
	}
}
