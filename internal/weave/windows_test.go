package weave

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/store/mem"
)

// runs are n runs of store from now on, a second apart.
func runs(h *house, from, n int, each time.Duration, cold bool) {
	for i := range n {
		at := signal.TimeOf(time.Now())
		s := signal.Span{
			Trace: traceID(from + i), ID: signal.SpanID{7: 1}, Kind: signal.Server, Name: fmt.Sprintf("GET /posts/%d", 17), Start: at, End: at.Add(each),
			Attrs: signal.Attrs{{Key: "faas.coldstart", Value: signal.Bool(cold)}},
		}
		resource := signal.Attrs{{Key: "service.name", Value: signal.Str("store")}, {Key: "faas.name", Value: signal.Str("store")}, {Key: "cloud.platform", Value: signal.Str("aws_lambda")}}
		h.append(&signal.Batch{Tenant: signal.DefaultTenant, Groups: []signal.Group{{Resource: resource, Spans: []signal.Span{s}}}})
		h.pass(time.Second)
	}
}

func TestWindowsTellWhatNoTransactionDoes(t *testing.T) {
	run(t, func(t *testing.T) {
		h := start(t, mem.New(), openMeta(t))
		defer h.db.Close()
		defer h.stop()
		runs(h, 0, 120, 20*time.Millisecond, false)
		h.pass(8 * time.Minute)
		if got := h.titles(); len(got) != 0 {
			t.Errorf("%v", got)
		}
		runs(h, 200, 40, 300*time.Millisecond, true)
		h.pass(6 * time.Minute)
		if got := h.titles(); !slices.Equal(got, []string{"Cold starts in store ×1", "Slow: GET /posts/… in store ×1"}) {
			t.Errorf("%v", got)
		}
		for _, i := range h.issues() {
			if i.Latest != i.Newest.Transaction || i.Latest[14] != 0 || i.Latest[15] < 200 {
				t.Errorf("%s: sample %v and %v", i.Title, i.Latest, i.Newest.Transaction)
			}
		}
	})
}
