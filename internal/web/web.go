// Package web serves the built interface: hashed assets as they were compressed
// at build time, and the one page for every address a browser may open. It
// answers no data; internal/api does.
package web

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// policy allows this server and nothing else. Styles set from script, as canvas
// and lists do, need no exception; style elements would.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"

// Handler serves files under base. index is the page for every path that is not
// a file: the interface reads the address itself.
func Handler(files fs.FS, base string, index []byte) http.Handler {
	h := &handler{files: files, base: base, index: index}
	return http.HandlerFunc(h.serve)
}

type handler struct {
	files fs.FS
	base  string
	index []byte
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")

	name := strings.TrimPrefix(path.Clean(r.URL.Path), strings.TrimSuffix(h.base, "/"))
	name = strings.TrimPrefix(name, "/")
	if name != "" && name != "index.html" && h.asset(w, r, name) {
		return
	}
	if strings.HasPrefix(name, "assets/") {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-cache")
	head.Set("Content-Length", strconv.Itoa(len(h.index)))
	w.Write(h.index)
}

// asset serves the file of that name and reports whether there is one.
func (h *handler) asset(w http.ResponseWriter, r *http.Request, name string) bool {
	if !fs.ValidPath(name) || strings.HasSuffix(name, ".gz") {
		return false
	}
	plain, err := fs.ReadFile(h.files, name)
	if err != nil {
		return false
	}
	head := w.Header()
	head.Set("Content-Type", contentType(name, plain))
	head.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	head.Set("Vary", "Accept-Encoding")
	if packed, err := fs.ReadFile(h.files, name+".gz"); err == nil && acceptsGzip(r) {
		head.Set("Content-Encoding", "gzip")
		plain = packed
	}
	head.Set("Content-Length", strconv.Itoa(len(plain)))
	w.Write(plain)
	return true
}

func contentType(name string, content []byte) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return http.DetectContentType(content)
}

func acceptsGzip(r *http.Request) bool {
	for enc := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(enc), ";")
		if name == "gzip" && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}
