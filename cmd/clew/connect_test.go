package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestConnect asks for lines as a shell does: where senders go and whether they
// need a token follows from the settings of serve, unless flags say it.
func TestConnect(t *testing.T) {
	t.Setenv("CLEW_LISTEN", "")
	file := filepath.Join(t.TempDir(), "clew.yaml")
	if err := os.WriteFile(file, []byte("listen: 10.1.2.3:7200\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	f := func(listen, args string, want ...string) {
		t.Helper()
		os.Setenv("CLEW_LISTEN", listen)
		if listen == "" {
			os.Unsetenv("CLEW_LISTEN")
		}
		var c cli
		parser, err := kong.New(&c, kong.Name("clew"), kong.DefaultEnvars("CLEW"), kong.Vars{"version": "test"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		got, err := c.Connect.text(&c)
		if err != nil {
			got = err.Error()
		}
		for _, w := range want {
			if absent := strings.TrimPrefix(w, "!"); strings.Contains(got, absent) == (absent != w) {
				t.Errorf("clew %s: want %q in\n%s", args, w, got)
			}
		}
	}
	f("", "connect", "CLIENT", "lightstep ", "jaeger ")
	f("", "connect otlp", "=http://127.0.0.1:7171\n", "!authorization")
	f("10.0.0.9:7171", "connect otlp any", "=http://10.0.0.9:7171\n", "Bearer YOUR_TOKEN")
	f(":7171", "connect otlp any", "=http://"+host+":7171\n", "Bearer YOUR_TOKEN")
	f("", "--config "+file+" connect otlp any", "=http://10.1.2.3:7200\n", "Bearer YOUR_TOKEN")
	f("", "connect lightstep node --endpoint https://clew.example --token clew_1", "'clew.example'", "443", "'clew_1'", "!collector_encryption")
	f("", "connect newrelic", "unknown client")
	f("", "connect lightstep cobol", "there are: node python go java")
	f("", "connect otlp any --endpoint clew.example", "is not http://")
}
