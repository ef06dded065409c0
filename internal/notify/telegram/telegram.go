// Package telegram tells a chat of Telegram, as a bot.
package telegram

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"html"
	"strings"
	"time"

	"clew/internal/notify"
)

// Kind is Telegram.
var Kind = notify.Kind{
	Name: "telegram", Says: "a chat of Telegram",
	Settings: []notify.Setting{
		{Name: "token", Says: "token of the bot", Secret: true},
		{Name: "chat", Says: "number of the chat, or @name of a public one"},
		{Name: "url", Says: "another address than https://api.telegram.org", Optional: true},
	},
	New: func(s notify.Settings, c *notify.Client) (notify.Destination, error) {
		base := strings.TrimSuffix(cmp.Or(s["url"], "https://api.telegram.org"), "/")
		if _, err := notify.URL("url", base); err != nil {
			return nil, err
		}
		return &destination{base + "/bot" + s["token"] + "/sendMessage", s["token"], s["chat"], c}, nil
	},
}

type destination struct {
	url, token, chat string
	client           *notify.Client
}

type message struct {
	Chat    string  `json:"chat_id"`
	Text    string  `json:"text"`
	Mode    string  `json:"parse_mode"`
	Preview preview `json:"link_preview_options"`
}

type preview struct {
	Disabled bool `json:"is_disabled"`
}

const mostText = 4096

// Send sends one message. A text too long for Telegram loses its links, so that no
// tag is cut in two.
func (d *destination) Send(ctx context.Context, n *notify.Notice) error {
	text := "<b>" + html.EscapeString(n.Title()) + "</b>\n" + n.Text(link)
	if len([]rune(text)) > mostText {
		text = html.EscapeString(notify.Truncate(n.Title()+"\n"+n.Text(notify.Plain), mostText/2))
	}
	_, err := d.client.Post(ctx, d.url, nil, message{d.chat, text, "HTML", preview{true}}, d.token)
	return patient(err)
}

// patient reads how long Telegram wants to be left alone out of a 429's body.
func patient(err error) error {
	e, ok := err.(*notify.Error)
	if !ok || e.Status != 429 {
		return err
	}
	var said struct {
		Parameters struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	if json.NewDecoder(bytes.NewReader([]byte(e.Said))).Decode(&said) == nil && e.RetryWait == 0 {
		e.RetryWait = time.Duration(min(said.Parameters.RetryAfter, 3600)) * time.Second
	}
	return e
}

func link(text, url string) string {
	if url == "" {
		return html.EscapeString(text)
	}
	return `<a href="` + html.EscapeString(url) + `">` + html.EscapeString(text) + `</a>`
}
