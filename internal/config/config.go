// Package config is every setting of `clew serve` in one struct: flags,
// environment, YAML and `clew config print` are all made from it. It checks
// values and fills in what follows from others; it opens nothing.
package config

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// Serve is what `clew serve` can be told. The kong tags are the flags and their
// help; the environment variable of --some-flag is CLEW_SOME_FLAG, its YAML key
// some-flag. A flag beats the environment, which beats the file, which beats the
// default.
type Serve struct {
	Data       string `default:"data" placeholder:"DIR" help:"Directory of everything Clew keeps."`
	Listen     string `default:"127.0.0.1:7171" placeholder:"HOST:PORT" help:"Address of the UI, the API and all ingest. Anything but loopback requires tokens."`
	OTLPGRPC   string `name:"otlp-grpc" default:"auto" placeholder:"HOST:PORT" help:"Second address for OTLP over gRPC; auto is port 4317 of the listen host when it is free; off closes it."`
	OTLPHTTP   string `name:"otlp-http" default:"auto" placeholder:"HOST:PORT" help:"Second address for OTLP over HTTP; auto is port 4318 of the listen host when it is free; off closes it."`
	Legacy     bool   `help:"Open the conventional ports of other tracers, too: Zipkin, Jaeger, OpenCensus, Scribe, X-Ray, Datadog. What they send is taken on --listen without this."`
	LegacyHost string `default:"127.0.0.1" placeholder:"HOST" help:"Host of the conventional ports on which no token can be sent (UDP, Scribe). Whoever reaches it can send."`
	PublicURL  string `default:"" placeholder:"URL" help:"Address at which people open Clew, base path included; links in messages lead there. http:// and the listen address when empty."`
	BasePath   string `default:"/" placeholder:"PATH" help:"Path prefix of the UI and the API behind a reverse proxy."`

	Memory Size `default:"256MB" placeholder:"SIZE" help:"Memory Clew may use in all."`

	RetainAge     time.Duration `default:"720h" placeholder:"DURATION" help:"Forget what is older; 0 keeps it for ever."`
	RetainLogs    time.Duration `default:"0" placeholder:"DURATION" help:"As --retain-age, for logs; 0 is as --retain-age."`
	RetainMetrics time.Duration `default:"0" placeholder:"DURATION" help:"As --retain-age, for metrics; 0 is as --retain-age."`
	RetainBoring  time.Duration `default:"0" placeholder:"DURATION" help:"Forget traces without error, cold start or clew.keep=true, and their logs, when they are older; 0 keeps them like all others."`
	RetainBytes   Size          `default:"0" placeholder:"SIZE" help:"Forget the oldest when the data grows beyond this; 0 is no limit."`

	MaxRequest  Size `default:"16MB" placeholder:"SIZE" help:"Largest request body taken, as sent."`
	MaxInflated Size `default:"32MB" placeholder:"SIZE" help:"Largest request body taken, after decompression."`

	MaskAllow Keys `default:"" placeholder:"KEY,…" help:"Keys whose values are kept although the keys look secret."`
	MaskAlso  Keys `default:"" placeholder:"KEY,…" help:"Keys whose values are masked although the keys do not look secret."`

	Prices string `default:"" placeholder:"FILE" help:"JSON file of prices to use instead of those built in, for the items and regions it names; docs/cost.md tells its form."`

	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"Least severe log line to print (${enum})."`
	LogFormat string `default:"text" enum:"text,json" help:"Form of log lines (${enum})."`
}

// Check reports the first setting that cannot work.
func (s *Serve) Check() error {
	for _, a := range []struct{ flag, addr string }{
		{"listen", s.Listen}, {"otlp-grpc", s.OTLPGRPC}, {"otlp-http", s.OTLPHTTP},
	} {
		if a.flag != "listen" && (a.addr == Auto || a.addr == Off) {
			continue
		}
		if _, _, err := net.SplitHostPort(a.addr); err != nil {
			return fmt.Errorf("config: --%s %q is not HOST:PORT", a.flag, a.addr)
		}
	}
	if s.Data == "" {
		return fmt.Errorf("config: --data is empty")
	}
	if !strings.HasPrefix(s.BasePath, "/") || strings.ContainsAny(s.BasePath, "?#\"<>{}") || strings.Contains(s.BasePath, "//") {
		return fmt.Errorf("config: --base-path %q must start with / and be a plain path", s.BasePath)
	}
	if s.Memory < 64<<20 {
		return fmt.Errorf("config: --memory %v is less than the 64MB Clew needs", s.Memory)
	}
	for _, r := range []struct {
		flag string
		age  time.Duration
	}{{"age", s.RetainAge}, {"logs", s.RetainLogs}, {"metrics", s.RetainMetrics}, {"boring", s.RetainBoring}} {
		if r.age < 0 {
			return fmt.Errorf("config: --retain-%s %v is negative", r.flag, r.age)
		}
	}
	if s.RetainAge > 0 && s.RetainBoring >= s.RetainAge {
		return fmt.Errorf("config: --retain-boring %v must be less than --retain-age %v to mean anything", s.RetainBoring, s.RetainAge)
	}
	if s.MaxRequest <= 0 || s.MaxInflated < s.MaxRequest {
		return fmt.Errorf("config: --max-request %v must be above 0 and at most --max-inflated %v", s.MaxRequest, s.MaxInflated)
	}
	return nil
}

// The two words an extra listener takes instead of an address.
const (
	Auto = "auto"
	Off  = "off"
)

// Base returns the base path with exactly one slash at each end.
func (s *Serve) Base() string {
	p := strings.Trim(s.BasePath, "/")
	if p == "" {
		return "/"
	}
	return "/" + p + "/"
}

// Loopback reports whether addr (HOST:PORT) can only be reached from this machine.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
