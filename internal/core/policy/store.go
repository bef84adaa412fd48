package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Bounds of what the store holds and hands out.
const (
	maxSuites      = 1000
	maxAssignments = 200_000 // each server keeps them in memory, about 200 bytes each
)

// Revision is the zone's revision as this server sees it; [zone.Revision] is one.
type Revision interface {
	// Current returns the revision, or a problem of kind Unavailable when it has not been seen for too long.
	Current() (int64, error)
}

// Store keeps suites, their versions and their assignments.
type Store struct {
	db       *sqldb.DB
	clock    clock.Clock
	audit    *audit.Log
	zone     *zone.Zone
	revision Revision
	devices  Members
	users    Members

	loading sync.Mutex
	loaded  atomic.Pointer[loaded]
}

// New returns the store on db.
func New(db *sqldb.DB, c clock.Clock, log *audit.Log, z *zone.Zone, r Revision) *Store {
	return &Store{db: db, clock: c, audit: log, zone: z, revision: r}
}

// Members is the part of devices and of users that assignments need: what exists, within a transaction, and the groups of
// one, from memory where it can be.
type Members interface {
	Exists(ctx context.Context, q sqldb.Querier, id string) (bool, error)
	GroupExists(ctx context.Context, q sqldb.Querier, id string) (bool, error)
	GroupIDs(ctx context.Context, c scope.Caller, id string) ([]string, error)
}

// Bind says where devices and users are found. Until then nothing can be assigned but the default. Call it before the
// first assignment.
func (s *Store) Bind(devices, users Members) { s.devices, s.users = devices, users }

// RefOf returns what assignment needs to know of a device now, its groups and its user's among it. As [Store.EffectiveFor] it
// takes no caller.
func (s *Store) RefOf(ctx context.Context, d device.Device) (DeviceRef, error) {
	system := scope.System("policy")
	ofUser, err := s.users.GroupIDs(ctx, system, d.Owner)
	if err != nil {
		return DeviceRef{}, err
	}
	ofDevice, err := s.devices.GroupIDs(ctx, system, d.ID)
	return DeviceRef{Device: d.ID, User: d.Owner, Groups: slices.Concat(ofUser, ofDevice), Liability: d.Liability}, err
}

// EffectiveOf returns what a device must obey; see [Store.EffectiveFor].
func (s *Store) EffectiveOf(ctx context.Context, d device.Device) (*Effective, error) {
	ref, err := s.RefOf(ctx, d)
	if err != nil {
		return nil, err
	}
	return s.EffectiveFor(ctx, ref)
}

// Draft is what makes a new version.
type Draft struct {
	Content Content
	Comment string // why, for people
}

// Create makes a suite with its first version. It needs the right policy.edit over the whole zone.
func (s *Store) Create(ctx context.Context, c scope.Caller, name, description string, d Draft) (Suite, error) {
	if err := c.Require(scope.PolicyEdit); err != nil {
		return Suite{}, err
	}
	name = strings.TrimSpace(name)
	if err := checkTexts(name, description, d.Comment); err != nil {
		return Suite{}, err
	}
	if err := d.Content.Validate(); err != nil {
		return Suite{}, err
	}
	now := s.clock.Now()
	suite := Suite{ID: sqldb.NewID(), Name: name, Description: description, Version: 1, Created: now, Changed: now}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := room(ctx, tx, "SELECT COUNT(*) FROM policy_suite WHERE NOT retired", maxSuites, "suites"); err != nil {
			return err
		}
		us := sqldb.Micros(now)
		_, err := tx.Exec(ctx, `INSERT INTO policy_suite (id, name, name_key, description, version, created, changed, retired)
			VALUES ($1, $2, $3, $4, 1, $5, $6, $7)`, suite.ID, name, sqldb.Fold(name), description, us, us, false)
		if err != nil {
			return taken(err)
		}
		v := Version{Suite: suite.ID, Number: 1, At: now, By: c.ID, Comment: d.Comment, Content: d.Content}
		if err := insertVersion(ctx, tx, v); err != nil {
			return err
		}
		return s.changed(ctx, tx, audit.Record{
			Action: "policy.created", Caller: c, Subject: subject(suite.ID),
			After: v.facts(Content{}),
		})
	})
	return suite, err
}

// versionFacts is what the audit log keeps of a version.
type versionFacts struct {
	Version int          `json:"version"`
	Changes []Difference `json:"changes"`
}

