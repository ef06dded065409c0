// Package clienttest proves the OpenCensus door with the published libraries and
// agent exporters of Go and Python. The tests need what scripts/install-clients
// installs and the build tag clients.
package clienttest
