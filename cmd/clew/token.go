package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"clew/internal/auth"
	"clew/internal/meta"
	"clew/internal/signal"
)

// metaFile is the metadata file in the data directory.
const metaFile = "meta.db"

type tokenCmd struct {
	Data   string         `default:"data" placeholder:"DIR" help:"Data directory of the server; it may be running."`
	Add    tokenAddCmd    `cmd:"" help:"Make a token and print it, once."`
	List   tokenListCmd   `cmd:"" help:"List tokens; their secrets are not kept."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token and the sessions made with it; a running server follows within 10 s."`
}

type tokenAddCmd struct {
	Name   string        `arg:"" help:"What it is for."`
	Scopes []auth.Scope  `name:"scope" default:"ingest" help:"What it may do: ingest, read, write (change rules, destinations and states of issues), admin (back up all data)."`
	Tenant signal.Tenant `default:"default" help:"Whose data it sends and reads."`
}

func (c *tokenAddCmd) Run(ctx context.Context, all *cli) error {
	return withMeta(ctx, all.Token.Data, func(db *meta.DB) error {
		token, err := auth.New(db, time.Now).Issue(ctx, c.Tenant, c.Name, c.Scopes...)
		if err == nil {
			fmt.Println(token)
		}
		return err
	})
}

type tokenListCmd struct{}

func (c *tokenListCmd) Run(ctx context.Context, all *cli) error {
	return withMeta(ctx, all.Token.Data, func(db *meta.DB) error {
		tokens, err := db.Tokens(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tTENANT\tSCOPES\tCREATED\tREVOKED")
		for _, t := range tokens {
			revoked := "-"
			if !t.Revoked.IsZero() {
				revoked = t.Revoked.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Tenant, t.Scopes, t.Created.UTC().Format(time.RFC3339), revoked)
		}
		return w.Flush()
	})
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"Id of the token, the part between the underscores."`
}

func (c *tokenRevokeCmd) Run(ctx context.Context, all *cli) error {
	return withMeta(ctx, all.Token.Data, func(db *meta.DB) error {
		id := strings.TrimPrefix(c.ID, "clew_")
		id, _, _ = strings.Cut(id, "_")
		if err := db.RevokeToken(ctx, id, time.Now()); err != nil {
			return fmt.Errorf("revoke %s: %w", id, err)
		}
		return nil
	})
}

func withMeta(ctx context.Context, dir string, f func(*meta.DB) error) error {
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("open data directory: %w (name it with --data)", err)
	}
	db, err := meta.Open(ctx, filepath.Join(dir, metaFile))
	if err != nil {
		return err
	}
	defer db.Close()
	return f(db)
}
