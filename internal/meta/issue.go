package meta

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"clew/internal/issue"
	"clew/internal/signal"
)

// issueTables: an occurrence has one small row for as long as it may be counted
// anew, which makes every count exact; only few of each issue have a detail, the
// rest of what is known. Whatever can be counted often is counted while writing.
const issueTables = `
	CREATE TABLE issues (
		tenant TEXT NOT NULL, id BLOB NOT NULL, type TEXT NOT NULL, title TEXT NOT NULL,
		kind TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
		state TEXT NOT NULL DEFAULT 'open', until INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL DEFAULT 0,
		total INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
		gone_first INTEGER NOT NULL DEFAULT 0, gone_version TEXT NOT NULL DEFAULT '',
		PRIMARY KEY (tenant, id)) WITHOUT ROWID;
	CREATE INDEX issues_resolved ON issues (tenant, id, changed) WHERE state = 'resolved';
	CREATE TABLE issue_minutes (
		tenant TEXT NOT NULL, id BLOB NOT NULL, minute INTEGER NOT NULL, version TEXT NOT NULL, n INTEGER NOT NULL,
		PRIMARY KEY (tenant, id, minute, version)) WITHOUT ROWID;
	CREATE INDEX issue_minutes_at ON issue_minutes (tenant, minute, id, n);
	CREATE TABLE issue_causes (
		tenant TEXT NOT NULL, id BLOB NOT NULL, cause TEXT NOT NULL, n INTEGER NOT NULL,
		PRIMARY KEY (tenant, id, cause)) WITHOUT ROWID;
	CREATE TABLE occurrences (
		tenant TEXT NOT NULL, story BLOB NOT NULL, id BLOB NOT NULL, at INTEGER NOT NULL, duration INTEGER NOT NULL,
		version TEXT NOT NULL, user TEXT NOT NULL, cause TEXT NOT NULL, detail TEXT,
		PRIMARY KEY (tenant, story, id)) WITHOUT ROWID;
	CREATE INDEX occurrences_at ON occurrences (tenant, id, at);
	CREATE INDEX occurrences_age ON occurrences (at);
	CREATE INDEX occurrences_detail ON occurrences (tenant, id, at) WHERE detail IS NOT NULL;
	CREATE INDEX occurrences_user ON occurrences (tenant, id, user) WHERE user <> '';
	CREATE TABLE issue_traces (
		tenant TEXT NOT NULL, trace BLOB NOT NULL, story BLOB NOT NULL,
		PRIMARY KEY (tenant, trace)) WITHOUT ROWID;
	CREATE INDEX issue_traces_story ON issue_traces (tenant, story);
	CREATE TABLE issue_marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;`

// Trace names a trace of a tenant.
type Trace struct {
	Tenant signal.Tenant
	ID     signal.TraceID
}

// minute is the length of a count.
const minute = 60_000_000_000

// keptDetails is how many occurrences of one issue keep their details: the newest,
// and besides them the oldest and the slowest.
const keptDetails = 100

// KeepIssues replaces what was found in any trace of each story by what was found
// now, all or nothing, and notes mark unless it is 0. Keeping the same story twice
// equals once. left are traces that were told with one of the stories and are not
// any more: whoever calls must look at them again. Occurrences older than what
// ForgetIssues let go stay as they were counted.
func (d *DB) KeepIssues(ctx context.Context, stories []issue.Story, mark signal.Time) (left []Trace, err error) {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("meta: keep issues: %w", err)
	}
	k := &issueWriter{ctx: ctx, tx: tx, touched: map[issueKey]bool{}, prepared: map[string]*sql.Stmt{}, resolved: map[issueKey]int64{}}
	if err := k.keep(stories, mark); err != nil {
		return nil, fmt.Errorf("meta: keep issues: %w", rollback(tx, err))
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("meta: keep issues: %w", err)
	}
	return k.left, nil
}

type issueKey struct {
	tenant signal.Tenant
	id     issue.ID
}

// issueWriter is one change to the tables of issues.
type issueWriter struct {
	ctx      context.Context
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
	horizon  signal.Time
	resolved map[issueKey]int64 // when
	touched  map[issueKey]bool  // true: something was taken back
	left     []Trace
}

func (k *issueWriter) stmt(query string) (*sql.Stmt, error) {
	if s := k.prepared[query]; s != nil {
		return s, nil
	}
	s, err := k.tx.PrepareContext(k.ctx, query) // closed with the transaction
	if err == nil {
		k.prepared[query] = s
	}
	return s, err
}

