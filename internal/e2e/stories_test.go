//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"clew/internal/signal"
	"clew/internal/transaction/scenario"
)

// TestStoriesInABrowser sends stories of the library to the real server over OTLP
// and has a real browser walk from the overview to their root causes.
func TestStoriesInABrowser(t *testing.T) {
	_, base := serve(t, t.TempDir(), "")
	told := map[string]string{}
	for _, name := range []string{"poison_message_dlq", "oom", "throttle_storm", "timeout_open_span", "fanout_500", "partial_batch"} {
		told[name] = tell(t, base, name, library(t, name), time.Minute)
	}
	told["waiting"] = tell(t, base, "waiting", waiting, time.Minute)
	told["blog"] = tell(t, base, "blog", library(t, "blog"), 0)
	eventually(t, time.Minute, "every story is told, and the founding one is an issue with its root cause", func() error {
		for name, id := range told {
			var tx struct{ Outcome string }
			if err := getJSON(base+"/api/transactions/"+id, &tx); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return errors.Join(hasCause(base, "post-analysis", "request-processor"), hasCost(base, "report"))
	})
	stories, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", filepath.Join(root, "ui", "e2e", "stories.mjs"), base, string(stories)).CombinedOutput()
	if err != nil {
		t.Errorf("the browser: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// waiting is a function that costs more than those of the other stories, 62 % of
// it because it waits for a cache.
const waiting = `
gateway shop
function report memory=10240
cache sentiment-cache

0-1010 entry shop "GET /report" -> 200
  5-1005 invoke report
    100-720 use sentiment-cache GET

expect
  silent none
`

// hasCost reports whether a function has been counted.
func hasCost(base, function string) error {
	var list struct {
		Functions []struct {
			Name string
			USD  float64
		}
	}
	if err := getJSON(base+"/api/functions", &list); err != nil {
		return err
	}
	for _, f := range list.Functions {
		if f.Name == function && f.USD > 0 {
			return nil
		}
	}
	return fmt.Errorf("%s costs nothing yet: %+v", function, list.Functions)
}

// hasCause reports whether there is an issue of one function with a cause in another.
func hasCause(base, function, cause string) error {
	var list struct {
		Issues []struct {
			Title    string
			Resource struct{ Name string }
			Cause    *struct{ Resource struct{ Name string } }
		}
	}
	if err := getJSON(base+"/api/issues?q="+url.QueryEscape("function:"+function), &list); err != nil {
		return err
	}
	for _, i := range list.Issues {
		if i.Resource.Name == function && i.Cause != nil && i.Cause.Resource.Name == cause {
			return nil
		}
	}
	return fmt.Errorf("no issue of %s starts in %s: %+v", function, cause, list.Issues)
}

func library(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "internal", "transaction", "testdata", "scenarios", name+".story"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tell sends one story so that it ended some time ago, and returns the id of its first trace.
func tell(t *testing.T, base, name, text string, ago time.Duration) (id string) {
	t.Helper()
	s, err := scenario.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	e := newEncoder(s, ago)
	for _, b := range s.Batches {
		postJSON(t, base+"/v1/traces", e.traces(b))
		postJSON(t, base+"/v1/logs", e.logs(b))
	}
	return e.trace(s.Traces()[0])
}

func postJSON(t *testing.T, url string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(url, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %d: %s", url, res.StatusCode, answer)
	}
}

// encoder writes the batches of one story as OTLP in JSON: its ids are told apart
// from those of other stories, and it ends when it is wanted to.
type encoder struct {
	salt  byte
	shift time.Duration
}

func newEncoder(s *scenario.Scenario, ago time.Duration) *encoder {
	h := fnv.New32a()
	h.Write([]byte(s.Name))
	var end signal.Time
	for _, b := range s.Batches {
		for i := range b.Groups {
			for j := range b.Groups[i].Spans {
				end = max(end, b.Groups[i].Spans[j].End)
			}
		}
	}
	return &encoder{salt: byte(h.Sum32()), shift: signal.TimeOf(time.Now().Add(-ago)).Sub(end)}
}

func (e *encoder) trace(id signal.TraceID) string {
	id[4] ^= e.salt
	id[12] ^= e.salt
	return id.String()
}

func (e *encoder) span(id signal.SpanID) string {
	if id.IsZero() {
		return ""
	}
	return hex.EncodeToString(id[:])
}

func (e *encoder) time(at signal.Time) string {
	if at == 0 {
		return "0"
	}
	return strconv.FormatInt(int64(at.Add(e.shift)), 10)
}

type object = map[string]any

func (e *encoder) traces(b *signal.Batch) object {
	groups := []object{}
	for i := range b.Groups {
		g := &b.Groups[i]
		spans := []object{}
		for j := range g.Spans {
			spans = append(spans, e.spanOf(&g.Spans[j]))
		}
		groups = append(groups, object{"resource": object{"attributes": e.attrs(g.Resource)}, "scopeSpans": []object{{"scope": object{"name": g.Scope.Name, "version": g.Scope.Version}, "spans": spans}}})
	}
	return object{"resourceSpans": groups}
}

func (e *encoder) spanOf(s *signal.Span) object {
	events, links := []object{}, []object{}
	for _, v := range s.Events {
		events = append(events, object{"timeUnixNano": e.time(v.At), "name": v.Name, "attributes": e.attrs(v.Attrs)})
	}
	for _, l := range s.Links {
		links = append(links, object{"traceId": e.trace(l.Trace), "spanId": e.span(l.Span), "attributes": e.attrs(l.Attrs)})
	}
	return object{
		"traceId": e.trace(s.Trace), "spanId": e.span(s.ID), "parentSpanId": e.span(s.Parent), "name": s.Name, "kind": int(s.Kind), "startTimeUnixNano": e.time(s.Start), "endTimeUnixNano": e.time(s.End),
		"attributes": e.attrs(s.Attrs), "events": events, "links": links, "status": object{"code": int(s.Status.Code), "message": s.Status.Message},
	}
}

func (e *encoder) logs(b *signal.Batch) object {
	groups := []object{}
	for i := range b.Groups {
		g := &b.Groups[i]
		records := []object{}
		for _, l := range g.Logs {
			records = append(records, object{
				"timeUnixNano": e.time(l.At), "severityNumber": int(l.Level), "severityText": l.LevelText, "body": e.value(l.Body), "attributes": e.attrs(l.Attrs), "traceId": e.trace(l.Trace), "spanId": e.span(l.Span),
			})
		}
		groups = append(groups, object{"resource": object{"attributes": e.attrs(g.Resource)}, "scopeLogs": []object{{"logRecords": records}}})
	}
	return object{"resourceLogs": groups}
}

func (e *encoder) attrs(as signal.Attrs) []object {
	list := []object{}
	for _, a := range as {
		list = append(list, object{"key": a.Key, "value": e.value(a.Value)})
	}
	return list
}

func (e *encoder) value(v signal.Value) object {
	switch v.Kind() {
	case signal.KindBool:
		return object{"boolValue": v.Bool()}
	case signal.KindInt:
		return object{"intValue": strconv.FormatInt(v.Int(), 10)}
	case signal.KindDouble:
		return object{"doubleValue": v.Double()}
	case signal.KindBytes:
		return object{"bytesValue": base64.StdEncoding.EncodeToString([]byte(v.Text()))}
	}
	// The request ids of every story are counted from one.
	return object{"stringValue": strings.ReplaceAll(v.String(), "-0000-4000-8000-", fmt.Sprintf("-0000-4000-80%02x-", e.salt))}
}
