package door

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB    *sqldb.DB
	Clock clock.Clock
	Log   *audit.Log
	Zone  *zone.Zone
	// Self is the id of this server, through which administrators change the doors and must not shut themselves out.
	Self string
}

// Store keeps what the zone says about its doors.
type Store struct {
	with    Parts
	db      *sqldb.DB
	waiting *sqldb.Behind[visit, count]
	days    kept
}

// New returns the store of a zone.
func New(p Parts) *Store {
	s := &Store{with: p, db: p.DB}
	s.openTraffic()
	return s
}

// Self returns the id of this server.
func (s *Store) Self() string { return s.with.Self }

// Version is one version of the document.
type Version struct {
	Number     int64 // from 1; 0 is the default of a zone that has said nothing
	At         time.Time
	CallerKind scope.Kind
	Caller     string
	Reason     string
	From       int64 // the version that was rolled back to, or 0
	Document   Document
}

const versionColumns = "version, at, caller_kind, caller, reason, rolled_back, body"

func scanVersion(r sqldb.Row) (v Version, err error) {
	var at int64
	var body string
	if err := r.Scan(&v.Number, &at, &v.CallerKind, &v.Caller, &v.Reason, &v.From, &body); err != nil {
		return v, err
	}
	v.At = sqldb.Time(at)
	if err := json.Unmarshal([]byte(body), &v.Document); err != nil {
		return v, fmt.Errorf("version %d of the doors: %w", v.Number, err)
	}
	return v, nil
}

// newest reads the version in force.
func newest(ctx context.Context, q sqldb.Querier) (Version, error) {
	v, err := sqldb.One(ctx, q, scanVersion, "SELECT "+versionColumns+" FROM door_version ORDER BY version DESC LIMIT 1")
	if errors.Is(err, sqldb.ErrNotFound) {
		return Version{Document: Default()}, nil
	}
	return v, err
}

// Current returns the version in force.
func (s *Store) Current(ctx context.Context, c scope.Caller) (Version, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return Version{}, err
	}
	return newest(ctx, s.db)
}

// Version returns one version; number 0 is the default.
func (s *Store) Version(ctx context.Context, c scope.Caller, number int64) (Version, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return Version{}, err
	}
	return version(ctx, s.db, number)
}

func version(ctx context.Context, q sqldb.Querier, number int64) (Version, error) {
	if number == 0 {
		return Version{Document: Default()}, nil
	}
	v, err := sqldb.One(ctx, q, scanVersion, "SELECT "+versionColumns+" FROM door_version WHERE version = $1", number)
	if errors.Is(err, sqldb.ErrNotFound) {
		return v, problem.New(problem.NotFound, "doors.version", "There is no such version of the doors.")
	}
	return v, err
}

const maxPage = 500

// Versions returns the versions below a number (0 for all), newest first, at most limit (1 to 500), without their documents.
func (s *Store) Versions(ctx context.Context, c scope.Caller, below int64, limit int) (list []Version, more bool, err error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return nil, false, err
	}
	if limit < 1 || limit > maxPage {
		return nil, false, problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d rows.", maxPage).WithField("limit")
	}
	list, err = sqldb.All(ctx, s.db, func(r sqldb.Row) (v Version, err error) {
		var at int64
		err = r.Scan(&v.Number, &at, &v.CallerKind, &v.Caller, &v.Reason, &v.From)
		v.At = sqldb.Time(at)
		return v, err
	}, "SELECT version, at, caller_kind, caller, reason, rolled_back FROM door_version WHERE version < $1 OR $1 = 0 "+
		"ORDER BY version DESC LIMIT $2", below, limit+1)
	if len(list) > limit {
		return list[:limit], true, err
	}
	return list, false, err
}

// insert writes the next version. Another server's, written at once, makes it fail.
func (s *Store) insert(ctx context.Context, tx *sqldb.Tx, c scope.Caller, v Version) error {
	body, err := json.Marshal(v.Document)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "INSERT INTO door_version ("+versionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (version) DO NOTHING`, v.Number, sqldb.Micros(s.with.Clock.Now()), string(c.Kind), c.ID, v.Reason, v.From, string(body))
	if err == nil && n != 1 {
		return errChanged
	}
	return err
}
