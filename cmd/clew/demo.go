package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"clew/internal/api"
	"clew/internal/demo"
)

type demoCmd struct {
	Endpoint string        `default:"http://127.0.0.1:7171" placeholder:"URL" help:"Server that gets the telemetry (OTLP over HTTP)."`
	Token    string        `placeholder:"TOKEN" help:"Token with scope ingest, where the server needs one."`
	Duration time.Duration `default:"0" help:"Stop after this long; 0 runs until interrupted."`
	Rate     float64       `default:"3" help:"Requests a second."`
	Seed     uint64        `default:"1" help:"Same seed, same requests."`
	Faults   string        `default:"all" help:"Comma-separated: auth401, redis-slow, timeout, cold, retry; all or none."`
	Ledger   string        `placeholder:"DIR" help:"Directory in which every process writes down the spans it sent."`
	Rules    bool          `default:"true" negatable:"" help:"Give the server the demo's rules of alerts, where it takes such."`
	App      string        `placeholder:"DIR" help:"Folder of the application; found beside the binary when not given."`
}

func (c *demoCmd) Run(ctx context.Context) error {
	if c.Rules {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go c.giveRules(ctx)
	}
	return demo.Run(ctx, demo.Options{
		Endpoint: c.Endpoint, Token: c.Token, Duration: c.Duration, Rate: c.Rate, Seed: c.Seed, Faults: c.Faults,
		LedgerDir: c.Ledger, AppDir: c.App, Out: os.Stdout, Logger: newLogger("warn", "text"),
	})
}

// giveRules waits for the server and gives it the demo's rules. It says what became of
// that; the demo runs without them, too.
func (c *demoCmd) giveRules(ctx context.Context) {
	server := rulesCmd{URL: c.Endpoint, Token: c.Token}
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		var kept api.AlertsKept
		err := server.ask(ctx, http.MethodPost, "", demo.Rules, &kept)
		var away *url.Error
		switch {
		case err == nil:
			fmt.Printf("%-18s %s\n", "alerts", strings.Join(kept.Kept, ", "))
			return
		case !errors.As(err, &away) && ctx.Err() == nil:
			fmt.Printf("%-18s none: %v\n", "alerts", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}
