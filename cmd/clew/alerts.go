package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"clew/internal/alert"
	"clew/internal/meta"
	"clew/internal/notify"
	"clew/internal/notify/discord"
	"clew/internal/notify/email"
	"clew/internal/notify/msteams"
	"clew/internal/notify/opsgenie"
	"clew/internal/notify/pagerduty"
	"clew/internal/notify/slack"
	"clew/internal/notify/sns"
	"clew/internal/notify/telegram"
	"clew/internal/notify/webhook"
	"clew/internal/watch"
)

// destinations are the kinds of receivers of alerts, in the order they are offered.
var destinations = []notify.Kind{
	slack.Kind,
	pagerduty.Kind,
	opsgenie.Kind,
	email.Kind,
	msteams.Kind,
	discord.Kind,
	telegram.Kind,
	sns.Kind,
	webhook.Kind,
}

// keyFile seals the secrets of destinations; it lies beside the metadata and is in no
// backup.
const keyFile = "alerts.key"

// alerts makes what evaluates rules. Its links lead to where people open Clew.
func (c *serveCmd) alerts(ctx context.Context, st alert.Scanner, db *meta.DB, addr string, log *slog.Logger) (*watch.Watch, error) {
	key, err := watch.LoadKey(filepath.Join(c.Data, keyFile))
	if err != nil {
		return nil, err
	}
	url := c.PublicURL
	if url == "" {
		url = "http://" + addr + c.Base()
	}
	return watch.New(ctx, watch.Options{
		Store: st, Issues: db, DB: db, Kinds: destinations, Client: notify.NewClient(buildVersion()), Key: key,
		Now: time.Now, URL: strings.TrimSuffix(url, "/") + "/", Logger: log,
	})
}
