package upstream

import (
	"context"
	"fmt"
	"slices"

	"drover/internal/base/sqldb"
)

// TiedTo tells which mail servers name a group, as package directory asks before it removes one.
func (s *Store) TiedTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error) {
	servers, err := sqldb.All(ctx, q, scanUpstream, "SELECT "+upstreamColumns+" FROM upstream u ORDER BY u.position, u.id")
	if err != nil {
		return nil, err
	}
	sent, err := sqldb.All(ctx, q, sqldb.Scan1[string],
		"SELECT upstream FROM upstream_assignment WHERE kind = 'group' AND target = $1", group)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, u := range servers {
		if slices.Contains(sent, u.ID) || slices.Contains(u.HandsOffGroups, group) {
			out = append(out, fmt.Sprintf("the mail server %q", u.Name))
		}
	}
	return out, nil
}
