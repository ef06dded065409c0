package issue

import "fmt"

// A function has a storm of cold starts when most of its runs, and enough of them,
// began cold.
const (
	coldRuns  = 20
	coldShare = 0.5
)

// ColdStartsIn tells of a function most of whose runs began cold; nil when they did
// not.
func ColdStartsIn(w *Window) *Occurrence {
	if w.Now.Count < coldRuns || float64(w.Cold) < coldShare*float64(w.Now.Count) {
		return nil
	}
	o := w.occurrence(ColdStarts, "Cold starts")
	o.Error = fmt.Sprintf("%d of %d runs began cold", w.Cold, w.Now.Count)
	return o
}
