// Package triage asks a running server for its issues, prints them for people, and
// tells it what people made of them. It speaks the REST API and decides nothing.
package triage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"clew/internal/api"
)

// Server is where issues are kept.
type Server struct {
	URL    string // base path included
	Token  string
	Client *http.Client
}

// ErrNotFound is returned for issues that are not there.
var ErrNotFound = errors.New("triage: there is no such issue")

// Ask are the parameters of GET /api/issues; empty ones are left to the server.
type Ask struct {
	Query, From, To, State, Sort string
	Limit                        int
}

// List answers the first page of a list, and what the server sent.
func (s *Server) List(ctx context.Context, a Ask) (*api.IssueList, []byte, error) {
	q := url.Values{}
	for k, v := range map[string]string{"q": a.Query, "from": a.From, "to": a.To, "state": a.State, "sort": a.Sort} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if a.Limit > 0 {
		q.Set("limit", fmt.Sprint(a.Limit))
	}
	list := new(api.IssueList)
	raw, err := s.do(ctx, http.MethodGet, "api/issues?"+q.Encode(), nil, list)
	return list, raw, err
}

// Get answers one issue, and what the server sent.
func (s *Server) Get(ctx context.Context, id string) (*api.Issue, []byte, error) {
	one := new(api.Issue)
	raw, err := s.do(ctx, http.MethodGet, "api/issues/"+url.PathEscape(lastPart(id)), nil, one)
	return one, raw, err
}

// SetState tells what somebody made of an issue; until is empty or a time.
func (s *Server) SetState(ctx context.Context, id, state, until string) (*api.IssueRow, []byte, error) {
	body, err := json.Marshal(api.IssueStateChange{State: state, Until: until})
	if err != nil {
		return nil, nil, err
	}
	row := new(api.IssueRow)
	raw, err := s.do(ctx, http.MethodPost, "api/issues/"+url.PathEscape(lastPart(id))+"/state", body, row)
	return row, raw, err
}

// lastPart lets people paste a link to an issue's page.
func lastPart(id string) string {
	id, _, _ = strings.Cut(id, "?")
	id = strings.TrimRight(id, "/")
	return id[strings.LastIndexByte(id, '/')+1:]
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 32 << 20

func (s *Server) do(ctx context.Context, method, path string, body []byte, into any) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(s.URL, "/")+"/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("triage: ask %s: %w", s.URL, err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if s.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
	resp, err := s.Client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("triage: ask %s: %w", s.URL, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, fmt.Errorf("triage: read the answer of %s: %w", s.URL, err)
	case resp.StatusCode == http.StatusNotFound && strings.Contains(path, "issues/"):
		return nil, ErrNotFound
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("triage: %s answers %d: %s", s.URL, resp.StatusCode, problem(raw))
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return nil, fmt.Errorf("triage: read the answer of %s: %w", s.URL, err)
	}
	return raw, nil
}

// problem is what an error answer says.
func problem(raw []byte) string {
	var p struct{ Detail, Title string }
	if json.Unmarshal(raw, &p) == nil && p.Detail != "" {
		return p.Detail
	}
	return strings.TrimSpace(string(raw[:min(len(raw), 200)]))
}