func (k *issueWriter) exec(query string, args ...any) error {
	s, err := k.stmt(query)
	if err == nil {
		_, err = s.ExecContext(k.ctx, args...)
	}
	return err
}

// each calls f for every row of an answer.
func (k *issueWriter) each(f func(scan func(...any) error) error, query string, args ...any) error {
	s, err := k.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(k.ctx, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, f)
}

func eachRow(rows *sql.Rows, f func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (k *issueWriter) keep(stories []issue.Story, mark signal.Time) error {
	if err := k.each(func(scan func(...any) error) error { return scan(&k.horizon) }, `SELECT at FROM issue_marks WHERE name = 'horizon'`); err != nil {
		return err
	}
	err := k.each(func(scan func(...any) error) error {
		var key issueKey
		var id []byte
		var changed int64
		err := scan(&key.tenant, &id, &changed)
		copy(key.id[:], id)
		k.resolved[key] = changed
		return err
	}, `SELECT tenant, id, changed FROM issues WHERE state = 'resolved'`)
	if err != nil {
		return err
	}
	for i := range stories {
		if err := k.story(&stories[i]); err != nil {
			return err
		}
	}
	for key, less := range k.touched {
		if less {
			if err := k.settle(key); err != nil {
				return err
			}
		}
		if err := k.trim(string(key.tenant), key.id[:]); err != nil {
			return err
		}
	}
	if mark == 0 {
		return nil
	}
	return k.exec(`INSERT INTO issue_marks (name, at) VALUES ('woven', ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at`, int64(mark))
}

func (k *issueWriter) story(s *issue.Story) error {
	back := map[issue.ID]bool{}
	for i := range s.Occurrences {
		again, err := k.regresses(s.Tenant, &s.Occurrences[i])
		if err != nil {
			return err
		}
		back[s.Occurrences[i].ID] = again
	}
	old, err := k.before(s)
	if err != nil {
		return err
	}
	for _, id := range old {
		if err := k.remove(s, id); err != nil {
			return err
		}
	}
	added := false
	for i := range s.Occurrences {
		o := &s.Occurrences[i]
		if o.At < k.horizon {
			continue
		}
		added = true
		if err := k.add(s.Tenant, s.ID, o, back[o.ID]); err != nil {
			return err
		}
	}
	if !added {
		return nil
	}
	for _, t := range s.Traces {
		if err := k.exec(`INSERT INTO issue_traces (tenant, trace, story) VALUES (?,?,?) ON CONFLICT (tenant, trace) DO UPDATE SET story = excluded.story`,
			string(s.Tenant), t[:], s.ID[:]); err != nil {
			return err
		}
	}
	return nil
}

// before lists the stories that the traces of s were told in so far.
func (k *issueWriter) before(s *issue.Story) (old []signal.TraceID, err error) {
	for _, t := range s.Traces {
		err := k.each(func(scan func(...any) error) error {
			var id []byte
			if err := scan(&id); err != nil {
				return err
			}
			if story := signal.TraceID(id); !slices.Contains(old, story) {
				old = append(old, story)
			}
			return nil
		}, `SELECT story FROM issue_traces WHERE tenant = ? AND trace = ?`, string(s.Tenant), t[:])
		if err != nil {
			return nil, err
		}
	}
	return old, nil
}

// remove takes back all that was counted for the story id.
func (k *issueWriter) remove(s *issue.Story, id signal.TraceID) error {
	type counted struct {
		issue   issue.ID
		at      int64
		version string
		cause   string
	}
	var all []counted
	err := k.each(func(scan func(...any) error) error {
		var c counted
		var issueID []byte
		err := scan(&issueID, &c.at, &c.version, &c.cause)
		copy(c.issue[:], issueID)
		all = append(all, c)
		return err
	}, `SELECT id, at, version, cause FROM occurrences WHERE tenant = ? AND story = ?`, string(s.Tenant), id[:])
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := k.count(s.Tenant, c.issue, c.at, c.version, c.cause, -1); err != nil {
			return err
		}
		if err := k.exec(`UPDATE issues SET total = total - 1 WHERE tenant = ? AND id = ?`, string(s.Tenant), c.issue[:]); err != nil {
			return err
		}
		k.touched[issueKey{s.Tenant, c.issue}] = true
	}
	err = k.each(func(scan func(...any) error) error {
		var trace []byte
		if err := scan(&trace); err != nil {
			return err
		}
		if t := signal.TraceID(trace); !slices.Contains(s.Traces, t) {
			k.left = append(k.left, Trace{s.Tenant, t})
		}
		return nil
	}, `SELECT trace FROM issue_traces WHERE tenant = ? AND story = ?`, string(s.Tenant), id[:])
	if err != nil {
		return err
	}
	if err := k.exec(`DELETE FROM issue_traces WHERE tenant = ? AND story = ?`, string(s.Tenant), id[:]); err != nil {
		return err
	}
	return k.exec(`DELETE FROM occurrences WHERE tenant = ? AND story = ?`, string(s.Tenant), id[:])
}

