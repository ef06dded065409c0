package meta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"clew/internal/signal"
)

// ErrNotFound is returned for tokens and sessions that are not there, revoked or
// expired.
var ErrNotFound = errors.New("meta: not found")

// Token is a credential as it is kept: the secret itself is not.
type Token struct {
	ID      string
	Hash    [32]byte // SHA-256 of the secret; it is random, so no slow hash is needed
	Tenant  signal.Tenant
	Name    string
	Scopes  string // comma-separated
	Created time.Time
	Revoked time.Time // zero: valid
}

// AddToken keeps t.
func (d *DB) AddToken(ctx context.Context, t Token) error {
	_, err := d.db.ExecContext(ctx, `INSERT INTO tokens (id, hash, tenant, name, scopes, created) VALUES (?,?,?,?,?,?)`,
		t.ID, t.Hash[:], string(t.Tenant), t.Name, t.Scopes, t.Created.UnixMilli())
	if err != nil {
		return fmt.Errorf("meta: add token: %w", err)
	}
	return nil
}

// Token returns the token with that id, or ErrNotFound when it does not exist or
// was revoked.
func (d *DB) Token(ctx context.Context, id string) (Token, error) {
	t, err := scanToken(d.db.QueryRowContext(ctx,
		`SELECT id, hash, tenant, name, scopes, created, revoked FROM tokens WHERE id = ? AND revoked = 0`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Token{}, ErrNotFound
	}
	if err != nil {
		return Token{}, fmt.Errorf("meta: read token: %w", err)
	}
	return t, nil
}

// Tokens lists all tokens, oldest first, revoked ones included.
func (d *DB) Tokens(ctx context.Context) ([]Token, error) {
	rows, err := d.db.QueryContext(ctx,
		`SELECT id, hash, tenant, name, scopes, created, revoked FROM tokens ORDER BY created, id`)
	if err != nil {
		return nil, fmt.Errorf("meta: list tokens: %w", err)
	}
	defer rows.Close()
	var all []Token
	for rows.Next() {
		t, err := scanToken(rows)
		if err != nil {
			return nil, fmt.Errorf("meta: list tokens: %w", err)
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

func scanToken(row interface{ Scan(...any) error }) (Token, error) {
	var t Token
	var hash []byte
	var tenant string
	var created, revoked int64
	if err := row.Scan(&t.ID, &hash, &tenant, &t.Name, &t.Scopes, &created, &revoked); err != nil {
		return Token{}, err
	}
	copy(t.Hash[:], hash)
	t.Tenant, t.Created = signal.Tenant(tenant), time.UnixMilli(created)
	if revoked != 0 {
		t.Revoked = time.UnixMilli(revoked)
	}
	return t, nil
}

// RevokeToken ends a token and every session that came from it.
func (d *DB) RevokeToken(ctx context.Context, id string, now time.Time) error {
	res, err := d.db.ExecContext(ctx, `UPDATE tokens SET revoked = ? WHERE id = ? AND revoked = 0`, now.UnixMilli(), id)
	if err != nil {
		return fmt.Errorf("meta: revoke token: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrNotFound
	}
	if _, err := d.db.ExecContext(ctx, `DELETE FROM sessions WHERE token = ?`, id); err != nil {
		return fmt.Errorf("meta: end sessions: %w", err)
	}
	return nil
}

// Session is one browser's login, found by the hash of its cookie.
type Session struct {
	Hash    [32]byte
	Tenant  signal.Tenant
	Token   string // id of the token it came from
	Expires time.Time
}

// AddSession keeps s and drops the sessions that ended before now.
func (d *DB) AddSession(ctx context.Context, s Session, now time.Time) error {
	if _, err := d.db.ExecContext(ctx, `DELETE FROM sessions WHERE expires < ?`, now.UnixMilli()); err != nil {
		return fmt.Errorf("meta: drop old sessions: %w", err)
	}
	_, err := d.db.ExecContext(ctx, `INSERT INTO sessions (hash, tenant, token, expires) VALUES (?,?,?,?)`,
		s.Hash[:], string(s.Tenant), s.Token, s.Expires.UnixMilli())
	if err != nil {
		return fmt.Errorf("meta: add session: %w", err)
	}
	return nil
}

// Session returns the session with that cookie hash, or ErrNotFound when there
// is none that lasts beyond now.
func (d *DB) Session(ctx context.Context, hash [32]byte, now time.Time) (Session, error) {
	s := Session{Hash: hash}
	var tenant string
	var expires int64
	err := d.db.QueryRowContext(ctx, `SELECT tenant, token, expires FROM sessions WHERE hash = ? AND expires > ?`,
		hash[:], now.UnixMilli()).Scan(&tenant, &s.Token, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, ErrNotFound
	}
	if err != nil {
		return Session{}, fmt.Errorf("meta: read session: %w", err)
	}
	s.Tenant, s.Expires = signal.Tenant(tenant), time.UnixMilli(expires)
	return s, nil
}
