package storetest

import (
	"fmt"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
)

// testWords asks for words and phrases of log lines, in every place where a text
// may be: body, attributes, service name; of any kind and in any script.
func testWords(t *testing.T, open Open) {
	b := newBench(t, open)
	bodies := []signal.Value{
		signal.Str("START RequestId: 4f6c1b1e-0b1a-4c5d-9f3e-1234567890ab Version: $LATEST"), signal.Str("order 42 paid, 1420 cents"), signal.Str("New_Post created"),
		signal.Str("posts"), signal.Str("straße größer"), signal.Str("日本語 テキスト"), signal.Str("a\xffb \xc3"), signal.Str("éx"), signal.Int(-42), signal.Double(0.5), signal.Double(1e30),
		signal.Bool(true), signal.JSON(`{"level":"WARN","id":"x-7"}`), signal.Bytes("raw bytes"), signal.Str(""), {},
	}
	for round := range 3 {
		for i, body := range bodies {
			l := signal.Log{At: noon + signal.Time(100*round+i), Body: body, Attrs: signal.Attrs{
				{Key: "n", Value: signal.Int(int64(1000 + i))}, {Key: "who", Value: bodies[(i+5)%len(bodies)]}, {Key: "note", Value: signal.Str(fmt.Sprintf("Note %d-%d", round, i))}}}
			b.append(logsOf(tenant, service(fmt.Sprintf("Billing-%d", i%3)), l))
		}
		if round == 0 {
			b.flush()
		}
	}
	phrases := []string{"", "start", "STArt", "requestid", "4f6c1b1e", "4F6C1B1E-0b1a", "latest", "$LATEST", "42", "142", "1420 cents", "paid, 1420", "paid 1420", "post", "new_post",
		"posts", "created ", " created", "straße", "größer", "gr", "GRÖSSER", "日本語", "日本", "\xff", "b", "\xa9x", "x", "é", "-42", "0.5", "5", "1e", "30", "true", "warn", "7", "x-7", "raw", "bytes",
		"1003", "1099", "note 1-3", "note 1", "billing", "billing-1", "billing-9", "eu", "west", "!", "nowhere", "nowhere 42", "42 nowhere"}
	b.everywhere(func(stage string) {
		for _, p := range phrases {
			for _, field := range []string{"", query.FieldBody, "who", "note", query.FieldService} {
				e := query.Is(field, query.Word, signal.Str(p))
				b.same(&query.Query{Tenant: tenant, Type: signal.Logs, Where: e}, stage)
				b.same(&query.Query{Tenant: tenant, Type: signal.Logs, Where: &query.Expr{Op: query.Not, Args: []*query.Expr{e}}, Limit: 7}, stage)
			}
		}
		b.same(&query.Query{Tenant: tenant, Type: signal.Logs, Where: query.All(query.Is("", query.Word, signal.Str("paid")), query.Is("", query.Word, signal.Str("1420")))}, stage)
		b.same(&query.Query{Tenant: tenant, Type: signal.Logs, Where: query.Any(query.Is("", query.Word, signal.Str("nowhere")), query.Is("", query.Word, signal.Int(42)))}, stage)
	})
}
