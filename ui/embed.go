//go:build ui

// Package ui carries the built web interface inside the binary. It is built by
// `npm run build` in this folder and compiled in with the build tag "ui"; it
// does not serve anything itself.
package ui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// FS returns the files of the interface and whether it was built in. Assets
// under "assets/" carry a hash in their name; beside each stands its ".gz".
func FS() (fs.FS, bool) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return missingFS()
	}
	return files, true
}
