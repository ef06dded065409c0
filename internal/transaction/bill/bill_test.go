package bill

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"clew/internal/price"
	"clew/internal/signal"
	"clew/internal/transaction"
	"clew/internal/transaction/storytest"
)

// sheetLine is one line of the sheet.
type sheetLine struct {
	what, why string
	usd       float64
}

// readSheet reads the hand-made sheet and checks its multiplications.
func readSheet(t *testing.T) map[string][]sheetLine {
	t.Helper()
	file, err := os.Open("testdata/sheet.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comment = '#'
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sheet := map[string][]sheetLine{}
	for _, row := range all[1:] {
		l := sheetLine{what: row[1]}
		if why, ok := strings.CutPrefix(row[2], "? "); ok {
			l.why = why
		} else {
			product := 1.0
			for factor := range strings.SplitSeq(row[2], " × ") {
				n, err := strconv.ParseFloat(factor, 64)
				if err != nil {
					t.Fatalf("%q: %v", row, err)
				}
				product *= n
			}
			if l.usd, err = strconv.ParseFloat(row[3], 64); err != nil || math.Abs(l.usd-product) > 1e-15 {
				t.Fatalf("%q: the product is %.18f, %v", row, product, err)
			}
		}
		sheet[row[0]] = append(sheet[row[0]], l)
	}
	return sheet
}

func billOf(batches ...*signal.Batch) (*transaction.Transaction, *Bill) {
	var b transaction.Builder
	var f Facts
	for _, batch := range batches {
		b.Add(batch)
		f.Add(batch)
	}
	t := b.Build()
	return t, Of(t, &f, price.Default())
}

const tolerance = 1e-9

func TestBillsAgreeWithTheSheet(t *testing.T) {
	sheet := readSheet(t)
	for name, make := range fixtures {
		t.Run(name, func(t *testing.T) {
			m := &maker{}
			make(m)
			tx, got := billOf(&m.batch)
			var lines []sheetLine
			for _, i := range got.Items {
				lines = append(lines, sheetLine{what: i.What, usd: i.USD})
				if i.Formula == "" || i.Node < 0 || i.Node >= len(tx.Nodes) {
					t.Errorf("%+v", i)
				}
			}
			for _, u := range got.Unknown {
				lines = append(lines, sheetLine{what: u.What, why: u.Why})
			}
			want, sum := slices.Clone(sheet[name]), 0.0
			for _, w := range want {
				sum += w.usd
				at := slices.IndexFunc(lines, func(l sheetLine) bool {
					return l.what == w.what && l.why == w.why && math.Abs(l.usd-w.usd) <= tolerance
				})
				if at < 0 {
					t.Errorf("no line %+v in %+v", w, lines)
					continue
				}
				lines = slices.Delete(lines, at, at+1)
			}
			if len(lines) > 0 {
				t.Errorf("not in the sheet: %+v", lines)
			}
			if math.Abs(got.USD-sum) > tolerance {
				t.Errorf("costs %.12f, by hand %.12f", got.USD, sum)
			}
		})
	}
	for name := range sheet {
		if fixtures[name] == nil {
			t.Errorf("there is no fixture %q", name)
		}
	}
	if len(fixtures) < 20 {
		t.Errorf("only %d fixtures", len(fixtures))
	}
}

// TestSumsAreTheSame adds up rows and nodes.
func TestSumsAreTheSame(t *testing.T) {
	for name, make := range fixtures {
		m := &maker{}
		make(m)
		tx, got := billOf(&m.batch)
		if len(got.Unknown) > 0 {
			continue
		}
		var rows, nodes float64
		for _, usd := range got.Rows(len(tx.Rows)) {
			rows += usd
		}
		for _, usd := range got.Nodes(len(tx.Nodes)) {
			nodes += max(0, usd)
		}
		if math.Abs(rows-got.USD) > tolerance || math.Abs(nodes-got.USD) > tolerance {
			t.Errorf("%s: rows %v, nodes %v, total %v", name, rows, nodes, got.USD)
		}
	}
}

// TestOrderDoesNotMatter adds the spans one by one, shuffled and twice.
func TestOrderDoesNotMatter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for name, make := range fixtures {
		m := &maker{}
		make(m)
		_, want := billOf(&m.batch)
		var parts []*signal.Batch
		for i := range m.batch.Groups {
			g := m.batch.Groups[i]
			for j := range g.Spans {
				one := &signal.Batch{Groups: []signal.Group{{Resource: g.Resource, Spans: g.Spans[j : j+1]}}}
				parts = append(parts, one, one)
			}
			parts = append(parts, &signal.Batch{Groups: []signal.Group{{Resource: g.Resource, Logs: g.Logs}}})
		}
		rnd.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		if _, got := billOf(parts...); math.Abs(got.USD-want.USD) > 1e-15 || len(got.Items) != len(want.Items) {
			t.Errorf("%s: %v in another order, %v", name, got.USD, want.USD)
		}
	}
}

