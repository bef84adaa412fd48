package compliance

import (
	"context"
	"errors"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// stand has a device bear the mark of what it breaks, and a computer, which gets no mail that could be kept from it, stand in
// quarantine for as long as a rule restricts it.
func (s *Store) stand(ctx context.Context, tx *sqldb.Tx, id string) error {
	type row struct {
		mark       device.Mark
		restricted bool
	}
	rows, err := sqldb.All(ctx, tx, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.mark, &x.restricted)
		return x, err
	}, "SELECT mark, restricted_at > 0 AND access <> '' FROM compliance_breach WHERE device = $1", id)
	if err != nil {
		return err
	}
	var mark device.Mark
	restricted := false
	for _, x := range rows {
		restricted = restricted || x.restricted
		if mark != device.Lost && x.mark != "" {
			mark = x.mark
		}
	}
	if err := s.with.Devices.NoteMark(ctx, tx, id, mark); err != nil {
		return err
	}
	if restricted {
		return s.isolate(ctx, tx, id)
	}
	return s.release(ctx, tx, id)
}

func (s *Store) isolate(ctx context.Context, tx *sqldb.Tx, id string) error {
	d, err := s.with.Devices.Find(ctx, tx, self, scope.DeviceRead, id)
	if err != nil || !device.HasAgent(d.Platform) {
		return err
	}
	from, moved, err := s.with.Devices.Isolate(ctx, tx, self, id)
	if err != nil || !moved {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO compliance_isolated (device, folder) VALUES ($1, $2) ON CONFLICT (device) DO UPDATE SET folder = excluded.folder", id, from)
	return err
}

// release puts a computer back that rules have isolated.
func (s *Store) release(ctx context.Context, tx *sqldb.Tx, id string) error {
	from, err := sqldb.One(ctx, tx, sqldb.Scan1[string], "DELETE FROM compliance_isolated WHERE device = $1 RETURNING folder", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.with.Devices.Release(ctx, tx, self, id, from)
}

// homes returns the groups in which the folders make those of the devices whose rules have put them into quarantine: a rule is
// for them still, or they would be let out by having been put there.
func (s *Store) homes(ctx context.Context, ids []string) (map[string][]string, error) {
	var a sqldb.Args
	homes, lines := map[string][]string{}, map[string][]string{}
	at, err := sqldb.Gather(ctx, s.db, "SELECT device, folder FROM compliance_isolated WHERE folder <> '' AND device IN "+a.In(ids...), a.List()...)
	if err != nil {
		return nil, err
	}
	for id, folder := range at {
		if _, known := lines[folder[0]]; !known {
			if lines[folder[0]], err = s.with.Devices.Lineage(ctx, folder[0]); err != nil {
				return nil, err
			}
		}
		homes[id] = lines[folder[0]]
	}
	return homes, nil
}

// retireDue takes devices out of service whose time is over. A spent budget and an open breaker let it wait for the next sweep.
func (s *Store) retireDue(ctx context.Context, changes []change) error {
	var faults []error
	for _, c := range changes {
		if c.step != retires {
			continue
		}
		err := s.with.Devices.RetireByRule(ctx, self, c.breach.device, "Rule "+c.rule.Name+": "+c.because)
		if !problem.Is(err, problem.Throttled) && !problem.Is(err, problem.Conflict) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
