package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"

	"clew/internal/sandbox"
	"clew/internal/sandbox/aws"
	"clew/internal/sandbox/child"
)

// stage is everything that runs below the load.
type stage struct {
	redis   *miniredis.Miniredis
	posts   *redisProxy // what view-post reads
	cache   *redisProxy // post-analysis's sentiment cache
	box     *sandbox.Sandbox
	cloud   *http.Server
	starter *child.Starter
	gateway *service
	auth    *service
	logs    *cloudwatch
	colds   atomic.Int64 // environments started
	dropped atomic.Int64 // asynchronous events given up

	mu   sync.Mutex // guards said
	said []string   // the last lines functions wrote
}

// Names the application and the faults share.
const (
	viewPost         = "view-post"
	requestProcessor = "request-processor"
	postAnalysis     = "post-analysis"
	postsTable       = "blog-posts"
	postsTopic       = "blog-new-posts"
)

var functionNames = []string{viewPost, requestProcessor, postAnalysis}

// start brings the parts up from the bottom and takes down again what it had
// started when one fails.
func start(ctx context.Context, o Options, app App) (_ *stage, err error) {
	s := &stage{starter: child.NewStarter()}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if err := s.startRedis(); err != nil {
		return nil, fmt.Errorf("demo: start redis: %w", err)
	}
	fmt.Fprintf(o.Out, "redis              %s\n", s.redis.Addr())

	s.logs = newCloudwatch(o.Endpoint, o.Token, o.Logger)
	s.box = sandbox.New(sandbox.Options{
		Region: region, Account: account,
		RetryDelays: []time.Duration{2 * time.Second, 4 * time.Second},
		Log:         s.functionLog(o.Logger),
	})
	cloud := aws.New(aws.Options{Region: region, Account: account, Functions: s.box, Lambda: s.box.Handler()})
	topic := cloud.CreateTopic(postsTopic)
	if _, err := cloud.SubscribeFunction(topic, postAnalysis); err != nil {
		return nil, fmt.Errorf("demo: subscribe %s: %w", postAnalysis, err)
	}
	if err := cloud.CreateTable(postsTable, "id", ""); err != nil {
		return nil, fmt.Errorf("demo: create table: %w", err)
	}
	endpoint, err := s.serveCloud(cloud)
	if err != nil {
		return nil, fmt.Errorf("demo: start aws: %w", err)
	}
	fmt.Fprintf(o.Out, "sns, dynamodb      %s\n", endpoint)

	common := environ(o, endpoint)
	if s.auth, err = s.startService(ctx, o, app, "auth", common); err != nil {
		return nil, err
	}
	for _, f := range s.functions(app, topic) {
		f.Env = append(append([]string{}, common...), f.Env...)
		if err := s.box.Register(f); err != nil {
			return nil, err
		}
		fmt.Fprintf(o.Out, "%-18s %s function, started when invoked\n", f.Name, f.Runtime)
	}
	if s.gateway, err = s.startService(ctx, o, app, "gateway", common); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *stage) startRedis() error {
	s.redis = miniredis.NewMiniRedis()
	if err := s.redis.Start(); err != nil {
		s.redis = nil
		return err
	}
	for i := 1; i <= knownPosts; i++ {
		post, err := json.Marshal(map[string]any{"id": i, "title": fmt.Sprintf("Post %d", i), "text": text(i), "author": authors[i%len(authors)]})
		if err != nil {
			return err
		}
		if err := s.redis.Set(fmt.Sprintf("post:%d", i), string(post)); err != nil {
			return err
		}
	}
	var err error
	if s.posts, err = newRedisProxy(s.redis.Addr()); err != nil {
		return err
	}
	s.cache, err = newRedisProxy(s.redis.Addr())
	return err
}

func (s *stage) serveCloud(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.cloud = &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.cloud.Serve(l) }() // ends with stop's Close
	return "http://" + l.Addr().String(), nil
}

