//go:build demo

package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBrokenFunctionIsExplained runs a copy of the application whose View Post
// cannot be loaded.
func TestBrokenFunctionIsExplained(t *testing.T) {
	app, err := FindApp()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "node_modules", ".venv", "services", "node", "python"} {
		if err := os.Symlink(filepath.Join(app, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	broken := filepath.Join(dir, "functions", viewPost, "app.py")
	touch(t, broken)
	if err := os.WriteFile(broken, []byte("raise RuntimeError('broken on purpose')\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSink(t)
	err = Run(t.Context(), Options{Endpoint: s.URL, Token: sinkToken, AppDir: dir, Out: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "status 502") || !strings.Contains(err.Error(), "broken on purpose") {
		t.Errorf("Run = %v, want what the function said", err)
	}
	if left := children(t); left != "" {
		t.Errorf("processes left behind: %s", left)
	}
}
