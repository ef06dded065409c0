package meta

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"clew/internal/issue"
	"clew/internal/signal"
)

// bound is the end of a range as a number to compare with.
func bound(t signal.Time) int64 {
	if t == 0 {
		return math.MaxInt64
	}
	return int64(t)
}

// minutes are the whole minutes that r touches, half-open.
func minutes(r signal.Range) (from, to int64) {
	to = bound(r.To)
	return int64(r.From) / minute, (to-1)/minute + 1
}

const issueColumns = `id, type, title, kind, name, account, region, state, until, total, first, last,
	COALESCE(NULLIF(gone_version, ''), (SELECT version FROM issue_minutes m WHERE m.tenant = i.tenant AND m.id = i.id AND version <> '' ORDER BY minute, version LIMIT 1), ''),
	COALESCE((SELECT version FROM issue_minutes m WHERE m.tenant = i.tenant AND m.id = i.id AND version <> '' ORDER BY minute DESC, version DESC LIMIT 1), gone_version),
	(SELECT COALESCE(json_extract(detail, '$.transaction'), hex(story)) FROM occurrences o WHERE o.tenant = i.tenant AND o.id = i.id ORDER BY at DESC, story DESC LIMIT 1),
	(SELECT COUNT(DISTINCT user) FROM occurrences o WHERE o.tenant = i.tenant AND o.id = i.id AND user <> '')`

func scanIssue(scan func(...any) error) (i issue.Issue, err error) {
	var id []byte
	var latest sql.NullString
	err = scan(&id, &i.Type, &i.Title, &i.Resource.Kind, &i.Resource.Name, &i.Resource.Account, &i.Resource.Region, &i.State, &i.Until,
		&i.Total, &i.First, &i.Last, &i.Version, &i.LastVersion, &latest, &i.Users)
	copy(i.ID[:], id)
	if err == nil && latest.Valid {
		i.Latest, err = signal.ParseTraceID(latest.String)
	}
	return i, err
}

// Issues returns the issues of t that occurred in r, counted over it in parts;
// ranges count whole minutes.
func (d *DB) Issues(ctx context.Context, t signal.Tenant, r signal.Range, parts int) ([]issue.Issue, error) {
	sparks, err := d.sparks(ctx, t, nil, r, parts)
	if err != nil {
		return nil, fmt.Errorf("meta: list issues: %w", err)
	}
	var all []issue.Issue
	rows, err := d.db.QueryContext(ctx, `SELECT `+issueColumns+` FROM issues i WHERE tenant = ? AND last >= ? AND first < ?`, string(t), int64(r.From), bound(r.To))
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			i, err := scanIssue(scan)
			if s := sparks[i.ID]; s != nil {
				i.Spark, i.Count = s, sum(s)
				all = append(all, i)
			}
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("meta: list issues: %w", err)
	}
	causes, err := d.causes(ctx, t, nil)
	if err != nil {
		return nil, fmt.Errorf("meta: list issues: %w", err)
	}
	for i := range all {
		all[i].Causes = causes[all[i].ID]
	}
	return all, nil
}

func sum(ns []int) (total int) {
	for _, n := range ns {
		total += n
	}
	return total
}

// only limits an answer to one issue, where one is asked for.
func only(id *issue.ID) (where string, args []any) {
	if id == nil {
		return "", nil
	}
	return " AND id = ?", []any{id[:]}
}

// sparks counts occurrences in equal parts of r.
func (d *DB) sparks(ctx context.Context, t signal.Tenant, id *issue.ID, r signal.Range, parts int) (map[issue.ID][]int, error) {
	from, to := minutes(r)
	width := max((to-from+int64(parts)-1)/int64(parts), 1)
	where, args := only(id)
	rows, err := d.db.QueryContext(ctx, `SELECT id, (minute - ?) / ?, SUM(n) FROM issue_minutes WHERE tenant = ? AND minute >= ? AND minute < ?`+where+` GROUP BY 1, 2`,
		append([]any{from, width, string(t), from, to}, args...)...)
	if err != nil {
		return nil, err
	}
	all := map[issue.ID][]int{}
	return all, eachRow(rows, func(scan func(...any) error) error {
		var key []byte
		var at, n int
		if err := scan(&key, &at, &n); err != nil {
			return err
		}
		k := issue.ID(key)
		if all[k] == nil {
			all[k] = make([]int, parts)
		}
		all[k][min(at, parts-1)] += n
		return nil
	})
}

func (d *DB) causes(ctx context.Context, t signal.Tenant, id *issue.ID) (map[issue.ID][]issue.Tally, error) {
	where, args := only(id)
	rows, err := d.db.QueryContext(ctx, `SELECT id, cause, n FROM issue_causes WHERE tenant = ?`+where+` ORDER BY n DESC, cause`, append([]any{string(t)}, args...)...)
	if err != nil {
		return nil, err
	}
	all := map[issue.ID][]issue.Tally{}
	return all, eachRow(rows, func(scan func(...any) error) error {
		var key []byte
		var text string
		var tally issue.Tally
		if err := scan(&key, &text, &tally.Count); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &tally.Cause); err != nil {
			return err
		}
		k := issue.ID(key)
		all[k] = append(all[k], tally)
		return nil
	})
}

