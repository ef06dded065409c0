package harness

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is one running target on data of its own.
type Server struct {
	Ingest, Query string        // URLs; see Target
	Started       time.Duration // from exec to the first 200 of its ready path
	dialect       Dialect
	cmd           *exec.Cmd
	log           bytes.Buffer // read after the process has ended
}

// Start runs t on dir and waits until it is ready.
func Start(ctx context.Context, t Target, dir string) (*Server, error) {
	fill, err := places(dir)
	if err != nil {
		return nil, err
	}
	if t.File != "" {
		if err := os.WriteFile(dir+".yaml", []byte(fill.Replace(t.File)), 0o600); err != nil {
			return nil, err
		}
		defer os.Remove(dir + ".yaml")
	}
	args := make([]string, len(t.Command))
	for i, a := range t.Command {
		args[i] = fill.Replace(a)
	}
	s := &Server{Ingest: fill.Replace(t.Ingest), Query: fill.Replace(t.Query), dialect: t.Dialect}
	s.cmd = exec.CommandContext(ctx, args[0], args[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for time.Since(began) < readyIn {
		res, err := http.Get(fill.Replace(t.Ready))
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				s.Started = time.Since(began)
				return s, nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	return nil, fmt.Errorf("%s did not become ready in %v: %.2000s", t.Name, readyIn, s.log.Bytes())
}

// readyIn is how long a server may take to start: Zipkin takes ten seconds.
const readyIn = time.Minute

// places fills in what a target's command, file and addresses leave open.
func places(dir string) (*strings.Replacer, error) {
	one, err := freeAddr()
	if err != nil {
		return nil, err
	}
	two, err := freeAddr()
	if err != nil {
		return nil, err
	}
	port := func(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }
	return strings.NewReplacer("{dir}", dir, "{addr}", one, "{addr2}", two, "{port}", port(one), "{port2}", port(two)), nil
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// Stop sends SIGTERM and returns how long the process took to end.
func (s *Server) Stop() (time.Duration, error) {
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	err := s.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 128+int(syscall.SIGTERM) { // a JVM says so of a good end
		err = nil
	}
	return time.Since(began), err
}

// Kill ends the server as a power cut of its process would.
func (s *Server) Kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	s.cmd.Wait() // it was killed: that is no news
	return nil
}

// Settle waits until the server has used less than 1 % of a processor for a
// second: flushes and merges are over.
func (s *Server) Settle(ctx context.Context) error {
	calm := 0
	last := s.CPU()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
		now := s.CPU()
		if calm++; now-last > 10*time.Millisecond {
			calm = 0
		}
		if last = now; calm >= 4 {
			return nil
		}
	}
	return errors.New("server did not come to rest in 2 minutes")
}

// CPU returns the processor time the server has used, in ticks of 10 ms.
func (s *Server) CPU() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// RSS returns the memory the server holds now, in bytes.
func (s *Server) RSS() int64 { return s.procValue("status", "VmRSS:") << 10 }

// RSSPeak returns the most memory the server has held, in bytes.
func (s *Server) RSSPeak() int64 { return s.procValue("status", "VmHWM:") << 10 }

// Written returns the bytes the server gave to the disk.
func (s *Server) Written() int64 { return s.procValue("io", "write_bytes:") }

func (s *Server) procValue(file, key string) int64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/%s", s.cmd.Process.Pid, file))
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), key); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

// FolderSize sums the disk blocks of all files: what du says.
func FolderSize(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreMissing(err)
		}
		info, err := d.Info()
		if err != nil {
			return ignoreMissing(err)
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			total += st.Blocks * 512
		}
		return nil
	})
	return total, err
}

// ignoreMissing forgives files that a merge removed while they were counted.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
