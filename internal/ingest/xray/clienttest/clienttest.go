// Package clienttest proves the X-Ray door with the SDKs that Amazon publishes
// for Node.js, Python and Go: each runs as its own process, in a service and as
// in a function, finds the daemon where AWS_XRAY_DAEMON_ADDRESS says, and prints
// what it sent; what reached the store must be the same. The tests need what
// scripts/install-clients installs and the build tag clients.
package clienttest