// facts are what the audit log keeps of a version that changes another. Addresses and numbers of people are none of it:
// that one was set or taken away is.
func (v Version) facts(before Content) versionFacts {
	changes := Diff(before, v.Content)
	for i := range changes {
		if f := definitions[byKey[changes[i].Setting]].Format; f == FormatMail || f == FormatPhone {
			changes[i].Before, changes[i].After = veiled(changes[i].Before), veiled(changes[i].After)
		}
	}
	return versionFacts{v.Number, changes}
}

func veiled(v *Value) *Value {
	if v == nil {
		return nil
	}
	hidden := Text("set")
	return &hidden
}

// Edit makes a new version of a suite. seen is the version that the caller has edited: when another is in force by
// now, the problem is of kind Precondition. A draft that says the same as the version in force changes nothing.
func (s *Store) Edit(ctx context.Context, c scope.Caller, id string, seen int, d Draft) (Version, error) {
	if err := c.Require(scope.PolicyEdit); err != nil {
		return Version{}, err
	}
	if err := checkTexts("-", "", d.Comment); err != nil {
		return Version{}, err
	}
	if err := d.Content.Validate(); err != nil {
		return Version{}, err
	}
	return s.supersede(ctx, c, id, seen, d.Comment, func(context.Context, *sqldb.Tx) (Content, int, error) {
		return d.Content, 0, nil
	})
}

// RollBack makes a new version that says what the old version to said. seen is as in [Store.Edit].
func (s *Store) RollBack(ctx context.Context, c scope.Caller, id string, seen, to int, comment string) (Version, error) {
	if err := c.Require(scope.PolicyEdit); err != nil {
		return Version{}, err
	}
	if err := checkTexts("-", "", comment); err != nil {
		return Version{}, err
	}
	comment = noted(fmt.Sprintf("As in version %d", to), comment)
	return s.supersede(ctx, c, id, seen, comment, func(ctx context.Context, tx *sqldb.Tx) (Content, int, error) {
		old, err := readVersion(ctx, tx, id, to)
		return old.Content, to, err
	})
}

// noted is a version's comment behind what became of the version, which is not to be guessed from numbers.
func noted(what, comment string) string {
	if comment == "" {
		return what
	}
	return what + ": " + comment
}

// supersede puts a new version in force. content runs within the transaction and says what the version says, and which
// old one it repeats.
func (s *Store) supersede(ctx context.Context, c scope.Caller, id string, seen int, comment string,
	content func(context.Context, *sqldb.Tx) (Content, int, error),
) (Version, error) {
	var v Version
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		suite, err := readSuite(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := suite.editable(seen); err != nil {
			return err
		}
		if err := settled(ctx, tx, id); err != nil {
			return err
		}
		before, err := readVersion(ctx, tx, id, seen)
		if err != nil {
			return err
		}
		after, from, err := content(ctx, tx)
		if err != nil {
			return err
		}
		if after.Equal(before.Content) {
			v = before
			return nil
		}
		next, err := nextVersion(ctx, tx, id)
		if err != nil {
			return err
		}
		v = Version{Suite: id, Number: next, At: s.clock.Now(), By: c.ID, Comment: comment, From: from, Content: after}
		return s.putInForce(ctx, tx, c, before, v)
	})
	return v, err
}

// nextVersion returns the number of a suite's next version. Not every version has been in force: a roll-out may be
// called back.
func nextVersion(ctx context.Context, q sqldb.Querier, suite string) (int, error) {
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT MAX(number) FROM policy_version WHERE suite = $1", suite)
	return n + 1, err
}

func (s *Store) putInForce(ctx context.Context, tx *sqldb.Tx, c scope.Caller, before, v Version) error {
	n, err := tx.Exec(ctx, "UPDATE policy_suite SET version = $1, changed = $2 WHERE id = $3 AND version = $4",
		v.Number, sqldb.Micros(v.At), v.Suite, before.Number)
	if err != nil {
		return err
	}
	if n == 0 {
		return errChanged
	}
	if err := insertVersion(ctx, tx, v); err != nil {
		return err
	}
	return s.nowInForce(ctx, tx, c, before, v)
}