// count adds n to what is counted while writing.
func (k *issueWriter) count(t signal.Tenant, id issue.ID, at int64, version, cause string, n int) error {
	err := k.exec(`INSERT INTO issue_minutes (tenant, id, minute, version, n) VALUES (?1,?2,?3,?4,?5)
		ON CONFLICT (tenant, id, minute, version) DO UPDATE SET n = n + excluded.n`, string(t), id[:], at/minute, version, n)
	if err == nil && cause != "" {
		err = k.exec(`INSERT INTO issue_causes (tenant, id, cause, n) VALUES (?,?,?,?)
			ON CONFLICT (tenant, id, cause) DO UPDATE SET n = n + excluded.n`, string(t), id[:], cause, n)
	}
	return err
}

// regresses reports whether o brings back an issue that was resolved: by when it
// is, or by its being of a version not seen before.
func (k *issueWriter) regresses(t signal.Tenant, o *issue.Occurrence) (again bool, err error) {
	changed, resolved := k.resolved[issueKey{t, o.ID}]
	if !resolved || int64(o.At) > changed || o.Version == "" {
		return resolved && int64(o.At) > changed, nil
	}
	again = true
	err = k.each(func(scan func(...any) error) error { again = false; return nil },
		`SELECT 1 FROM issue_minutes WHERE tenant = ? AND id = ? AND version = ? LIMIT 1`, string(t), o.ID[:], o.Version)
	return again, err
}

// detail is what is kept of few occurrences of an issue.
type detail struct {
	Trace string        `json:"trace"`
	Span  string        `json:"span"`
	Row   int           `json:"row"`
	Times int           `json:"times"`
	Error string        `json:"error"`
	Stack string        `json:"stack,omitempty"`
	Vals  []issue.Value `json:"values,omitempty"`

	Transaction string `json:"transaction,omitempty"` // a sample, of what is seen in no single one
}

func (k *issueWriter) add(t signal.Tenant, story signal.TraceID, o *issue.Occurrence, regressed bool) error {
	cause := ""
	if o.Cause != nil {
		text, err := json.Marshal(o.Cause)
		if err != nil {
			return err
		}
		cause = string(text)
	}
	more := detail{Trace: o.Trace.String(), Span: o.Span.String(), Row: o.Row, Times: o.Times, Error: o.Error, Stack: o.Stack, Vals: o.Values}
	if o.Type == issue.Slow || o.Type == issue.ColdStarts {
		more.Transaction = o.Transaction.String()
	}
	text, err := json.Marshal(more)
	if err != nil {
		return err
	}
	err = k.exec(`INSERT INTO issues (tenant, id, type, title, kind, name, account, region, total, first, last) VALUES (?,?,?,?,?,?,?,?,1,?,?)
		ON CONFLICT (tenant, id) DO UPDATE SET total = total + 1, first = CASE first WHEN 0 THEN excluded.first ELSE MIN(first, excluded.first) END, last = MAX(last, excluded.last)`,
		string(t), o.ID[:], string(o.Type), o.Title, string(o.Resource.Kind), o.Resource.Name, o.Resource.Account, o.Resource.Region, int64(o.At), int64(o.At))
	if err == nil && regressed {
		err = k.exec(`UPDATE issues SET state = 'regressed' WHERE tenant = ? AND id = ? AND state = 'resolved'`, string(t), o.ID[:])
	}
	if err == nil {
		err = k.exec(`INSERT INTO occurrences (tenant, story, id, at, duration, version, user, cause, detail) VALUES (?,?,?,?,?,?,?,?,?)`,
			string(t), story[:], o.ID[:], int64(o.At), int64(o.Duration), o.Version, o.User, cause, string(text))
	}
	if err == nil {
		err = k.count(t, o.ID, int64(o.At), o.Version, cause, 1)
	}
	if key := (issueKey{t, o.ID}); !k.touched[key] {
		k.touched[key] = false
	}
	return err
}

