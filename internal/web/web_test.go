package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestHandler(t *testing.T) {
	files := fstest.MapFS{
		"index.html":       {Data: []byte("<html>raw</html>")},
		"clew.svg":         {Data: []byte("<svg/>")},
		"assets/a1.js":     {Data: []byte("plain")},
		"assets/a1.js.gz":  {Data: []byte("packed")},
		"assets/a1.css":    {Data: []byte("css")},
		"assets/a1.css.gz": {Data: []byte("packed css")},
	}
	index := []byte("<html>page</html>")
	f := func(base, method, target, accept string, status int, body, cache string) {
		t.Helper()
		r := httptest.NewRequest(method, target, nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		Handler(files, base, index).ServeHTTP(w, r)
		if w.Code != status || !strings.Contains(w.Body.String(), body) || w.Header().Get("Cache-Control") != cache {
			t.Errorf("%s %s: %d %q %q, want %d %q %q", method, target, w.Code, w.Body, w.Header().Get("Cache-Control"), status, body, cache)
		}
		if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'self'") && status == http.StatusOK {
			t.Errorf("%s: no policy", target)
		}
	}
	const forever = "public, max-age=31536000, immutable"
	f("/", "GET", "/", "", 200, "page", "no-cache")
	f("/", "GET", "/index.html", "", 200, "page", "no-cache")
	f("/", "GET", "/tx/0af7?span=1", "", 200, "page", "no-cache")
	f("/", "GET", "/clew.svg", "", 200, "<svg/>", "no-cache")
	f("/", "GET", "/assets/a1.js", "gzip, br", 200, "packed", forever)
	f("/", "GET", "/assets/a1.js", "gzip;q=0", 200, "plain", forever)
	f("/", "GET", "/assets/a1.js", "", 200, "plain", forever)
	f("/", "GET", "/assets/gone.js", "", 404, "no such file", "")
	f("/", "GET", "/../../etc/passwd", "", 200, "page", "no-cache")
	f("/", "POST", "/", "", 405, "only GET", "")
	f("/clew/", "GET", "/clew/assets/a1.css", "", 200, "css", forever)
	f("/clew/", "GET", "/clew/", "", 200, "page", "no-cache")
}
