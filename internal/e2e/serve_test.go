//go:build e2e

package e2e

import (
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestServeStartsAndStops(t *testing.T) {
	began := time.Now()
	p, url := serve(t, t.TempDir(), "")
	t.Logf("ready %v after exec; it says: %s", time.Since(began).Round(time.Millisecond), strings.SplitN(p.out.String(), "\n", 2)[0])
	for _, path := range []string{"/healthz", "/metrics", "/api/status", "/api/openapi.json", "/", "/tx", "/jaeger/api/services"} {
		if err := status(url+path, http.StatusOK); err != nil {
			t.Error(err)
		}
	}
	began = time.Now()
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	t.Logf("stopped in %v", time.Since(began).Round(time.Millisecond))
}

func TestServeRefusesASecondServerOnTheSameData(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, "")
	p := start(t, binary, "serve", "--data", dir, "--listen", freeAddr(t), "--otlp-grpc", "off", "--otlp-http", "off")
	p.wait(t, 10*time.Second)
	if out := p.out.String(); p.err == nil || !strings.Contains(out, "another") {
		t.Errorf("the second server ended with %v and said:\n%s", p.err, out)
	}
}

func TestOtherAddressesNeedATokenShownOnce(t *testing.T) {
	dir := t.TempDir()
	addr := strings.Replace(freeAddr(t), "127.0.0.1", "0.0.0.0", 1)
	p, url := serve(t, dir, addr)
	url = strings.Replace(url, "0.0.0.0", "127.0.0.1", 1)
	token := regexp.MustCompile(`clew_[a-z2-7]+_[a-z2-7]+`).FindString(p.out.String())
	if token == "" {
		t.Fatalf("no token was shown:\n%s", p.out.String())
	}
	f := func(method, path, auth string, want int) {
		t.Helper()
		req, err := http.NewRequest(method, url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-protobuf")
		if auth != "" {
			req.Header.Set("Authorization", "Bearer "+auth)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s %s with %q: %d, want %d", method, path, auth, res.StatusCode, want)
		}
	}
	f("POST", "/v1/traces", "", 401)
	f("POST", "/v1/traces", token+"x", 401)
	f("POST", "/v1/traces", token, 200)
	f("GET", "/api/status", "", 401)
	f("GET", "/api/status", token, 200)
	f("GET", "/jaeger/api/services", "", 401)
	f("GET", "/healthz", "", 200)

	// A token that may only send does not read, and a revoked one does nothing.
	abs := p.cmd.Path
	out, err := exec.Command(abs, "token", "add", "fn", "--data", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	sender := strings.TrimSpace(string(out))
	f("POST", "/v1/traces", sender, 200)
	f("GET", "/api/status", sender, 401)

	if err := p.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if out, err := exec.Command(abs, "token", "revoke", sender, "--data", dir).CombinedOutput(); err != nil {
		t.Fatalf("revoke: %v: %s", err, out)
	}
	p, _ = serve(t, dir, addr)
	if strings.Contains(p.out.String(), token) || regexp.MustCompile(`clew_[a-z2-7]+_[a-z2-7]+`).MatchString(p.out.String()) {
		t.Error("a token was shown again")
	}
	f("POST", "/v1/traces", sender, 401)
	f("POST", "/v1/traces", token, 200)
}

func TestWrongSettingsAreToldPlainly(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		p := start(t, binary, args...)
		p.wait(t, 10*time.Second)
		if p.err == nil || !strings.Contains(p.out.String(), want) {
			t.Errorf("clew %v ended with %v and said:\n%s\nwant %q", args, p.err, p.out.String(), want)
		}
	}
	f("not HOST:PORT", "serve", "--listen", "7171")
	f("unknown flag", "serve", "--lisen", "127.0.0.1:1")
	f("less than the 64MB", "serve", "--memory", "1MB")
	f("is not a size", "serve", "--memory", "lots")
	f("address already in use", "serve", "--data", t.TempDir(), "--listen", strings.TrimPrefix(firstURL(t), "http://"))
	f("no such file", "serve", "--config", "/nowhere.yaml")
	f("name it with --data", "token", "list", "--data", "/nowhere")
}

func firstURL(t *testing.T) string {
	_, url := serve(t, t.TempDir(), "")
	return url
}
