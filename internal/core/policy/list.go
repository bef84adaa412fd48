package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

const suiteColumns = `s.id, s.name, s.name_key, s.description, s.version, s.created, s.changed, s.retired,
	(SELECT COUNT(*) FROM (SELECT 1 FROM policy_assignment a WHERE a.suite = s.id LIMIT 10000) counted)`

type suiteRow struct {
	Suite
	key string // where it stands in a list
}

func scanSuite(r sqldb.Row) (s suiteRow, err error) {
	var created, changed int64
	err = r.Scan(&s.ID, &s.Name, &s.key, &s.Description, &s.Version, &created, &changed, &s.Retired, &s.Assigned)
	s.Created, s.Changed = sqldb.Time(created), sqldb.Time(changed)
	return s, err
}

func readSuite(ctx context.Context, q sqldb.Querier, id string) (Suite, error) {
	s, err := sqldb.One(ctx, q, scanSuite, "SELECT "+suiteColumns+" FROM policy_suite s WHERE s.id = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Suite{}, errNoSuite
	}
	return s.Suite, err
}

func scanVersion(r sqldb.Row) (v Version, err error) {
	var at int64
	var content string
	if err := r.Scan(&v.Suite, &v.Number, &at, &v.By, &v.Comment, &v.From, &content); err != nil {
		return v, err
	}
	v.At = sqldb.Time(at)
	if err := json.Unmarshal([]byte(content), &v.Content); err != nil {
		return v, fmt.Errorf("policy version %s/%d: %w", v.Suite, v.Number, err)
	}
	return v, nil
}

const versionColumns = "v.suite, v.number, v.at, v.author, v.comment, v.rolled_back, v.content"

func readVersion(ctx context.Context, q sqldb.Querier, suite string, number int) (Version, error) {
	v, err := sqldb.One(ctx, q, scanVersion,
		"SELECT "+versionColumns+" FROM policy_version v WHERE v.suite = $1 AND v.number = $2", suite, number)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Version{}, problem.Newf(problem.NotFound, "policy.version-none", "The suite has no version %d.", number)
	}
	return v, err
}

// Filter selects suites. The zero Filter selects all that are in use.
type Filter struct {
	Search  string // part of the name, in any case
	Retired bool   // the retired ones instead
}

// List returns suites by name. It needs the right policy.read over the whole zone.
func (s *Store) List(ctx context.Context, c scope.Caller, f Filter, r page.Request) (page.Page[Suite], error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return page.Page[Suite]{}, err
	}
	l := listing[suiteRow]{
		columns: suiteColumns, from: "policy_suite s", order: "s.name_key, s.id", scan: scanSuite,
		cursor: func(r suiteRow) string { return page.Cursor(r.key, r.ID) },
		after: func(a *sqldb.Args) (string, error) {
			key, id, err := page.Parse[string](r.After)
			return "(s.name_key, s.id) > (" + a.Add(key) + ", " + a.Add(id) + ")", err
		},
	}
	l.where = "s.retired = " + l.args.Add(f.Retired)
	if f.Search != "" {
		l.where += " AND s.name_key LIKE " + l.args.Add(page.Like(sqldb.Fold(sqldb.Clean(f.Search, 4*maxName)))) + ` ESCAPE '\'`
	}
	rows, err := l.read(ctx, s.db, r)
	p := page.Page[Suite]{Next: rows.Next, Total: rows.Total, Capped: rows.Capped}
	for _, row := range rows.Items {
		p.Items = append(p.Items, row.Suite)
	}
	return p, err
}

// listing is one list of this package, read page by page.
type listing[T any] struct {
	columns, from, where, order string
	args                        sqldb.Args // of where
	scan                        func(sqldb.Row) (T, error)
	cursor                      func(T) string
	after                       func(*sqldb.Args) (string, error) // the condition for the rows behind the cursor
}

func (l *listing[T]) read(ctx context.Context, db *sqldb.DB, r page.Request) (page.Page[T], error) {
	var p page.Page[T]
	size, err := r.Size()
	if err != nil {
		return p, err
	}
	counted, after := l.args.List(), "TRUE"
	if r.After != "" {
		if after, err = l.after(&l.args); err != nil {
			return p, err
		}
	}
	err = db.Read(ctx, func(q sqldb.Querier) error {
		rows, err := sqldb.All(ctx, q, l.scan, "SELECT "+l.columns+" FROM "+l.from+" WHERE "+l.where+" AND "+after+
			" ORDER BY "+l.order+" LIMIT "+l.args.Add(size+1), l.args.List()...)
		if err != nil {
			return err
		}
		p = page.Cut(rows, size, l.cursor)
		p.Total, p.Capped, err = page.Total(ctx, q, "FROM "+l.from+" WHERE "+l.where, counted...)
		return err
	})
	return p, err
}

// Get returns the suite with the id.
func (s *Store) Get(ctx context.Context, c scope.Caller, id string) (Suite, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return Suite{}, err
	}
	return readSuite(ctx, s.db, id)
}

// Named returns the suite in use with the name, in any case.
func (s *Store) Named(ctx context.Context, c scope.Caller, name string) (Suite, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return Suite{}, err
	}
	r, err := sqldb.One(ctx, s.db, scanSuite,
		"SELECT "+suiteColumns+" FROM policy_suite s WHERE s.name_key = $1 AND s.retired = $2", sqldb.Fold(name), false)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Suite{}, errNoSuite
	}
	return r.Suite, err
}

// Version returns one version of a suite; number 0 is the one in force.
func (s *Store) Version(ctx context.Context, c scope.Caller, suite string, number int) (Version, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return Version{}, err
	}
	var v Version
	err := s.db.Read(ctx, func(q sqldb.Querier) error {
		now, err := readSuite(ctx, q, suite)
		if err != nil {
			return err
		}
		if number == 0 {
			number = now.Version
		}
		v, err = readVersion(ctx, q, suite, number)
		return err
	})
	return v, err
}

// Versions returns a suite's versions, the newest first.
func (s *Store) Versions(ctx context.Context, c scope.Caller, suite string, r page.Request) (page.Page[Version], error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return page.Page[Version]{}, err
	}
	l := listing[Version]{
		columns: versionColumns, from: "policy_version v", order: "v.number DESC", scan: scanVersion,
		cursor: func(v Version) string { return page.Cursor(int64(v.Number), v.Suite) },
		after: func(a *sqldb.Args) (string, error) {
			number, _, err := page.Parse[int64](r.After)
			return "v.number < " + a.Add(number), err
		},
	}
	l.where = "v.suite = " + l.args.Add(suite)
	return l.read(ctx, s.db, r)
}
