// Package clienttest proves the Lightstep door with Lightstep's published tracers
// for Node.js, Python, Go and Java: each runs as its own process, reports over
// each of its transports, and prints what must have arrived. The tests need what
// scripts/install-clients installs and the build tag clients.
package clienttest
