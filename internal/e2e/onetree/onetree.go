// Package onetree proves that one request through services of many tracers is
// told as one transaction: the published clients of OpenTelemetry, Jaeger, Zipkin
// and Lightstep and two real Envoys, each handing on what it injects itself. The
// tests need what scripts/install-clients installs and the build tag clients.
package onetree
