//go:build clients

package clienttest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/xray"
)

// ledger is what a client prints of what it sent.
type ledger struct {
	Service, Language, Rule string
	Spans                   []map[string]any // as ingesttest.Dump prints them; exception is the type of one
	Headers                 []string         // X-Amzn-Trace-Id of its calls
	Code                    string           // put: the error that a bad token led to
	Unprocessed             int
}

type arrived struct {
	resource map[string]any
	span     map[string]any
}

func TestRealClients(t *testing.T) {
	f := func(name, mode string, client ingesttest.Program) {
		t.Run(name+" "+mode, func(t *testing.T) {
			st, door, addr := ingesttest.Door(t, xray.Receiver)
			udp := ingesttest.ServeSockets(t, door, xray.Receiver)["xray"]
			client.Args = append(client.Args, mode, "http://"+addr, ingesttest.Token)
			client.Env = append(client.Env, "AWS_XRAY_DAEMON_ADDRESS=tcp:"+addr+" udp:"+udp, "AWS_EC2_METADATA_DISABLED=true", "NODE_NO_WARNINGS=1")
			if mode == "lambda" {
				client.Env = append(client.Env, "LAMBDA_TASK_ROOT=/var/task")
			}
			var sent ledger
			if err := json.Unmarshal(client.Run(t, door), &sent); err != nil {
				t.Fatal(err)
			}
			compare(t, sent, await(t, st, len(sent.Spans)))
			if refused := door.Refused(); t.Failed() || mode != "put" && len(refused) > 0 {
				t.Errorf("refused: %v", refused)
			}
			switch mode {
			case "service":
				if sent.Rule != "Default" {
					t.Errorf("sampled by the rule %q, not by the server's", sent.Rule)
				}
			case "put":
				if sent.Code != "UnrecognizedClientException" || sent.Unprocessed != 1 {
					t.Errorf("a bad token led to %q, %d documents were not taken", sent.Code, sent.Unprocessed)
				}
			}
		})
	}
	python := func() ingesttest.Program { return ingesttest.Python("python", "send.py") }
	node := func() ingesttest.Program { return ingesttest.Node("node", "send.js") }
	golang := func() ingesttest.Program { return ingesttest.Go("go", "send") }
	f("python", "service", python())
	f("python", "lambda", python())
	f("python", "put", python())
	f("node", "service", node())
	f("node", "lambda", node())
	f("go", "service", golang())
	f("go", "lambda", golang())
}

// await returns the spans of the store once there are n or more: datagrams may
// still be on their way when their sender has ended.
func await(t *testing.T, st *ingesttest.Store, n int) (got []arrived) {
	t.Helper()
	end := time.Now().Add(10 * time.Second)
	for len(got) < n && time.Now().Before(end) {
		for _, raw := range st.Take() {
			var dump struct {
				Groups []struct {
					Resource, Scope map[string]any
					Spans           []map[string]any
				}
			}
			d := json.NewDecoder(strings.NewReader(string(raw)))
			d.UseNumber()
			if err := d.Decode(&dump); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw), "hunter2") {
				t.Errorf("a secret reached the store:\n%s", raw)
			}
			for _, g := range dump.Groups {
				for _, s := range g.Spans {
					got = append(got, arrived{g.Resource, s})
				}
			}
		}
		time.Sleep(time.Millisecond)
	}
	return got
}

func compare(t *testing.T, sent ledger, got []arrived) {
	t.Helper()
	for _, want := range sent.Spans {
		i := slices.IndexFunc(got, func(a arrived) bool { return a.span["id"] == want["id"] })
		if i < 0 {
			t.Errorf("span %v did not arrive", want)
			continue
		}
		a := got[i]
		if a.resource["clew.ingest.protocol"] != "xray" || text(a.resource["service.name"]) != sent.Service ||
			sent.Language != "" && text(a.resource["telemetry.sdk.language"]) != sent.Language {
			t.Errorf("resource %v", a.resource)
		}
		for field, w := range want {
			switch field {
			case "attrs":
				w, _ := w.(map[string]any)
				attrs, _ := a.span["attrs"].(map[string]any)
				for key, v := range w {
					if g := text(attrs[key]); g != text(v) {
						t.Errorf("%v: %s = %s, want %s", want["name"], key, g, text(v))
					}
				}
			case "exception":
				if !strings.Contains(text(a.span["events"]), `"exception.type":"`+text(w)+`"`) {
					t.Errorf("%v: events %s, want a %s", want["name"], text(a.span["events"]), w)
				}
			default:
				if g := strings.Trim(text(a.span[field]), `"`); g != strings.Trim(text(w), `"`) && !(g == "" && w == "unset") {
					t.Errorf("%v: %s is %s, want %s", want["name"], field, g, w)
				}
			}
		}
	}
	for _, h := range sent.Headers { // what the clients send along names the trace and a span that arrived
		_, rest, _ := strings.Cut(h, "Root=1-6b012a58-d4a39e644022402da8702c9e;Parent=")
		if len(rest) < 16 || !slices.ContainsFunc(got, func(a arrived) bool { return a.span["id"] == rest[:16] }) {
			t.Errorf("header %q", h)
		}
	}
}

// text prints a JSON value; JavaScript and Python write 2.0 differently.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if v == nil {
		return ""
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // what was JSON is JSON
	}
	return strings.ReplaceAll(string(raw), "2.0", "2")
}
