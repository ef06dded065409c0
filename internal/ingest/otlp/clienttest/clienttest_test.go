//go:build clients

package clienttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/otlp"
)

// row is a span, log or point: in a ledger by what was sent, in a dump by what
// arrived. See ingesttest.Dump.
type row map[string]any

type ledger struct {
	Service             string
	Spans, Logs, Points []row
}

func TestRealClients(t *testing.T) {
	f := func(language, protocol, scheme string, client func(args ...string) ingesttest.Program) {
		t.Run(language+" "+protocol, func(t *testing.T) {
			st, door, addr := ingesttest.Door(t, otlp.Receiver)
			var sent ledger
			decode(t, client(protocol, scheme+addr, ingesttest.Token).Run(t, door), &sent)
			compare(t, sent, arrived(t, st, sent.Service))
		})
	}
	node := func(args ...string) ingesttest.Program { return ingesttest.Node("node", "send.js", args...) }
	python := func(args ...string) ingesttest.Program { return ingesttest.Python("python", "send.py", args...) }
	f("node", "proto", "http://", node)
	f("node", "json", "http://", node)
	f("node", "grpc", "http://", node)
	f("python", "proto", "http://", python)
	f("python", "grpc", "", python)
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
}

// arrived gathers the rows of all dumps and checks their resource.
func arrived(t *testing.T, st *ingesttest.Store, service string) (got ledger) {
	for _, raw := range st.Take() {
		var dump struct {
			Groups []struct {
				Resource            row
				Scope               row
				Spans, Logs, Points []row
			}
			Refused []any
		}
		decode(t, raw, &dump)
		if len(dump.Refused) > 0 {
			t.Errorf("refused: %v", dump.Refused)
		}
		for _, g := range dump.Groups {
			if g.Resource["service.name"] != service || g.Resource["telemetry.sdk.language"] == nil || g.Resource["service.version"] != "1.2.3" {
				t.Errorf("resource %v", g.Resource)
			}
			if g.Scope["name"] != "client-test" {
				continue // the SDKs' metrics about themselves
			}
			got.Spans = append(got.Spans, g.Spans...)
			got.Logs = append(got.Logs, g.Logs...)
			got.Points = append(got.Points, g.Points...)
		}
	}
	return got
}

func compare(t *testing.T, sent, got ledger) {
	t.Helper()
	if len(sent.Spans) != 5 || len(got.Spans) != 5 || len(sent.Logs) != 4 || len(got.Logs) != 4 || len(got.Points) != 2 {
		t.Fatalf("sent %d spans %d logs, got %d spans %d logs %d points", len(sent.Spans), len(sent.Logs), len(got.Spans), len(got.Logs), len(got.Points))
	}
	match := func(kind, key string, sent, got []row) {
		t.Helper()
		byKey := map[any]row{}
		for _, r := range got {
			byKey[r[key]] = r
		}
		for _, s := range sent {
			r := byKey[s[key]]
			if r == nil {
				t.Errorf("%s %v did not arrive", kind, s[key])
				continue
			}
			for field, want := range s {
				in := map[string]any(r)
				if field == "count" {
					in, _ = r["dist"].(map[string]any)
				}
				if a, b := canonical(want), canonical(in[field]); a != b {
					t.Errorf("%s %v: %s\nsent %s\n got %s", kind, s[key], field, a, b)
				}
			}
		}
	}
	match("span", "id", sent.Spans, got.Spans)
	match("log", "span", sent.Logs, got.Logs)
	match("point", "name", sent.Points, got.Points)
}

// canonical prints a JSON value so that what dumps leave out (zero values), and
// times written as strings for the sake of JavaScript, compare equal.
func canonical(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case json.Number:
		return strings.TrimSuffix(v.String(), ".0") // JavaScript prints 3.0 as 3
	case string:
		if v == "unset" {
			return ""
		}
		return v
	case []any:
		s := ""
		for _, e := range v {
			s += canonical(e) + ";"
		}
		return s
	case map[string]any:
		keep := map[string]string{}
		for k, e := range v {
			if c := canonical(e); c != "" && k != "dropped" && k != "flags" {
				keep[k] = c
			}
		}
		if len(keep) == 0 {
			return ""
		}
		raw, err := json.Marshal(keep)
		if err != nil {
			panic(err) // a map of strings always has a JSON form
		}
		return string(raw)
	case row:
		return canonical(map[string]any(v))
	}
	return fmt.Sprint(v)
}
