// Package discord tells a channel of Discord, over a webhook.
package discord

import (
	"context"

	"clew/internal/notify"
)

// Kind is Discord.
var Kind = notify.Kind{
	Name: "discord", Says: "a channel of Discord",
	Settings: []notify.Setting{{Name: "url", Says: "address of the webhook", Secret: true}},
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
	Embeds   []embed  `json:"embeds"`
	Mentions mentions `json:"allowed_mentions"`
}

// mentions allows none: texts come from what was observed, not from people.
type mentions struct {
	Parse []string `json:"parse"`
}

type embed struct {
	Title       string `json:"title"`
	URL         string `json:"url,omitempty"`
	Description string `json:"description"`
	Color       int    `json:"color"`
	Timestamp   string `json:"timestamp"`
}

const (
	mostTitle       = 256
	mostDescription = 4096
)

// Send posts one embed.
func (d *destination) Send(ctx context.Context, n *notify.Notice) error {
	_, err := d.client.Post(ctx, d.url, nil, message{[]embed{{
		Title: notify.Truncate(n.Title(), mostTitle), URL: n.Link(), Color: n.Color(),
		Description: notify.Truncate(n.Text(notify.Plain), mostDescription), Timestamp: n.At.UTC().Format("2006-01-02T15:04:05.000Z"),
	}}, mentions{[]string{}}})
	return err
}
