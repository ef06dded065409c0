// Package clienttest proves the Instana door with Instana's own tracers for
// Lambda functions in Node.js and Python, which run in the sandbox. The tests
// need what scripts/install-clients installs and the build tag clients.
package clienttest
