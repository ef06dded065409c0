package ingesttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Post is one request as a client made it.
type Post struct {
	Header http.Header
	Body   []byte
}

// Recorder keeps what clients post on its way to a door. Clients are given its URL.
type Recorder struct {
	URL string

	mu    sync.Mutex // guards posts
	posts []Post
}

// Record opens a recorder before the door at addr until the test ends.
func Record(t testing.TB, addr string) *Recorder {
	t.Helper()
	r := new(Recorder)
	to := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.posts = append(r.posts, Post{q.Header.Clone(), body})
		r.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(q.Context()), time.Minute) // hanging up is between client and door
		defer cancel()
		q = q.WithContext(ctx)
		q.Body = io.NopCloser(bytes.NewReader(body))
		to.ServeHTTP(w, q)
	}))
	t.Cleanup(srv.Close)
	r.URL = srv.URL
	return r
}

// Posts returns what was posted so far.
func (r *Recorder) Posts() []Post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Post(nil), r.posts...)
}

// GatewayEvent is the event of a request to API Gateway; query is its parameter
// "id", or empty.
func GatewayEvent(method, path, query, body string) string {
	event := map[string]any{
		"resource": path, "path": path, "httpMethod": method, "isBase64Encoded": false, "pathParameters": nil,
		"headers": map[string]string{"Host": "api.blog.example", "User-Agent": "reader", "Authorization": "Bearer reader-secret-1234567890"},
		"body":    body,
		"requestContext": map[string]any{
			"requestId": "9d2ea0ea-7d0c-4b8e-9f0a-" + fmt.Sprintf("%012x", len(path)), "apiId": "a1b2c3", "stage": "prod", "httpMethod": method, "resourcePath": path, "accountId": "123456789012",
		},
	}
	if query != "" {
		event["queryStringParameters"] = map[string]string{"id": query}
	}
	raw, err := json.Marshal(event)
	if err != nil {
		panic(err) // maps of texts always have a JSON form
	}
	return string(raw)
}
