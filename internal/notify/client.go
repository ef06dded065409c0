package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Client is what destinations over HTTP send with. A nil one sends nothing.
type Client struct {
	HTTP    *http.Client
	Version string // of Clew, for the user agent
}

// NewClient returns a client that waits 10 s for an answer and follows no redirects: a
// receiver that moved must be told to Clew, not to where the secret goes next.
func NewClient(version string) *Client {
	return &Client{Version: version, HTTP: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Post sends body as JSON and returns the beginning of the answer. Only statuses of
// 200 to 299 are a success. secrets are cut out of errors, as is the address.
func (c *Client) Post(ctx context.Context, to string, header http.Header, body any, secrets ...string) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("notify: write message: %w", err)
	}
	return c.Do(ctx, http.MethodPost, to, "application/json", header, text, secrets...)
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 4 << 10

// Do is Post of any body.
func (c *Client) Do(ctx context.Context, method, to, contentType string, header http.Header, body []byte, secrets ...string) ([]byte, error) {
	if c == nil {
		return nil, ErrNoClient
	}
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("notify: the address cannot be used")
	}
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", "Clew/"+c.Version)
	res, err := c.HTTP.Do(req)
	if err != nil {
		var outer *url.Error // names the address
		if errors.As(err, &outer) {
			err = outer.Err
		}
		return nil, &Error{Said: hide(err.Error(), append(partsOf(req.URL), secrets...)), Retry: true}
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err != nil {
		return nil, &Error{Said: "the answer broke off", Retry: true}
	}
	if res.StatusCode/100 == 2 {
		return said, nil
	}
	return nil, &Error{
		Status: res.StatusCode, Said: hide(Truncate(strings.TrimSpace(string(said)), 200), append(partsOf(req.URL), secrets...)),
		Retry: res.StatusCode == http.StatusTooManyRequests || res.StatusCode/100 == 5, RetryWait: retryAfter(res.Header),
	}
}

// partsOf lists what of an address may be a secret: all of it, and every longer piece
// of its path and query.
func partsOf(u *url.URL) []string {
	parts := []string{u.String(), u.RequestURI()}
	for _, p := range strings.FieldsFunc(u.RequestURI(), func(r rune) bool { return strings.ContainsRune("/?&=", r) }) {
		if len(p) >= 8 {
			parts = append(parts, p)
		}
	}
	return parts
}

// retryAfter reads the seconds of Retry-After; dates and nonsense are 0.
func retryAfter(h http.Header) time.Duration {
	s, err := strconv.ParseFloat(h.Get("Retry-After"), 64)
	if err != nil || s <= 0 || s > 3600 {
		return 0
	}
	return time.Duration(s * float64(time.Second))
}

// hide cuts secrets out of a text, longest first.
func hide(text string, secrets []string) string {
	secrets = slices.Clone(secrets)
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return text
}
