package ingesttest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"clew/internal/ingest"
	"clew/internal/pipeline"
	"clew/internal/signal"
)

// Token is the only token that Door takes, and Tenant whose it is.
const (
	Token  = "right"
	Tenant = "acme"
)

// Door serves receivers as real clients meet them: a token is needed, and every
// stage of the pipeline runs before a batch reaches the store.
func Door(t testing.TB, receivers ...ingest.Receiver) (*Store, *ingest.Door, string) {
	t.Helper()
	st := new(Store)
	door, addr := Serve(t, ingest.Options{
		Receivers: receivers, Store: st, Stages: pipeline.Default(pipeline.Options{}),
		Authorize: func(token string) (signal.Tenant, error) {
			if token != Token {
				return "", errors.New("no")
			}
			return Tenant, nil
		},
	})
	return st, door, addr
}

// Program is a real client: a program below the directory of its test that
// scripts/install-clients has made ready.
type Program struct {
	Needs string   // a file that is there when it is installed
	Args  []string // the command and its arguments
	Env   []string // besides the test's own, NAME=value
}

// Installed returns path, a file or folder of a client, as an absolute one, and
// fails the test where it is not.
func Installed(t testing.TB, path string) string {
	t.Helper()
	p, err := filepath.Abs(path)
	if err == nil {
		_, err = os.Stat(p)
	}
	if err != nil {
		t.Fatalf("%v: the clients are not installed; run `make test`, which runs scripts/install-clients", err)
	}
	return p
}

// Node is a script of the folder dir.
func Node(dir, script string, args ...string) Program {
	return Program{Needs: filepath.Join(dir, "node_modules/.installed-lock"), Args: append([]string{"node", filepath.Join(dir, script)}, args...)}
}

// Python is a script of the folder dir.
func Python(dir, script string, args ...string) Program {
	return Program{Needs: filepath.Join(dir, ".venv/.installed-requirements"), Args: append([]string{filepath.Join(dir, ".venv/bin/python"), filepath.Join(dir, script)}, args...)}
}

// Go is a command of the module in dir.
func Go(dir, name string, args ...string) Program {
	bin := filepath.Join(dir, "bin", name)
	return Program{Needs: bin, Args: append([]string{"./" + bin}, args...)}
}

// Java is a class of the Maven project in dir.
func Java(t testing.TB, dir, class string, args ...string) Program {
	t.Helper()
	needs := filepath.Join(dir, "target/.installed")
	path, err := os.ReadFile(Installed(t, filepath.Join(dir, "target/classpath")))
	if err != nil {
		t.Fatal(err)
	}
	cp := filepath.Join(dir, "target/classes") + ":" + string(bytes.TrimSpace(path))
	return Program{Needs: needs, Args: append([]string{"java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", cp, class}, args...)}
}

// installed returns the only file of the folder dir of p's program that matches
// pattern.
func (p Program) installed(t testing.TB, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if _, missing := os.Stat(p.Needs); missing != nil || err != nil || len(found) != 1 {
		t.Fatalf("%s: found %d, %v: the clients are not installed; run `make test`, which runs scripts/install-clients", pattern, len(found), err)
	}
	return found[0]
}

// Run runs p to its end, a minute at most, and returns what it printed.
func (p Program) Run(t testing.TB, door *ingest.Door) []byte {
	t.Helper()
	return p.RunUntil(t, door, func() bool { return true })
}

// RunUntil is Run for a client that cannot tell whether what it sent has left:
// the program waits for the end of its standard input, which comes once arrived
// returns true or after 20 seconds.
func (p Program) RunUntil(t testing.TB, door *ingest.Door, arrived func() bool) []byte {
	t.Helper()
	Installed(t, p.Needs)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, p.Args[0], p.Args[1:]...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(os.Environ(), p.Env...)
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("%v: %v", p.Args, err)
	}
	late := time.After(20 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); !arrived(); {
		select {
		case <-tick.C:
			continue
		case <-late:
			t.Errorf("%v: what it sent has not arrived", p.Args)
		}
		break
	}
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %v\n%s\n%s\nrefused: %v", p.Args, err, &stdout, &stderr, door.Refused())
	}
	return stdout.Bytes()
}
