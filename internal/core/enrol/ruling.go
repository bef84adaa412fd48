package enrol

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// defaultRule decides where no rule does: a new zone lets nobody unplaced out of quarantine.
var defaultRule = zone.Setting[Default]{
	Name: "registration.default", Default: Default{Verdict: Quarantine}, Right: scope.RegistrationEdit, Check: Default.check,
}

const ruleColumns = "r.id, r.position, r.name, r.enabled, r.conditions, r.verdict, r.place, r.note, r.version"

func scanRule(r sqldb.Row) (x Rule, err error) {
	var conditions, place string
	err = r.Scan(&x.ID, &x.Position, &x.Name, &x.Enabled, &conditions, &x.Verdict, &place, &x.Note, &x.Version)
	if err != nil {
		return x, err
	}
	return x, errors.Join(json.Unmarshal([]byte(conditions), &x.Conditions), json.Unmarshal([]byte(place), &x.Place))
}

func rules(ctx context.Context, q sqldb.Querier) ([]Rule, error) {
	return sqldb.All(ctx, q, scanRule, "SELECT "+ruleColumns+" FROM registration_rule r ORDER BY r.position, r.id")
}

// Rules returns the rules in their order. It needs the right registration.read.
func (s *Store) Rules(ctx context.Context, c scope.Caller) ([]Rule, error) {
	if err := c.Require(scope.RegistrationRead); err != nil {
		return nil, err
	}
	return rules(ctx, s.db)
}

func rule(ctx context.Context, q sqldb.Querier, id string) (Rule, error) {
	r, err := sqldb.One(ctx, q, scanRule, "SELECT "+ruleColumns+" FROM registration_rule r WHERE r.id = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return r, errNoRule
	}
	return r, err
}

// AddRule makes a rule, the last in the order. It needs the right registration.edit, as all changes of rules do.
func (s *Store) AddRule(ctx context.Context, c scope.Caller, r Rule) (Rule, error) {
	if err := c.Require(scope.RegistrationEdit); err != nil {
		return Rule{}, err
	}
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	r.ID, r.Version = sqldb.NewID(), 1
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM registration_rule")
		if err != nil {
			return err
		}
		if n >= maxRules {
			return problem.Newf(problem.Conflict, "registration.many", "A zone has at most %d rules for registrations.", maxRules)
		}
		r.Position = n + 1
		if err := s.writeRule(ctx, tx, r); err != nil {
			return err
		}
		return s.ruled(ctx, tx, c, "registration.rule-added", r.ID, nil, r.audited())
	})
	return r, err
}

