package compliance

import (
	"context"
	"slices"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Placed notes whether a device was within the areas of the rules, by a position that it has just told and the time of that
// by its clock, for the rules that ask at that time; an older one than is noted already tells nothing. The position itself is not kept here. For the device's
// channel alone.
func (s *Store) Placed(ctx context.Context, c scope.Caller, id string, at time.Time, p Position) error {
	if c.Kind != scope.Device || c.ID != id {
		return problem.New(problem.Forbidden, "compliance.device", "Only a device itself tells where it is.")
	}
	rules, err := s.enabled(ctx)
	if err != nil {
		return err
	}
	if now := s.with.Clock.Now(); at.After(now) { // a clock that is ahead must not make a position last
		at = now
	}
	rules = slices.DeleteFunc(rules, func(r Rule) bool { return !r.ofArea() || !r.asks(at) })
	if len(rules) == 0 {
		return nil
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, r := range rules {
			_, err := tx.Exec(ctx, `INSERT INTO compliance_place (device, rule, inside, at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (device, rule) DO UPDATE SET inside = excluded.inside, at = excluded.at
				WHERE compliance_place.at <= excluded.at`,
				id, r.ID, r.Area.contains(p), sqldb.Micros(at))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.Look(ctx, id)
}

// Places returns what the last position of a device within the caller's scope told of the areas of rules, by rule.
func (s *Store) Places(ctx context.Context, c scope.Caller, id string) (map[string]Place, error) {
	sc, err := c.Scope(scope.ComplianceRead)
	if err != nil {
		return nil, err
	}
	var a sqldb.Args
	where := "p.device = " + a.Add(id) + " AND " + sc.Devices("p.device", &a)
	found := map[string]Place{}
	_, err = sqldb.All(ctx, s.db, func(r sqldb.Row) (struct{}, error) {
		var rule string
		var at int64
		var p Place
		err := r.Scan(&rule, &p.Inside, &at)
		p.At = sqldb.Time(at)
		found[rule] = p
		return struct{}{}, err
	}, "SELECT p.rule, p.inside, p.at FROM compliance_place p WHERE "+where, a.List()...)
	return found, err
}

// places returns what the last positions of devices told, by device and rule.
func (s *Store) places(ctx context.Context, ids []string) (map[string]map[string]Place, error) {
	found := map[string]map[string]Place{}
	var a sqldb.Args
	_, err := sqldb.All(ctx, s.db, func(r sqldb.Row) (struct{}, error) {
		var id, rule string
		var p Place
		var at int64
		if err := r.Scan(&id, &rule, &p.Inside, &at); err != nil {
			return struct{}{}, err
		}
		p.At = sqldb.Time(at)
		if found[id] == nil {
			found[id] = map[string]Place{}
		}
		found[id][rule] = p
		return struct{}{}, nil
	}, "SELECT device, rule, inside, at FROM compliance_place WHERE device IN "+a.In(ids...), a.List()...)
	return found, err
}

// displace forgets what positions told of an area that is another now.
func displace(ctx context.Context, tx *sqldb.Tx, before, after Rule) error {
	if before.Area == nil || after.Area != nil && before.Area.sameShape(after.Area) {
		return nil
	}
	_, err := tx.Exec(ctx, "DELETE FROM compliance_place WHERE rule = $1", after.ID)
	return err
}
