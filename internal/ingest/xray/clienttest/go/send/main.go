// Sends segments with the published SDK and prints, as JSON, what it sent.
// Usage: send <service|lambda>; the daemon's address is in AWS_XRAY_DAEMON_ADDRESS.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-xray-sdk-go/strategy/ctxmissing"
	"github.com/aws/aws-xray-sdk-go/xray"
	"github.com/aws/aws-xray-sdk-go/xraylog"
)

const (
	traceHeader = "Root=1-6b012a58-d4a39e644022402da8702c9e;Parent=53995c3f42cd8ad8;Sampled=1"
	remote      = "53995c3f42cd8ad8"
)

type row map[string]any

var (
	rows    []func() row
	headers []string
)

// nanos is how the SDK's JSON shows a time.
func nanos(t float64) string {
	whole, part, _ := strings.Cut(strconv.FormatFloat(t, 'f', -1, 64), ".")
	return whole + (part + "000000000")[:9]
}

// expect notes that s, once it has ended, is to arrive as this span.
func expect(s *xray.Segment, parent, kind, status string, attrs row, more row) {
	rows = append(rows, func() row {
		r := row{
			"trace": "6b012a58d4a39e644022402da8702c9e", "id": s.ID, "parent": parent, "name": s.Name, "kind": kind, "status": status,
			"start": nanos(s.StartTime), "end": nanos(s.EndTime), "attrs": attrs,
		}
		for k, v := range more {
			r[k] = v
		}
		return r
	})
}

// story does the same below a segment, real or that of a function.
func story(ctx context.Context, parent, url string) error {
	work, w := xray.BeginSubsegment(ctx, "work")
	expect(w, parent, "internal", "unset", row{
		"post": "žluť 🧵 \"quoted\"", "count": row{"int": 3}, "ratio": row{"double": 2.5}, "draft": row{"bool": true},
		"aws.xray.metadata.blog": row{"json": row{"body": row{"password": "***", "tags": []any{"a", 1, nil}}}},
	}, nil)
	err := errors.Join(
		xray.AddAnnotation(work, "post", "žluť 🧵 \"quoted\""), xray.AddAnnotation(work, "count", 3),
		xray.AddAnnotation(work, "ratio", 2.5), xray.AddAnnotation(work, "draft", true),
		xray.AddMetadataToNamespace(work, "blog", "body", row{"password": "hunter2", "tags": []any{"a", 1, nil}}),
	)
	if err != nil {
		return err
	}
	inEarly, early := xray.BeginSubsegment(work, "ends before its child")
	_, late := xray.BeginSubsegment(inEarly, "late child")
	expect(early, w.ID, "internal", "unset", nil, nil)
	expect(late, early.ID, "internal", "unset", nil, nil)
	early.Close(nil)
	late.Close(nil)

	req, err := http.NewRequestWithContext(work, http.MethodGet, url+"/busy", nil)
	if err != nil {
		return err
	}
	resp, err := xray.Client(&http.Client{Transport: spy{http.DefaultTransport, w.ID}}).Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	w.Close(nil)

	_, failed := xray.BeginSubsegment(ctx, "fails")
	expect(failed, parent, "internal", "error", nil, row{"message": "cannot read 'title'", "exception": "errors.errorString"})
	failed.Close(errors.New("cannot read 'title'"))
	return nil
}

// spy sees the call's subsegment.
type spy struct {
	http.RoundTripper
	parent string
}

func (t spy) RoundTrip(r *http.Request) (*http.Response, error) {
	s := xray.GetSegment(r.Context())
	expect(s, t.parent, "client", "error", row{
		"http.request.method": "GET", "url.full": r.URL.String(), "http.response.status_code": row{"int": 429}, "aws.xray.throttle": row{"bool": true},
	}, nil)
	return t.RoundTripper.RoundTrip(r)
}

func service(url string) (rule string, err error) {
	handler := xray.Handler(xray.NewFixedSegmentNamer("blog"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := xray.GetSegment(r.Context())
		if sdk, ok := s.AWS["xray"].(xray.SDK); ok {
			rule = sdk.RuleName
		}
		if r.URL.Path == "/probe" {
			s.Sampled = false
			return
		}
		s.Lock()
		s.User = "ada"
		s.Unlock()
		expect(s, remote, "server", "error", row{
			"http.request.method": "GET", "http.response.status_code": row{"int": 500}, "enduser.id": "ada", "client.address": "127.0.0.1",
		}, nil)
		err = story(r.Context(), s.ID, url)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	srv := httptest.NewServer(handler)
	defer srv.Close()
	probe, err := http.NewRequest(http.MethodGet, srv.URL+"/probe", nil)
	if err != nil {
		return "", err
	}
	for end := time.Now().Add(20 * time.Second); rule == "" && time.Now().Before(end); {
		resp, err := http.DefaultClient.Do(probe)
		if err != nil {
			return "", err
		}
		resp.Body.Close()
	}
	asked := rule
	req, err := http.NewRequest(http.MethodGet, srv.URL+"/new_post", nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("X-Amzn-Trace-Id", traceHeader)
	resp, doErr := http.DefaultClient.Do(req)
	if doErr != nil {
		return "", doErr
	}
	resp.Body.Close()
	return asked, err
}

func run(mode string) error {
	xray.SetLogger(xraylog.NewDefaultLogger(io.Discard, xraylog.LogLevelError))
	if err := xray.Configure(xray.Config{ContextMissingStrategy: ctxmissing.NewDefaultLogErrorStrategy()}); err != nil {
		return err
	}
	cloud := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers = append(headers, r.Header.Get("X-Amzn-Trace-Id"))
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer cloud.Close()
	name, language, rule := "", "", ""
	var err error
	if mode == "lambda" {
		err = story(context.WithValue(context.Background(), xray.LambdaTraceHeaderKey, traceHeader), remote, cloud.URL)
	} else {
		name, language = "blog", "go"
		rule, err = service(cloud.URL)
	}
	if err != nil {
		return err
	}
	var spans []row
	for _, f := range rows {
		spans = append(spans, f())
	}
	return json.NewEncoder(os.Stdout).Encode(row{"service": name, "language": language, "rule": rule, "spans": spans, "headers": headers})
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
