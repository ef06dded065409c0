// Package meta keeps what is not telemetry: access tokens, browser sessions, the
// order services were first seen in, and issues with what people made of them, in
// one SQLite file beside the store.
// It knows no HTTP and decides nothing about access; internal/auth does.
package meta

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync"

	_ "modernc.org/sqlite" // the driver's only way in

	"clew/internal/signal"
)

// DB is an open metadata file. It is safe for concurrent use, and several
// processes may have the same file open (`clew token` beside `clew serve`).
type DB struct {
	db *sql.DB

	mu       sync.RWMutex // guards ordinals
	ordinals map[serviceKey]int
}

type serviceKey struct {
	tenant  signal.Tenant
	service string
}

// migrations are applied in order, once each; never edit one that was released.
var migrations = [...]string{
	`CREATE TABLE services (
		tenant TEXT NOT NULL, name TEXT NOT NULL, ordinal INTEGER NOT NULL,
		PRIMARY KEY (tenant, name), UNIQUE (tenant, ordinal)) WITHOUT ROWID;
	CREATE TABLE tokens (
		id TEXT PRIMARY KEY, hash BLOB NOT NULL, tenant TEXT NOT NULL, name TEXT NOT NULL,
		scopes TEXT NOT NULL, created INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
	CREATE TABLE sessions (
		hash BLOB PRIMARY KEY, tenant TEXT NOT NULL, token TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;`,
	issueTables,
	alertTables,
}

// Open opens or creates the file at path, readable by its owner only.
func Open(ctx context.Context, path string) (*DB, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("meta: create %s: %w", path, err)
	}
	f.Close()
	// FULL: a token that was shown to somebody must survive a power cut.
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("meta: open %s: %w", path, err)
	}
	db.SetMaxOpenConns(4)
	d := &DB{db: db, ordinals: map[serviceKey]int{}}
	if err := d.migrate(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("meta: migrate %s: %w", path, err)
	}
	return d, nil
}

func (d *DB) migrate(ctx context.Context) error {
	var version int
	if err := d.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return fmt.Errorf("file has version %d, this build knows %d: a newer Clew wrote it", version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		tx, err := d.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
			return rollback(tx, err)
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
			return rollback(tx, err)
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// rollback ends tx and returns the error that made it necessary.
func rollback(tx *sql.Tx, err error) error {
	if rerr := tx.Rollback(); rerr != nil {
		return fmt.Errorf("%w (and roll back: %w)", err, rerr)
	}
	return err
}

// Close closes the file.
func (d *DB) Close() error { return d.db.Close() }

// Ordinal returns the place of service in the order services were first asked
// for, starting at 0. It never changes, so every viewer derives the same colour.
func (d *DB) Ordinal(ctx context.Context, tenant signal.Tenant, service string) (int, error) {
	key := serviceKey{tenant, service}
	d.mu.RLock()
	n, ok := d.ordinals[key]
	d.mu.RUnlock()
	if ok {
		return n, nil
	}
	// The insert is a no-op when another process was first.
	_, err := d.db.ExecContext(ctx, `INSERT INTO services (tenant, name, ordinal)
		SELECT ?, ?, COALESCE(MAX(ordinal)+1, 0) FROM services WHERE tenant = ?
		ON CONFLICT (tenant, name) DO NOTHING`, string(tenant), service, string(tenant))
	if err != nil {
		return 0, fmt.Errorf("meta: number service: %w", err)
	}
	err = d.db.QueryRowContext(ctx, `SELECT ordinal FROM services WHERE tenant = ? AND name = ?`,
		string(tenant), service).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("meta: number service: %w", err)
	}
	d.mu.Lock()
	d.ordinals[key] = n
	d.mu.Unlock()
	return n, nil
}
