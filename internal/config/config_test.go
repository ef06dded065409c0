package config

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

type cli struct {
	Serve Serve `cmd:""`
}

func parse(t *testing.T, file string, args ...string) (*cli, *kong.Context, error) {
	t.Helper()
	var c cli
	opts := []kong.Option{kong.DefaultEnvars("CLEW"), kong.Name("clew")}
	if file != "" {
		path := filepath.Join(t.TempDir(), "clew.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		opts = append(opts, kong.Resolvers(f))
	}
	p, err := kong.New(&c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := p.Parse(append([]string{"serve"}, args...))
	return &c, ctx, err
}

func TestPrecedence(t *testing.T) {
	t.Setenv("CLEW_SERVE_RETAIN_AGE", "")
	os.Unsetenv("CLEW_SERVE_RETAIN_AGE")
	file := "data: from-file\nretain-age: 48h\nmemory: 128MB\n"
	c, _, err := parse(t, file)
	if err != nil || c.Serve.Data != "from-file" || c.Serve.RetainAge != 48*time.Hour || c.Serve.Memory != 128<<20 {
		t.Fatalf("file: %+v, %v", c, err)
	}
	t.Setenv("CLEW_DATA", "from-env")
	if c, _, err = parse(t, file); err != nil || c.Serve.Data != "from-env" {
		t.Fatalf("environment beats file: %+v, %v", c, err)
	}
	if c, _, err = parse(t, file, "--data=from-flag"); err != nil || c.Serve.Data != "from-flag" {
		t.Fatalf("flag beats environment: %+v, %v", c, err)
	}
}

func TestFileErrors(t *testing.T) {
	f := func(file, want string) {
		t.Helper()
		if _, _, err := parse(t, file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("file %q: error %v, want %q", file, err, want)
		}
	}
	f("dta: x\n", `unknown key "dta"`)
	f("data: [1, 2]\n", "data must be a single value")
	f("data: x\ndata: y\n", "already defined")
	f("memory: lots\n", "is not a size")
	f("retain-age: soon\n", "duration")
	f("just text\n", "cannot unmarshal")
}

func TestPrintReadsBack(t *testing.T) {
	_, ctx, err := parse(t, "", "--memory=96MB", "--listen=[::1]:9", "--retain-age=1h30m")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Print(&out, ctx.Selected().Flags); err != nil {
		t.Fatal(err)
	}
	again, _, err := parse(t, out.String())
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	if got := again.Serve; got.Memory != 96<<20 || got.Listen != "[::1]:9" || got.RetainAge != 90*time.Minute {
		t.Errorf("read back %+v from\n%s", got, out.String())
	}
}

func TestCheck(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		c, _, err := parse(t, "", args...)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Serve.Check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: error %v, want %q", args, err, want)
		}
	}
	f("")
	f("", "--otlp-grpc=off", "--otlp-http=127.0.0.1:0", "--base-path=/clew")
	f("not HOST:PORT", "--listen=7171")
	f("not HOST:PORT", "--otlp-http=auto4")
	f("must start with /", "--base-path=clew")
	f("less than", "--memory=1MB")
	f("at most --max-inflated", "--max-request=1GB")
}

func TestSize(t *testing.T) {
	f := func(in string, want Size) {
		t.Helper()
		got, err := ParseSize(in)
		if err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", in, got, err, want)
		}
		if back, err := ParseSize(got.String()); err != nil || back != got {
			t.Errorf("%q prints as %q, which reads as %d, %v", in, got, back, err)
		}
	}
	f("0", 0)
	f("17", 17)
	f("64MB", 64<<20)
	f("64MiB", 64<<20)
	f("64m", 64<<20)
	f(" 1.5 GB", 3<<29)
	f("2TB", 2<<40)
	for _, bad := range []string{"", "MB", "-1MB", "1XB", "NaN", "99999999TB"} {
		if n, err := ParseSize(bad); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", bad, n)
		}
	}
}

func TestKeys(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		c, ctx, err := parse(t, "", "--mask-also="+in)
		if err != nil || !slices.Equal(c.Serve.MaskAlso, want) {
			t.Errorf("%q reads as %q, %v, want %q", in, c.Serve.MaskAlso, err, want)
			return
		}
		var out bytes.Buffer
		if err := Print(&out, ctx.Selected().Flags); err != nil {
			t.Fatal(err)
		}
		if again, _, err := parse(t, out.String()); err != nil || !slices.Equal(again.Serve.MaskAlso, want) {
			t.Errorf("%q reads back as %q, %v", in, again.Serve.MaskAlso, err)
		}
	}
	f("")
	f("iban", "iban")
	f(" customer.iban , pin,", "customer.iban", "pin")
	if c, _, err := parse(t, "mask-allow: token.kind, session_id\n"); err != nil || !slices.Equal(c.Serve.MaskAllow, []string{"token.kind", "session_id"}) {
		t.Errorf("in the file: %q, %v", c.Serve.MaskAllow, err)
	}
}

func TestLoopback(t *testing.T) {
	f := func(addr string, want bool) {
		t.Helper()
		if got := Loopback(addr); got != want {
			t.Errorf("Loopback(%q) = %v, want %v", addr, got, want)
		}
	}
	f("127.0.0.1:1", true)
	f("127.9.0.1:1", true)
	f("[::1]:1", true)
	f("localhost:1", true)
	f(":7171", false)
	f("0.0.0.0:1", false)
	f("10.0.0.1:1", false)
	f("clew.example:1", false)
}

func TestRetentionMustMeanSomething(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		c, _, err := parse(t, "", args...)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Serve.Check(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	f("")
	f("", "--retain-boring=48h", "--retain-logs=24h")
	f("", "--retain-age=0", "--retain-boring=9000h")
	f("--retain-boring", "--retain-boring=720h")
	f("--retain-boring", "--retain-boring=-1h")
	f("--retain-metrics", "--retain-metrics=-1h")
}
