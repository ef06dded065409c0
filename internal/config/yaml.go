package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// File is the content of a YAML file: flat keys named as the flags are.
type File map[string]string

// ReadFile reads a YAML file of settings. Nested values and repeated keys are errors.
func ReadFile(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config: open file: %w", err)
	}
	defer f.Close()
	raw := map[string]yaml.Node{}
	if err := yaml.NewDecoder(f).Decode(&raw); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("config: read %s: %w", path, err)
	}
	file := File{}
	for key, node := range raw {
		if node.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("config: %s:%d: %s must be a single value", path, node.Line, key)
		}
		file[key] = node.Value
	}
	return file, nil
}

// Validate refuses keys that no flag of the chosen command has, so that a typing
// error is not a silent default.
func (f File) Validate(app *kong.Application) error {
	var serve *kong.Node
	for _, n := range app.Children {
		if n.Name == "serve" {
			serve = n
		}
	}
	if serve == nil {
		return nil
	}
	var known []string
	for _, flag := range serve.Flags {
		known = append(known, flag.Name)
	}
	for key := range f {
		if !slices.Contains(known, key) {
			return fmt.Errorf("config: unknown key %q in the file; `clew config print` lists them all", key)
		}
	}
	return nil
}

// Resolve gives kong the file's value of a flag that neither the command line
// nor the environment has set.
func (f File) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, ok := os.LookupEnv(env); ok {
			return nil, nil
		}
	}
	if v, ok := f[flag.Name]; ok {
		return v, nil
	}
	return nil, nil
}

// Print writes the settings in force as a YAML file that ReadFile takes back,
// each under the help of its flag. flags are those of `clew serve`.
func Print(w io.Writer, flags []*kong.Flag) error {
	for _, flag := range flags {
		if flag.Name == "help" || flag.Hidden {
			continue
		}
		value := fmt.Sprint(flag.Target.Interface())
		node := yaml.Node{Kind: yaml.ScalarNode, Value: value}
		text, err := yaml.Marshal(&node)
		if err != nil {
			return fmt.Errorf("config: print %s: %w", flag.Name, err)
		}
		_, err = fmt.Fprintf(w, "# %s ($%s)\n%s: %s\n\n", flag.Help, strings.Join(flag.Envs, ", $"), flag.Name, strings.TrimSpace(string(text)))
		if err != nil {
			return fmt.Errorf("config: print: %w", err)
		}
	}
	return nil
}
