package ui

import (
	"embed"
	"html"
	"io/fs"
	"strings"
)

// missing stands in for the interface when it was not built in.
//
//go:embed missing
var missing embed.FS

func missingFS() (fs.FS, bool) {
	page, err := fs.Sub(missing, "missing")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return page, false
}

// Index returns index.html made to live under base, the path the server is
// reached by: "/" or "/clew/". Assets, links and API calls all follow it.
func Index(base string) ([]byte, error) {
	files, _ := FS()
	page, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, err
	}
	base = strings.Replace("/"+strings.Trim(base, "/")+"/", "//", "/", 1)
	base = html.EscapeString(base)
	r := strings.NewReplacer(
		`<base href="/"`, `<base href="`+base+`"`,
		`name="clew-base" content="/"`, `name="clew-base" content="`+base+`"`,
	)
	return []byte(r.Replace(string(page))), nil
}
