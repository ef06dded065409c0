// Package clienttest proves the Jaeger door with Jaeger's own clients of four
// languages and with OpenTelemetry's last Jaeger exporters: each runs as its own
// process, sends one scenario, and prints its ids; what reached the store must
// be the same. The tests need what scripts/install-clients installs and the
// build tag clients; `-record ../testdata` writes what the clients sent there.
package clienttest
