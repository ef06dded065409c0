package child

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const roleEnv = "CLEW_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(roleEnv) {
	case "":
		os.Exit(m.Run())
	case "parent":
		parent()
	case "wait":
		fmt.Println("up")
		sleepForever()
	case "exit":
		fmt.Println("bye")
		os.Exit(3)
	}
}

// parent starts a child, says its pid and waits to be killed.
func parent() {
	p, err := NewStarter().Start(Command{Args: []string{os.Args[0]}, Env: []string{roleEnv + "=wait"}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.PID())
	sleepForever()
}

// output collects what a child writes.
type output struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func begin(t *testing.T, s *Starter, role string) (*Process, *output) {
	t.Helper()
	out := &output{}
	p, err := s.Start(Command{Args: []string{os.Args[0]}, Env: []string{roleEnv + "=" + role}, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p, out
}

func TestFreezeThawKill(t *testing.T) {
	s := NewStarter()
	p, out := begin(t, s, "wait")
	eventually(t, "up", func() bool { return out.String() == "up\n" })
	p.Freeze()
	eventually(t, "stopped", func() bool { return state(p.PID()) == "T" })
	if p.State() != nil || p.MaxRSS() < 1<<20 {
		t.Errorf("a frozen process: state %v, peak memory %d", p.State(), p.MaxRSS())
	}
	p.Thaw()
	eventually(t, "going on", func() bool { s := state(p.PID()); return s == "S" || s == "R" })
	p.Freeze()
	p.Kill()
	<-p.Exited()
	if ws, ok := p.State().Sys().(syscall.WaitStatus); !ok || ws.Signal() != syscall.SIGKILL {
		t.Errorf("ended with %v, want killed", p.State())
	}
	if p.MaxRSS() < 1<<20 {
		t.Errorf("peak memory of an ended process = %d", p.MaxRSS())
	}
	p.Kill() // nothing is left to kill
	s.Close()
	s.Close()
	if _, err := s.Start(Command{Args: []string{"x"}}); !errors.Is(err, ErrClosed) {
		t.Errorf("Start after Close = %v", err)
	}
}

func TestOutputIsCompleteWhenExited(t *testing.T) {
	s := NewStarter()
	defer s.Close()
	p, out := begin(t, s, "exit")
	<-p.Exited()
	if p.State().ExitCode() != 3 || out.String() != "bye\n" {
		t.Errorf("exit %d with output %q", p.State().ExitCode(), out)
	}
	if _, err := s.Start(Command{Args: []string{"/no/such/program"}}); err == nil {
		t.Error("a missing program was started")
	}
	if _, err := s.Start(Command{}); err == nil {
		t.Error("nothing was started")
	}
}

func TestChildrenDieWithTheirParent(t *testing.T) {
	s := NewStarter()
	defer s.Close()
	p, out := begin(t, s, "parent")
	var grandchild int
	eventually(t, "grandchild", func() bool {
		n, err := strconv.Atoi(strings.TrimSpace(out.String()))
		grandchild = n
		return err == nil && strings.HasSuffix(out.String(), "\n")
	})
	// The grandchild has a group of its own: only the kernel's tie can end it.
	if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.Exited()
	eventually(t, "grandchild gone", func() bool { s := state(grandchild); return s == "" || s == "Z" })
}

// eventually polls cond, because what it looks at is another process.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("%s: did not happen within 10 s", what)
}

// state is the process's state letter in /proc/PID/stat; empty when it is gone.
func state(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	s := string(b)
	return strings.Fields(s[strings.LastIndexByte(s, ')')+1:])[0]
}

// sleepForever is no empty select, which the Go runtime takes for a deadlock.
func sleepForever() { time.Sleep(math.MaxInt64) }
