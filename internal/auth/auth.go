// Package auth decides who may send and who may read: tokens for senders and
// scripts, sessions for browsers, and open access on loopback. It keeps nothing
// itself (internal/meta does) and knows nothing of telemetry.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"clew/internal/meta"
	"clew/internal/signal"
)

// ErrDenied is returned for every credential that does not give access; it does
// not say which part was wrong.
var ErrDenied = errors.New("auth: unknown or revoked token")

// ErrScope is returned for a valid token that may not do this.
var ErrScope = errors.New("auth: this token may not do that")

// Scope is one thing a token may do.
type Scope string

// The scopes.
const (
	Ingest Scope = "ingest"
	Read   Scope = "read"
	Write  Scope = "write" // change what people see and are told: rules, destinations, states of issues
	Admin  Scope = "admin" // all tenants' data at once: backups
)

var known = []Scope{Ingest, Read, Write, Admin}

// Keeper is where tokens and sessions are kept; *meta.DB is one.
type Keeper interface {
	AddToken(context.Context, meta.Token) error
	Token(ctx context.Context, id string) (meta.Token, error)
	Tokens(context.Context) ([]meta.Token, error)
	AddSession(ctx context.Context, s meta.Session, now time.Time) error
	Session(ctx context.Context, hash [32]byte, now time.Time) (meta.Session, error)
}

// revocationDelay bounds how long a revoked token still works: checking a token
// that was seen within it does not ask the keeper.
const revocationDelay = 10 * time.Second

// Gate checks credentials. It is safe for concurrent use.
type Gate struct {
	keep Keeper
	now  func() time.Time

	mu    sync.Mutex // guards cache
	cache map[[32]byte]grant
}

type grant struct {
	tenant  signal.Tenant
	scopes  string
	checked time.Time
}

// New returns a Gate over the tokens in keep.
func New(keep Keeper, now func() time.Time) *Gate {
	return &Gate{keep: keep, now: now, cache: map[[32]byte]grant{}}
}

// Check returns the tenant that token belongs to, if it may do scope.
func (g *Gate) Check(ctx context.Context, token string, scope Scope) (signal.Tenant, error) {
	key := sha256.Sum256([]byte(token))
	g.mu.Lock()
	gr, ok := g.cache[key]
	g.mu.Unlock()
	if !ok || g.now().Sub(gr.checked) > revocationDelay {
		t, err := g.lookup(ctx, token)
		if err != nil {
			g.mu.Lock()
			delete(g.cache, key)
			g.mu.Unlock()
			return "", err
		}
		gr = grant{tenant: t.Tenant, scopes: t.Scopes, checked: g.now()}
		g.mu.Lock()
		if len(g.cache) > 10_000 {
			clear(g.cache)
		}
		g.cache[key] = gr
		g.mu.Unlock()
	}
	if !allows(gr.scopes, scope) {
		return "", ErrScope
	}
	return gr.tenant, nil
}

// allows reports whether scopes, as they are kept, have scope among them.
func allows(scopes string, scope Scope) bool {
	for s := range strings.SplitSeq(scopes, ",") {
		if s == string(scope) {
			return true
		}
	}
	return false
}

func (g *Gate) lookup(ctx context.Context, token string) (meta.Token, error) {
	id, ok := tokenID(token)
	if !ok {
		return meta.Token{}, ErrDenied
	}
	t, err := g.keep.Token(ctx, id)
	if errors.Is(err, meta.ErrNotFound) {
		return meta.Token{}, ErrDenied
	}
	if err != nil {
		return meta.Token{}, err
	}
	hash := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(hash[:], t.Hash[:]) != 1 {
		return meta.Token{}, ErrDenied
	}
	return t, nil
}

// Issue makes a new token and returns its text, which cannot be read again.
func (g *Gate) Issue(ctx context.Context, tenant signal.Tenant, name string, scopes ...Scope) (string, error) {
	id, secret := randomText(10), randomText(32)
	token := "clew_" + id + "_" + secret
	words := make([]string, len(scopes))
	for i, s := range scopes {
		if !slices.Contains(known, s) {
			return "", fmt.Errorf("auth: issue token: unknown scope %q (known: %v)", s, known)
		}
		words[i] = string(s)
	}
	err := g.keep.AddToken(ctx, meta.Token{
		ID: id, Hash: sha256.Sum256([]byte(token)), Tenant: tenant, Name: name,
		Scopes: strings.Join(words, ","), Created: g.now(),
	})
	if err != nil {
		return "", fmt.Errorf("auth: issue token: %w", err)
	}
	return token, nil
}

// FirstToken issues a token for everything when there is none yet, and returns
// "" when there is one.
func (g *Gate) FirstToken(ctx context.Context) (string, error) {
	all, err := g.keep.Tokens(ctx)
	if err != nil || len(all) > 0 {
		return "", err
	}
	return g.Issue(ctx, signal.DefaultTenant, "first", known...)
}

// tokenID cuts the id out of clew_<id>_<secret>.
func tokenID(token string) (string, bool) {
	rest, ok := strings.CutPrefix(token, "clew_")
	if !ok {
		return "", false
	}
	id, secret, ok := strings.Cut(rest, "_")
	return id, ok && id != "" && secret != ""
}

// randomText returns n random bytes as lower-case base32.
func randomText(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
