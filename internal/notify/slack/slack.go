// Package slack tells a channel of Slack, over an incoming webhook.
package slack

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"clew/internal/notify"
)

// Kind is Slack.
var Kind = notify.Kind{
	Name: "slack", Says: "a channel of Slack",
	Settings: []notify.Setting{
		{Name: "url", Says: "address of the incoming webhook", Secret: true},
		{Name: "channel", Says: "another channel than the webhook's, where it may choose", Optional: true},
	},
	New: func(s notify.Settings, c *notify.Client) (notify.Destination, error) {
		if _, err := notify.URL("url", s["url"]); err != nil {
			return nil, err
		}
		return &destination{s["url"], s["channel"], c}, nil
	},
}

type destination struct {
	url, channel string
	client       *notify.Client
}

type message struct {
	Channel     string       `json:"channel,omitempty"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	Color     string   `json:"color"`
	Title     string   `json:"title"`
	TitleLink string   `json:"title_link,omitempty"`
	Text      string   `json:"text"`
	Fallback  string   `json:"fallback"`
	MrkdwnIn  []string `json:"mrkdwn_in"`
	Timestamp int64    `json:"ts"`
}

const (
	mostTitle = 1024
	mostText  = 3000
)

// Send posts one attachment. Slack answers the text ok; anything else is no success.
func (d *destination) Send(ctx context.Context, n *notify.Notice) error {
	title := notify.Truncate(n.Title(), mostTitle)
	said, err := d.client.Post(ctx, d.url, nil, message{d.channel, []attachment{{
		Color: fmt.Sprintf("#%06x", n.Color()), Title: title, TitleLink: n.Link(),
		Text: notify.Truncate(n.Text(link), mostText), Fallback: title, MrkdwnIn: []string{"text"}, Timestamp: n.At.Unix(),
	}}})
	if err == nil && !bytes.Equal(bytes.TrimSpace(said), []byte("ok")) && !bytes.Contains(said, []byte(`"ok":true`)) {
		return &notify.Error{Status: 200, Said: notify.Truncate(string(said), 200)}
	}
	return err
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func link(text, url string) string {
	if url == "" {
		return escaper.Replace(text)
	}
	return "<" + escaper.Replace(url) + "|" + strings.ReplaceAll(escaper.Replace(text), "|", "¦") + ">"
}