// Issue returns one issue, counted over r, or issue.ErrNotFound.
func (d *DB) Issue(ctx context.Context, t signal.Tenant, id issue.ID, r signal.Range, parts int) (*issue.Detail, error) {
	row := d.db.QueryRowContext(ctx, `SELECT `+issueColumns+` FROM issues i WHERE tenant = ? AND id = ?`, string(t), id[:])
	i, err := scanIssue(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, issue.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("meta: read issue: %w", err)
	}
	out := &issue.Detail{Issue: i}
	if err := d.fill(ctx, t, out, r, parts); err != nil {
		return nil, fmt.Errorf("meta: read issue: %w", err)
	}
	return out, nil
}

func (d *DB) fill(ctx context.Context, t signal.Tenant, out *issue.Detail, r signal.Range, parts int) error {
	sparks, err := d.sparks(ctx, t, &out.ID, r, parts)
	if err != nil {
		return err
	}
	if out.Spark = sparks[out.ID]; out.Spark == nil {
		out.Spark = make([]int, parts)
	}
	out.Count = sum(out.Spark)
	causes, err := d.causes(ctx, t, &out.ID)
	if err != nil {
		return err
	}
	out.Causes = causes[out.ID]
	if out.Occurrences, err = d.occurrences(ctx, t, out); err != nil {
		return err
	}
	out.Sample()
	out.Timeline, err = d.timeline(ctx, t, out.ID, r)
	return err
}

// occurrences returns those with details, newest first.
func (d *DB) occurrences(ctx context.Context, t signal.Tenant, of *issue.Detail) (all []issue.Occurrence, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT story, at, duration, version, user, cause, detail FROM occurrences
		WHERE tenant = ? AND id = ? AND detail IS NOT NULL ORDER BY at DESC, story DESC`, string(t), of.ID[:])
	if err != nil {
		return nil, err
	}
	return all, eachRow(rows, func(scan func(...any) error) error {
		o := issue.Occurrence{ID: of.ID, Type: of.Type, Title: of.Title, Resource: of.Resource}
		var story []byte
		var cause, text string
		if err := scan(&story, &o.At, (*int64)(&o.Duration), &o.Version, &o.User, &cause, &text); err != nil {
			return err
		}
		copy(o.Transaction[:], story)
		if cause != "" {
			o.Cause = new(issue.Cause)
			if err := json.Unmarshal([]byte(cause), o.Cause); err != nil {
				return err
			}
		}
		var more detail
		if err := json.Unmarshal([]byte(text), &more); err != nil {
			return err
		}
		o.Row, o.Times, o.Error, o.Stack, o.Values = more.Row, more.Times, more.Error, more.Stack, more.Vals
		if more.Transaction != "" {
			if o.Transaction, err = signal.ParseTraceID(more.Transaction); err != nil {
				return err
			}
		}
		if o.Trace, err = signal.ParseTraceID(more.Trace); err != nil {
			return err
		}
		if o.Span, err = signal.ParseSpanID(more.Span); err != nil {
			return err
		}
		all = append(all, o)
		return nil
	})
}

// maxPoints bounds a timeline.
const maxPoints = 120

// timeline counts by version over r, in the shortest whole minutes that keep it
// within maxPoints instants.
func (d *DB) timeline(ctx context.Context, t signal.Tenant, id issue.ID, r signal.Range) (all []issue.Point, err error) {
	from, to := minutes(r)
	var lo, hi sql.NullInt64
	err = d.db.QueryRowContext(ctx, `SELECT MIN(minute), MAX(minute) FROM issue_minutes WHERE tenant = ? AND id = ? AND minute >= ? AND minute < ?`, string(t), id[:], from, to).Scan(&lo, &hi)
	if err != nil || !lo.Valid {
		return nil, err
	}
	from, to = max(from, lo.Int64), min(to, hi.Int64+1)
	width := (to-from)/maxPoints + 1
	rows, err := d.db.QueryContext(ctx, `SELECT minute / ?1 * ?1, version, SUM(n) FROM issue_minutes WHERE tenant = ?2 AND id = ?3 AND minute >= ?4 AND minute < ?5 GROUP BY 1, 2 ORDER BY 1, 2`,
		width, string(t), id[:], from, to)
	if err != nil {
		return nil, err
	}
	return all, eachRow(rows, func(scan func(...any) error) error {
		var p issue.Point
		var at int64
		err := scan(&at, &p.Version, &p.Count)
		p.At = signal.Time(at * minute)
		all = append(all, p)
		return err
	})
}
