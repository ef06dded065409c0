//go:build clients

package clienttest

import (
	"fmt"
	"testing"

	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/lightstep"
)

// TestArticle runs an Express route that calls a function many times: two
// processes, one trace for each request. The parents end before their children,
// one call fails, and every span arrives as it was.
func TestArticle(t *testing.T) {
	st, door, addr := ingesttest.Door(t, lightstep.Receiver)
	var sent struct {
		Statuses []int
		Spans    []row
	}
	decode(t, ingesttest.Node("node", "article.js", addr, ingesttest.Token).Run(t, door), &sent)
	if fmt.Sprint(sent.Statuses) != "[502 200]" || len(sent.Spans) != 1+5+5+1+2+2 {
		t.Fatalf("statuses %v, %d spans", sent.Statuses, len(sent.Spans))
	}
	got := spansOf(t, st)
	if len(got) != len(sent.Spans) {
		t.Errorf("%d spans of %d arrived", len(got), len(sent.Spans))
	}
	failed, outlived := 0, 0
	for _, want := range sent.Spans {
		sp := got[fmt.Sprint(want["id"])]
		for field, v := range want {
			if a, b := canonical(v), canonical(sp[field]); a != b {
				t.Errorf("%v: %s\nsent %s\n got %s", want["name"], field, a, b)
			}
		}
		if sp["status"] == "error" {
			failed++
		}
		parent := got[fmt.Sprint(sp["parent"])]
		wantParent := map[string]string{"resize": "call resize", "call resize": "GET /images"}[fmt.Sprint(sp["name"])]
		if parent["name"] != nil && parent["name"] != wantParent || parent["name"] == nil && wantParent != "" || parent != nil && parent["trace"] != sp["trace"] {
			t.Errorf("parent of %v is %v", sp, parent)
		}
		if parent != nil && fmt.Sprint(sp["end"]) > fmt.Sprint(parent["end"]) {
			outlived++
		}
	}
	if failed != 2 {
		t.Errorf("%d spans failed, want a call and the function", failed)
	}
	if outlived < 7 {
		t.Errorf("%d spans ended after their parents: the calls of both routes should", outlived)
	}
}

// spansOf returns what arrived, by id, each with the service it was of.
func spansOf(t *testing.T, st *ingesttest.Store) map[string]row {
	t.Helper()
	got := map[string]row{}
	for _, raw := range st.Take() {
		var dump struct {
			Groups []struct {
				Resource row
				Spans    []row
			}
		}
		decode(t, raw, &dump)
		for _, g := range dump.Groups {
			for _, sp := range g.Spans {
				sp["service"] = g.Resource["service.name"]
				got[fmt.Sprint(sp["id"])] = sp
			}
		}
	}
	return got
}
