package main

import (
	"os"

	"github.com/alecthomas/kong"

	"clew/internal/config"
)

type configCmd struct {
	Print configPrintCmd `cmd:"" help:"Print the settings in force as YAML that --config takes."`
}

type configPrintCmd struct {
	config.Serve `embed:""`
}

func (c *configPrintCmd) Run(k *kong.Context) error {
	if err := c.Check(); err != nil {
		return err
	}
	return config.Print(os.Stdout, k.Selected().Flags)
}