// functions describes the three functions. Their exports may take one second:
// spans and logs together must fit into the shortest timeout while the server is
// away.
func (s *stage) functions(app App, topic string) []sandbox.Function {
	python := func(name string, proxy *redisProxy, timeout time.Duration) sandbox.Function {
		return sandbox.Function{
			Name:    name,
			Command: []string{app.Python, "-W", "ignore::DeprecationWarning", "-m", "awslambdaric", "app.handler"},
			Dir:     filepath.Join(app.Dir, "functions", name),
			Handler: "app.handler",
			Runtime: "python3",
			Timeout: timeout, MemoryMB: 256, Concurrency: mostInFlight,
			Env: []string{
				"PYTHONPATH=" + filepath.Join(app.Dir, "python"),
				"PYTHONUNBUFFERED=1",
				"OTEL_EXPORTER_OTLP_TIMEOUT=1", // seconds, to this SDK
				"REDIS_URL=redis://" + proxy.addr(),
				"POSTS_TABLE=" + postsTable,
			},
		}
	}
	return []sandbox.Function{
		python(viewPost, s.posts, 3*time.Second),
		{
			Name:    requestProcessor,
			Command: []string{app.Node, filepath.Join(app.Dir, "node", "runtime.js")},
			Dir:     filepath.Join(app.Dir, "functions", requestProcessor),
			Handler: "index.handler",
			Runtime: "nodejs",
			Timeout: 5 * time.Second, MemoryMB: 256,
			Env: []string{
				"OTEL_EXPORTER_OTLP_TIMEOUT=1000", // milliseconds, to this SDK
				"AUTH_URL=" + s.auth.url,
				"POSTS_TABLE=" + postsTable,
				"POSTS_TOPIC_ARN=" + topic,
			},
		},
		python(postAnalysis, s.cache, 10*time.Second),
	}
}

func (s *stage) functionLog(log *slog.Logger) func(sandbox.Line) {
	return func(l sandbox.Line) {
		if l.Platform && strings.HasPrefix(l.Text, "REPORT ") && strings.Contains(l.Text, "Init Duration") {
			s.colds.Add(1)
		}
		if l.Platform && strings.HasPrefix(l.Text, "asynchronous event dropped") {
			s.dropped.Add(1)
		}
		log.Debug(l.Text, "function", l.Function)
		s.logs.add(l)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.said = append(s.said, l.Function+": "+l.Text); len(s.said) > 20 {
			s.said = s.said[1:]
		}
	}
}

// tail is what functions wrote last, for an error that nobody expects.
func (s *stage) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.said, "\n")
}

// environ is what every process of the application gets.
func environ(o Options, endpoint string) []string {
	env := []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + o.Endpoint,
		"OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_RESOURCE_ATTRIBUTES=cloud.account.id=" + account,
		"OTEL_SEMCONV_STABILITY_OPT_IN=http,database",
		"AWS_ENDPOINT_URL=" + endpoint,
		"AWS_ACCOUNT_ID=" + account,
		"AWS_EC2_METADATA_DISABLED=true",
		"NO_PROXY=*",
	}
	if o.Token != "" {
		env = append(env, "OTEL_EXPORTER_OTLP_HEADERS=authorization="+url.PathEscape("Bearer "+o.Token))
	}
	if o.LedgerDir != "" {
		env = append(env, "CLEW_DEMO_LEDGER="+o.LedgerDir)
	}
	return env
}

// stop takes everything down within two seconds: services get one to send what
// they hold, functions none, as they have sent it already.
func (s *stage) stop() {
	for _, p := range []*service{s.gateway, s.auth} {
		if p != nil {
			p.proc.Terminate()
		}
	}
	over := time.NewTimer(time.Second)
	defer over.Stop()
	for _, p := range []*service{s.gateway, s.auth} {
		if p == nil {
			continue
		}
		select {
		case <-p.proc.Exited():
		case <-over.C:
			over.Reset(0)
		}
		p.proc.Kill()
	}
	if s.box != nil {
		s.box.Stop()
	}
	if s.logs != nil {
		s.logs.close()
	}
	s.starter.Close()
	if s.cloud != nil {
		_ = s.cloud.Close()
	}
	for _, p := range []*redisProxy{s.posts, s.cache} {
		if p != nil {
			p.close()
		}
	}
	if s.redis != nil {
		s.redis.Close()
	}
}
