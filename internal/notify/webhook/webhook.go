// Package webhook posts to any address, as JSON or in the words of a template.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/template"
	"time"

	"clew/internal/notify"
)

// Kind is a webhook.
var Kind = notify.Kind{
	Name: "webhook", Says: "any address that takes a POST",
	Settings: []notify.Setting{
		{Name: "url", Says: "address", Secret: true},
		{Name: "authorization", Says: "value of the header Authorization", Secret: true, Optional: true},
		{Name: "template", Says: `body in Go's template language: {{.Title}}, {{json .Title}}, {{range .Items}}{{.Line}}{{end}}; JSON of the notice when empty`, Optional: true},
		{Name: "content_type", Says: "of the template's text, application/json when empty", Optional: true},
	},
	New: func(s notify.Settings, c *notify.Client) (notify.Destination, error) {
		if _, err := notify.URL("url", s["url"]); err != nil {
			return nil, err
		}
		d := &destination{url: s["url"], authorization: s["authorization"], contentType: "application/json", client: c}
		if s["content_type"] != "" {
			d.contentType = s["content_type"]
		}
		if strings.ContainsAny(d.contentType+d.authorization, "\r\n") {
			return nil, fmt.Errorf("notify: a header has more than one line")
		}
		if s["template"] == "" {
			return d, nil
		}
		var err error
		if d.body, err = template.New("body").Funcs(template.FuncMap{"json": toJSON}).Parse(s["template"]); err != nil {
			return nil, fmt.Errorf("notify: template: %w", err)
		}
		if err := d.body.Execute(io.Discard, view(&notify.Notice{Action: notify.Test, Items: []notify.Item{{Resource: "any"}}})); err != nil {
			return nil, fmt.Errorf("notify: template: %w", err)
		}
		return d, nil
	},
}

type destination struct {
	url, authorization, contentType string
	body                            *template.Template // nil: JSON of the notice
	client                          *notify.Client
}

// Message is what is posted, and what templates see.
type Message struct {
	Version  int    `json:"version"`
	Action   string `json:"action"`
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	At       string `json:"at"`
	Key      string `json:"key"`
	Title    string `json:"title"`
	Text     string `json:"text"`
	URL      string `json:"url,omitempty"`
	Items    []Item `json:"items"`
}

// Item is one series of a message.
type Item struct {
	Resource string `json:"resource,omitempty"`
	Why      string `json:"why,omitempty"`
	Cause    string `json:"cause,omitempty"`
	Count    uint64 `json:"count,omitempty"`
	URL      string `json:"url,omitempty"`
	Line     string `json:"line"`
}

func view(n *notify.Notice) *Message {
	m := &Message{1, string(n.Action), n.Rule, n.Severity, n.At.UTC().Format(time.RFC3339Nano), n.Key, n.Title(), n.Text(notify.Plain), n.URL, []Item{}}
	for i := range n.Items {
		it := &n.Items[i]
		m.Items = append(m.Items, Item{it.Resource, it.Why, it.Cause, it.Count, it.URL, it.Line()})
	}
	return m
}

func toJSON(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// secrets are the header, and the parts of it that servers may repeat.
func (d *destination) secrets() []string {
	return append(strings.Fields(d.authorization), d.authorization)
}

// Send posts one message.
func (d *destination) Send(ctx context.Context, n *notify.Notice) error {
	header := http.Header{}
	if d.authorization != "" {
		header.Set("Authorization", d.authorization)
	}
	if d.body == nil {
		_, err := d.client.Post(ctx, d.url, header, view(n), d.secrets()...)
		return err
	}
	var b bytes.Buffer
	if err := d.body.Execute(&b, view(n)); err != nil {
		return fmt.Errorf("notify: template: %w", err)
	}
	_, err := d.client.Do(ctx, http.MethodPost, d.url, d.contentType, header, b.Bytes(), d.secrets()...)
	return err
}