func (s *Store) nowInForce(ctx context.Context, tx *sqldb.Tx, c scope.Caller, before, v Version) error {
	action := "policy.changed"
	if v.From != 0 {
		action = "policy.rolled-back"
	}
	return s.changed(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: subject(v.Suite),
		Before: versionFacts{Version: before.Number}, After: v.facts(before.Content),
	})
}

// Describe changes a suite's name and description; its version stays.
func (s *Store) Describe(ctx context.Context, c scope.Caller, id, name, description string) error {
	if err := c.Require(scope.PolicyEdit); err != nil {
		return err
	}
	name = strings.TrimSpace(name)
	if err := checkTexts(name, description, ""); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		suite, err := readSuite(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := suite.editable(suite.Version); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE policy_suite SET name = $1, name_key = $2, description = $3, changed = $4 WHERE id = $5",
			name, sqldb.Fold(name), description, sqldb.Micros(s.clock.Now()), id)
		if err != nil {
			return taken(err)
		}
		return s.changed(ctx, tx, audit.Record{
			Action: "policy.described", Caller: c, Subject: subject(id),
			Before: map[string]string{"name": suite.Name}, After: map[string]string{"name": name},
		})
	})
}

// Retire takes a suite out of use; its versions stay readable and its name becomes free. A problem of kind Conflict
// while it is assigned.
func (s *Store) Retire(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.PolicyEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		suite, err := hold(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := settled(ctx, tx, id); err != nil {
			return err
		}
		if suite.Assigned > 0 {
			return problem.New(problem.Conflict, "policy.assigned",
				"The suite is still assigned: assign another one to its devices, users and groups first.")
		}
		// The id as name key lets a new suite have the name.
		_, err = tx.Exec(ctx, "UPDATE policy_suite SET retired = $1, name_key = $2, changed = $3 WHERE id = $4",
			true, id, sqldb.Micros(s.clock.Now()), id)
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, audit.Record{Action: "policy.retired", Caller: c, Subject: subject(id)})
	})
}

// changed records a change, and has every server load its policies again.
func (s *Store) changed(ctx context.Context, tx *sqldb.Tx, r audit.Record) error {
	if _, err := tx.Exec(ctx, "UPDATE policy_revision SET revision = revision + 1 WHERE one = 1"); err != nil {
		return err
	}
	if err := s.audit.Append(ctx, tx, r); err != nil {
		return err
	}
	return s.zone.Bump(ctx, tx)
}

func subject(id string) audit.Subject { return audit.Subject{Kind: "policy", ID: id} }

var (
	errNoSuite = problem.New(problem.NotFound, "policy.none", "There is no such policy suite.")
	errChanged = problem.New(problem.Precondition, "policy.changed",
		"The suite has been changed in the meantime: look at its newest version before you change it.")
	errRetired = problem.New(problem.Conflict, "policy.retired", "The suite is retired; make a new one from it.")
)

func (s Suite) editable(seen int) error {
	if s.Retired {
		return errRetired
	}
	if s.Version != seen {
		return errChanged
	}
	return nil
}

func taken(err error) error {
	if errors.Is(err, sqldb.ErrConflict) {
		return problem.New(problem.Conflict, "policy.name", "Another suite has this name; choose a different one.").
			WithField("name").WithDetail(err)
	}
	return err
}

// hold reads a suite in use and keeps others from retiring or assigning it until the transaction ends.
func hold(ctx context.Context, tx *sqldb.Tx, id string) (Suite, error) {
	n, err := tx.Exec(ctx, "UPDATE policy_suite SET version = version WHERE id = $1 AND NOT retired", id)
	if err != nil {
		return Suite{}, err
	}
	suite, err := readSuite(ctx, tx, id)
	if err == nil && n == 0 {
		err = errRetired
	}
	return suite, err
}

// room refuses when a count has reached its bound.
func room(ctx context.Context, tx *sqldb.Tx, count string, bound int64, what string) error {
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int64], count)
	if err != nil {
		return err
	}
	if n >= bound {
		return problem.Newf(problem.Conflict, "policy.full", "The zone holds %d %s already, which is the most.", n, what)
	}
	return nil
}

func insertVersion(ctx context.Context, tx *sqldb.Tx, v Version) error {
	text, err := json.Marshal(v.Content)
	if err != nil {
		return fmt.Errorf("policy version: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO policy_version (suite, number, at, author, comment, rolled_back, content)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		v.Suite, v.Number, sqldb.Micros(v.At), v.By, v.Comment, v.From, string(text))
	return err
}