// settle brings an issue into order after an occurrence was taken back.
func (k *issueWriter) settle(key issueKey) error {
	t, id := string(key.tenant), key.id[:]
	for _, q := range []string{
		`DELETE FROM issue_minutes WHERE tenant = ? AND id = ? AND n <= 0`,
		`DELETE FROM issue_causes WHERE tenant = ? AND id = ? AND n <= 0`,
		`DELETE FROM issues WHERE tenant = ? AND id = ? AND total <= 0 AND state = 'open'`,
	} {
		if err := k.exec(q, t, id); err != nil {
			return err
		}
	}
	err := k.exec(`UPDATE issues SET
			first = COALESCE((SELECT MIN(at) FROM occurrences WHERE tenant = ?1 AND id = ?2), gone_first),
			last = COALESCE((SELECT MAX(at) FROM occurrences WHERE tenant = ?1 AND id = ?2), last)
		WHERE tenant = ?1 AND id = ?2`, t, id)
	if err != nil {
		return err
	}
	return k.exec(`UPDATE issues SET first = gone_first WHERE tenant = ? AND id = ? AND gone_first <> 0`, t, id)
}

// trim lets details go that are not among those to keep.
func (k *issueWriter) trim(t string, id []byte) error {
	type sample struct {
		story        []byte
		at, duration int64
	}
	var all []sample
	total := 0
	err := k.each(func(scan func(...any) error) error { return scan(&total) }, `SELECT total FROM issues WHERE tenant = ? AND id = ?`, t, id)
	if err != nil || total <= keptDetails {
		return err
	}
	err = k.each(func(scan func(...any) error) error {
		var s sample
		err := scan(&s.story, &s.at, &s.duration)
		all = append(all, s)
		return err
	}, `SELECT story, at, duration FROM occurrences INDEXED BY occurrences_detail WHERE tenant = ? AND id = ? AND detail IS NOT NULL`, t, id)
	if err != nil || len(all) <= keptDetails {
		return err
	}
	slices.SortFunc(all, func(a, b sample) int { return cmp.Or(cmp.Compare(b.at, a.at), bytes.Compare(b.story, a.story)) })
	slowest := slices.MaxFunc(all, func(a, b sample) int {
		return cmp.Or(cmp.Compare(a.duration, b.duration), cmp.Compare(b.at, a.at), bytes.Compare(b.story, a.story))
	})
	for _, s := range all[keptDetails : len(all)-1] {
		if bytes.Equal(s.story, slowest.story) {
			continue
		}
		if err := k.exec(`UPDATE occurrences SET detail = NULL WHERE tenant = ? AND story = ? AND id = ?`, t, s.story, id); err != nil {
			return err
		}
	}
	return nil
}

// IssueMark returns the mark that was kept last; 0 before the first.
func (d *DB) IssueMark(ctx context.Context) (mark signal.Time, err error) {
	err = d.db.QueryRowContext(ctx, `SELECT at FROM issue_marks WHERE name = 'woven'`).Scan(&mark)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("meta: read mark of issues: %w", err)
	}
	return mark, nil
}

// SetIssueState notes what people made of an issue, or returns issue.ErrNotFound.
func (d *DB) SetIssueState(ctx context.Context, t signal.Tenant, id issue.ID, s issue.State, until, now signal.Time) error {
	res, err := d.db.ExecContext(ctx, `UPDATE issues SET state = ?, until = ?, changed = ? WHERE tenant = ? AND id = ?`,
		string(s), int64(until), int64(now), string(t), id[:])
	if err != nil {
		return fmt.Errorf("meta: change issue: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return issue.ErrNotFound
	}
	return nil
}

// IssueTraces lists the traces of stories with an occurrence in r.
func (d *DB) IssueTraces(ctx context.Context, r signal.Range) (all []Trace, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT DISTINCT t.tenant, t.trace FROM occurrences o JOIN issue_traces t ON t.tenant = o.tenant AND t.story = o.story
		WHERE o.at >= ? AND o.at < ?`, int64(r.From), bound(r.To))
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			var t Trace
			var id []byte
			if err := scan(&t.Tenant, &id); err != nil {
				return err
			}
			t.ID = signal.TraceID(id)
			all = append(all, t)
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("meta: list traces of issues: %w", err)
	}
	return all, nil
}

// Tenants lists everybody who may have sent something: the default tenant, those
// of tokens and those with issues.
func (d *DB) Tenants(ctx context.Context) (all []signal.Tenant, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT ? UNION SELECT tenant FROM tokens UNION SELECT tenant FROM issues ORDER BY 1`, string(signal.DefaultTenant))
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			var t signal.Tenant
			err := scan(&t)
			all = append(all, t)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("meta: list tenants: %w", err)
	}
	return all, nil
}
