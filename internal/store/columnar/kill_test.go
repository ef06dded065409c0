package columnar

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

const killDir = "CLEW_TEST_KILL_DIR"

// TestMain turns this binary into the writer that TestKill kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		if err := writeForEver(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeForEver appends numbered batches from where the directory stands and
// prints the number of each one that was acknowledged.
func writeForEver(dir string) error {
	s, err := Open(Options{Dir: dir, MemoryLimit: 1 << 20})
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(os.Getenv("CLEW_TEST_KILL_FIRST"))
	if err != nil {
		return err
	}
	work := make(chan int)
	fail := make(chan error, 1)
	for range 4 {
		go func() {
			for n := range work {
				if err := s.Append(context.Background(), numbered(n, 20)); err != nil {
					fail <- err
					return
				}
				os.Stdout.WriteString(fmt.Sprintf("%d\n", n)) // one write: no half lines
			}
		}()
	}
	for n := first; ; n++ {
		select {
		case work <- n:
		case err := <-fail:
			return err
		}
	}
}

// TestKill kills a writing process without warning, again and again, in the same
// directory, and wants every batch that it said was acknowledged.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	acked := map[int]bool{}
	next := 0
	rnd := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	for round := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killDir+"="+dir, fmt.Sprintf("CLEW_TEST_KILL_FIRST=%d", next))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		stopAt := 30 + rnd.IntN(300)
		for n := 0; lines.Scan(); n++ {
			id, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			acked[id] = true
			next = max(next, id+10)
			if n == stopAt {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		cmd.Wait() // killed: that is what it says
		s := mustOpen(t, Options{Dir: dir})
		got := batches(t, s)
		for id := range acked {
			if got[int64(id)] != 20 {
				t.Fatalf("round %d: %d spans of acknowledged batch %d, want 20", round, got[int64(id)], id)
			}
		}
		if d := s.Stats().Damaged; d != 0 {
			t.Errorf("round %d: %d damaged bytes", round, d)
		}
		s.Close()
		if len(acked) < (round+1)*30 {
			t.Fatalf("round %d: only %d batches acknowledged", round, len(acked))
		}
	}
}
