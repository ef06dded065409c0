package bill

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/price"
	"clew/internal/signal"
	"clew/internal/transaction"
)

// Bill is what one transaction costs at list prices.
type Bill struct {
	USD     float64 // of all items, in their order
	Items   []Item  // by row
	Unknown []Unknown
	Notes   []string // what was assumed
	runs    map[int]price.Run
}

// Run returns what was told of the run at a row.
func (b *Bill) Run(row int) price.Run { return b.runs[row] }

// Init returns how long the environment of the run at a row took to come up, as
// told; 0 where it was not, or where it was up before.
func (b *Bill) Init(row int) time.Duration {
	run := b.runs[row]
	return max(run.Init, run.Restore)
}

// Item is one line of it.
type Item struct {
	Row, Node     int // Node is the resource that is charged
	What, Formula string
	USD           float64
}

// Unknown is something that costs what nobody told enough of.
type Unknown struct {
	Row, Node int
	What, Why string
}

// Of prices t by what f gathered of the same rows. It changes neither.
func Of(t *transaction.Transaction, f *Facts, book *price.Book) *Bill {
	b := &biller{t: t, said: f, book: book, facts: make([]*fact, len(t.Rows)), out: &Bill{runs: map[int]price.Run{}}, runs: map[runKey]int{}, standIns: map[string]map[string]bool{}, gateways: map[int]bool{}}
	halves := t.Halves()
	for r := range t.Rows {
		row := &t.Rows[r]
		if b.facts[r] = f.spans[key{t.Traces[row.Trace], row.ID, row.Kind}]; b.facts[r] == nil {
			b.facts[r] = f.spans[key{halves[row.Trace], row.ID, row.Kind}]
		}
	}
	for r := range t.Rows {
		if t.Rows[r].Flags&(transaction.FlagMissing|transaction.FlagTwin) == 0 {
			b.row(r)
		}
	}
	for i := range b.out.Items {
		b.out.USD += b.out.Items[i].USD
	}
	b.note()
	return b.out
}

// Rows returns the cost of each of n rows: -1 where part of it is unknown.
func (b *Bill) Rows(n int) []float64 {
	usd := make([]float64, n)
	for i := range b.Items {
		usd[b.Items[i].Row] += b.Items[i].USD
	}
	for i := range b.Unknown {
		usd[b.Unknown[i].Row] = -1
	}
	return usd
}

// Nodes returns the cost of each of n nodes: -1 where part of it is unknown, or
// nothing of it has a price.
func (b *Bill) Nodes(n int) []float64 {
	usd := make([]float64, n)
	priced := make([]bool, n)
	for i := range b.Items {
		usd[b.Items[i].Node] += b.Items[i].USD
		priced[b.Items[i].Node] = true
	}
	for i := range b.Unknown {
		priced[b.Unknown[i].Node] = false
	}
	for i := range usd {
		if !priced[i] {
			usd[i] = -1
		}
	}
	return usd
}

// biller makes one Bill.
type biller struct {
	t     *transaction.Transaction
	said  *Facts
	facts []*fact // by row; nil for rows of which nothing is known
	book  *price.Book
	out   *Bill

	runs     map[runKey]int             // last row of a run
	gateways map[int]bool               // rows charged for API Gateway
	standIns map[string]map[string]bool // region → what was priced as elsewhere

	noRegion, noArch, noBilled bool
}

type runKey struct {
	node    int
	request string
}

func (b *biller) row(r int) {
	it := b.facts[r]
	switch {
	case it == nil:
	case it.call != nil:
		b.call(r, it)
	case b.t.Invocation(r):
		b.invocation(r, it)
	case b.t.Nodes[b.t.Rows[r].Node].Kind == signal.Gateway:
		b.gateway(r, it)
	default:
		b.delivery(r, it)
	}
}

// charge adds lines to the bill of node.
func (b *biller) charge(r, node int, region string, lines []price.Line, why, what string) {
	if why != "" {
		b.unknown(r, node, what, why)
	}
	for _, l := range lines {
		formula := l.Formula
		if l.Estimate {
			formula += " (estimate)"
		}
		b.out.Items = append(b.out.Items, Item{r, node, l.What, formula, l.USD})
		switch {
		case region == "":
			b.noRegion = true
		case l.Region != region:
			if b.standIns[region] == nil {
				b.standIns[region] = map[string]bool{}
			}
			b.standIns[region][l.What] = true
		}
	}
}

func (b *biller) unknown(r, node int, what, why string) {
	b.out.Unknown = append(b.out.Unknown, Unknown{r, node, what, why})
}

// regionOf is where row r is charged: as told for it, else where its node or its
// sender is.
func (b *biller) regionOf(r int, it *fact) string {
	told := ""
	if it.call != nil {
		told = it.call.Region
	}
	return firstText(told, b.t.Nodes[b.t.Rows[r].Node].Region, it.place.region)
}

// note says what was assumed, in a fixed order.
func (b *biller) note() {
	n := &b.out.Notes
	add := func(on bool, text string) {
		if on {
			*n = append(*n, text)
		}
	}
	add(len(b.out.Items) > 0, "list prices of "+b.book.Date+", without free tier, discounts and data transfer")
	add(b.noRegion, "region not told: prices of "+price.Fallback)
	for _, region := range slices.Sorted(maps.Keys(b.standIns)) {
		what := slices.Sorted(maps.Keys(b.standIns[region]))
		*n = append(*n, "prices of "+price.Fallback+" stand in for those of "+region+": "+strings.Join(what, ", "))
	}
	add(b.noArch, "architecture not told: x86_64")
	add(b.noBilled, "billed time not told: durations of spans, rounded up to a millisecond")
	add(b.said.cut > 0, fmt.Sprintf("%s spans were not looked at", strconv.Itoa(b.said.cut)))
}
