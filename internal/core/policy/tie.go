package policy

import (
	"context"
	"fmt"
	"slices"

	"drover/internal/base/sqldb"
)

// TiedTo tells which suites, schedules and roll-outs name a group, as [directory.Tied].
func (s *Store) TiedTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error) {
	names := func(words, text string) ([]string, error) {
		return sqldb.All(ctx, q, func(r sqldb.Row) (string, error) {
			var name string
			err := r.Scan(&name)
			return fmt.Sprintf("%s %q", words, name), err
		}, text, group)
	}
	suites, err := names("the policy suite", `SELECT s.name FROM policy_assignment a JOIN policy_suite s ON s.id = a.suite
		WHERE a.kind = 'group' AND a.target = $1`)
	if err != nil {
		return nil, err
	}
	schedules, err := names("the schedule", `SELECT s.name FROM schedule_assignment a JOIN schedule s ON s.id = a.schedule
		WHERE a.kind = 'group' AND a.target = $1`)
	if err != nil {
		return nil, err
	}
	rolling, err := s.rollsOutTo(ctx, q, group)
	return slices.Concat(suites, schedules, rolling), err
}

// rollsOutTo tells which roll-outs begin with a group.
func (s *Store) rollsOutTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error) {
	list, err := sqldb.All(ctx, q, scanRollout, "SELECT "+rolloutColumns+" FROM policy_rollout r ORDER BY r.suite")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range list {
		if !slices.Contains(r.Groups, group) {
			continue
		}
		suite, err := readSuite(ctx, q, r.Suite)
		if err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprintf("the roll-out of the policy suite %q", suite.Name))
	}
	return out, nil
}
