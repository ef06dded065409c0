package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"clew/internal/htrace"
)

type importCmd struct {
	HTrace importHTraceCmd `cmd:"" name:"htrace" help:"Send the files of HTrace's LocalFileSpanReceiver to a running server."`
}

type importHTraceCmd struct {
	Files    []string `arg:"" type:"existingfile" help:"Files of JSON lines, gzipped or not."`
	Endpoint string   `aliases:"url" default:"http://127.0.0.1:7171" placeholder:"URL" help:"Address of the server, base path included."`
	Token    string   `placeholder:"TOKEN" help:"Token with scope ingest, where the server needs one."`
}

func (c *importHTraceCmd) Run(ctx context.Context) error {
	last := time.Now()
	im := htrace.Importer{
		Endpoint: c.Endpoint, Token: c.Token, Client: &http.Client{Timeout: time.Minute},
		Complain: func(file string, line int, err error) { fmt.Fprintf(os.Stderr, "%s:%d: %v\n", file, line, err) },
		Progress: func(n htrace.Count) {
			if now := time.Now(); now.Sub(last) >= time.Second {
				last = now
				fmt.Fprintf(os.Stderr, "%d spans sent\n", n.Spans)
			}
		},
	}
	err := im.Files(ctx, c.Files)
	n := im.Count
	fmt.Printf("%d of %d files read, %d spans stored, %d refused, %d lines that are no span\n", n.Files, len(c.Files), n.Spans, n.Refused, n.Bad)
	if err == nil && n.Bad+n.Refused > 0 {
		err = errors.New("import: not everything was taken")
	}
	return err
}
