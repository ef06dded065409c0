// Package opsgenie opens and closes alerts of Opsgenie, whose API Jira Service
// Management took over: there, the address is its integration events API.
package opsgenie

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"clew/internal/notify"
)

// Kind is Opsgenie and Jira Service Management.
var Kind = notify.Kind{
	Name: "opsgenie", Says: "alerts of Jira Service Management, or of Opsgenie, which ends on 2027-04-05", Each: true,
	Settings: []notify.Setting{
		{Name: "api_key", Says: "key of the API integration", Secret: true},
		{Name: "url", Says: "https://api.atlassian.com/jsm/ops/integration/ for Jira Service Management; https://api.opsgenie.com/ when empty", Optional: true},
		{Name: "team", Says: "name of the team that is told", Optional: true},
	},
	New: func(s notify.Settings, c *notify.Client) (notify.Destination, error) {
		base := strings.TrimSuffix(cmp.Or(s["url"], "https://api.opsgenie.com/"), "/")
		if _, err := notify.URL("url", base); err != nil {
			return nil, err
		}
		return &destination{base + "/v2/alerts", s["api_key"], s["team"], c}, nil
	},
}

type destination struct {
	url, key, team string
	client         *notify.Client
}

type create struct {
	Alias       string            `json:"alias"`
	Message     string            `json:"message"`
	Description string            `json:"description"`
	Details     map[string]string `json:"details"`
	Source      string            `json:"source"`
	Entity      string            `json:"entity,omitempty"`
	Priority    string            `json:"priority"`
	Responders  []responder       `json:"responders,omitempty"`
}

type responder struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type closing struct {
	Source string `json:"source"`
}

const (
	mostMessage     = 130
	mostDescription = 15000
)

var priorities = map[string]string{"critical": "P1", "warning": "P3", "info": "P5"}

// Send creates or closes the alert whose alias is the key of the incident.
func (d *destination) Send(ctx context.Context, n *notify.Notice) error {
	sum := sha256.Sum256([]byte(n.Key))
	alias := hex.EncodeToString(sum[:]) // stands in a path
	header := http.Header{"Authorization": {"GenieKey " + d.key}}
	if n.Action == notify.Resolved {
		_, err := d.client.Post(ctx, d.url+"/"+alias+"/close?identifierType=alias", header, closing{"Clew"}, d.key)
		return err
	}
	c := create{
		Alias: alias, Message: notify.Truncate(n.Title(), mostMessage), Description: notify.Truncate(n.Text(notify.Plain), mostDescription),
		Details: map[string]string{"rule": n.Rule, "severity": n.Severity, "link": n.Link()}, Source: "Clew", Priority: priorities[n.Severity],
	}
	if len(n.Items) == 1 {
		c.Entity = notify.Truncate(n.Items[0].Resource, 512)
	}
	if d.team != "" {
		c.Responders = []responder{{d.team, "team"}}
	}
	_, err := d.client.Post(ctx, d.url, header, c, d.key)
	return err
}
