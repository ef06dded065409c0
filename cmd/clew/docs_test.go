package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/alecthomas/kong"

	"clew/internal/config"
	"clew/internal/ingest/ingesttest"
)

// TestConfigurationDocIsCurrent holds docs/configuration.md against the settings
// that exist: it is what `clew config print` prints, under a short heading.
func TestConfigurationDocIsCurrent(t *testing.T) {
	var c cli
	parser, err := kong.New(&c, kong.Name("clew"), kong.DefaultEnvars("CLEW"), kong.Vars{"version": "test"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse([]string{"config", "print"})
	if err != nil {
		t.Fatal(err)
	}
	var doc bytes.Buffer
	doc.WriteString("# Settings of `clew serve`\n\nWritten by `go test ./cmd/clew -update` from the code. Each is a flag (`--name`), an environment variable and a key of\nthe file given with `--config`; a flag beats the environment, which beats the file. These are the defaults:\n\n```yaml\n")
	if err := config.Print(&doc, k.Selected().Flags); err != nil {
		t.Fatal(err)
	}
	doc.Truncate(doc.Len() - 1)
	doc.WriteString("```\n")

	const path = "../../docs/configuration.md"
	if ingesttest.Update() {
		if err := os.WriteFile(path, doc.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, doc.Bytes()) {
		t.Errorf("%s is not what the settings are; run go test ./cmd/clew -update", path)
	}
}
