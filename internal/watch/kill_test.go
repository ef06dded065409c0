package watch

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"clew/internal/meta"
	"clew/internal/notify"
)

// TestMain is also the process that TestKill kills.
func TestMain(m *testing.M) {
	if os.Getenv("CLEW_WATCH_VICTIM") == "" {
		os.Exit(m.Run())
	}
	os.Args = append(os.Args, "-test.run=^TestVictim$")
	os.Exit(m.Run())
}

// TestVictim evaluates, silences, and is killed before it delivers. On its own it does
// nothing.
func TestVictim(t *testing.T) {
	dir, url := os.Getenv("CLEW_WATCH_VICTIM"), os.Getenv("CLEW_WATCH_URL")
	if dir == "" {
		return
	}
	d := newDesk(t)
	d.dir = dir
	d.open()
	if err := d.PutDestination(t.Context(), tenant, Destination{Name: "webhook", Kind: "webhook", Settings: notify.Settings{"url": url + "/webhook"}}); err != nil {
		t.Fatal(err)
	}
	d.rules(`rules: [{name: errors, when: error, condition: ">= 1", window: 1m, destinations: [webhook]}]`)
	if _, err := d.Silence(t.Context(), tenant, meta.Silence{ID: "posts", Group: "posts", Until: start.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	d.span(1, "auth", start, time.Second, "refused")
	d.span(1, "posts", start, time.Second, "broken")
	d.Tick(t.Context())
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {} // killed here
}

// TestKill kills a process between an evaluation and its messages: the next one sends
// them, once; silences hold; nothing fires a second time.
func TestKill(t *testing.T) {
	d := newDesk(t)
	self := httptest.NewServer(d.got)
	defer self.Close()
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), "CLEW_WATCH_VICTIM="+d.dir, "CLEW_WATCH_URL="+self.URL)
	out, err := victim.CombinedOutput()
	if err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("%v: %s", err, out)
	}
	if told := d.got.take(); len(told) != 0 {
		t.Fatalf("told before it was killed: %q", told)
	}
	d.open()
	d.span(1, "auth", start, time.Second, "refused")
	d.span(1, "posts", start, time.Second, "broken")
	d.want(d.until(start.Add(3*time.Minute), nil),
		"10:00:00 webhook [FIRING] errors: auth · refused · 1× (count 1 >= 1 in a window of 1m)",
		"10:02:15 webhook [RESOLVED] errors: auth (count 0 is not >= 1)")
}
