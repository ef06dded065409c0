// Package child starts processes that cannot outlive the one that started them,
// each in a process group of its own, and freezes, thaws and kills whole groups.
// It knows nothing of functions; the sandbox and the demo stand on it. It never
// signals a process it did not start.
package child

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("child: starter is closed")

// Command says what to run. Env is the whole environment: nothing is inherited.
type Command struct {
	Args []string
	Dir  string
	Env  []string
	Out  io.Writer // receives standard output and standard error
}

// Starter starts children. The kernel ties "die with your parent" to the thread
// that forked, so one locked thread does all the forking and lives until Close.
type Starter struct {
	mu     sync.Mutex // guards closed and orders Start against Close
	closed bool
	wants  chan want
	live   sync.WaitGroup
}

type want struct {
	cmd  *exec.Cmd
	done chan error
}

// NewStarter returns a starter whose Close must be called.
func NewStarter() *Starter {
	s := &Starter{wants: make(chan want)}
	go s.fork()
	return s
}

func (s *Starter) fork() {
	runtime.LockOSThread()
	for w := range s.wants {
		w.done <- w.cmd.Start()
	}
}

// Close waits until every child has ended and frees the thread. Kill the
// children first.
func (s *Starter) Close() {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return
	}
	s.live.Wait()
	close(s.wants)
}

// Start runs c.
func (s *Starter) Start(c Command) (*Process, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("child: start: no command")
	}
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	cmd.Stdout, cmd.Stderr = c.Out, c.Out
	cmd.SysProcAttr = groupAttr()
	cmd.WaitDelay = 500 * time.Millisecond // a grandchild may hold the output open

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	done := make(chan error, 1)
	s.wants <- want{cmd, done}
	if err := <-done; err != nil {
		return nil, fmt.Errorf("child: start %s: %w", c.Args[0], err)
	}
	p := &Process{cmd: cmd, pid: cmd.Process.Pid, exited: make(chan struct{})}
	s.live.Add(1)
	go func() {
		defer s.live.Done()
		p.reap()
	}()
	return p, nil
}

// Process is a running or ended child and its process group.
type Process struct {
	cmd    *exec.Cmd
	pid    int
	exited chan struct{}

	mu   sync.Mutex // guards gone and makes signals safe against reuse of the pid
	gone bool
}

// reap waits for the leader to end, ends what is left of its group while the
// zombie still holds the group's number, and collects it.
func (p *Process) reap() {
	if awaitExit(p.pid) {
		p.mu.Lock()
		_ = syscall.Kill(-p.pid, syscall.SIGKILL)
		p.gone = true
		p.mu.Unlock()
	}
	_ = p.cmd.Wait() // the outcome is read from ProcessState
	p.mu.Lock()
	p.gone = true
	p.mu.Unlock()
	close(p.exited)
}

// PID returns the process id of the group's leader.
func (p *Process) PID() int { return p.pid }

// Exited is closed when the process has ended and its output is complete.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// State says how the process ended; nil while it runs.
func (p *Process) State() *os.ProcessState {
	select {
	case <-p.exited:
		return p.cmd.ProcessState
	default:
		return nil
	}
}

// Kill ends the whole group at once, frozen or not. Wait on Exited for the end.
func (p *Process) Kill() { p.signal(syscall.SIGKILL) }

// Terminate asks the whole group to end.
func (p *Process) Terminate() { p.signal(syscall.SIGTERM) }

// Freeze stops the whole group where it stands.
func (p *Process) Freeze() { p.signal(syscall.SIGSTOP) }

// Thaw lets a frozen group go on.
func (p *Process) Thaw() { p.signal(syscall.SIGCONT) }

func (p *Process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		_ = syscall.Kill(-p.pid, sig) // only ESRCH is possible: the group is ours
	}
}

// MaxRSS returns the most memory the process has used, in bytes; 0 when the
// kernel does not say.
func (p *Process) MaxRSS() int64 {
	if st := p.State(); st != nil {
		if ru, ok := st.SysUsage().(*syscall.Rusage); ok {
			return rusageBytes(ru)
		}
		return 0
	}
	return peakBytes(p.pid)
}
