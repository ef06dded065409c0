//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"clew/internal/demo"
	"clew/internal/signal"
)

// TestLedgerSurvivesKill runs the demo against a server that is killed with -9
// in the middle and started again. Every span whose export was acknowledged,
// before or after, must be there once and as it was sent.
func TestLedgerSurvivesKill(t *testing.T) {
	data, ledger := t.TempDir(), t.TempDir()
	server, url := serve(t, data, "")
	addr := strings.TrimPrefix(url, "http://")
	app := start(t, binary, "demo", "--endpoint", url, "--ledger", ledger, "--rate", "6", "--duration", "45s", "--seed", "7", "--faults", "all")

	var before int
	eventually(t, 60*time.Second, "150 spans are acknowledged", func() error {
		spans, err := demo.ReadLedger(ledger)
		if err != nil {
			return err
		}
		if before = len(acked(spans)); before < 150 {
			return fmt.Errorf("%d so far", before)
		}
		select {
		case <-app.done:
			t.Fatalf("the demo ended early: %v", app.err)
		default:
		}
		return nil
	})
	server.end(syscall.SIGKILL)
	began := time.Now()
	serve(t, data, addr)
	t.Logf("killed with %d spans acknowledged; ready again %v later", before, time.Since(began).Round(time.Millisecond))
	app.wait(t, 90*time.Second)
	if app.err != nil {
		t.Errorf("the demo ended with %v", app.err)
	}

	spans, err := demo.ReadLedger(ledger)
	if err != nil {
		t.Fatal(err)
	}
	spans = acked(spans)
	if len(spans) < before+100 {
		t.Errorf("only %d spans were acknowledged after the kill", len(spans)-before)
	}
	t.Logf("comparing %d spans", len(spans))
	compare(t, url, spans)
}

func acked(spans []demo.LedgerSpan) []demo.LedgerSpan {
	var out []demo.LedgerSpan
	for _, s := range spans {
		if s.Acked {
			out = append(out, s)
		}
	}
	return out
}

// compare asks for every trace once and holds each span against the ledger.
func compare(t *testing.T, url string, spans []demo.LedgerSpan) {
	t.Helper()
	traces := map[signal.TraceID]map[string]storedSpan{}
	for _, s := range spans {
		if _, ok := traces[s.Trace]; !ok {
			stored, err := readTrace(url, s.Trace.String())
			if err != nil {
				t.Errorf("trace %s: %v", s.Trace, err)
			}
			traces[s.Trace] = stored
		}
		want := storedSpan{
			name: s.Name, kind: s.Kind.String(), status: s.Status.String(), service: s.Service,
			start: int64(s.Start) / 1000, duration: s.End.Sub(s.Start).Microseconds(),
		}
		if !s.Parent.IsZero() {
			want.parent = s.Parent.String()
		}
		got, ok := traces[s.Trace][s.Span.String()]
		switch {
		case !ok:
			t.Errorf("acknowledged span is lost: %+v", s)
		case got != want:
			t.Errorf("span %s of %s is stored as %+v, sent as %+v", s.Span, s.Trace, got, want)
		}
	}
	if len(traces) < 10 {
		t.Errorf("only %d traces: the comparison says little", len(traces))
	}
}

type storedSpan struct {
	parent, name, kind, status, service string
	start, duration                     int64 // microseconds
}

// readTrace reads one trace through the Jaeger API, by span id. A span that is
// there twice is an error.
func readTrace(url, id string) (map[string]storedSpan, error) {
	var answer struct {
		Data []struct {
			Processes map[string]struct {
				ServiceName string `json:"serviceName"`
			} `json:"processes"`
			Spans []struct {
				SpanID        string `json:"spanID"`
				OperationName string `json:"operationName"`
				StartTime     int64  `json:"startTime"`
				Duration      int64  `json:"duration"`
				ProcessID     string `json:"processID"`
				References    []struct {
					RefType string `json:"refType"`
					TraceID string `json:"traceID"`
					SpanID  string `json:"spanID"`
				} `json:"references"`
				Tags []struct {
					Key   string `json:"key"`
					Value any    `json:"value"`
				} `json:"tags"`
			} `json:"spans"`
		} `json:"data"`
	}
	if err := getJSON(url+"/jaeger/api/traces/"+id, &answer); err != nil {
		return nil, err
	}
	if len(answer.Data) != 1 {
		return nil, errors.New("not exactly one trace")
	}
	out := map[string]storedSpan{}
	for _, s := range answer.Data[0].Spans {
		if _, twice := out[s.SpanID]; twice {
			return nil, fmt.Errorf("span %s is there twice", s.SpanID)
		}
		st := storedSpan{name: s.OperationName, kind: "internal", status: "unset", service: answer.Data[0].Processes[s.ProcessID].ServiceName,
			start: s.StartTime, duration: s.Duration}
		for _, r := range s.References {
			if r.RefType == "CHILD_OF" && r.TraceID == id && st.parent == "" {
				st.parent = r.SpanID
			}
		}
		for _, tag := range s.Tags {
			switch tag.Key {
			case "span.kind":
				st.kind = fmt.Sprint(tag.Value)
			case "otel.status_code":
				st.status = strings.ToLower(fmt.Sprint(tag.Value))
			}
		}
		out[s.SpanID] = st
	}
	return out, nil
}
