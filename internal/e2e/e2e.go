// Package e2e holds the tests that use Clew as its users do: the built binary,
// the real demo application, a real browser, a kill -9. It has no other code;
// run it with `make e2e`, which builds and installs what it needs.
package e2e
