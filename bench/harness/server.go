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
	URL     string
	Started time.Duration // from exec to the first 200 of its ready path
	cmd     *exec.Cmd
	log     bytes.Buffer // read after the process has ended
}

// Start runs t on dir and waits until it is ready.
func Start(ctx context.Context, t Target, dir string) (*Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://" + addr}
	args := t.start(dir, addr)
	s.cmd = exec.CommandContext(ctx, args[0], args[1:]...)
	s.cmd.Stderr = &s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for time.Since(began) < 30*time.Second {
		res, err := http.Get(s.URL + t.Ready)
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
	return nil, fmt.Errorf("%s did not become ready in 30 s: %s", t.Name, s.log.Bytes())
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
	return time.Since(began), err
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
