package meta

import (
	"context"
	"database/sql"
	"fmt"
	"os"
)

// CopyTo writes a consistent copy to a new file while others read and write.
func (d *DB) CopyTo(ctx context.Context, path string) error {
	if _, err := d.db.ExecContext(ctx, `VACUUM INTO ?`, path); err != nil {
		return fmt.Errorf("meta: copy: %w", err)
	}
	return os.Chmod(path, 0o600)
}

// Check reads the whole file at path and reports the first thing that is wrong.
func Check(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=rw&_pragma=busy_timeout(5000)")
	if err != nil {
		return fmt.Errorf("meta: check %s: %w", path, err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("meta: check %s: %w", path, err)
	}
	if verdict != "ok" {
		return fmt.Errorf("meta: check %s: %s", path, verdict)
	}
	return nil
}
