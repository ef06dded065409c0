// Package msteams tells a channel of Microsoft Teams, over a workflow that is started
// by a request (the successor of Office connectors), with an adaptive card.
package msteams

import (
	"context"
	"strings"

	"clew/internal/notify"
)

// Kind is Microsoft Teams.
var Kind = notify.Kind{
	Name: "msteams", Says: "a channel of Microsoft Teams",
	Settings: []notify.Setting{{Name: "url", Says: "address of the workflow that posts to the channel", Secret: true}},
	New: func(s notify.Settings, c *notify.Client) (notify.Destination, error) {
		if _, err := notify.URL("url", s["url"]); err != nil {
			return nil, err
		}
		return &destination{s["url"], c}, nil
	},
}

type destination struct {
	url    string
	client *notify.Client
}

type message struct {
	Type        string       `json:"type"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	ContentType string `json:"contentType"`
	Content     card   `json:"content"`
}

type card struct {
	Schema  string    `json:"$schema"`
	Type    string    `json:"type"`
	Version string    `json:"version"`
	Body    []element `json:"body"`
	Actions []element `json:"actions,omitempty"`
}

type element struct {
	Type   string `json:"type"`
	Text   string `json:"text,omitempty"`
	Weight string `json:"weight,omitempty"`
	Size   string `json:"size,omitempty"`
	Color  string `json:"color,omitempty"`
	Wrap   bool   `json:"wrap,omitempty"`
	Title  string `json:"title,omitempty"`
	URL    string `json:"url,omitempty"`
}

// mostText keeps the card below the 28 kB that Teams takes.
const mostText = 6000

// Send posts one card.
func (d *destination) Send(ctx context.Context, n *notify.Notice) error {
	color := "warning"
	switch {
	case n.Action == notify.Resolved:
		color = "good"
	case n.Action == notify.Test || n.Severity == "info":
		color = "accent"
	case n.Severity == "critical":
		color = "attention"
	}
	c := card{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4", Body: []element{
		{Type: "TextBlock", Text: notify.Truncate(n.Title(), 1000), Weight: "bolder", Size: "medium", Color: color, Wrap: true},
		{Type: "TextBlock", Text: notify.Truncate(n.Text(link), mostText), Wrap: true},
	}}
	if to := n.Link(); to != "" {
		c.Actions = []element{{Type: "Action.OpenUrl", Title: "What happened", URL: to}}
	}
	_, err := d.client.Post(ctx, d.url, nil, message{"message", []attachment{{"application/vnd.microsoft.card.adaptive", c}}})
	return err
}

// escaper keeps what was observed from being read as Markdown.
var escaper = strings.NewReplacer("[", "\\[", "]", "\\]", "*", "\\*", "_", "\\_", "`", "\\`")

// link ends with an empty line: Teams joins lines that do not.
func link(text, url string) string {
	text = escaper.Replace(text)
	if url == "" {
		return text + "\n"
	}
	return "[" + text + "](" + url + ")\n"
}
