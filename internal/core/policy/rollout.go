package policy

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Plan says who gets a new version of a suite first.
type Plan struct {
	// Groups are the ids of groups of devices or users, at most 50, whose devices get it at once: the first ring.
	Groups []string `json:"groups"`
	// Percent of the other devices that get it now, 0 to 100. Which they are depends on device and version alone: a
	// device that is in stays in while the share rises, and another version begins with other devices.
	Percent int `json:"percent"`
	// Step is by how much Percent rises each Every, 0 for not at all. Every is from 10 minutes to 30 days.
	Step  int           `json:"step"`
	Every time.Duration `json:"every"`
}

// Rollout is a version of a suite that is in force for some of its devices.
type Rollout struct {
	Plan
	Suite   string
	Version int // what is rolled out
	Paused  bool
	By      string // who started it
	Started time.Time
	Changed time.Time
	Due     time.Time // of the next step; zero for none
}

const (
	maxRing  = 50
	minEvery = 10 * time.Minute
	maxEvery = 30 * 24 * time.Hour
	// shares are parts of all devices, finer than a percent so that a step of a few devices is possible later.
	shares = 100
)

func (p Plan) check() error {
	var faults []problem.Field
	if p.Percent < 0 || p.Percent > 100 {
		faults = append(faults, problem.Field{Name: "percent", Message: "The share of devices is from 0 to 100 percent."})
	}
	if p.Step < 0 || p.Step > 100 {
		faults = append(faults, problem.Field{Name: "step", Message: "A step is from 0 to 100 percent."})
	}
	if p.Step > 0 && (p.Every < minEvery || p.Every > maxEvery) {
		faults = append(faults, problem.Field{Name: "every", Message: "Steps are 10 minutes to 30 days apart."})
	}
	if len(p.Groups) > maxRing || slices.Contains(p.Groups, "") {
		faults = append(faults, problem.Field{Name: "groups", Message: "The first ring is of at most 50 groups."})
	}
	if len(faults) == 0 {
		return nil
	}
	return problem.New(problem.Invalid, "policy.rollout", "The roll-out cannot be planned like that.").WithFields(faults...)
}

// reaches tells whether the device is among the first.
func (r *staged) reaches(d DeviceRef) bool {
	if r.Percent >= 100 {
		return true
	}
	if slices.ContainsFunc(d.Groups, func(g string) bool { return slices.Contains(r.Groups, g) }) {
		return true
	}
	return r.Percent > 0 && place(r.Suite, r.Version, d.Device) < uint64(r.Percent*shares)
}

// place is where a device stands in the order of a roll-out, from 0 to 9,999.
func place(suite string, version int, device string) uint64 {
	sum := sha256.Sum256([]byte(suite + "/" + strconv.Itoa(version) + "/" + device))
	return binary.BigEndian.Uint64(sum[:8]) % (100 * shares)
}

const rolloutColumns = "r.suite, r.version, r.share, r.step, r.every, r.due, r.groups, r.paused, r.author, r.started, r.changed"

type rolloutRow struct {
	Rollout
	share, step, every, due, started, changed int64
	groups                                    string
}

func (r *rolloutRow) targets() []any {
	return []any{
		&r.Suite, &r.Version, &r.share, &r.step, &r.every, &r.due, &r.groups, &r.Paused, &r.By, &r.started, &r.changed,
	}
}

func (r *rolloutRow) rollout() (Rollout, error) {
	x := r.Rollout
	x.Percent, x.Step, x.Every = int(r.share/shares), int(r.step/shares), time.Duration(r.every)*time.Microsecond
	x.Started, x.Changed = sqldb.Time(r.started), sqldb.Time(r.changed)
	if r.due != 0 {
		x.Due = sqldb.Time(r.due)
	}
	return x, json.Unmarshal([]byte(r.groups), &x.Groups)
}

func scanRollout(r sqldb.Row) (Rollout, error) {
	var x rolloutRow
	if err := r.Scan(x.targets()...); err != nil {
		return Rollout{}, err
	}
	return x.rollout()
}

// rolloutFirst scans a row that has the columns of a roll-out before those of a version.
type rolloutFirst struct {
	sqldb.Row
	to *Rollout
}

