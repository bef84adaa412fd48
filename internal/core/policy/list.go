package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
		return Version{}, errNoSuite
	}
	return v, err
}

// Query selects suites. The zero Query selects the first page of those in use.
type Query struct {
	Search  string // part of the name, in any case
	Retired bool   // the retired ones instead
	After   string // the Next of the page before
	Limit   int    // at most 500; 0 means 100
}

// Page is one page of suites by name. Next is "" on the last one.
type Page struct {
	Suites []Suite
	Next   string
}

// List returns suites by name. It needs the right policy.read over the whole zone.
func (s *Store) List(ctx context.Context, c scope.Caller, q Query) (Page, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return Page{}, err
	}
	limit := bounded(q.Limit)
	var a sqldb.Args
	where := "s.retired = " + a.Add(q.Retired) + " AND s.name_key > " + a.Add(q.After)
	if q.Search != "" {
		where += " AND s.name_key LIKE " + a.Add("%"+escapeLike(sqldb.Fold(q.Search))+"%") + ` ESCAPE '\'`
	}
	rows, err := sqldb.All(ctx, s.db, scanSuite, "SELECT "+suiteColumns+" FROM policy_suite s WHERE "+where+
		" ORDER BY s.name_key LIMIT "+a.Add(limit+1), a.List()...)
	if err != nil {
		return Page{}, err
	}
	var p Page
	if len(rows) > limit {
		rows = rows[:limit]
		p.Next = rows[limit-1].key
	}
	for _, r := range rows {
		p.Suites = append(p.Suites, r.Suite)
	}
	return p, nil
}

func bounded(limit int) int {
	if limit <= 0 {
		return pageSize
	}
	return min(limit, maxPage)
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
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
		if number == 0 {
			now, err := readSuite(ctx, q, suite)
			if err != nil {
				return err
			}
			number = now.Version
		}
		var err error
		v, err = readVersion(ctx, q, suite, number)
		return err
	})
	return v, err
}

// Versions returns a suite's versions, the newest first: those below before, or from the newest when before is 0. limit
// is at most 500; 0 means 100.
func (s *Store) Versions(ctx context.Context, c scope.Caller, suite string, before, limit int) ([]Version, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return nil, err
	}
	if before <= 0 {
		before = 1 << 31
	}
	return sqldb.All(ctx, s.db, scanVersion, "SELECT "+versionColumns+
		" FROM policy_version v WHERE v.suite = $1 AND v.number < $2 ORDER BY v.number DESC LIMIT $3",
		suite, before, bounded(limit))
}
