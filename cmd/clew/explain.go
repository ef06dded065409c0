package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"time"

	"clew/internal/explain"
)

type explainCmd struct {
	Transaction string `arg:"" help:"Trace id of any of its spans, or a link to its page."`
	Server      string `aliases:"endpoint,url" default:"http://127.0.0.1:7171" placeholder:"URL" help:"Address of the server, base path included."`
	Token       string `placeholder:"TOKEN" help:"Token with scope read, where the server needs one."`
	JSON        bool   `name:"json" env:"-" help:"Print the server's answer as it is."`
}

// Help is what stands below the flags.
func (explainCmd) Help() string {
	return `Prints what the page of a transaction shows: what failed and where it began, the
way it took, what it waited for, what was paid for waiting, and what it costs.
Colours are used on a terminal only, and not when NO_COLOR is set.

Exit codes: 0 it is printed, however it ended; 1 the server cannot be asked, or
refuses; 3 there is no such transaction.`
}

// exitNotFound is the exit code where there is nothing to explain.
const exitNotFound = 3

// Run asks a running server and draws its answer.
func (c *explainCmd) Run(ctx context.Context) error {
	s := explain.Server{URL: c.Server, Token: c.Token, Client: &http.Client{Timeout: time.Minute}}
	told, err := s.Get(ctx, c.Transaction)
	if errors.Is(err, explain.ErrNotFound) {
		return exitError{exitNotFound, err}
	}
	if err != nil {
		return err
	}
	if c.JSON {
		var out bytes.Buffer
		if err := json.Indent(&out, bytes.TrimSpace(told.Raw), "", "  "); err != nil {
			return err
		}
		out.WriteByte('\n')
		_, err := out.WriteTo(os.Stdout)
		return err
	}
	return explain.Write(os.Stdout, told, colored(os.Stdout))
}

// colored reports whether f is a terminal of somebody who likes colours.
func colored(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