func (r rolloutFirst) Scan(dest ...any) (err error) {
	var x rolloutRow
	if err := r.Row.Scan(append(x.targets(), dest...)...); err != nil {
		return err
	}
	*r.to, err = x.rollout()
	return err
}

var (
	errNoRollout = problem.New(problem.NotFound, "policy.rollout-none", "Nothing of this suite is being rolled out.")
	errRolling   = problem.New(problem.Conflict, "policy.rolling",
		"A version of this suite is being rolled out: finish the roll-out or call it back first.")
)

func readRollout(ctx context.Context, q sqldb.Querier, suite string) (Rollout, error) {
	r, err := sqldb.One(ctx, q, scanRollout, "SELECT "+rolloutColumns+" FROM policy_rollout r WHERE r.suite = $1", suite)
	if errors.Is(err, sqldb.ErrNotFound) {
		return r, errNoRollout
	}
	return r, err
}

// settled refuses while a version of the suite is being rolled out.
func settled(ctx context.Context, q sqldb.Querier, suite string) error {
	_, err := readRollout(ctx, q, suite)
	switch {
	case err == nil:
		return errRolling
	case problem.Is(err, problem.NotFound):
		return nil
	}
	return err
}

// Rollouts returns what is being rolled out, by suite; there are at most as many as suites.
func (s *Store) Rollouts(ctx context.Context, c scope.Caller) ([]Rollout, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanRollout, "SELECT "+rolloutColumns+" FROM policy_rollout r ORDER BY r.suite")
}

// Rollout returns the roll-out of one suite; a problem of kind NotFound when there is none.
func (s *Store) Rollout(ctx context.Context, c scope.Caller, suite string) (Rollout, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return Rollout{}, err
	}
	return readRollout(ctx, s.db, suite)
}

// Stage makes a new version of a suite and puts it in force for the first devices alone. seen is as in [Store.Edit].
func (s *Store) Stage(ctx context.Context, c scope.Caller, id string, seen int, d Draft, p Plan) (Rollout, error) {
	if err := c.Require(scope.PolicyEdit); err != nil {
		return Rollout{}, err
	}
	if err := errors.Join(checkTexts("-", "", d.Comment), p.check()); err != nil {
		return Rollout{}, problem.From(err)
	}
	if err := d.Content.Validate(); err != nil {
		return Rollout{}, err
	}
	var r Rollout
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := s.stageable(ctx, tx, id, seen)
		if err != nil {
			return err
		}
		if d.Content.Equal(before.Content) {
			return problem.New(problem.Invalid, "policy.same", "The new version says the same as the one in force.")
		}
		next, err := nextVersion(ctx, tx, id)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		v := Version{Suite: id, Number: next, At: now, By: c.ID, Comment: d.Comment, Content: d.Content}
		if err := insertVersion(ctx, tx, v); err != nil {
			return err
		}
		r = Rollout{Plan: p, Suite: id, Version: next, By: c.ID, Started: now}
		if err := s.saveRollout(ctx, tx, &r); err != nil {
			return err
		}
		return s.changed(ctx, tx, audit.Record{
			Action: "policy.staged", Caller: c, Subject: subject(id), Before: versionFacts{Version: seen},
			After: stagedFacts{v.facts(before.Content), p},
		})
	})
	return r, err
}

type stagedFacts struct {
	versionFacts
	Plan Plan `json:"plan"`
}

// stageable returns the version in force of a suite that a new one can be staged beside.
func (s *Store) stageable(ctx context.Context, tx *sqldb.Tx, id string, seen int) (Version, error) {
	suite, err := hold(ctx, tx, id)
	if err != nil {
		return Version{}, err
	}
	if err := errors.Join(suite.editable(seen), settled(ctx, tx, id)); err != nil {
		return Version{}, problem.From(err)
	}
	return readVersion(ctx, tx, id, seen)
}

