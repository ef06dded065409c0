// Package explain tells a transaction in a terminal: it asks a running server for
// what the server worked out, and draws it in 80 columns. It finds out nothing
// itself.
package explain

import (
	"bufio"
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

// ErrNotFound says that the server has no such transaction.
var ErrNotFound = errors.New("no such transaction")

// Server is where a transaction is asked for.
type Server struct {
	URL    string // base path included
	Token  string // "" where none is needed
	Client *http.Client
}

// Told is a transaction as the server tells it.
type Told struct {
	api.Transaction
	Raw  json.RawMessage // the same, as it was answered
	Rows []Row
}

// Row is what is shown of a span.
type Row struct {
	Name  string
	Node  int
	Error string
}

// Get asks for the transaction that has the trace id, or that a link to its page
// leads to.
func (s *Server) Get(ctx context.Context, id string) (*Told, error) {
	id = id[strings.LastIndexByte(strings.TrimRight(id, "/"), '/')+1:]
	id, _, _ = strings.Cut(id, "?")
	t := &Told{}
	path := "/api/transactions/" + url.PathEscape(id)
	body, err := s.ask(ctx, path)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if t.Raw, err = io.ReadAll(body); err == nil {
		err = json.Unmarshal(t.Raw, &t.Transaction)
	}
	if err == nil && t.ID == "" {
		err = errors.New("it has no id: " + s.URL + " is no Clew server")
	}
	if err != nil {
		return nil, fmt.Errorf("explain: read transaction: %w", err)
	}
	spans, err := s.ask(ctx, path+"/spans")
	if err != nil {
		return nil, err
	}
	defer spans.Close()
	if t.Rows, err = readRows(spans); err != nil {
		return nil, fmt.Errorf("explain: read spans: %w", err)
	}
	return t, nil
}

func (s *Server) ask(ctx context.Context, path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(s.URL, "/")+path, nil)
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	if s.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
	answer, err := s.Client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	defer answer.Body.Close()
	var problem struct{ Detail string }
	json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&problem) // what is no problem document says nothing
	if answer.StatusCode == http.StatusNotFound && problem.Detail != "" {
		return nil, fmt.Errorf("explain: %w: %s", ErrNotFound, clean(problem.Detail))
	}
	return nil, fmt.Errorf("explain: %s answered %s %s", s.URL, answer.Status, clean(problem.Detail))
}

// readRows reads the stream of spans.
func readRows(r io.Reader) ([]Row, error) {
	d := json.NewDecoder(bufio.NewReaderSize(r, 64<<10))
	var head api.SpanHead
	if err := d.Decode(&head); err != nil {
		return nil, err
	}
	var names []string
	rows := make([]Row, 0, min(head.Total, 1<<20))
	for len(rows) < head.Total {
		var c api.SpanColumns
		if err := d.Decode(&c); err != nil {
			return nil, err
		}
		names = append(names, c.Names...)
		if len(c.Name) == 0 || len(c.Name) != len(c.Node) {
			return nil, errors.New("columns of different lengths")
		}
		for i, n := range c.Name {
			if n < 0 || n >= len(names) {
				return nil, fmt.Errorf("row %d has no name", len(rows))
			}
			rows = append(rows, Row{Name: names[n], Node: c.Node[i], Error: c.Errors[c.Offset+i]})
		}
	}
	return rows, nil
}