func TestNotesSayWhatWasAssumed(t *testing.T) {
	f := func(fixture string, want ...string) {
		t.Helper()
		m := &maker{}
		fixtures[fixture](m)
		_, got := billOf(&m.batch)
		const first = "list prices of 2026-10-01, without free tier, discounts and data transfer"
		if !slices.Equal(got.Notes, append([]string{first}, want...)) {
			t.Errorf("%s: %q", fixture, got.Notes)
		}
	}
	const rounded = "billed time not told: durations of spans, rounded up to a millisecond"
	f("a run", rounded)
	f("a run with its report", "architecture not told: x86_64")
	f("a region that is not listed", "prices of us-east-1 stand in for those of eu-south-1: Lambda compute, Lambda request, S3 read", "architecture not told: x86_64", rounded)
}

func TestBlogBill(t *testing.T) {
	tx, got := billOf(storytest.Blog())
	if len(got.Items) == 0 || len(got.Unknown) == 0 {
		t.Errorf("%d rows: %+v", len(tx.Rows), got)
	}
	for _, u := range got.Unknown {
		if u.Why != "memory size not told" {
			t.Errorf("%+v", u)
		}
	}
}

func TestTriggers(t *testing.T) {
	f := func(want string, s signal.Span) {
		t.Helper()
		if got := triggerOf(&s); got != want {
			t.Errorf("%q, want %q: %+v", got, want, s)
		}
	}
	from := func(kind signal.ResourceKind, event string) signal.Span {
		r := signal.Record{From: signal.Resource{Kind: kind, Name: "n"}}
		return signal.Span{Events: []signal.Event{{Name: "log"}, r.Event()}, Attrs: signal.Attrs{text("clew.payload.event", event)}}
	}
	f("sqs", from(signal.Queue, "{}"))
	f("", from(signal.Topic, "{}"))
	f("gateway", from(signal.Gateway, ""))
	f("http", from(signal.Gateway, `{"version":"2.0","routeKey":"GET /"}`))
	f("rest", from(signal.Gateway, `{"resource":"/","requestContext":{"resourcePath":"/"}}`))
	f("websocket", from(signal.Gateway, `{"requestContext":{"routeKey":"$default","connectionId":"c"}}`))
	f("", from(signal.HTTPHost, `{"version":"2.0"}`))
	f("states", signal.Span{Keys: []signal.JoinKey{{Kind: signal.KeyExecution, Value: "e"}}})
	f("rest", signal.Span{Attrs: signal.Attrs{text("lambda.trigger", "aws:api.gateway")}})
	f("http", signal.Span{Name: "aws.httpapi"})
	f("gateway", signal.Span{Attrs: signal.Attrs{text("aws.api_gateway.api_id", "a")}})
	f("", signal.Span{Name: "f"})
}

func TestNothingCostsNothing(t *testing.T) {
	var f Facts
	var b transaction.Builder
	if got := Of(b.Build(), &f, price.Default()); got.USD != 0 || got.Items != nil || got.Notes != nil {
		t.Errorf("%+v", got)
	}
}
