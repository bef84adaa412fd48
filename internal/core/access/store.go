package access

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/revcache"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Default is the setting that decides where no rule does.
var Default = zone.Setting[device.Access]{
	Name: "access.default", Default: device.Allow, Right: scope.AccessEdit,
	Check: func(a device.Access) error { return checkAction(a, "") },
}

// Devices is what access asks of package device.
type Devices interface {
	Get(ctx context.Context, c scope.Caller, id string) (device.Device, error)
	Find(ctx context.Context, q sqldb.Querier, c scope.Caller, r scope.Right, id string) (device.Device, error)
	GroupIDs(ctx context.Context, c scope.Caller, id string) ([]string, error)
	Sweep(ctx context.Context, c scope.Caller, r scope.Right, after string, limit int) ([]device.Member, error)
	Members(ctx context.Context, c scope.Caller, ids ...string) ([]device.Member, error)
	SaveAccess(ctx context.Context, c scope.Caller, decided map[string]device.Access) error
}

// Users is what access asks of package directory.
type Users interface {
	GroupIDs(ctx context.Context, c scope.Caller, user string) ([]string, error)
	Memberships(ctx context.Context, c scope.Caller, users ...string) (map[string][]string, error)
}

// Compliance tells what the rules of compliance keep from a device.
type Compliance interface {
	Restriction(ctx context.Context, device string) (compliance.Restriction, error)
}

// Revision tells the zone's revision; [zone.Revision] is one.
type Revision interface {
	Current() (int64, error)
	People() (int64, error)
}

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB       *sqldb.DB
	Clock    clock.Clock
	Log      *audit.Log
	Zone     *zone.Zone
	Revision Revision
	Bus      *bus.Bus
	Devices  Devices
	Users    Users

	Compliance Compliance
}

// Store keeps the rules and decides by them.
type Store struct {
	with      Parts
	shelf     shelf
	overrides *revcache.Cache[string, override]

	changedRules atomic.Bool  // since the last sweep was due here
	nextSweep    atomic.Int64 // microseconds
}

// cached bounds the devices whose override, or lack of one, is kept in memory: about 10 MB when full.
const cached = 50_000

// New returns the access rules of the zone.
func New(p Parts) *Store {
	s := &Store{with: p, overrides: revcache.NewLasting[string, override](cached)}
	p.Bus.Subscribe(topic, func(bus.Message) { s.changedRules.Store(true) }) // for as long as the bus lives
	return s
}

const (
	ruleColumns = "r.id, r.position, r.name, r.kind, r.pattern, r.action, r.note, r.expires_at, r.version"
	rulesText   = "SELECT " + ruleColumns + " FROM access_rule r ORDER BY r.position, r.id"

	overrideText = "SELECT action, note, expires_at FROM access_override WHERE device = $1"
)

// maxRules bounds the rules of a zone: each request may ask all of them.
const maxRules = 200

func scanRule(r sqldb.Row) (x Rule, err error) {
	var expires int64
	err = r.Scan(&x.ID, &x.Position, &x.Name, &x.Kind, &x.Pattern, &x.Action, &x.Note, &expires, &x.Version)
	x.Expires = sqldb.Time(expires)
	return x, err
}

func scanOverride(r sqldb.Row) (o override, err error) {
	var expires int64
	err = r.Scan(&o.action, &o.note, &expires)
	o.expires = sqldb.Time(expires)
	return o, err
}

// Rules returns all rules in their order.
func (s *Store) Rules(ctx context.Context, c scope.Caller) ([]Rule, error) {
	if err := c.Require(scope.AccessRead); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.with.DB, scanRule, rulesText)
}

func rule(ctx context.Context, q sqldb.Querier, id string) (Rule, error) {
	r, err := sqldb.One(ctx, q, scanRule, "SELECT "+ruleColumns+" FROM access_rule r WHERE r.id = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return r, problem.New(problem.NotFound, "access.unknown", "There is no such rule.")
	}
	return r, err
}

// AddRule makes a rule, the last in the order.
func (s *Store) AddRule(ctx context.Context, c scope.Caller, r Rule) (Rule, error) {
	if err := c.Require(scope.AccessEdit); err != nil {
		return Rule{}, err
	}
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	r.ID, r.Version = sqldb.NewID(), 1
	err := s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM access_rule")
		if err != nil {
			return err
		}
		if n >= maxRules {
			return problem.Newf(problem.Conflict, "access.many", "A zone has at most %d rules.", maxRules)
		}
		r.Position = n + 1
		_, err = tx.Exec(ctx, `INSERT INTO access_rule (id, position, name, kind, pattern, action, note, expires_at, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)`, r.ID, r.Position, r.Name, string(r.Kind), r.Pattern, string(r.Action),
			r.Note, sqldb.Micros(r.Expires))
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, c, "access.rule-added", r.ID, nil, r.audited())
	})
	return r, err
}

// audited is what of a rule the audit log keeps: patterns are ids, globs and versions, never names of people.
func (r Rule) audited() map[string]any {
	return map[string]any{
		"position": r.Position, "kind": r.Kind, "pattern": r.Pattern, "action": r.Action, "expires": sqldb.Micros(r.Expires),
	}
}

func (s *Store) changed(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, before, after any) error {
	err := s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "access-rule", ID: id}, Before: before, After: after,
	})
	if err != nil {
		return err
	}
	s.rulesChanged(tx)
	return s.with.Zone.Bump(ctx, tx)
}

