package meta

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clew/internal/signal"
)

// alertTables: what rules are, how each of their series stands, what happened, who is
// silenced, who is told, and the messages to them that are not delivered yet. A step
// of a series and the messages it makes are written in one transaction.
const alertTables = `
	CREATE TABLE alert_rules (
		tenant TEXT NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL, updated INTEGER NOT NULL,
		PRIMARY KEY (tenant, name)) WITHOUT ROWID;
	CREATE TABLE alert_series (
		tenant TEXT NOT NULL, rule TEXT NOT NULL, grp TEXT NOT NULL, state TEXT NOT NULL,
		PRIMARY KEY (tenant, rule, grp)) WITHOUT ROWID;
	CREATE TABLE alert_history (
		id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, rule TEXT NOT NULL, grp TEXT NOT NULL, at INTEGER NOT NULL, change TEXT NOT NULL);
	CREATE INDEX alert_history_at ON alert_history (tenant, rule, at);
	CREATE TABLE alert_silences (
		tenant TEXT NOT NULL, id TEXT NOT NULL, silence TEXT NOT NULL, until INTEGER NOT NULL,
		PRIMARY KEY (tenant, id)) WITHOUT ROWID;
	CREATE TABLE alert_destinations (
		tenant TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, settings BLOB NOT NULL,
		PRIMARY KEY (tenant, name)) WITHOUT ROWID;
	CREATE TABLE alert_outbox (
		id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, destination TEXT NOT NULL, once TEXT NOT NULL,
		notice TEXT NOT NULL, made INTEGER NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
		state TEXT NOT NULL DEFAULT 'waiting', error TEXT NOT NULL DEFAULT '',
		UNIQUE (tenant, destination, once));
	CREATE INDEX alert_outbox_due ON alert_outbox (state, due);`

// AlertRule is a rule as it is kept: its text is the alert room's to read.
type AlertRule struct {
	Tenant  signal.Tenant
	Name    string
	Spec    []byte // JSON
	Updated time.Time
}

// AlertSeries is how one series of a rule stands.
type AlertSeries struct {
	Tenant      signal.Tenant
	Rule, Group string
	State       []byte // JSON; empty: drop it
}

// AlertChange is one thing that happened to a series.
type AlertChange struct {
	Tenant      signal.Tenant
	Rule, Group string
	At          signal.Time
	Change      []byte // JSON
}

// Outgoing is a message to one destination. Once names it: a second one of the same
// name to that destination is not kept.
type Outgoing struct {
	ID          int64
	Tenant      signal.Tenant
	Destination string
	Once        string
	Notice      []byte // JSON
	Made, Due   time.Time
	Tries       int
	State       string // waiting, sent or failed
	Error       string // of the last try
}

// AlertStep is all that one evaluation changed.
type AlertStep struct {
	Series   []AlertSeries
	Changes  []AlertChange
	Messages []Outgoing
}

// PutAlertRules keeps rules; those of the same name are replaced.
func (d *DB) PutAlertRules(ctx context.Context, rules []AlertRule) error {
	return d.write(ctx, "put rules", func(tx *sql.Tx) error {
		for _, r := range rules {
			if _, err := tx.ExecContext(ctx, `INSERT INTO alert_rules (tenant, name, spec, updated) VALUES (?,?,?,?)
				ON CONFLICT (tenant, name) DO UPDATE SET spec = excluded.spec, updated = excluded.updated`,
				string(r.Tenant), r.Name, string(r.Spec), r.Updated.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteAlertRule removes a rule, how its series stand and what waits to be sent. What
// happened stays.
func (d *DB) DeleteAlertRule(ctx context.Context, t signal.Tenant, name string) error {
	return d.write(ctx, "delete rule", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM alert_rules WHERE tenant = ? AND name = ?`, string(t), name)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return ErrNotFound
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM alert_series WHERE tenant = ? AND rule = ?`, string(t), name)
		return err
	})
}

// AlertRules lists the rules of all tenants, by tenant and name.
func (d *DB) AlertRules(ctx context.Context) (all []AlertRule, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT tenant, name, spec, updated FROM alert_rules ORDER BY tenant, name`)
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			var r AlertRule
			var updated int64
			err := scan(&r.Tenant, &r.Name, &r.Spec, &updated)
			r.Updated = time.UnixMilli(updated)
			all = append(all, r)
			return err
		})
	}
	return all, wrapRead("rules", err)
}

// AlertStates lists how the series of all rules stand.
func (d *DB) AlertStates(ctx context.Context) (all []AlertSeries, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT tenant, rule, grp, state FROM alert_series ORDER BY tenant, rule, grp`)
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			var s AlertSeries
			err := scan(&s.Tenant, &s.Rule, &s.Group, &s.State)
			all = append(all, s)
			return err
		})
	}
	return all, wrapRead("series", err)
}

