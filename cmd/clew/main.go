// Command clew is the one binary: the server, the demo and the tools around
// them. This package holds flags and wiring lists; the logic is in internal/.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"clew/internal/config"
)

// version is set by the build (-ldflags "-X main.version=...").
var version = ""

type cli struct {
	Config   configFlag       `name:"config" type:"existingfile" env:"CLEW_CONFIG" placeholder:"FILE" help:"YAML file of settings for serve; keys are its flags' names."`
	Version  kong.VersionFlag `env:"-" help:"Print the version and exit."`
	Serve    serveCmd         `cmd:"" help:"Take telemetry, keep it, and show it."`
	Demo     demoCmd          `cmd:"" help:"Run the demo application against a server."`
	Token    tokenCmd         `cmd:"" help:"Manage access tokens."`
	Explain  explainCmd       `cmd:"" help:"Tell one transaction: what failed and why, the way it took, what it waited for and what it costs."`
	Connect  connectCmd       `cmd:"" help:"Print what to set so that a client reports to this server."`
	Issues   issuesCmd        `cmd:"" help:"List issues, and say what you made of them."`
	Rules    rulesCmd         `cmd:"" help:"Keep rules of alerts as files: check, try, apply and export them."`
	Backup   backupCmd        `cmd:"" help:"Copy all data of a running server."`
	Restore  restoreCmd       `cmd:"" help:"Unpack a backup into an empty data directory and check it."`
	Check    checkCmd         `cmd:"" help:"Read every byte of a data directory and report what is wrong."`
	Import   importCmd        `cmd:"" help:"Send what other tools wrote into files."`
	PrintCmd configCmd        `cmd:"" name:"config" help:"Show the settings of serve."`
}

// configFlag loads the settings file before other flags get their values.
type configFlag string

// BeforeResolve reads the file and makes its values the fallback of serve's flags.
func (c configFlag) BeforeResolve(k *kong.Kong, ctx *kong.Context, trace *kong.Path) error {
	path := string(ctx.FlagValue(trace.Flag).(configFlag))
	file, err := config.ReadFile(path)
	if err != nil {
		return err
	}
	if err := file.Validate(ctx.Model); err != nil {
		return err
	}
	ctx.AddResolver(file)
	return nil
}

const description = `Clew: self-hosted observability for serverless, in one binary.

Start a server with "clew serve" and open the address it prints. Every flag of
serve is also an environment variable (CLEW_ + the flag's name) and a key of the
YAML file given with --config.`

func main() {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("clew"), kong.Description(description), kong.DefaultEnvars("CLEW"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}), kong.ValueFormatter(helpText),
		kong.UsageOnError(), kong.Vars{"version": buildVersion()})
	if err != nil {
		panic(err) // the tags above are wrong
	}
	k, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(&c); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "clew:", err)
		stop()
		os.Exit(exitCode(err))
	}
}

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	error
}

func (e exitError) Unwrap() error { return e.error }

// exitCode is what the process ends with because of err: 1 where it does not say.
func exitCode(err error) int {
	var e exitError
	if errors.As(err, &e) {
		return e.code
	}
	return 1
}

// helpText says a flag's default where a placeholder stands in its place.
func helpText(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.HasDefault && v.Tag.PlaceHolder != "" {
		help := strings.TrimSuffix(v.Help, ".")
		text = strings.Replace(text, help, help+" (default "+v.Default+")", 1)
	}
	return text
}

// buildVersion returns the version of the build, or its commit.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return "commit " + s.Value[:12]
			}
		}
	}
	return "development"
}

// newLogger writes log lines to standard error.
func newLogger(level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opts))
}