// writeRule puts a rule into the database, in place of the one with its id.
func (s *Store) writeRule(ctx context.Context, tx *sqldb.Tx, r Rule) error {
	if err := s.checkPlace(ctx, tx, r.Place); err != nil {
		return err
	}
	if r.Conditions == nil {
		r.Conditions = []Condition{}
	}
	conditions, err := json.Marshal(r.Conditions)
	if err != nil {
		return err
	}
	place, err := json.Marshal(r.Place)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO registration_rule (id, position, name, enabled, conditions, verdict, place, note, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET position = excluded.position, name = excluded.name,
		enabled = excluded.enabled, conditions = excluded.conditions, verdict = excluded.verdict, place = excluded.place,
		note = excluded.note, version = excluded.version`,
		r.ID, r.Position, r.Name, r.Enabled, string(conditions), string(r.Verdict), string(place), r.Note, r.Version)
	return err
}

// ruled records a change of what judges computers. Rules are read at each registration, which is seldom: no revision
// rises.
func (s *Store) ruled(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, before, after any) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "registration", ID: id}, Before: before, After: after,
	})
}

// EditRule puts another rule in the place of one; its position stays. r.Version is the one that the caller has seen.
func (s *Store) EditRule(ctx context.Context, c scope.Caller, r Rule) (Rule, error) {
	if err := c.Require(scope.RegistrationEdit); err != nil {
		return Rule{}, err
	}
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := rule(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if before.Version != r.Version {
			return errChanged
		}
		r.Position, r.Version = before.Position, before.Version+1
		if err := s.writeRule(ctx, tx, r); err != nil {
			return err
		}
		return s.ruled(ctx, tx, c, "registration.rule-changed", r.ID, before.audited(), r.audited())
	})
	return r, err
}

var errChanged = problem.New(problem.Precondition, "changed",
	"This has been changed in the meantime: look at it again before you change it.")

// RemoveRule takes a rule away; those behind it move up.
func (s *Store) RemoveRule(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.RegistrationEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := rule(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM registration_rule WHERE id = $1", id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE registration_rule SET position = position - 1 WHERE position > $1", r.Position); err != nil {
			return err
		}
		return s.ruled(ctx, tx, c, "registration.rule-removed", id, r.audited(), nil)
	})
}

// OrderRules sets the order of all rules.
func (s *Store) OrderRules(ctx context.Context, c scope.Caller, ids []string) error {
	if err := c.Require(scope.RegistrationEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		there, err := sqldb.All(ctx, tx, sqldb.Scan1[string], "SELECT id FROM registration_rule ORDER BY position, id")
		if err != nil {
			return err
		}
		if !slices.Equal(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(there))) {
			return problem.New(problem.Conflict, "registration.order", "Name every rule once, in the new order.").WithField("ids")
		}
		for i, id := range ids {
			if _, err := tx.Exec(ctx, "UPDATE registration_rule SET position = $1 WHERE id = $2", i+1, id); err != nil {
				return err
			}
		}
		return s.ruled(ctx, tx, c, "registration.rules-ordered", "", map[string]any{"ids": there}, map[string]any{"ids": ids})
	})
}

// DefaultRule returns what decides where no rule does, with its version. It needs the right registration.read.
func (s *Store) DefaultRule(ctx context.Context, c scope.Caller) (Default, int64, error) {
	if err := c.Require(scope.RegistrationRead); err != nil {
		return Default{}, 0, err
	}
	return zone.Get(ctx, s.db, defaultRule)
}

// SetDefaultRule changes what decides where no rule does. version is the one that the caller has seen.
func (s *Store) SetDefaultRule(ctx context.Context, c scope.Caller, d Default, version int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.checkPlace(ctx, tx, d.Place); err != nil {
			return err
		}
		return zone.Set(ctx, s.with.Zone, tx, c, defaultRule, d, version)
	})
}

// judge decides over a computer at the door.
func judge(ctx context.Context, q sqldb.Querier, x Coming, shown Shown) (Trail, error) {
	list, err := rules(ctx, q)
	if err != nil {
		return Trail{}, err
	}
	otherwise, _, err := zone.Get(ctx, q, defaultRule)
	return decide(list, otherwise, x, shown), err
}

// Explanation says what would become of a computer that comes so.
type Explanation struct {
	Trail
	Why     Why     // an administrator decides first, for this; "" when not
	Matches []Match // computers that tell the same
}

// Explain says what would become of a computer that tells these facts, calls from there, and shows the authorization key
// with the id x.Key. It changes nothing. It needs the right registration.read.
func (s *Store) Explain(ctx context.Context, c scope.Caller, x Coming) (e Explanation, err error) {
	if err := c.Require(scope.RegistrationRead); err != nil {
		return e, err
	}
	if err := x.Facts.Clean(); err != nil {
		return e, err
	}
	var k AuthKey
	if x.Key != "" {
		if k, err = authKey(ctx, s.db, x.Key); err != nil {
			return e, err
		}
	}
	err = s.db.Read(ctx, func(q sqldb.Querier) (err error) {
		if e.Trail, err = judge(ctx, q, x, k.shown()); err != nil {
			return err
		}
		if e.Matches, err = recognise(ctx, q, x.Facts, k.Device); err != nil || e.Verdict == Refuse {
			return err
		}
		e.Why, err = s.doubt(ctx, q, e.Trail, e.Matches, k)
		return err
	})
	return e, err
}

// TiedTo tells what of registrations names a group or a folder, as [directory.Tied].
func (s *Store) TiedTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error) {
	list, err := rules(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range list {
		if r.Place.names(group) {
			out = append(out, fmt.Sprintf("the rule %d %q for registrations", r.Position, r.Name))
		}
	}
	keys, err := sqldb.All(ctx, q, scanAuthKey, "SELECT "+authKeyColumns+" FROM computer_key a WHERE a.device = '' AND a.ended = 0 AND a.used < a.uses "+
		"AND a.expires > $1 ORDER BY a.id", sqldb.Micros(s.with.Clock.Now()))
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.Place.names(group) {
			out = append(out, fmt.Sprintf("the authorization key %q", k.Name))
		}
	}
	d, _, err := zone.Get(ctx, q, defaultRule)
	if d.Place.names(group) {
		out = append(out, "the default for registrations")
	}
	return out, err
}

func (p Place) names(group string) bool { return p.Folder == group || slices.Contains(p.Groups, group) }
