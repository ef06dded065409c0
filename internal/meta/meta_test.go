package meta

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clew/internal/signal"
)

func open(t *testing.T, path string) *DB {
	t.Helper()
	d, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestOrdinalsAreKeptForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	d := open(t, path)
	f := func(d *DB, tenant signal.Tenant, service string, want int) {
		t.Helper()
		got, err := d.Ordinal(t.Context(), tenant, service)
		if err != nil || got != want {
			t.Errorf("Ordinal(%s, %s) = %d, %v, want %d", tenant, service, got, err, want)
		}
	}
	f(d, "a", "gateway", 0)
	f(d, "a", "auth", 1)
	f(d, "a", "gateway", 0)
	f(d, "b", "auth", 0)
	d.Close()

	d = open(t, path)
	f(d, "a", "auth", 1)
	f(d, "a", "posts", 2)

	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the file must be its owner's alone: %v, %v", st.Mode(), err)
	}
}

func TestTwoProcessesAgreeOnOrdinals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	a, b := open(t, path), open(t, path)
	for i, d := range []*DB{a, b, a, b} {
		name := []string{"one", "two", "two", "one"}[i]
		want := []int{0, 1, 1, 0}[i]
		if got, err := d.Ordinal(t.Context(), "t", name); err != nil || got != want {
			t.Errorf("step %d: Ordinal(%s) = %d, %v, want %d", i, name, got, err, want)
		}
	}
}

func TestTokensAndSessions(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "meta.db"))
	ctx, now := context.Background(), time.UnixMilli(1_763_700_000_000)
	tok := Token{ID: "id1", Hash: [32]byte{1, 2}, Tenant: "acme", Name: "ci", Scopes: "ingest", Created: now}
	if err := d.AddToken(ctx, tok); err != nil {
		t.Fatal(err)
	}
	if err := d.AddToken(ctx, tok); err == nil {
		t.Error("the same id was added twice")
	}
	if got, err := d.Token(ctx, "id1"); err != nil || got != tok {
		t.Errorf("Token = %+v, %v, want %+v", got, err, tok)
	}
	if _, err := d.Token(ctx, "id2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown token: %v", err)
	}
	s := Session{Hash: [32]byte{9}, Tenant: "acme", Token: "id1", Expires: now.Add(time.Hour)}
	if err := d.AddSession(ctx, s, now); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Session(ctx, s.Hash, now); err != nil || got != s {
		t.Errorf("Session = %+v, %v, want %+v", got, err, s)
	}
	if _, err := d.Session(ctx, s.Hash, s.Expires); !errors.Is(err, ErrNotFound) {
		t.Errorf("expired session: %v", err)
	}
	if err := d.RevokeToken(ctx, "id1", now); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(ctx, "id1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("revoked token: %v", err)
	}
	if _, err := d.Session(ctx, s.Hash, now); !errors.Is(err, ErrNotFound) {
		t.Errorf("session of a revoked token: %v", err)
	}
	all, err := d.Tokens(ctx)
	if err != nil || len(all) != 1 || !all[0].Revoked.Equal(now) {
		t.Errorf("Tokens = %+v, %v", all, err)
	}
}

func TestOpenRefusesANewerFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	d := open(t, path)
	if _, err := d.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if _, err := Open(t.Context(), path); err == nil {
		t.Error("a file of a newer version was opened")
	}
}
