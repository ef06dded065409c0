//go:build !ui

// Package ui carries the built web interface inside the binary. It is built by
// `npm run build` in this folder and compiled in with the build tag "ui"; it
// does not serve anything itself.
package ui

import "io/fs"

// FS returns the files of the interface and whether it was built in. Without the
// build tag "ui" there is one page that says what is missing.
func FS() (fs.FS, bool) { return missingFS() }
