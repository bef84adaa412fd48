package release

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
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
	DB      *sqldb.DB
	Clock   clock.Clock
	Log     *audit.Log
	Zone    *zone.Zone
	Running string // the version of this program
}

// Store asks for updates and keeps what was answered.
type Store struct{ with Parts }

// New returns the store. Nothing is fetched before [Store.Tick] or [Store.Check].
func New(p Parts) *Store { return &Store{p} }

const (
	// daily is the time between two checks, give or take half of jitter, so that no host sees who comes at which second.
	daily  = 24 * time.Hour
	jitter = 2 * time.Hour
	// pause is how long after a check another one may be asked for.
	pause = 10 * time.Second
)

var (
	errOff     = problem.New(problem.Conflict, "update.off", "The update check is off, and nothing is fetched while it is: switch it on first.")
	errPause   = problem.New(problem.Throttled, "update.pause", "The host was asked a moment ago: wait a few seconds.").WithRetry(pause)
	errChanged = problem.New(problem.Conflict, "update.changed", "The update check was changed while it ran: check again.")
	errBack    = problem.New(problem.Invalid, "update.rollback",
		"The manifest is older than one that was seen before, so it is not believed: its host has to raise the serial number. "+
			"If it has, somebody shows you an old one.")
	errTwice = problem.New(problem.Invalid, "update.twice",
		"The manifest has the serial number of one that was seen before, and says something else: its host has to raise the number.")
)

// row is what is kept of the checks.
type row struct {
	checked, answered, due int64
	ok                     bool
	said                   string
	serial                 int64
	manifest, peer         string
}

func readRow(ctx context.Context, q sqldb.Querier) (row, error) {
	return sqldb.One(ctx, q, func(r sqldb.Row) (x row, err error) {
		return x, r.Scan(&x.checked, &x.answered, &x.due, &x.ok, &x.said, &x.serial, &x.manifest, &x.peer)
	}, "SELECT checked_at, answered_at, due_at, ok, said, serial, manifest, peer FROM release_check WHERE one = 1")
}

func (x row) save(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE release_check SET checked_at = $1, answered_at = $2, due_at = $3, ok = $4, said = $5, serial = $6,
		manifest = $7, peer = $8 WHERE one = 1`, x.checked, x.answered, x.due, x.ok, x.said, x.serial, x.manifest, x.peer)
	return err
}

// Set changes the configuration. version is the one of [Store.State] that the caller has seen. What was kept of the old
// configuration is forgotten, but for the serial number and the manifest while the key stays: a host cannot go back behind
// them by moving.
func (s *Store) Set(ctx context.Context, c scope.Caller, conf Config, version int64) error {
	conf.tidy()
	return s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		before, _, err := zone.Get(ctx, tx, Setting)
		if err != nil {
			return err
		}
		if err := zone.Set(ctx, s.with.Zone, tx, c, Setting, conf, version); err != nil {
			return err
		}
		old, err := readRow(ctx, tx)
		if err != nil {
			return err
		}
		var now row
		if conf.Key == before.Key {
			now.serial, now.manifest, now.answered = old.serial, old.manifest, old.answered
		}
		return now.save(ctx, tx)
	})
}

// Due tells whether a check is to be made now.
func (s *Store) Due(ctx context.Context) (bool, error) {
	conf, _, err := zone.Get(ctx, s.with.DB, Setting)
	if err != nil || !conf.Enabled {
		return false, err
	}
	x, err := readRow(ctx, s.with.DB)
	left := sqldb.Time(x.due).Sub(s.with.Clock.Now())
	return left <= 0 || left > daily+jitter, err // the clock was set back
}

// Tick makes the check that is due, if one is; one server of the zone calls it each minute or so. That the host does not
// answer is no error: it is kept, and shown.
func (s *Store) Tick(ctx context.Context) error {
	due, err := s.Due(ctx)
	if err != nil || !due {
		return err
	}
	err = s.check(ctx, scope.System("update"))
	if problem.Is(err, problem.Conflict) || problem.Is(err, problem.Throttled) {
		return nil // somebody was faster
	}
	return err
}

// Check asks the host at once. A problem of kind Conflict while the check is off; what else goes wrong is in [State].
func (s *Store) Check(ctx context.Context, c scope.Caller) error {
	if err := c.Require(scope.SettingEdit); err != nil {
		return err
	}
	return s.check(ctx, c)
}

func (s *Store) check(ctx context.Context, c scope.Caller) error {
	conf, version, err := zone.Get(ctx, s.with.DB, Setting)
	if err != nil {
		return err
	}
	if !conf.Enabled {
		return errOff
	}
	x, err := readRow(ctx, s.with.DB)
	if err != nil {
		return err
	}
	if now := s.with.Clock.Now(); x.checked != 0 && now.Sub(sqldb.Time(x.checked)).Abs() < pause {
		return errPause
	}
	a, m, failed := s.ask(ctx, conf)
	if _, said := errors.AsType[*problem.Error](failed); failed != nil && !said {
		return failed // it says nothing of the host
	}
	return s.keep(ctx, c, version, a, m, failed)
}

func (s *Store) ask(ctx context.Context, conf Config) (a answer, m Manifest, err error) {
	key, err := ParsePublic(conf.Key)
	if err != nil {
		return a, m, err
	}
	if a, err = conf.fetch(ctx); err != nil {
		return a, m, err
	}
	m, err = Read(a.manifest, a.signature, key, s.with.Clock.Now())
	return a, m, err
}

// keep writes down what came of a check under the configuration of that version.
func (s *Store) keep(ctx context.Context, c scope.Caller, version int64, a answer, m Manifest, failed error) error {
	peer, err := json.Marshal(a.peer)
	if err != nil {
		return err
	}
	return s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, now, err := zone.Get(ctx, tx, Setting)
		if err != nil {
			return err
		}
		if now != version {
			return errChanged
		}
		x, err := readRow(ctx, tx)
		if err != nil {
			return err
		}
		outcome := failed
		if outcome == nil {
			outcome = x.refuses(m, a.manifest)
		}
		x.note(s.with.Clock.Now(), a, m, string(peer), outcome)
		if err := x.save(ctx, tx); err != nil {
			return err
		}
		return s.with.Log.Append(ctx, tx, record(c, x))
	})
}

// refuses tells why a manifest that is otherwise sound is not believed.
func (x row) refuses(m Manifest, text []byte) error {
	switch {
	case m.Serial < x.serial:
		return errBack
	case m.Serial == x.serial && string(text) != x.manifest:
		return errTwice
	}
	return nil
}

// note takes in what came of a check.
func (x *row) note(now time.Time, a answer, m Manifest, peer string, failed error) {
	x.checked, x.due = sqldb.Micros(now), sqldb.Micros(now.Add(daily-jitter/2+rand.N(jitter)))
	x.ok, x.said, x.peer = failed == nil, "", ""
	if a.peer.Protocol != "" {
		x.peer = peer
	}
	if failed != nil {
		x.said = problem.From(failed).Message
		return
	}
	x.answered, x.serial, x.manifest = x.checked, m.Serial, string(a.manifest)
}

func record(c scope.Caller, x row) audit.Record {
	r := audit.Record{
		Action: "update.checked", Caller: c, Subject: audit.Subject{Kind: "setting", ID: Setting.Name},
		After: map[string]any{"serial": x.serial, "said": x.said},
	}
	if !x.ok {
		r.Outcome = audit.Failed
	}
	return r
}
