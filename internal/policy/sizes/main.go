// Command sizes prints the longest Go files and functions and the widest
// folders of the tree: an aid to review, not a gate.
package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

type size struct {
	what  string
	lines int
}

func main() {
	files, funcs, folders, err := measure(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "sizes:", err)
		os.Exit(1)
	}
	show("files (over 400 lines explain at the top, over 600 split)", files)
	show("functions (p90 under 40 lines, over 90 split)", funcs)
	show("folders, in Go files (3 to 15)", folders)
}

func measure(root string) (files, funcs, folders []size, err error) {
	perFolder := map[string]int{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == ".venv") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		perFolder[filepath.Dir(path)]++
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, size{path, set.File(f.Pos()).LineCount()})
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				lines := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1
				funcs = append(funcs, size{path + ":" + fn.Name.Name, lines})
			}
		}
		return nil
	})
	for dir, n := range perFolder {
		folders = append(folders, size{dir, n})
	}
	return files, funcs, folders, err
}

func show(title string, sizes []size) {
	slices.SortFunc(sizes, func(a, b size) int {
		return cmp.Or(cmp.Compare(b.lines, a.lines), cmp.Compare(a.what, b.what))
	})
	if len(sizes) == 0 {
		return
	}
	at := func(q float64) int { return sizes[int(float64(len(sizes)-1)*(1-q))].lines }
	fmt.Printf("%s: %d, median %d, p90 %d\n", title, len(sizes), at(0.5), at(0.9))
	for _, s := range sizes[:min(10, len(sizes))] {
		fmt.Printf("  %5d %s\n", s.lines, s.what)
	}
}
