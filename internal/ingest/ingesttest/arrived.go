package ingesttest

import (
	"encoding/json"
	"strings"
	"testing"
)

// Arrived is a span as it reached the store: the words of Dump.
type Arrived struct {
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

// Key returns the values of the keys of one kind.
func (s *Arrived) Key(kind string) string {
	var values []string
	for _, k := range s.Keys {
		if k.Kind == kind {
			values = append(values, k.Value)
		}
	}
	return strings.Join(values, " ")
}

// Text returns the value of an attribute as text, "" when it is absent.
func (s *Arrived) Text(key string) string {
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

// Spans takes what reached the store: its spans, and its text as it would be
// written to disk.
func Spans(t testing.TB, dumps []json.RawMessage) (spans []*Arrived, raw string) {
	t.Helper()
	for _, d := range dumps {
		var batch struct {
			Groups []struct {
				Resource map[string]any
				Spans    []*Arrived
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

// One returns the span with a service and a name.
func One(t testing.TB, spans []*Arrived, service, name string) *Arrived {
	t.Helper()
	var found *Arrived
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

// Below returns the names of the spans whose parent is s, in order.
func Below(spans []*Arrived, s *Arrived) string {
	var names []string
	for _, c := range spans {
		if c.Parent == s.ID && c.Trace == s.Trace {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, ", ")
}
