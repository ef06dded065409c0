package issue

import (
	"fmt"
	"time"

	"clew/internal/query"
	"clew/internal/signal"
)

// Window is what a resource did in a stretch of time, beside what it did before.
type Window struct {
	Resource     signal.Resource
	Operation    string
	From, To     signal.Time
	Now, Earlier query.Bucket   // with durations
	Cold         uint64         // of Now, those that began cold
	Sample       signal.TraceID // a transaction of Now to look at
	Span         signal.SpanID  // and the span in it
}

// A resource is slow when its 95th percentile doubled and more, over enough calls
// to say so.
const (
	slowTimes   = 2
	slowAtLeast = 20 * time.Millisecond // more than before
	slowNow     = 20
	slowEarlier = 100
)

// SlowIn tells of a resource that became slow, measured against its own past; nil
// when it did not.
func SlowIn(w *Window) *Occurrence {
	if w.Now.Count < slowNow || w.Earlier.Count < slowEarlier {
		return nil
	}
	now, before := time.Duration(w.Now.Quantile(0.95)), time.Duration(w.Earlier.Quantile(0.95))
	if now < slowTimes*before || now-before < slowAtLeast {
		return nil
	}
	name := template(w.Operation)
	o := w.occurrence(Slow, "Slow: "+name, name)
	o.Duration = now
	o.Error = fmt.Sprintf("p95 %v, before %v, over %d calls", now.Round(time.Millisecond), before.Round(time.Millisecond), w.Now.Count)
	return o
}

func (w *Window) occurrence(t Type, title string, parts ...string) *Occurrence {
	return &Occurrence{
		ID: fingerprint(t, w.Resource, parts...), Type: t, Title: title + " in " + w.Resource.Name, Resource: w.Resource, At: w.From,
		Transaction: w.Sample, Trace: w.Sample, Span: w.Span, Times: int(w.Now.Count),
	}
}
