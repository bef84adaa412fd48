package access

import (
	"context"
	"fmt"

	"drover/internal/base/sqldb"
)

// TiedTo tells which rules name a group, as [directory.Tied].
func (s *Store) TiedTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error) {
	return sqldb.All(ctx, q, func(r sqldb.Row) (string, error) {
		var name string
		var position int
		err := r.Scan(&name, &position)
		return fmt.Sprintf("the access rule %d %q", position, name), err
	}, "SELECT name, position FROM access_rule WHERE kind IN ('user-group', 'device-group') AND pattern = $1", group)
}
