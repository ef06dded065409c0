// Package demo runs the blog site of Clew's founding story for real: Node and
// Python functions in the sandbox, an Express service and a gateway beside it,
// Redis and AWS fakes below, official OpenTelemetry SDKs throughout, and a load
// generator that causes known faults. It sends to any OTLP server and knows
// nothing of Clew's own rooms.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"clew/internal/sandbox"
)

// Options says where to send, how much and what goes wrong. The zero value of
// every field but Endpoint works.
type Options struct {
	Endpoint  string        // OTLP over HTTP, such as http://127.0.0.1:4318
	Token     string        // sent as a bearer token when not empty
	Duration  time.Duration // 0: until the context ends
	Rate      float64       // requests a second; 0 is 3
	Seed      uint64        // equal seeds send equal requests at equal moments
	Faults    string        // comma list of FaultNames, all (also when empty) or none
	LedgerDir string        // where processes write what was acknowledged; empty: nowhere
	AppDir    string        // the demo application's folder; empty: found by FindApp
	Out       io.Writer     // one line a part and a summary every ten seconds; nil drops them
	Logger    *slog.Logger  // what functions and services print, at debug level; nil drops it
}

const (
	region  = "us-east-1"
	account = "123456789012"
)

// Run runs the application until ctx ends or Duration is over. All processes it
// started are gone when it returns. The end of ctx is no error.
func Run(ctx context.Context, o Options) error {
	if o.Rate == 0 {
		o.Rate = 3
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	faults, err := ParseFaults(o.Faults)
	if err != nil {
		return err
	}
	if o.Rate < 0 || o.Rate > 100 {
		return fmt.Errorf("demo: rate %v is not between 0 and 100 requests a second", o.Rate)
	}
	app, err := OpenApp(o.AppDir)
	if err != nil {
		return err
	}
	if o.LedgerDir != "" {
		if o.LedgerDir, err = filepath.Abs(o.LedgerDir); err != nil {
			return fmt.Errorf("demo: open ledger: %w", err)
		}
		if err := os.MkdirAll(o.LedgerDir, 0o755); err != nil {
			return fmt.Errorf("demo: open ledger: %w", err)
		}
	}
	if err := awaitServer(ctx, o.Endpoint, o.Token); err != nil {
		return ended(ctx, err)
	}
	s, err := start(ctx, o, app)
	if err != nil {
		return ended(ctx, err)
	}
	defer s.stop()
	return ended(ctx, s.drive(ctx, o, faults))
}

// ended hides errors that only say that ctx is over.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, sandbox.ErrStopped)) {
		return nil
	}
	return err
}
