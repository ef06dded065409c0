package storetest

import (
	"math"
	"slices"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
	"clew/internal/store"
)

var leafOps = []query.Op{query.Eq, query.Ne, query.Lt, query.Le, query.Gt, query.Ge, query.Exists, query.Glob, query.Word}

var askedFields = []string{
	query.FieldTrace, query.FieldSpan, query.FieldParent, query.FieldName, query.FieldService, query.FieldKind, query.FieldStatus,
	query.FieldMessage, query.FieldDuration, query.FieldBody, query.FieldLevel, query.FieldMetric,
	"str", "empty.str", "none", "yes", "min", "pi", "nan", "bytes", "json", "invalid\xff", "", "hex", "uuid", "same", "key.3",
	"attr.str", "attr.attr.str", "resource.str", "resource.resource.str", "attr.same", "attr.cloud.region", "resource.cloud.region", "cloud.region", "resource.service.name", "missing", "attr.", "resource.",
}

func askedValues() []signal.Value {
	return []signal.Value{
		{}, signal.Str(""), signal.Str("text"), signal.Str("twice"), signal.Str("shop"), signal.Str("error"), signal.Str("info"), signal.Str("consumer"),
		signal.Str("0"), signal.Str("3"), signal.Str("3.14"), signal.Str("1500"), signal.Str("tex*"), signal.Str("*e*"), signal.Str("*"), signal.Str("broke"), signal.Str("a"),
		signal.Str("true"), signal.Str("00ff00aa"), signal.Str("00FF00AA"), signal.Str(traceID(1).String()), signal.Str(spanIDOf(1).String()),
		signal.Bool(true), signal.Int(0), signal.Int(3), signal.Int(5), signal.Int(17), signal.Int(math.MaxInt64), signal.Double(3.14), signal.Double(math.NaN()),
		signal.Bytes("\x00\x01\xff"), signal.JSON(`{"a":[1,2.5,null,"x"],"b":{}}`),
	}
}

func testOperators(t *testing.T, open Open) {
	b := newBench(t, open)
	b.append(everything(tenant))
	plain := span(2, 1, noon+9)
	plain.Attrs = signal.Attrs{{Key: "same", Value: signal.Str("shop")}, {Key: "pi", Value: signal.Int(3)}, {Key: "str", Value: signal.Str("Text and more")}}
	b.append(spansOf(tenant, append(service("till"), signal.Attr{Key: "str", Value: signal.Str("of the resource")}), plain, span(2, 2, noon+10)))
	b.append(logsOf(tenant, service("till"), signal.Log{At: noon, Level: 9, Body: signal.Str("INFO a word"), Attrs: plain.Attrs}, signal.Log{At: noon, Level: 13, Body: signal.Int(3)}))
	check := func(stage string, values []signal.Value) {
		for _, field := range askedFields {
			for _, op := range leafOps {
				for _, v := range values {
					b.askEach(query.Is(field, op, v), stage)
					if op == query.Exists {
						break
					}
				}
			}
			for _, pattern := range []string{"^te", "3", "", "[a-f0-9]+$"} {
				e, err := query.Regexp(field, pattern)
				if err != nil {
					b.Fatal(err)
				}
				b.askEach(e, stage)
			}
		}
		is := func(f, v string) *query.Expr { return query.Is(f, query.Eq, signal.Str(v)) }
		not := &query.Expr{Op: query.Not, Args: []*query.Expr{is("str", "text")}}
		for _, e := range []*query.Expr{nil, {Op: query.And}, {Op: query.Or}, not, query.All(not, is("service", "till")), query.Any(not, is("service", "shop")),
			{Op: query.Match, Field: "str", Value: signal.Str("never compiled")}, {Op: query.And, Args: []*query.Expr{nil}}} {
			b.askEach(e, stage)
		}
	}
	check("fresh", askedValues())
	b.flush()
	b.reopen()
	var some []signal.Value // every kind, to save time: the codec is the same
	for i, v := range askedValues() {
		if i%3 == 0 || v.Kind() != signal.KindString {
			some = append(some, v)
		}
	}
	check("flushed", some)
}

// askEach compares which rows e selects, of every signal, by their positions:
// printing whole rows would take most of the time.
func (b *bench) askEach(e *query.Expr, why string) {
	b.Helper()
	for _, typ := range signal.Types {
		q := &query.Query{Tenant: tenant, Type: typ, Where: e, Head: true}
		want, got := positions(b.T, b.oracle, q), positions(b.T, b.store, q)
		if !slices.Equal(want, got) {
			b.Fatalf("%s: %s: rows at\n%v, want\n%v", why, Describe(q), got, want)
		}
	}
}

func positions(t *testing.T, s store.Store, q *query.Query) (out []query.Cursor) {
	t.Helper()
	for rows, err := range s.Scan(t.Context(), q) {
		if err != nil {
			t.Fatalf("scan %s: %v", Describe(q), err)
		}
		for i := range rows.Rows {
			out = append(out, rows.Rows[i].Position())
		}
	}
	return out
}
