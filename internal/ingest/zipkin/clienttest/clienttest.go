// Package clienttest proves the Zipkin door with published clients: zipkin-js,
// py_zipkin, zipkin-go, Brave with zipkin-reporter, OpenCensus for Node.js and a
// real Envoy. Each runs as its own process, sends in every encoding that it has,
// and prints what it sent; what reached the store must be the same. The tests
// need what scripts/install-clients installs and the build tag clients.
package clienttest
