// Package clienttest proves Scribe and `clew import htrace` with HTrace itself:
// its ZipkinSpanReceiver sends to the socket, its LocalFileSpanReceiver writes a
// file that is imported, and what reached the store is what the program printed.
// The tests need what scripts/install-clients installs and the build tag clients.
package clienttest
