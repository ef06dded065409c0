package main

import (
	"context"
	"os"
	"time"

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
	App      string        `placeholder:"DIR" help:"Folder of the application; found beside the binary when not given."`
}

func (c *demoCmd) Run(ctx context.Context) error {
	return demo.Run(ctx, demo.Options{
		Endpoint: c.Endpoint, Token: c.Token, Duration: c.Duration, Rate: c.Rate, Seed: c.Seed, Faults: c.Faults,
		LedgerDir: c.Ledger, AppDir: c.App, Out: os.Stdout, Logger: newLogger("warn", "text"),
	})
}
