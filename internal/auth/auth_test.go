package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/meta"
	"clew/internal/signal"
)

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func gate(t *testing.T) (*Gate, *meta.DB, *clock) {
	t.Helper()
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c := &clock{t: time.UnixMilli(1_763_700_000_000)}
	return New(db, c.now), db, c
}

func TestCheck(t *testing.T) {
	g, db, c := gate(t)
	ctx := t.Context()
	token, err := g.Issue(ctx, "acme", "ci", Ingest)
	if err != nil {
		t.Fatal(err)
	}
	f := func(token string, scope Scope, tenant signal.Tenant, want error) {
		t.Helper()
		got, err := g.Check(ctx, token, scope)
		if got != tenant || !errors.Is(err, want) {
			t.Errorf("Check(%q, %s) = %q, %v, want %q, %v", token, scope, got, err, tenant, want)
		}
	}
	f(token, Ingest, "acme", nil)
	f(token, Read, "", ErrScope)
	f(token[:len(token)-1]+"!", Ingest, "", ErrDenied)
	f("", Ingest, "", ErrDenied)
	f("clew_", Ingest, "", ErrDenied)
	f("clew_x_y", Ingest, "", ErrDenied)

	id, _ := tokenID(token)
	if err := db.RevokeToken(ctx, id, c.t); err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(revocationDelay + time.Second)
	f(token, Ingest, "", ErrDenied)

	if _, err := g.Issue(ctx, "acme", "x", "root"); err == nil {
		t.Error("an unknown scope was issued")
	}
}

func TestFirstTokenIsIssuedOnce(t *testing.T) {
	g, _, _ := gate(t)
	first, err := g.FirstToken(t.Context())
	if err != nil || !strings.HasPrefix(first, "clew_") {
		t.Fatalf("FirstToken = %q, %v", first, err)
	}
	if again, err := g.FirstToken(t.Context()); err != nil || again != "" {
		t.Errorf("second FirstToken = %q, %v, want none", again, err)
	}
}

func TestReadersAndLogin(t *testing.T) {
	g, _, c := gate(t)
	reader, _ := g.Issue(t.Context(), "acme", "ui", Read)
	sender, _ := g.Issue(t.Context(), "acme", "fn", Ingest)
	var seen signal.Tenant
	page := g.Readers("/", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), func(r *http.Request, t signal.Tenant) *http.Request {
		seen = t
		return r
	})
	do := func(h http.Handler, r *http.Request) *http.Response {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	get := func(header, value string) *http.Request {
		r := httptest.NewRequest("GET", "/tx?q=a", nil)
		r.Header.Set(header, value)
		return r
	}
	f := func(r *http.Request, status int) *http.Response {
		t.Helper()
		res := do(page, r)
		if res.StatusCode != status {
			t.Errorf("%v: status %d, want %d", r.Header, res.StatusCode, status)
		}
		return res
	}
	f(get("X", "y"), 401)
	f(get("Authorization", "Bearer "+sender), 401)
	f(get("Authorization", "Bearer "+reader), 200)
	if seen != "acme" {
		t.Errorf("tenant %q, want acme", seen)
	}
	if loc := f(get("Accept", "text/html"), 303).Header.Get("Location"); loc != "/login?next=%2Ftx%3Fq%3Da" {
		t.Errorf("browsers are sent to %q", loc)
	}

	login := func(token, next string) *http.Response {
		body := url.Values{"token": {token}, "next": {next}}.Encode()
		r := httptest.NewRequest("POST", "/login", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return do(g.Login("/"), r)
	}
	if res := login(sender, "/tx"); res.StatusCode != 401 || len(res.Cookies()) != 0 {
		t.Errorf("a sender's token logged in: %d", res.StatusCode)
	}
	if res := login(reader, "//evil.example/"); res.Header.Get("Location") != "/" {
		t.Errorf("login leads to %q", res.Header.Get("Location"))
	}
	res := login(reader, "/tx?q=a")
	if res.StatusCode != 303 || res.Header.Get("Location") != "/tx?q=a" || len(res.Cookies()) != 1 {
		t.Fatalf("login: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	cookie := res.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %v must be HttpOnly and Lax", cookie)
	}
	f(get("Cookie", cookie.Name+"="+cookie.Value), 200)
	f(get("Cookie", cookie.Name+"=guess"), 401)

	editor, _ := g.Issue(t.Context(), "acme", "oncall", Read, Write)
	change := func(header, value string) *http.Request {
		r := httptest.NewRequest("POST", "/api/issues/1/state", nil)
		r.Header.Set(header, value)
		return r
	}
	f(change("Authorization", "Bearer "+reader), 403)
	f(change("Authorization", "Bearer "+sender), 403)
	f(change("Authorization", "Bearer "+editor), 200)
	f(change("Authorization", "Bearer guess"), 401)
	f(change("Cookie", cookie.Name+"="+cookie.Value), 403)
	edits := login(editor, "/").Cookies()[0]
	f(change("Cookie", edits.Name+"="+edits.Value), 200)
	c.t = c.t.Add(sessionLifetime)
	f(get("Cookie", cookie.Name+"="+cookie.Value), 401)
}

func TestLocalHostRefusesRebinding(t *testing.T) {
	h := LocalHost(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	f := func(host string, want int) {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
	}
	f("127.0.0.1:7171", 200)
	f("localhost:7171", 200)
	f("clew.localhost", 200)
	f("[::1]:7171", 200)
	f("[::1]", 200)
	f("evil.example:7171", 403)
	f("127.0.0.1.evil.example", 403)
	f("10.0.0.1", 403)
	f("", 403)
}

func TestRequireTakesOnlyTokensOfTheScope(t *testing.T) {
	g, _, _ := gate(t)
	h := g.Require(Admin, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	f := func(token string, want int) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/api/admin/backup", nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("token %q: %d, want %d", token, w.Code, want)
		}
	}
	read, err := g.Issue(t.Context(), signal.DefaultTenant, "r", Read, Ingest)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := g.Issue(t.Context(), signal.DefaultTenant, "a", Admin)
	if err != nil {
		t.Fatal(err)
	}
	f("", http.StatusUnauthorized)
	f("clew_x_y", http.StatusUnauthorized)
	f(read, http.StatusForbidden)
	f(admin, http.StatusNoContent)
}
