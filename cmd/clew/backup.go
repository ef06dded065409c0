package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"clew/internal/backup"
)

type backupCmd struct {
	URL   string `name:"url" default:"http://127.0.0.1:7171" placeholder:"URL" help:"Address of the server, base path included."`
	Token string `placeholder:"TOKEN" help:"Token with scope admin, where the server needs one."`
	To    string `required:"" placeholder:"FILE.tar|DIR" help:"New file, or an empty directory that becomes a data directory."`
}

func (c *backupCmd) Run(ctx context.Context) error {
	got, err := backup.Fetch(ctx, http.DefaultClient, c.URL, c.Token, c.To)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d files, %d bytes, every checksum verified\n", c.To, got.Files, got.Bytes)
	return nil
}

type restoreCmd struct {
	File string `arg:"" type:"existingfile" help:"What clew backup wrote."`
	Data string `required:"" placeholder:"DIR" help:"Data directory to make; empty or not there yet."`
}

func (c *restoreCmd) Run(ctx context.Context) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer f.Close()
	if _, err := backup.Restore(f, c.Data); err != nil {
		return err
	}
	return runCheck(ctx, c.Data, false)
}
