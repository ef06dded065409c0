package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"clew/internal/triage"
)

type issuesCmd struct {
	Server string `aliases:"endpoint,url" default:"http://127.0.0.1:7171" placeholder:"URL" help:"Address of the server, base path included."`
	Token  string `placeholder:"TOKEN" help:"Token with scope read, where the server needs one; changing something needs write."`
	JSON   bool   `name:"json" env:"-" help:"Print the server's answer as it is."`

	List    issuesListCmd    `cmd:"" default:"withargs" help:"List the issues of a time range (the default)."`
	Show    issuesShowCmd    `cmd:"" help:"Print one issue: root causes, values in common, stack, transactions."`
	Resolve issuesResolveCmd `cmd:"" help:"Say that an issue is resolved; it regresses if it occurs again."`
	Ignore  issuesIgnoreCmd  `cmd:"" help:"Ignore an issue, for good or until a time."`
	Open    issuesOpenCmd    `cmd:"" help:"Open an issue again."`
}

func (c *issuesCmd) server() *triage.Server {
	return &triage.Server{URL: c.Server, Token: c.Token, Client: &http.Client{Timeout: time.Minute}}
}

type issuesListCmd struct {
	Query string `arg:"" optional:"" help:"Words of the title, and type: function: state: version: cause: count:."`
	From  string `env:"-" placeholder:"TIME" help:"RFC 3339, unix time or now-15m; the last 24 hours when not given."`
	To    string `env:"-" placeholder:"TIME" help:"As --from; now when not given."`
	State string `env:"-" default:"active" enum:"active,open,regressed,ignored,resolved,all" help:"Only this state: open, regressed, ignored, resolved, all, or active (open and regressed)."`
	Sort  string `env:"-" default:"last" enum:"last,count,first" help:"What comes first: last (seen), count or first (seen)."`
	Limit int    `env:"-" default:"50" help:"At most so many, up to 500."`
}

func (c *issuesListCmd) Run(ctx context.Context, all *cli) error {
	state := c.State
	if state == "all" {
		state = ""
	}
	list, raw, err := all.Issues.server().List(ctx, triage.Ask{Query: c.Query, From: c.From, To: c.To, State: state, Sort: c.Sort, Limit: c.Limit})
	if err != nil {
		return err
	}
	if all.Issues.JSON {
		return printJSON(raw)
	}
	return triage.WriteList(os.Stdout, list, time.Now())
}

type issuesShowCmd struct {
	Issue string `arg:"" help:"Id of the issue, or a link to its page."`
}

func (c *issuesShowCmd) Run(ctx context.Context, all *cli) error {
	one, raw, err := all.Issues.server().Get(ctx, c.Issue)
	if err != nil {
		return err
	}
	if all.Issues.JSON {
		return printJSON(raw)
	}
	return triage.Write(os.Stdout, one, time.Now())
}

type issuesResolveCmd struct {
	Issue string `arg:"" help:"Id of the issue, or a link to its page."`
}

func (c *issuesResolveCmd) Run(ctx context.Context, all *cli) error {
	return all.Issues.set(ctx, c.Issue, "resolved", "")
}

type issuesIgnoreCmd struct {
	Issue string `arg:"" help:"Id of the issue, or a link to its page."`
	Until string `env:"-" placeholder:"TIME" help:"RFC 3339, unix time or now+8h; for good when not given."`
}

func (c *issuesIgnoreCmd) Run(ctx context.Context, all *cli) error {
	return all.Issues.set(ctx, c.Issue, "ignored", c.Until)
}

type issuesOpenCmd struct {
	Issue string `arg:"" help:"Id of the issue, or a link to its page."`
}

func (c *issuesOpenCmd) Run(ctx context.Context, all *cli) error {
	return all.Issues.set(ctx, c.Issue, "open", "")
}

func (c *issuesCmd) set(ctx context.Context, id, state, until string) error {
	row, raw, err := c.server().SetState(ctx, id, state, until)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(raw)
	}
	fmt.Printf("%s is %s: %s\n", row.ID, row.State, row.Title)
	return nil
}

// printJSON prints an answer with indentation.
func printJSON(raw []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(raw), "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err := out.WriteTo(os.Stdout)
	return err
}
