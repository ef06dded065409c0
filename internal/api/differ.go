package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/signal"
	"clew/internal/story"
)

type differInput struct {
	Q       string `query:"q" doc:"as of the heat map"`
	From    string `query:"from" doc:"RFC 3339, unix time or now-15m; the last hour when absent"`
	To      string `query:"to" doc:"as from; now when absent"`
	BoxFrom string `query:"box_from" doc:"begin of the box, within from and to"`
	BoxTo   string `query:"box_to" doc:"end of the box"`
	MinNS   string `query:"min_ns" doc:"shortest duration in the box; 0 when absent"`
	MaxNS   string `query:"max_ns" doc:"longest duration in the box, itself not; any when absent"`
}

const (
	differSample = 200     // transactions read on each side
	differValues = 200_000 // distinct values kept
	differLong   = 120     // bytes; a longer value names nothing
	differMost   = 8
)

// box is a rectangle of a heat map.
type box struct {
	rng      signal.Range
	min, max time.Duration
}

func (b *box) holds(e *entrance) bool {
	return b.rng.Contains(e.at) && e.dur >= b.min && e.dur < b.max
}

func (a *API) getDiffer(ctx context.Context, in *differInput) (*body[Differ], error) {
	begin := a.Now()
	b, err := in.box(begin)
	if err != nil {
		return nil, badRequest(err)
	}
	c, err := a.newCrowd(ctx, in.Q, in.From, in.To)
	if err != nil {
		return nil, badRequest(err)
	}
	if err := c.gather(ctx); err != nil {
		return nil, a.failed(ctx, "compare transactions", err)
	}
	var sides [2][]entrance // outside, inside
	for _, e := range c.found {
		side := 0
		if b.holds(&e) {
			side = 1
		}
		sides[side] = append(sides[side], e)
	}
	d := comparison{crowd: c, values: map[[2]string]*[2]int{}, deadline: begin.Add(patience * a.Budget)}
	if err := d.read(ctx, spread(sides[0]), spread(sides[1])); err != nil {
		return nil, a.failed(ctx, "compare transactions", err)
	}
	out := &body[Differ]{Body: Differ{Inside: d.seen[1], Outside: d.seen[0], Attributes: d.ranked(), Sampled: c.sampled()}}
	if d.seen[0] < len(sides[0]) || d.seen[1] < len(sides[1]) {
		out.Body.Sampled = fmt.Sprintf("looked at %d of %d transactions inside and %d of %d outside", d.seen[1], len(sides[1]), d.seen[0], len(sides[0]))
	}
	out.Body.Scanned, out.Body.TookMS = c.scanned, a.took(begin)
	return out, nil
}

func (in *differInput) box(now time.Time) (*box, error) {
	b := &box{max: math.MaxInt64}
	var err error
	if b.rng, err = parseRange(in.BoxFrom, in.BoxTo, now); err != nil {
		return nil, err
	}
	for _, p := range []struct {
		text string
		into *time.Duration
	}{{in.MinNS, &b.min}, {in.MaxNS, &b.max}} {
		if p.text == "" {
			continue
		}
		n, err := strconv.ParseInt(p.text, 10, 64)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("api: %q is no number of nanoseconds", p.text)
		}
		*p.into = time.Duration(n)
	}
	return b, nil
}

// spread picks up to differSample of all, evenly over time.
func spread(all []entrance) []entrance {
	slices.SortFunc(all, func(a, b entrance) int {
		return cmp.Or(cmp.Compare(a.at, b.at), slices.Compare(a.trace[:], b.trace[:]))
	})
	if len(all) <= differSample {
		return all
	}
	picked := make([]entrance, differSample)
	for i := range picked {
		picked[i] = all[i*len(all)/differSample]
	}
	return picked
}

// comparison counts in how many transactions of each side a value occurs.
type comparison struct {
	*crowd
	values   map[[2]string]*[2]int
	seen     [2]int // transactions read, outside and inside
	deadline time.Time
}

// read takes from both sides in turn, so that neither is left out when time ends.
func (d *comparison) read(ctx context.Context, outside, inside []entrance) error {
	for i := range max(len(outside), len(inside)) {
		for side, all := range [][]entrance{outside, inside} {
			if i >= len(all) || !d.api.Now().Before(d.deadline) {
				continue
			}
			if err := d.count(ctx, all[i], side); err != nil {
				return err
			}
			d.seen[side]++
		}
	}
	return nil
}

func (d *comparison) count(ctx context.Context, e entrance, side int) error {
	s, err := story.Find(ctx, d.api.Store, d.tenant, e.trace, d.rng)
	if err != nil {
		return err
	}
	had := map[[2]string]bool{}
	for b, err := range s.Rows(ctx) {
		if err != nil {
			return err
		}
		for i := range b.Groups {
			d.note(had, b.Groups[i].Resource)
			for j := range b.Groups[i].Spans {
				sp := &b.Groups[i].Spans[j]
				d.note(had, sp.Attrs)
				d.note(had, signal.Attrs{{Key: "name", Value: signal.Str(sp.Name)}, {Key: "status", Value: signal.Str(sp.Status.Code.String())}})
			}
		}
	}
	for k := range had {
		n := d.values[k]
		if n == nil {
			if len(d.values) == differValues {
				continue
			}
			n = new([2]int)
			d.values[k] = n
		}
		n[side]++
	}
	return nil
}

// note adds the attributes of one span that a person could ask for.
func (d *comparison) note(had map[[2]string]bool, attrs signal.Attrs) {
	for _, a := range attrs {
		switch a.Value.Kind() {
		case signal.KindString, signal.KindBool, signal.KindInt:
		default:
			continue
		}
		if v := a.Value.String(); v != "" && len(v) <= differLong && !strings.ContainsAny(v, "\n{") {
			had[[2]string{strings.Clone(a.Key), strings.Clone(v)}] = true
		}
	}
}

// ranked returns the values whose shares differ most, one of each key. What two
// transactions inside have by chance says nothing.
func (d *comparison) ranked() []DifferOne {
	all := []DifferOne{}
	share := func(o *DifferOne) float64 {
		return float64(o.Inside)/float64(max(1, d.seen[1])) - float64(o.Outside)/float64(max(1, d.seen[0]))
	}
	if d.seen[0] == 0 || d.seen[1] == 0 {
		return all
	}
	for k, n := range d.values {
		o := DifferOne{Key: k[0], Value: k[1], Outside: n[0], Inside: n[1]}
		if math.Abs(share(&o)) >= 0.1 && o.Inside+o.Outside > 1 {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b DifferOne) int {
		// What more have inside names the box; what fewer have only borders it.
		return cmp.Or(cmp.Compare(share(&b), share(&a)), strings.Compare(a.Key, b.Key), strings.Compare(a.Value, b.Value))
	})
	keys := map[string]bool{}
	all = slices.DeleteFunc(all, func(o DifferOne) bool {
		again := keys[o.Key]
		keys[o.Key] = true
		return again
	})
	return all[:min(len(all), differMost)]
}
