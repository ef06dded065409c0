// Package pagerduty opens and resolves incidents of PagerDuty, by Events version 2.
package pagerduty

import (
	"cmp"
	"context"

	"clew/internal/notify"
)

// Kind is PagerDuty.
var Kind = notify.Kind{
	Name: "pagerduty", Says: "incidents of a PagerDuty service", Each: true,
	Settings: []notify.Setting{
		{Name: "routing_key", Says: "integration key of Events API v2", Secret: true},
		{Name: "url", Says: "another address than https://events.pagerduty.com/v2/enqueue", Optional: true},
	},
	New: func(s notify.Settings, c *notify.Client) (notify.Destination, error) {
		to := cmp.Or(s["url"], "https://events.pagerduty.com/v2/enqueue")
		if _, err := notify.URL("url", to); err != nil {
			return nil, err
		}
		return &destination{to, s["routing_key"], c}, nil
	},
}

type destination struct {
	url, key string
	client   *notify.Client
}

type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"`
	DedupKey   string   `json:"dedup_key"`
	Client     string   `json:"client,omitempty"`
	ClientURL  string   `json:"client_url,omitempty"`
	Payload    *payload `json:"payload,omitempty"`
	Links      []link   `json:"links,omitempty"`
}

type payload struct {
	Summary   string            `json:"summary"`
	Source    string            `json:"source"`
	Severity  string            `json:"severity"`
	Timestamp string            `json:"timestamp"`
	Component string            `json:"component,omitempty"`
	Details   map[string]string `json:"custom_details"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

const mostSummary = 1024

// Send enqueues one event; its dedup_key is that of the incident.
func (d *destination) Send(ctx context.Context, n *notify.Notice) error {
	e := event{RoutingKey: d.key, Action: "trigger", DedupKey: n.Key, Client: "Clew", ClientURL: n.URL}
	if n.Action == notify.Resolved {
		e.Action = "resolve"
	}
	resource := "Clew"
	if len(n.Items) == 1 {
		resource = cmp.Or(n.Items[0].Resource, resource)
	}
	e.Payload = &payload{
		Summary: notify.Truncate(n.Title(), mostSummary), Source: resource, Component: resource, Severity: n.Severity,
		Timestamp: n.At.UTC().Format("2006-01-02T15:04:05.000Z07:00"), Details: map[string]string{"rule": n.Rule, "text": n.Text(notify.Plain)},
	}
	if to := n.Link(); to != "" && to != n.URL {
		e.Links = []link{{to, "What happened"}}
	}
	_, err := d.client.Post(ctx, d.url, nil, e, d.key)
	return err
}
