package policy

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite THIRD_PARTY.md")

// allowed are the licences of what we ship: all let anybody use Clew as they like.
var allowed = []string{"MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "Unlicense", "0BSD"}

type dependency struct{ name, version, license string }

// TestThirdParty holds THIRD_PARTY.md against what is linked into the binary and
// built into the page, and refuses licences we have not agreed to.
func TestThirdParty(t *testing.T) {
	goDeps, npmDeps := goModules(t), npmPackages(t)
	var doc bytes.Buffer
	doc.WriteString("# Third-party software in Clew\n\nWritten by `go test ./internal/policy -run ThirdParty -update`; a test keeps it current and refuses other licences.\n")
	for _, part := range []struct {
		title string
		deps  []dependency
	}{{"Linked into the binary", goDeps}, {"Built into the page", npmDeps}} {
		fmt.Fprintf(&doc, "\n## %s\n\n| name | version | licence |\n|---|---|---|\n", part.title)
		for _, d := range part.deps {
			for l := range strings.SplitSeq(d.license, ", ") {
				if !slices.Contains(allowed, l) {
					t.Errorf("%s %s has licence %q; allowed are %v", d.name, d.version, l, allowed)
				}
			}
			fmt.Fprintf(&doc, "| %s | %s | %s |\n", d.name, d.version, d.license)
		}
	}
	path := filepath.Join("..", "..", "THIRD_PARTY.md")
	if *update {
		if err := os.WriteFile(path, doc.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, doc.Bytes()) {
		t.Errorf("THIRD_PARTY.md is not current (%v); run go test ./internal/policy -run ThirdParty -update", err)
	}
}

func goModules(t *testing.T) []dependency {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "clew/cmd/clew").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	var deps []dependency
	for _, line := range slices.Compact(lines) {
		f := strings.Split(line, "\t")
		if len(f) == 3 {
			deps = append(deps, dependency{f[0], f[1], licenseIn(t, f[2])})
		}
	}
	if len(deps) < 5 {
		t.Fatalf("only %d modules found: the check says nothing", len(deps))
	}
	return deps
}

// marks are sentences that only one licence has.
var marks = []struct{ license, sentence string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"ISC", "Permission to use, copy, modify, and"},
	{"BSD-3-Clause", "Neither the name"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
	{"Unlicense", "This is free and unencumbered software"},
}

// licenseIn names the licences of a module, where it has parts several.
func licenseIn(t *testing.T, dir string) string {
	t.Helper()
	var found []string
	for _, pattern := range []string{"[Ll][Ii][Cc][Ee][Nn][SsCc][Ee]*", "COPYING*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			words := strings.Join(strings.Fields(string(text)), " ")
			for _, m := range marks {
				if strings.Contains(words, m.sentence) {
					found = append(found, m.license)
				}
			}
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	if slices.Contains(found, "BSD-3-Clause") { // it holds the sentence of the other
		found = slices.DeleteFunc(found, func(l string) bool { return l == "BSD-2-Clause" })
	}
	return strings.Join(found, ", ")
}

func npmPackages(t *testing.T) []dependency {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "ui", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct {
			Version, License string
			Dev, Optional    bool
			Peer             bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	var deps []dependency
	for path, p := range lock.Packages {
		if path == "" || p.Dev || p.Optional {
			continue
		}
		deps = append(deps, dependency{strings.TrimPrefix(path, "node_modules/"), p.Version, p.License})
	}
	slices.SortFunc(deps, func(a, b dependency) int { return strings.Compare(a.name, b.name) })
	if len(deps) < 3 {
		t.Fatalf("only %d packages found: the check says nothing", len(deps))
	}
	return deps
}
