package policy

import (
	"context"

	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Advance takes the steps that are due; a roll-out whose share reaches all devices is finished. Every server may call it
// each minute or so: a step is taken once.
func (s *Store) Advance(ctx context.Context) error {
	due, err := s.due(ctx, s.db)
	if err != nil || len(due) == 0 {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		due, err := s.due(ctx, tx)
		if err != nil {
			return err
		}
		for _, r := range due {
			if err := s.advance(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) due(ctx context.Context, q sqldb.Querier) ([]Rollout, error) {
	return sqldb.All(ctx, q, scanRollout, "SELECT "+rolloutColumns+` FROM policy_rollout r
		WHERE r.due > 0 AND r.due <= $1 ORDER BY r.suite LIMIT 100`, sqldb.Micros(s.clock.Now()))
}

func (s *Store) advance(ctx context.Context, tx *sqldb.Tx, before Rollout) error {
	r, c := before, scope.System("rollout")
	r.Percent = min(100, r.Percent+r.Step)
	// Another server that saw the same step as due finds it taken here.
	n, err := tx.Exec(ctx, "DELETE FROM policy_rollout WHERE suite = $1 AND version = $2 AND due = $3",
		r.Suite, r.Version, sqldb.Micros(r.Due))
	if err != nil || n == 0 {
		return err
	}
	if r.Percent == 100 {
		return s.finish(ctx, tx, c, r)
	}
	if err := s.saveRollout(ctx, tx, &r); err != nil {
		return err
	}
	return s.changed(ctx, tx, audit.Record{
		Action: "policy.rollout-advanced", Caller: c, Subject: subject(r.Suite), Before: before.facts(), After: r.facts(),
	})
}
