package tail

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"clew/internal/query"
	"clew/internal/signal"
)

func batch(t signal.Tenant, bodies ...string) *signal.Batch {
	g := signal.Group{Resource: signal.Attrs{{Key: "service.name", Value: signal.Str("auth")}}}
	for _, b := range bodies {
		g.Logs = append(g.Logs, signal.Log{At: 1, Body: signal.Str(b)})
	}
	return &signal.Batch{Tenant: t, Groups: []signal.Group{g}}
}

func body(r *query.Row) []byte { return []byte(r.Log.Body.Text()) }

func drain(f *Follower) (all []string) {
	for len(f.lines) > 0 {
		all = append(all, string(<-f.lines))
	}
	return all
}

func TestFollow(t *testing.T) {
	h := NewHub(body)
	where, err := query.Parse("refused")
	if err != nil {
		t.Fatal(err)
	}
	h.Arrived(batch("a", "refused before anybody followed"))
	some, stop := h.Follow("a", where)
	all, _ := h.Follow("a", nil)
	h.Arrived(batch("a", "refused one", "fine", "refused two"))
	h.Arrived(batch("b", "refused elsewhere"))
	stop()
	stop()
	h.Arrived(batch("a", "refused three"))
	if got := fmt.Sprint(drain(some)); got != "[refused one refused two]" {
		t.Error(got)
	}
	if got := fmt.Sprint(drain(all)); got != "[refused one fine refused two refused three]" {
		t.Error(got)
	}
	h.Close()
	h.Close()
	if _, open := <-all.Lines; open {
		t.Error("a closed hub goes on")
	}
	late, stop := h.Follow("a", nil)
	defer stop()
	if _, open := <-late.Lines; open {
		t.Error("a closed hub takes followers")
	}
}

func TestSlowFollowersMissLines(t *testing.T) {
	h := NewHub(body)
	f, _ := h.Follow("a", nil)
	lines := make([]string, buffered+7)
	for i := range lines {
		lines[i] = fmt.Sprint(i)
	}
	h.Arrived(batch("a", lines...))
	if n := f.Missed(); n != 7 {
		t.Errorf("%d missed, want 7", n)
	}
	if got := drain(f); len(got) != buffered || got[0] != "0" || f.Missed() != 0 {
		t.Errorf("%d lines", len(got))
	}
}

type failing struct{ err error }

func (f failing) Append(context.Context, *signal.Batch) error { return f.err }

// TestOnlyWhatIsKept: a line that was not made durable may not be shown.
func TestOnlyWhatIsKept(t *testing.T) {
	h := NewHub(body)
	f, _ := h.Follow("a", nil)
	if err := h.Watch(failing{errors.New("no")}).Append(t.Context(), batch("a", "lost")); err == nil {
		t.Error("the error is lost")
	}
	if err := h.Watch(failing{}).Append(t.Context(), batch("a", "kept")); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(drain(f)); got != "[kept]" {
		t.Error(got)
	}
}