// EditRule puts another rule in the place of one; its position stays. r.Version is the one that the caller has seen.
func (s *Store) EditRule(ctx context.Context, c scope.Caller, r Rule) (Rule, error) {
	if err := c.Require(scope.AccessEdit); err != nil {
		return Rule{}, err
	}
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	err := s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := rule(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if before.Version != r.Version {
			return problem.New(problem.Precondition, "changed",
				"This has been changed in the meantime: look at it again before you change it.")
		}
		r.Position, r.Version = before.Position, before.Version+1
		_, err = tx.Exec(ctx, `UPDATE access_rule SET name = $1, kind = $2, pattern = $3, action = $4, note = $5,
			expires_at = $6, version = $7 WHERE id = $8`, r.Name, string(r.Kind), r.Pattern, string(r.Action), r.Note,
			sqldb.Micros(r.Expires), r.Version, r.ID)
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, c, "access.rule-changed", r.ID, before.audited(), r.audited())
	})
	return r, err
}

// RemoveRule takes a rule away; those behind it move up.
func (s *Store) RemoveRule(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.AccessEdit); err != nil {
		return err
	}
	return s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := rule(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM access_rule WHERE id = $1", id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE access_rule SET position = position - 1 WHERE position > $1", r.Position); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, "access.rule-removed", id, r.audited(), nil)
	})
}

// Reorder sets the order of all rules.
func (s *Store) Reorder(ctx context.Context, c scope.Caller, ids []string) error {
	if err := c.Require(scope.AccessEdit); err != nil {
		return err
	}
	return s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		there, err := sqldb.All(ctx, tx, sqldb.Scan1[string], "SELECT id FROM access_rule ORDER BY position, id")
		if err != nil {
			return err
		}
		if !slices.Equal(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(there))) {
			return problem.New(problem.Conflict, "access.order", "Name every rule once, in the new order.").WithField("ids")
		}
		for i, id := range ids {
			if _, err := tx.Exec(ctx, "UPDATE access_rule SET position = $1 WHERE id = $2", i+1, id); err != nil {
				return err
			}
		}
		return s.changed(ctx, tx, c, "access.reordered", "", map[string]any{"ids": there}, map[string]any{"ids": ids})
	})
}

// DefaultAction returns what decides where no rule does, and its version.
func (s *Store) DefaultAction(ctx context.Context, c scope.Caller) (device.Access, int64, error) {
	if err := c.Require(scope.AccessRead); err != nil {
		return "", 0, err
	}
	return zone.Get(ctx, s.with.DB, Default)
}

// SetDefault changes what decides where no rule does. version is the one that the caller has seen.
func (s *Store) SetDefault(ctx context.Context, c scope.Caller, a device.Access, version int64) error {
	return s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		s.rulesChanged(tx)
		return zone.Set(ctx, s.with.Zone, tx, c, Default, a, version)
	})
}

// Override is what is said of a single device, before all rules.
type Override struct {
	Action  device.Access // "" when nothing is said
	Note    string
	Expires time.Time // zero for never
}

// OverrideOf returns what is said of a device within the caller's scope.
func (s *Store) OverrideOf(ctx context.Context, c scope.Caller, id string) (Override, error) {
	if _, err := s.with.Devices.Get(ctx, c, id); err != nil {
		return Override{}, err
	}
	o, err := sqldb.One(ctx, s.with.DB, scanOverride, overrideText, id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Override{}, nil
	}
	return Override{o.action, o.note, o.expires}, err
}

// SetOverride says something of a single device. It takes effect at the device's next request, and ends the one that it
// holds open.
func (s *Store) SetOverride(ctx context.Context, c scope.Caller, id string, o Override) error {
	o.Note = strings.TrimSpace(o.Note)
	if err := checkAction(o.Action, o.Note); err != nil {
		return err
	}
	if !live(o.Expires, s.with.Clock.Now()) {
		return invalid("expires", "The end lies in the past.")
	}
	return s.onDevice(ctx, c, id, "device.access-set", o.Note, map[string]any{"action": o.Action, "expires": sqldb.Micros(o.Expires)},
		func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO access_override (device, action, note, expires_at, set_at)
				VALUES ($1, $2, $3, $4, $5) ON CONFLICT (device) DO UPDATE SET action = excluded.action, note = excluded.note,
				expires_at = excluded.expires_at, set_at = excluded.set_at`,
				id, string(o.Action), o.Note, sqldb.Micros(o.Expires), sqldb.Micros(s.with.Clock.Now()))
			return err
		})
}

// ClearOverride leaves a single device to the rules again. Nothing said is fine.
func (s *Store) ClearOverride(ctx context.Context, c scope.Caller, id string) error {
	return s.onDevice(ctx, c, id, "device.access-cleared", "", nil, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM access_override WHERE device = $1", id)
		return err
	})
}

func (s *Store) onDevice(ctx context.Context, c scope.Caller, id, action, reason string, after any, change func(*sqldb.Tx) error) error {
	err := s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.with.Devices.Find(ctx, tx, c, scope.DeviceAccess, id)
		if err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		err = s.with.Log.Append(ctx, tx, audit.Record{
			Action: action, Caller: c, Subject: audit.Subject{Kind: "device", ID: id}, Device: id, Owner: d.Owner, After: after, Reason: reason,
		})
		if err != nil {
			return err
		}
		return s.with.Zone.BumpPeople(ctx, tx)
	})
	if err != nil {
		return err
	}
	return s.Look(ctx, id)
}
