package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"clew/internal/backup"
	"clew/internal/store/columnar"
)

type checkCmd struct {
	Dir  string `arg:"" placeholder:"DIR" help:"Data directory; no server may have it open."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

func (c *checkCmd) Run(ctx context.Context) error { return runCheck(ctx, c.Dir, c.JSON) }

// errLost ends a check of data that is not whole.
var errLost = errors.New("check: data is damaged or missing")

func runCheck(ctx context.Context, dir string, asJSON bool) error {
	found := []columnar.Finding{}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	sum, err := backup.Check(ctx, dir, func(f columnar.Finding) {
		if asJSON {
			found = append(found, f)
			return
		}
		detail := f.Detail
		if f.State == columnar.Damaged || f.State == columnar.Torn {
			detail = fmt.Sprintf("at byte %d: %s", f.Offset, f.Detail)
		}
		fmt.Fprintf(table, "%s\t%s\t%d bytes\t%d rows\t%s\n", f.State, f.File, f.Bytes, f.Rows, detail)
	})
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(struct {
			Clean   bool               `json:"clean"`
			Summary columnar.Summary   `json:"summary"`
			Files   []columnar.Finding `json:"files"`
		}{sum.Clean(), sum, found})
	} else {
		err = table.Flush()
		fmt.Printf("%d files, %d bytes, %d rows (%d of them dead): %d damaged, %d missing, %d torn, %d orphans\n",
			sum.Files, sum.Bytes, sum.Rows, sum.Dead, sum.Damaged, sum.Missing, sum.Torn, sum.Orphans)
	}
	if err == nil && !sum.Clean() {
		err = errLost
	}
	return err
}
