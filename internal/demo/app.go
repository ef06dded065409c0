package demo

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// App is where the demo application lies and what runs it.
type App struct{ Dir, Node, Python string }

// OpenApp checks that the application in dir is there and installed. An empty dir
// is looked for with FindApp.
func OpenApp(dir string) (App, error) {
	if dir == "" {
		found, err := FindApp()
		if err != nil {
			return App{}, err
		}
		dir = found
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return App{}, fmt.Errorf("demo: open application: %w", err)
	}
	if !isApp(dir) {
		return App{}, fmt.Errorf("demo: open application: %s does not hold the demo", dir)
	}
	a := App{Dir: dir, Python: filepath.Join(dir, ".venv", "bin", "python")}
	for _, needed := range []string{filepath.Join(dir, "node_modules", "@opentelemetry"), a.Python} {
		if _, err := os.Stat(needed); err != nil {
			return App{}, fmt.Errorf("demo: %s is missing: run `make demo` or scripts/install-demo once", needed)
		}
	}
	if a.Node, err = exec.LookPath("node"); err != nil {
		return App{}, errors.New("demo: node is missing: install Node.js 20.6 or newer")
	}
	return a, nil
}

// FindApp looks for the folder demo in the working directory and above it, and
// beside the binary and above it.
func FindApp() (string, error) {
	var starts []string
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	for _, dir := range starts {
		for {
			if d := filepath.Join(dir, "demo"); isApp(d) {
				return d, nil
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return "", errors.New("demo: the demo application was not found: run inside Clew's repository or name its demo folder")
}

func isApp(dir string) bool {
	for _, f := range []string{"package.json", "services/gateway.js", "functions/view-post/app.py"} {
		if _, err := os.Stat(filepath.Join(dir, f)); err != nil {
			return false
		}
	}
	return true
}
