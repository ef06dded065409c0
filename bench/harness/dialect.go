package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Trace is what an answer says of one trace.
type Trace struct {
	ID    string
	Spans []string // ids
}

// Search is a question for traces; zero fields ask nothing.
type Search struct {
	Service, Operation string
	Key, Value         string // of an attribute
	Least              time.Duration
	From, To           time.Time
	Limit              int
}

// Get asks for path of the query API and returns the status and the body; any
// status but 200 and 404 is an error.
func (s *Server) Get(ctx context.Context, path string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Query+path, nil)
	if err != nil {
		return 0, nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNotFound {
		err = fmt.Errorf("%s: status %d: %.200s", path, res.StatusCode, body)
	}
	return res.StatusCode, body, err
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8, DisableCompression: true}}

// TracePath returns the path of one trace.
func (d Dialect) TracePath(id string) string {
	if d == ZipkinAPI {
		return "/trace/" + id
	}
	return "/traces/" + id
}

// SearchPath returns the path that asks q.
func (d Dialect) SearchPath(q Search) string {
	v := url.Values{"limit": {strconv.Itoa(q.Limit)}}
	set := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	if d == ZipkinAPI { // which keeps names in lower case
		set("serviceName", strings.ToLower(q.Service))
		set("spanName", strings.ToLower(q.Operation))
		if q.Key != "" {
			v.Set("annotationQuery", q.Key+"="+q.Value)
		}
		if q.Least > 0 {
			v.Set("minDuration", strconv.FormatInt(q.Least.Microseconds(), 10))
		}
		d.window(v, q.From, q.To)
		return "/traces?" + v.Encode()
	}
	set("service", q.Service)
	set("operation", q.Operation)
	if q.Key != "" {
		b, _ := json.Marshal(map[string]string{q.Key: q.Value}) // two texts always marshal
		v.Set("tags", string(b))
	}
	if q.Least > 0 {
		v.Set("minDuration", strconv.FormatInt(q.Least.Microseconds(), 10)+"us")
	}
	v.Set("start", strconv.FormatInt(q.From.UnixMicro(), 10))
	v.Set("end", strconv.FormatInt(q.To.UnixMicro(), 10))
	return "/traces?" + v.Encode()
}

func (d Dialect) window(v url.Values, from, to time.Time) {
	v.Set("endTs", strconv.FormatInt(to.UnixMilli(), 10))
	v.Set("lookback", strconv.FormatInt(to.Sub(from).Milliseconds(), 10))
}

// DependenciesPath returns the path that asks who called whom.
func (d Dialect) DependenciesPath(from, to time.Time) string {
	v := url.Values{}
	d.window(v, from, to)
	return "/dependencies?" + v.Encode()
}

// Traces reads an answer to TracePath or SearchPath.
func (d Dialect) Traces(body []byte) (out []Trace, err error) {
	if d == ZipkinAPI {
		return zipkinTraces(body)
	}
	var a struct {
		Data []struct {
			TraceID string
			Spans   []struct{ SpanID string }
		}
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	for _, t := range a.Data {
		one := Trace{ID: t.TraceID}
		for _, s := range t.Spans {
			one.Spans = append(one.Spans, s.SpanID)
		}
		out = append(out, one)
	}
	return out, nil
}

// zipkinTraces reads a list of traces, or one trace: a list of spans.
func zipkinTraces(body []byte) (out []Trace, err error) {
	type span struct{ TraceID, ID string }
	var many [][]span
	if json.Unmarshal(body, &many) != nil {
		var one []span
		if err := json.Unmarshal(body, &one); err != nil {
			return nil, err
		}
		many = [][]span{one}
	}
	for _, spans := range many {
		var t Trace
		for _, s := range spans {
			t.ID, t.Spans = s.TraceID, append(t.Spans, s.ID)
		}
		out = append(out, t)
	}
	return out, nil
}

// Services reads an answer to /services.
func (d Dialect) Services(body []byte) (names []string, err error) {
	if d == ZipkinAPI {
		err = json.Unmarshal(body, &names)
		return names, err
	}
	var a struct{ Data []string }
	err = json.Unmarshal(body, &a)
	return a.Data, err
}

// Calls reads an answer to DependenciesPath: counts by caller and callee.
func (d Dialect) Calls(body []byte) (map[[2]string]int, error) {
	type link struct {
		Parent, Child string
		CallCount     int
	}
	var a struct{ Data []link }
	var err error
	if d == ZipkinAPI {
		err = json.Unmarshal(body, &a.Data)
	} else {
		err = json.Unmarshal(body, &a)
	}
	calls := map[[2]string]int{}
	for _, l := range a.Data {
		calls[[2]string{l.Parent, l.Child}] += l.CallCount
	}
	return calls, err
}