// KeepAlertStep writes down all that an evaluation changed, or nothing.
func (d *DB) KeepAlertStep(ctx context.Context, s AlertStep) error {
	return d.write(ctx, "keep step", func(tx *sql.Tx) error {
		for _, r := range s.Series {
			var err error
			if len(r.State) == 0 {
				_, err = tx.ExecContext(ctx, `DELETE FROM alert_series WHERE tenant = ? AND rule = ? AND grp = ?`, string(r.Tenant), r.Rule, r.Group)
			} else {
				_, err = tx.ExecContext(ctx, `INSERT INTO alert_series (tenant, rule, grp, state) VALUES (?,?,?,?)
					ON CONFLICT (tenant, rule, grp) DO UPDATE SET state = excluded.state`, string(r.Tenant), r.Rule, r.Group, string(r.State))
			}
			if err != nil {
				return err
			}
		}
		for _, c := range s.Changes {
			if _, err := tx.ExecContext(ctx, `INSERT INTO alert_history (tenant, rule, grp, at, change) VALUES (?,?,?,?,?)`,
				string(c.Tenant), c.Rule, c.Group, int64(c.At), string(c.Change)); err != nil {
				return err
			}
		}
		for _, m := range s.Messages {
			if _, err := tx.ExecContext(ctx, `INSERT INTO alert_outbox (tenant, destination, once, notice, made, due) VALUES (?,?,?,?,?,?)
				ON CONFLICT (tenant, destination, once) DO NOTHING`,
				string(m.Tenant), m.Destination, m.Once, string(m.Notice), m.Made.UnixMilli(), m.Due.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

// AlertHistory lists what happened to the series of a rule in r, newest first; rule
// "" is all rules.
func (d *DB) AlertHistory(ctx context.Context, t signal.Tenant, rule string, r signal.Range, limit int) (all []AlertChange, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT tenant, rule, grp, at, change FROM alert_history
		WHERE tenant = ? AND (? = '' OR rule = ?) AND at >= ? AND at < ? ORDER BY at DESC, id DESC LIMIT ?`,
		string(t), rule, rule, int64(r.From), bound(r.To), limit)
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			var c AlertChange
			err := scan(&c.Tenant, &c.Rule, &c.Group, &c.At, &c.Change)
			all = append(all, c)
			return err
		})
	}
	return all, wrapRead("history", err)
}

// OutgoingDue lists the messages to be sent at now, oldest first. One does not overtake
// another to the same destination that has to wait.
func (d *DB) OutgoingDue(ctx context.Context, now time.Time, limit int) ([]Outgoing, error) {
	return d.outgoing(ctx, `o WHERE state = 'waiting' AND due <= ?1 AND NOT EXISTS (SELECT 1 FROM alert_outbox e
		WHERE e.state = 'waiting' AND e.due > ?1 AND e.tenant = o.tenant AND e.destination = o.destination AND e.id < o.id) ORDER BY id LIMIT ?2`, now.UnixMilli(), limit)
}

// OutgoingLast lists the newest messages of t, newest first.
func (d *DB) OutgoingLast(ctx context.Context, t signal.Tenant, limit int) ([]Outgoing, error) {
	return d.outgoing(ctx, `WHERE tenant = ? ORDER BY id DESC LIMIT ?`, string(t), limit)
}

func (d *DB) outgoing(ctx context.Context, where string, args ...any) (all []Outgoing, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT id, tenant, destination, once, notice, made, due, tries, state, error FROM alert_outbox `+where, args...)
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			var m Outgoing
			var made, due int64
			err := scan(&m.ID, &m.Tenant, &m.Destination, &m.Once, &m.Notice, &made, &due, &m.Tries, &m.State, &m.Error)
			m.Made, m.Due = time.UnixMilli(made), time.UnixMilli(due)
			all = append(all, m)
			return err
		})
	}
	return all, wrapRead("messages", err)
}

// KeepOutgoing writes down what became of a message: its tries, state, error and when
// it is due again.
func (d *DB) KeepOutgoing(ctx context.Context, m Outgoing) error {
	_, err := d.db.ExecContext(ctx, `UPDATE alert_outbox SET tries = ?, state = ?, error = ?, due = ? WHERE id = ?`,
		m.Tries, m.State, m.Error, m.Due.UnixMilli(), m.ID)
	return wrapRead("message", err)
}

// ForgetAlerts removes history and messages made before, and silences that ended by then.
func (d *DB) ForgetAlerts(ctx context.Context, before time.Time) error {
	return d.write(ctx, "forget", func(tx *sql.Tx) error {
		for _, forget := range []string{
			`DELETE FROM alert_history WHERE at < ? * 1000000`, `DELETE FROM alert_outbox WHERE state <> 'waiting' AND made < ?`, `DELETE FROM alert_silences WHERE until < ?`,
		} {
			if _, err := tx.ExecContext(ctx, forget, before.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Silence keeps messages about some series from being sent for a time.
type Silence struct {
	ID      string    `json:"id"`
	Rule    string    `json:"rule,omitempty"`  // of this rule only
	Group   string    `json:"group,omitempty"` // text that the series must hold
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	Comment string    `json:"comment,omitempty"`
	By      string    `json:"by,omitempty"`
}

// PutSilence keeps s, or replaces the one with its ID.
func (d *DB) PutSilence(ctx context.Context, t signal.Tenant, s Silence) error {
	text, err := json.Marshal(s)
	if err == nil {
		_, err = d.db.ExecContext(ctx, `INSERT INTO alert_silences (tenant, id, silence, until) VALUES (?,?,?,?)
			ON CONFLICT (tenant, id) DO UPDATE SET silence = excluded.silence, until = excluded.until`, string(t), s.ID, string(text), s.Until.UnixMilli())
	}
	return wrapRead("silence", err)
}

// DeleteSilence ends a silence.
func (d *DB) DeleteSilence(ctx context.Context, t signal.Tenant, id string) error {
	return d.delete(ctx, `DELETE FROM alert_silences WHERE tenant = ? AND id = ?`, string(t), id)
}

// Silences lists those of t that last beyond now, by when they end.
func (d *DB) Silences(ctx context.Context, t signal.Tenant, now time.Time) (all []Silence, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT silence FROM alert_silences WHERE tenant = ? AND until > ? ORDER BY until, id`, string(t), now.UnixMilli())
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			var text []byte
			var s Silence
			err := scan(&text)
			if err == nil {
				err = json.Unmarshal(text, &s)
			}
			all = append(all, s)
			return err
		})
	}
	return all, wrapRead("silences", err)
}

// AlertDestination is somebody to be told. Settings are sealed: this room cannot read
// them.
type AlertDestination struct {
	Tenant     signal.Tenant
	Name, Kind string
	Settings   []byte
}

// PutAlertDestination keeps a, or replaces the one of its name.
func (d *DB) PutAlertDestination(ctx context.Context, a AlertDestination) error {
	_, err := d.db.ExecContext(ctx, `INSERT INTO alert_destinations (tenant, name, kind, settings) VALUES (?,?,?,?)
		ON CONFLICT (tenant, name) DO UPDATE SET kind = excluded.kind, settings = excluded.settings`, string(a.Tenant), a.Name, a.Kind, a.Settings)
	return wrapRead("destination", err)
}

// DeleteAlertDestination removes a destination.
func (d *DB) DeleteAlertDestination(ctx context.Context, t signal.Tenant, name string) error {
	return d.delete(ctx, `DELETE FROM alert_destinations WHERE tenant = ? AND name = ?`, string(t), name)
}

// AlertDestinations lists those of t, by name.
func (d *DB) AlertDestinations(ctx context.Context, t signal.Tenant) (all []AlertDestination, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT tenant, name, kind, settings FROM alert_destinations WHERE tenant = ? ORDER BY name`, string(t))
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			var a AlertDestination
			err := scan(&a.Tenant, &a.Name, &a.Kind, &a.Settings)
			all = append(all, a)
			return err
		})
	}
	return all, wrapRead("destinations", err)
}

// write runs f in one transaction.
func (d *DB) write(ctx context.Context, what string, f func(*sql.Tx) error) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("meta: %s: %w", what, err)
	}
	if err := f(tx); err != nil {
		return fmt.Errorf("meta: %s: %w", what, rollback(tx, err))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("meta: %s: %w", what, err)
	}
	return nil
}

func (d *DB) delete(ctx context.Context, statement string, args ...any) error {
	res, err := d.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return fmt.Errorf("meta: delete: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotFound, err)
	}
	return nil
}

func wrapRead(what string, err error) error {
	if err != nil {
		return fmt.Errorf("meta: alerts: %s: %w", what, err)
	}
	return nil
}
