package selfservice

import (
	"context"

	"drover/internal/base/sqldb"
)

// TiedTo tells whether anything is said of a group, as [directory.Tied]: without it, its members could do again what is
// withheld from them.
func (s *Store) TiedTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error) {
	list, err := sqldb.All(ctx, q, scanStance, "SELECT "+stanceColumns+" FROM portal_group s WHERE s.user_group = $1", group)
	if err != nil || len(list) == 0 || len(list[0].Offered)+len(list[0].Withheld) == 0 {
		return nil, err
	}
	return []string{"what its users may do in the portal"}, nil
}