// saveRollout writes a roll-out; its next step is due one interval from now.
func (s *Store) saveRollout(ctx context.Context, tx *sqldb.Tx, r *Rollout) error {
	if r.Groups == nil {
		r.Groups = []string{}
	}
	groups, err := json.Marshal(r.Groups)
	if err != nil {
		return err
	}
	r.Changed, r.Due = s.clock.Now(), time.Time{}
	var due int64
	if r.Step > 0 && !r.Paused {
		r.Due = r.Changed.Add(r.Every)
		due = sqldb.Micros(r.Due)
	}
	_, err = tx.Exec(ctx, `INSERT INTO policy_rollout (suite, version, share, step, every, due, groups, paused, author, started, changed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (suite) DO UPDATE SET share = excluded.share, step = excluded.step, every = excluded.every, due = excluded.due,
		groups = excluded.groups, paused = excluded.paused, changed = excluded.changed`,
		r.Suite, r.Version, r.Percent*shares, r.Step*shares, r.Every.Microseconds(), due, string(groups), r.Paused, r.By,
		sqldb.Micros(r.Started), sqldb.Micros(r.Changed))
	return err
}

// Steer changes who gets the new version, and pauses or resumes its roll-out. While it is paused no step is taken, and
// devices that have the new version keep it; resumed, the next step is due one interval from now. With a smaller share,
// devices go back to the version in force.
func (s *Store) Steer(ctx context.Context, c scope.Caller, suite string, p Plan, paused bool) (Rollout, error) {
	if err := c.Require(scope.PolicyEdit); err != nil {
		return Rollout{}, err
	}
	if err := p.check(); err != nil {
		return Rollout{}, err
	}
	var r Rollout
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := readRollout(ctx, tx, suite)
		if err != nil {
			return err
		}
		r = before
		r.Plan, r.Paused = p, paused
		if err := s.saveRollout(ctx, tx, &r); err != nil {
			return err
		}
		return s.changed(ctx, tx, audit.Record{
			Action: steered(before, r), Caller: c, Subject: subject(suite), Before: before.facts(), After: r.facts(),
		})
	})
	return r, err
}

// steered names what became of a roll-out.
func steered(before, after Rollout) string {
	switch {
	case after.Paused && !before.Paused:
		return "policy.rollout-paused"
	case before.Paused && !after.Paused:
		return "policy.rollout-resumed"
	}
	return "policy.rollout-changed"
}

func (r Rollout) facts() map[string]any {
	return map[string]any{"version": r.Version, "plan": r.Plan, "paused": r.Paused}
}

// Finish puts the new version in force for all devices of the suite.
func (s *Store) Finish(ctx context.Context, c scope.Caller, suite string) error {
	return s.end(ctx, c, suite, func(tx *sqldb.Tx, r Rollout) error { return s.finish(ctx, tx, c, r) })
}

func (s *Store) finish(ctx context.Context, tx *sqldb.Tx, c scope.Caller, r Rollout) error {
	suite, err := readSuite(ctx, tx, r.Suite)
	if err != nil {
		return err
	}
	before, err := readVersion(ctx, tx, r.Suite, suite.Version)
	if err != nil {
		return err
	}
	v, err := readVersion(ctx, tx, r.Suite, r.Version)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE policy_suite SET version = $1, changed = $2 WHERE id = $3",
		v.Number, sqldb.Micros(s.clock.Now()), r.Suite)
	if err != nil {
		return err
	}
	return s.nowInForce(ctx, tx, c, before, v)
}

// CallBack ends a roll-out: the version in force holds for all devices again, and the new one stays readable, with a
// comment that says so.
func (s *Store) CallBack(ctx context.Context, c scope.Caller, suite string) error {
	return s.end(ctx, c, suite, func(tx *sqldb.Tx, r Rollout) error {
		v, err := readVersion(ctx, tx, suite, r.Version)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE policy_version SET comment = $1 WHERE suite = $2 AND number = $3",
			noted("Called back", v.Comment), suite, r.Version)
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, audit.Record{
			Action: "policy.rollout-called-back", Caller: c, Subject: subject(suite), Before: r.facts(),
		})
	})
}

func (s *Store) end(ctx context.Context, c scope.Caller, suite string, fn func(*sqldb.Tx, Rollout) error) error {
	if err := c.Require(scope.PolicyEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := readRollout(ctx, tx, suite)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM policy_rollout WHERE suite = $1", suite); err != nil {
			return err
		}
		return fn(tx, r)
	})
}
