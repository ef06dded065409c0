package meta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"clew/internal/signal"
)

// IssueLimits bounds what is kept of issues. Zero fields bound nothing.
type IssueLimits struct {
	Before      signal.Time // issues last seen and occurrences earlier than that go
	Occurrences int         // of all tenants, with or without details
	Issues      int         // of all tenants; those seen longest ago go first
}

// ForgetIssues lets go what is beyond l. Totals and first sights stay exact: what
// is let go is never counted again.
func (d *DB) ForgetIssues(ctx context.Context, l IssueLimits) error {
	if l.Occurrences > 0 { // outside of the transaction: it takes a while
		var at signal.Time
		err := d.db.QueryRowContext(ctx, `SELECT at FROM occurrences ORDER BY at DESC LIMIT 1 OFFSET ?`, l.Occurrences).Scan(&at)
		if err == nil {
			l.Before = max(l.Before, at+1)
		} else if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("meta: forget issues: %w", err)
		}
	}
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("meta: forget issues: %w", err)
	}
	if err := forgetIssues(ctx, tx, l); err != nil {
		return fmt.Errorf("meta: forget issues: %w", rollback(tx, err))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("meta: forget issues: %w", err)
	}
	return nil
}

func forgetIssues(ctx context.Context, tx *sql.Tx, l IssueLimits) error {
	if l.Issues > 0 {
		_, err := tx.ExecContext(ctx, `DELETE FROM issues WHERE (tenant, id) IN
			(SELECT tenant, id FROM issues ORDER BY state = 'ignored' DESC, last DESC LIMIT -1 OFFSET ?)`, l.Issues)
		if err != nil {
			return err
		}
	}
	for _, q := range []string{
		`INSERT INTO issue_marks (name, at) VALUES ('horizon', ?1) ON CONFLICT (name) DO UPDATE SET at = MAX(at, excluded.at)`,
		`UPDATE issues SET gone_first = first, gone_version = COALESCE(NULLIF(gone_version, ''), (SELECT version FROM issue_minutes m
			WHERE m.tenant = issues.tenant AND m.id = issues.id AND version <> '' ORDER BY minute, version LIMIT 1), '') WHERE first < ?1`,
		`DELETE FROM issues WHERE last < ?1 AND state <> 'ignored'`,
		`DELETE FROM occurrences WHERE at < ?1 OR NOT EXISTS (SELECT 1 FROM issues i WHERE i.tenant = occurrences.tenant AND i.id = occurrences.id)`,
		`DELETE FROM issue_minutes WHERE (minute + 1) * 60000000000 <= ?1 OR NOT EXISTS (SELECT 1 FROM issues i WHERE i.tenant = issue_minutes.tenant AND i.id = issue_minutes.id)`,
		`DELETE FROM issue_causes WHERE ?1 = ?1 AND NOT EXISTS (SELECT 1 FROM issues i WHERE i.tenant = issue_causes.tenant AND i.id = issue_causes.id)`,
		`DELETE FROM issue_traces WHERE ?1 = ?1 AND NOT EXISTS (SELECT 1 FROM occurrences o WHERE o.tenant = issue_traces.tenant AND o.story = issue_traces.story)`,
	} {
		if _, err := tx.ExecContext(ctx, q, int64(l.Before)); err != nil {
			return err
		}
	}
	return nil
}
