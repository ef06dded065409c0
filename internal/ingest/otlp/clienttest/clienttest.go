// Package clienttest proves the OTLP door with the official OpenTelemetry SDKs
// of Node.js and Python: each runs as its own process, sends over HTTP and gRPC,
// and prints what it sent; what reached the store must be the same. The tests
// need what scripts/install-clients installs and the build tag clients.
package clienttest
