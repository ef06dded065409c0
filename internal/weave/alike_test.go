package weave

import (
	"slices"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/store/mem"
)

// TestIDsThatEndAlike tells stories apart whose trace ids end in the same 64 bits,
// as of tracers that count in one half and draw the other; span ids are equal, too.
func TestIDsThatEndAlike(t *testing.T) {
	failures := []string{"KeyError: 'user'", "access denied", "out of stock", "no route to host", "bad certificate", "quota used up", "zip code unknown", "card refused"}
	run(t, func(t *testing.T) {
		h := start(t, mem.New(), openMeta(t))
		defer h.db.Close()
		defer h.stop()
		var want []string
		for i, failure := range failures {
			for _, b := range post(1, "", failure) {
				b.Groups[0].Spans[0].Trace = signal.TraceID{0: byte(i + 1), 15: 7}
				h.append(b)
			}
			want = append(want, failure+" in worker ×1")
		}
		h.pass(10 * time.Second)
		slices.Sort(want)
		if got := h.titles(); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
