// Package clienttest proves the Datadog door with the packages that Datadog
// publishes for Python: ddtrace in both versions of its protocol, datadog-lambda
// around a function with events of a gateway, a topic and a queue, and the
// dogstatsd client. The tests need what scripts/install-clients installs and the
// build tag clients.
package clienttest
