package compliance

import (
	"context"
	"fmt"
	"slices"

	"drover/internal/base/sqldb"
)

// TiedTo tells which rules are for a group, as [directory.Tied]: without its only group a rule would be for everybody.
func (s *Store) TiedTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error) {
	rules, err := sqldb.All(ctx, q, scanRule, rulesText)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rules {
		if slices.Contains(r.UserGroups, group) || slices.Contains(r.DeviceGroups, group) {
			out = append(out, fmt.Sprintf("the rule of compliance %q", r.Name))
		}
	}
	return out, nil
}
