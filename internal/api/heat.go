package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
)

type heatInput struct {
	Q       string `query:"q" doc:"query text, as for transactions; conditions on whole transactions are left out"`
	From    string `query:"from" doc:"RFC 3339, unix time or now-15m; the last hour when absent"`
	To      string `query:"to" doc:"as from; now when absent"`
	Columns string `query:"columns" doc:"10 to 400, 120 when absent"`
}

// A heat map is counted from the spans that begin a trace: how long they took is
// what the caller waited. A range is read in slices, newest first, that may each
// take their part of the budget, so that what is missing is missing everywhere.
const (
	heatSlices  = 8
	heatPerTen  = 4 // rows a decade, from 1 ms
	heatMostHit = 200_000
)

// entrance is a span that begins a trace.
type entrance struct {
	trace signal.TraceID
	at    signal.Time
	dur   time.Duration
	bad   bool // something in the trace failed
}

func (a *API) getHeat(ctx context.Context, in *heatInput) (*body[Heat], error) {
	begin := a.Now()
	columns := 120
	if in.Columns != "" {
		n, err := strconv.Atoi(in.Columns)
		if err != nil || n < 10 || n > 400 {
			return nil, badRequest(fmt.Errorf("api: columns is a number from 10 to 400, not %q", in.Columns))
		}
		columns = n
	}
	c, err := a.newCrowd(ctx, in.Q, in.From, in.To)
	if err != nil {
		return nil, badRequest(err)
	}
	if err := c.gather(ctx); err != nil {
		return nil, a.failed(ctx, "count transactions", err)
	}
	failed := 0
	cells := map[[2]int]*[2]int{}
	width := float64(c.rng.To-c.rng.From) / float64(columns)
	for _, e := range c.found {
		at := [2]int{min(columns-1, int(float64(e.at-c.rng.From)/width)), heatRow(e.dur)}
		if cells[at] == nil {
			cells[at] = new([2]int)
		}
		cells[at][0]++
		if e.bad {
			cells[at][1]++
			failed++
		}
	}
	out := &body[Heat]{Body: Heat{From: rfc3339(c.rng.From), To: rfc3339(c.rng.To), Columns: columns, Cells: [][4]int{}, Sampled: c.sampled()}}
	for x := range columns {
		for y := range heatRow(math.MaxInt64) + 1 {
			if n := cells[[2]int{x, y}]; n != nil {
				out.Body.Cells = append(out.Body.Cells, [4]int{x, y, n[0], n[1]})
			}
		}
	}
	out.Body.Count, out.Body.Failed = len(c.found), failed
	out.Body.P50NS, out.Body.P95NS = c.quantile(0.5), c.quantile(0.95)
	out.Body.Scanned, out.Body.TookMS = c.scanned, a.took(begin)
	return out, nil
}

// quantile is the duration that a share q of the transactions do not exceed.
func (c *crowd) quantile(q float64) int64 {
	if len(c.found) == 0 {
		return 0
	}
	slices.SortFunc(c.found, func(a, b entrance) int { return cmp.Compare(a.dur, b.dur) })
	return int64(c.found[int(math.Ceil(q*float64(len(c.found))))-1].dur)
}

// heatRow is the row of a duration: 0 up to 1.78 ms, then four a decade.
func heatRow(d time.Duration) int {
	return max(0, int(math.Floor(heatPerTen*math.Log10(max(d.Seconds()*1e3, 1e-9)))))
}

// crowd is the transactions of a range that have a matching span.
type crowd struct {
	api    *API
	tenant signal.Tenant
	where  *query.Expr
	rng    signal.Range

	found   []entrance
	scanned int
	cut     int // slices that were not read to their end
}

func (a *API) newCrowd(ctx context.Context, q, from, to string) (*crowd, error) {
	now := a.Now()
	e, err := query.Parse(q)
	if err != nil {
		return nil, err
	}
	c := &crowd{api: a, tenant: TenantOf(ctx)}
	if c.where, _, err = split(e); err != nil {
		return nil, err
	}
	if c.rng, err = parseRange(from, to, now); err != nil {
		return nil, err
	}
	if c.rng.To == 0 {
		c.rng.To = max(signal.TimeOf(now), c.rng.From) + 1
	}
	return c, nil
}

// begins matches the spans without a parent.
var begins = &query.Expr{Op: query.Not, Args: []*query.Expr{query.Is(query.FieldParent, query.Exists, signal.Value{})}}

func (c *crowd) gather(ctx context.Context) error {
	step := (c.rng.To - c.rng.From + heatSlices - 1) / heatSlices
	for to := c.rng.To; to > c.rng.From; to -= step {
		if err := c.slice(ctx, signal.Range{From: max(c.rng.From, to-step), To: to}); err != nil {
			return err
		}
	}
	return nil
}

// slice finds the entrances of r, then which of their traces failed and match. A
// trace may match or fail in a span that begins after r.
func (c *crowd) slice(ctx context.Context, r signal.Range) error {
	limited, cancel := context.WithTimeout(ctx, c.api.Budget/heatSlices)
	defer cancel()
	index := map[signal.TraceID]int{}
	var found []entrance
	whole, err := c.scan(limited, r, begins, func(s *signal.Span) bool {
		if _, twice := index[s.Trace]; !twice {
			index[s.Trace] = len(found)
			found = append(found, entrance{trace: s.Trace, at: s.Start, dur: s.Duration(), bad: s.Status.Code == signal.StatusError})
		}
		return len(found) < heatMostHit
	})
	if err != nil {
		return err
	}
	later := signal.Range{From: r.From, To: r.To.Add(joinedWithin)}
	failing := query.Is(query.FieldStatus, query.Eq, signal.Str(signal.StatusError.String()))
	all, err := c.scan(limited, later, failing, func(s *signal.Span) bool {
		if i, ok := index[s.Trace]; ok {
			found[i].bad = true
		}
		return true
	})
	if err != nil {
		return err
	}
	whole = whole && all
	if c.where != nil {
		hit := make([]bool, len(found))
		all, err := c.scan(limited, later, c.where, func(s *signal.Span) bool {
			if i, ok := index[s.Trace]; ok {
				hit[i] = true
			}
			return true
		})
		if err != nil {
			return err
		}
		whole = whole && all
		found = keep(found, hit)
	}
	if !whole {
		c.cut++
	}
	c.found = append(c.found, found...)
	return nil
}

// joinedWithin is how long after its entrance a trace is looked at for a map.
const joinedWithin = 15 * time.Minute

func keep(all []entrance, hit []bool) (kept []entrance) {
	for i, e := range all {
		if hit[i] {
			kept = append(kept, e)
		}
	}
	return kept
}

// scan calls each for the matching spans of r until it returns false; whole says
// whether all of them were seen in time.
func (c *crowd) scan(ctx context.Context, r signal.Range, where *query.Expr, each func(*signal.Span) bool) (whole bool, err error) {
	q := &query.Query{Tenant: c.tenant, Type: signal.Spans, Range: r, Where: where, Head: true}
	for rows, err := range c.api.Store.Scan(ctx, q) {
		if err != nil && context.Cause(ctx) == context.DeadlineExceeded {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		c.scanned += rows.Scanned
		for i := range rows.Rows {
			if !each(rows.Rows[i].Span) {
				return false, nil
			}
		}
		if rows.Partial != "" {
			return false, nil
		}
	}
	return true, nil
}

func (c *crowd) sampled() string {
	if c.cut == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d parts of the time were not read to their end within %v", c.cut, heatSlices, c.api.Budget)
}
