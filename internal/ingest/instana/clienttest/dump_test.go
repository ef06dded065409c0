//go:build clients

package clienttest

import (
	"encoding/json"
	"strings"
	"testing"
)

// span is a span as it reached the store.
type span struct {
	Service, Trace, ID, Parent, Name, Kind, Status, Message string

	Start, End int64
	Attrs      map[string]any
	Resource   map[string]any
	Events     []struct {
		Name  string
		Attrs map[string]any
	}
	Keys []struct{ Kind, Account, Region, Value string }
}

// key returns the values of the keys of one kind.
func (s *span) key(kind string) string {
	var values []string
	for _, k := range s.Keys {
		if k.Kind == kind {
			values = append(values, k.Value)
		}
	}
	return strings.Join(values, " ")
}

func (s *span) text(key string) string {
	switch v := s.Attrs[key].(type) {
	case string:
		return v
	case map[string]any: // {"int":401}
		for _, v := range v {
			raw, err := json.Marshal(v)
			if err != nil {
				panic(err) // it was JSON before
			}
			return string(raw)
		}
	}
	return ""
}

// arrived takes what reached the store: its spans, and its text as it would be
// written to disk.
func arrived(t *testing.T, dumps []json.RawMessage) (spans []*span, raw string) {
	t.Helper()
	for _, d := range dumps {
		var batch struct {
			Groups []struct {
				Resource map[string]any
				Spans    []*span
			}
			Refused []any
		}
		if err := json.Unmarshal(d, &batch); err != nil {
			t.Fatal(err)
		}
		if len(batch.Refused) > 0 {
			t.Errorf("refused: %v", batch.Refused)
		}
		for _, g := range batch.Groups {
			for _, s := range g.Spans {
				s.Service, _ = g.Resource["service.name"].(string)
				s.Resource = g.Resource
				spans = append(spans, s)
			}
		}
		raw += string(d)
	}
	return spans, raw
}

// one returns the span with a service and a name.
func one(t *testing.T, spans []*span, service, name string) *span {
	t.Helper()
	var found *span
	for _, s := range spans {
		if s.Service == service && s.Name == name {
			if found != nil {
				t.Fatalf("%s has two spans %q", service, name)
			}
			found = s
		}
	}
	if found == nil {
		for _, s := range spans {
			t.Logf("%s: %s %q", s.Service, s.Kind, s.Name)
		}
		t.Fatalf("%s has no span %q", service, name)
	}
	return found
}
