package auth

import (
	"crypto/sha256"
	_ "embed" // the login page
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clew/internal/meta"
	"clew/internal/signal"
)

const (
	cookieName      = "clew_session"
	sessionLifetime = 12 * time.Hour
)

//go:embed login.html
var loginHTML string

var loginPage = template.Must(template.New("login").Parse(loginHTML))

// Readers guards the UI and the API: a request needs a session cookie or a
// Bearer token with scope read, and one that changes something scope write. Browsers without one are sent to base+"login".
// next gets the request with the tenant put in by withTenant.
func (g *Gate) Readers(base string, next http.Handler, withTenant func(*http.Request, signal.Tenant) *http.Request) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tenant, err := g.reader(r)
		switch {
		case err == nil:
			next.ServeHTTP(w, withTenant(r, tenant))
		case !errors.Is(err, ErrDenied) && !errors.Is(err, ErrScope):
			http.Error(w, "cannot check access now", http.StatusServiceUnavailable)
		case r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html"):
			http.Redirect(w, r, base+"login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		case errors.Is(err, ErrScope) && changes(r):
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusForbidden)
			w.Write([]byte(`{"title":"Forbidden","status":403,"detail":"this token may only look: to change something it needs scope write"}` + "\n"))
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="clew"`)
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			w.Write([]byte(`{"title":"Unauthorized","status":401,"detail":"send a token with scope read as Authorization: Bearer, or log in"}` + "\n"))
		}
	})
}

// Require guards next for scripts: a request needs a Bearer token with scope.
// Sessions of browsers do not count.
func (g *Gate) Require(scope Scope, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch _, err := g.Check(r.Context(), token, scope); {
		case err == nil:
			next.ServeHTTP(w, r)
		case errors.Is(err, ErrScope):
			http.Error(w, "this token has no scope "+string(scope), http.StatusForbidden)
		case errors.Is(err, ErrDenied):
			w.Header().Set("WWW-Authenticate", `Bearer realm="clew"`)
			http.Error(w, "send a token with scope "+string(scope)+" as Authorization: Bearer", http.StatusUnauthorized)
		default:
			http.Error(w, "cannot check access now", http.StatusServiceUnavailable)
		}
	})
}

// changes reports whether r asks for more than to be shown something.
func changes(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

func (g *Gate) reader(r *http.Request) (signal.Tenant, error) {
	scope := Read
	if changes(r) {
		scope = Write
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return g.Check(r.Context(), token, scope)
	}
	c, err := r.Cookie(cookieName)
	if err != nil {
		return "", ErrDenied
	}
	s, err := g.keep.Session(r.Context(), sha256.Sum256([]byte(c.Value)), g.now())
	if errors.Is(err, meta.ErrNotFound) {
		return "", ErrDenied
	}
	if err != nil || scope == Read {
		return s.Tenant, err
	}
	t, err := g.keep.Token(r.Context(), s.Token) // a session may do what its token may
	switch {
	case errors.Is(err, meta.ErrNotFound):
		return "", ErrDenied
	case err == nil && !allows(t.Scopes, scope):
		err = ErrScope
	}
	return s.Tenant, err
}

// Login serves the login form (GET) and trades a token for a session (POST).
func (g *Gate) Login(base string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
		next := r.FormValue("next")
		if !localPath(next) {
			next = base
		}
		page := struct{ Action, Next, Error string }{Action: base + "login", Next: next}
		if r.Method == http.MethodPost {
			err := g.login(w, r, strings.TrimSpace(r.PostFormValue("token")), base)
			if err == nil {
				http.Redirect(w, r, next, http.StatusSeeOther)
				return
			}
			page.Error = "This token is unknown, revoked, or may not read."
			w.WriteHeader(http.StatusUnauthorized)
		}
		loginPage.Execute(w, page) // an error here means the browser went away
	})
}

func (g *Gate) login(w http.ResponseWriter, r *http.Request, token, base string) error {
	tenant, err := g.Check(r.Context(), token, Read)
	if err != nil {
		return err
	}
	id, _ := tokenID(token)
	secret := randomText(32)
	err = g.keep.AddSession(r.Context(), meta.Session{
		Hash: sha256.Sum256([]byte(secret)), Tenant: tenant, Token: id, Expires: g.now().Add(sessionLifetime),
	}, g.now())
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: secret, Path: base, MaxAge: int(sessionLifetime.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	})
	return nil
}

// localPath reports whether p leads to this server and nowhere else.
func localPath(p string) bool {
	return strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") && !strings.ContainsAny(p, "\\\r\n")
}

// LocalHost guards open access on loopback against DNS rebinding: a page of
// another site that points its own name at 127.0.0.1 is refused by its Host.
func LocalHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.Trim(host, "[]")
		ip := net.ParseIP(host)
		if host != "localhost" && !strings.HasSuffix(host, ".localhost") && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "clew listens on loopback without tokens and answers only to localhost names; this request asked for "+r.Host, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
